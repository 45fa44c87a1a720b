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
#include "tests/unit/control_page.h"

#define CASE_BYTES 48
#define PAGES      64
#define PART_BYTES 320
#define CONTROL    0x8000u
#define SWAP       0x9000u
#define LIST       0xa000u
#define LIST2      0xb000u
#define PGD        0xc000u

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

static void put(uint8_t *pages, uint32_t address, uint32_t value)
{
	uint32_t page = (address - CONTROL) / 4096, at = address % 4096;

	le32_put(pages + (size_t)page * PART_BYTES + (at < 256 ? at : 256 + at - 0x800), value);
}

static void put64(uint8_t *pages, uint32_t address, uint64_t value)
{
	put(pages, address, (uint32_t)value);
	put(pages, address + 4, (uint32_t)(value >> 32));
}

/* The same for 64-bit kernels. */
static void put_pages64(uint8_t *pages)
{
	static const uint8_t code[] = {
		0xff, 0xd2, 0x48, 0x8b, 0x2c, 0x24, 0x4c, 0x8d, 0x05, 0,    0,    0,    0,
		0x4d, 0x8b, 0x90, 0x28, 0x08, 0,    0,    0x49, 0x8b, 0xb8, 0x30, 0x08, 0,
		0,    0x49, 0x8b, 0x80, 0x20, 0x08, 0,    0,    0x0f, 0x22, 0xd8,
	};
	static const uint64_t list[] = { 0x20001, 0x10008, 0x11008, LIST2 | 2 };
	static const uint64_t list2[] = { 0x1001, 0x13008, 0x2001, 0x2008, 4 };

	memcpy(pages + 0xd5, code, sizeof(code));
	le32_put(pages + 0xd7 + 7, 0u - (0xd7 + 11));
	put64(pages, CONTROL + 0x808, 0x80050033);
	put64(pages, CONTROL + 0x810, 0x06fcc000);
	put64(pages, CONTROL + 0x818, 0x6b0);
	put64(pages, CONTROL + 0x820, PGD);
	put64(pages, CONTROL + 0x828, SWAP);
	put64(pages, CONTROL + 0x830, LIST | 2);
	for (uint32_t i = 0; i < 4; i++)
		put64(pages, LIST + i * 8, list[i]);
	for (uint32_t i = 0; i < 5; i++)
		put64(pages, LIST2 + i * 8, list2[i]);
}

static void put_pages(uint8_t *pages)
{
	static const struct control_page control = { CONTROL, PGD, SWAP, LIST };
	uint8_t page[4096] = { 0 };

	control_page_put(&control, page);
	memcpy(pages, page, 256);
	memcpy(pages + 256, page + 0x800, 64);
	put(pages, LIST, 0x20000 | 1);
	put(pages, LIST + 4, 0x10000 | 8);
	put(pages, LIST + 8, 0x11000 | 8);
	put(pages, LIST + 12, LIST2 | 2);
	put(pages, LIST2, 0x1000 | 1);
	put(pages, LIST2 + 4, 0x13000 | 8);
	put(pages, LIST2 + 8, 0x2000 | 1);
	put(pages, LIST2 + 12, 0x2000 | 8);
	put(pages, LIST2 + 16, 4);
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
	le32_put(head + 4, CONTROL + 0xd7);
	for (size_t i = 0; i < 8; i++)
		le32_put(head + 16 + i * 4, ranges[i]);
	if (n == 2)
		put_pages64(pages);
	else
		put_pages(pages);
	if (n == 1)
		put(pages, CONTROL + 0x80c, 0x6b0);
	fuzz_append(buffer, capacity, &used, head, sizeof(head));
	fuzz_append(buffer, capacity, &used, pages, sizeof(pages));
	return used;
}
