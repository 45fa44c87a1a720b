/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: the way back that a kernel leaves behind (kdump/jumpmap.h). The input is what the
 * note says, then pages of memory of which only the parts that matter are there: 256 bytes from the
 * start, and 64 from 0x800.
 */
#include <elf.h>

#include "fuzz.h"
#include "kdump/jumpmap.h"
#include "machine.h"
#include "tests/unit/left_pages.h"

#define CASE_BYTES 48
#define PAGES      64
#define PART_BYTES 320

struct memory {
	struct span pages; /* PART_BYTES for each, from page CONTROL on */
};

static int read_memory(void *context, uint64_t address, void *to, size_t size)
{
	const struct memory *memory = context;
	uint64_t number = address / PAGE_BYTES - CONTROL / PAGE_BYTES;
	uint8_t *bytes = to;

	FUZZ_CHECK(size == PAGE_BYTES && !(address % PAGE_BYTES));
	if (address < CONTROL || number >= PAGES)
		return -1;
	memset(bytes, 0, PAGE_BYTES);
	if (!bytes_fit(memory->pages.size, number * PART_BYTES, PART_BYTES))
		return 0;
	memcpy(bytes, memory->pages.data + number * PART_BYTES, 256);
	memcpy(bytes + 0x800, memory->pages.data + number * PART_BYTES + 256, 64);
	return 0;
}

struct sums {
	uint64_t pages;
	const struct range_set *lent;
};

static int add_run(void *context, uint64_t dest, uint64_t source, uint64_t bytes, struct error *err)
{
	struct sums *sums = context;

	(void)err;
	FUZZ_CHECK(bytes && !(bytes % PAGE_BYTES) && bytes_fit(UINT64_MAX, source, bytes));
	for (uint64_t at = dest; at < dest + bytes; at += PAGE_BYTES)
		FUZZ_CHECK(range_set_contains(sums->lent, (struct range){ at, at + PAGE_BYTES }));
	sums->pages += bytes / PAGE_BYTES;
	return 0;
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	struct range_set lent = { 0 }, stored = { 0 };
	struct jumpmap_question question = { .lent = &lent, .stored = &stored };
	struct memory memory;
	struct jumpmap_memory reader = { read_memory, &memory };
	struct sums sums = { 0, &lent };
	struct jumpmap_visitor visitor = { add_run, &sums };
	struct jumpmap map;
	struct error err;

	question.machine = fuzz_u16(&input);
	question.cpu = fuzz_u16(&input);
	question.raw = fuzz_u32(&input);
	question.cr3 = fuzz_u64(&input);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t start = fuzz_u32(&input) * PAGE_BYTES, bytes = fuzz_u32(&input);
		struct range r = { start, start + bytes * PAGE_BYTES };

		if (range_set_add(i % 2 ? &stored : &lent, r, &err))
			abort();
	}
	for (size_t i = 0; i < lent.count; i++)
		if (range_set_remove(&stored, lent.items[i], &err))
			abort();
	memory.pages = input;
	fuzz_accepted = !jumpmap_walk(&question, &reader, &visitor, &map, &err) && map.known;
	if (fuzz_accepted)
		FUZZ_CHECK(sums.pages == map.pages &&
			   map.pages == range_set_bytes(&lent) / PAGE_BYTES);
	range_set_done(&lent);
	range_set_done(&stored);
	return 0;
}

/* The parts of five pages; with other flags in cr4 if asked. */
static void put_pages(bool wide, bool pae, uint8_t *pages)
{
	uint8_t memory[LEFT_PAGES_BYTES] = { 0 };

	left_pages_put(wide, memory);
	if (pae)
		le32_put(memory + 0x80c, 0x6b0);
	for (size_t i = 0; i < LEFT_PAGES_BYTES / 4096; i++) {
		memcpy(pages + i * PART_BYTES, memory + i * 4096, 256);
		memcpy(pages + i * PART_BYTES + 256, memory + i * 4096 + 0x800, 64);
	}
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	/* D is [0x1000, 0x3000) and [0x20000, 0x22000); the rest of the pages is stored. */
	static const uint32_t ranges[8] = { 0x1, 0x2, 0x3, 0x1d, 0x20, 0x2, 0x22, 0x1e };
	uint8_t head[CASE_BYTES] = { 0 }, pages[5 * PART_BYTES] = { 0 };
	size_t used = 0;

	if (n > 2)
		return 0;
	le16_put(head, n == 2 ? EM_X86_64 : EM_386);
	le16_put(head + 2, n == 2 ? CPU_PAE | CPU_LONG_MODE : n ? CPU_PAE : 0);
	le32_put(head + 4, RAW);
	for (size_t i = 0; i < 8; i++)
		le32_put(head + 16 + i * 4, ranges[i]);
	put_pages(n == 2, n == 1, pages);
	fuzz_append(buffer, capacity, &used, head, sizeof(head));
	fuzz_append(buffer, capacity, &used, pages, sizeof(pages));
	return used;
}
