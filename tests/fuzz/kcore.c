/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: /proc/kcore as bytes (kexec/kcore_parse.h): headers, places of addresses, the
 * VMCOREINFO note, and page tables. The first 16 bytes are an address and where the tables are; the
 * rest is the file, which serves as physical memory too.
 */
#include <elf.h>

#include "tests/unit/core_builder.h"
#include "fuzz.h"
#include "kcore_parse.h"
#include "machine.h"

static int read_memory(void *context, uint64_t address, void *buffer, size_t bytes)
{
	const struct span *memory = context;

	if (!bytes_fit(memory->size, address, bytes))
		return -1;
	memcpy(buffer, memory->data + address, bytes);
	return 0;
}

static void look_up(const struct kcore_map *map, uint64_t address)
{
	uint64_t offset = 0, physical;
	struct range part = { 0, 1 };

	kcore_at_virtual(map, address, 8, &offset);
	if (!kcore_at_physical(map, address, 4096, &offset))
		FUZZ_CHECK(bytes_fit(UINT64_MAX, offset, 0));
	kcore_to_physical(map, address, &physical);
	kcore_part(map, address, &part);
	FUZZ_CHECK(part.start < part.end);
}

static void parse_file(struct span file, uint64_t address)
{
	struct kcore_map map = { 0 };
	uint64_t offset, bytes;
	struct error err;
	struct span text;
	uint8_t *copy;

	if (kcore_headers(file, &map, &err))
		return;
	copy = fuzz_copy(map.phdrs);
	map.phdrs.data = copy;
	look_up(&map, address);
	look_up(&map, 0);
	look_up(&map, UINT64_MAX);
	kcore_page_offset(&map, &address);
	if (!kcore_notes(&map, &offset, &bytes) && bytes_fit(file.size, offset, bytes)) {
		struct span notes = { file.data + offset, (size_t)bytes };

		if (!vmcoreinfo_note(notes, &text))
			FUZZ_CHECK(text.size && text.data >= notes.data &&
				   text.data + text.size <= notes.data + notes.size);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t cpus[] = { 0, CPU_PAE, CPU_LONG_MODE, CPU_LONG_MODE | CPU_LA57 };
	struct span input = { data, size }, text;
	uint64_t address = fuzz_u64(&input), root = fuzz_u64(&input), physical;
	struct physical_reader reader = { read_memory, &input };

	if (!input.size)
		return 0;
	parse_file(input, address);
	vmcoreinfo_note(input, &text);
	for (unsigned i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++)
		paging_walk(paging_format(cpus[i]), &reader, root, address, &physical);
	return 0;
}

static size_t seed_file(bool elf32, uint8_t *buffer, size_t capacity)
{
	struct core_load loads[] = {
		{ .paddr = UINT64_MAX, .vaddr = 0xe0000000, .file_bytes = 0x1000 },
		{ .paddr = 0x1000,
		  .vaddr = 0xc0001000,
		  .file_bytes = 0x1000,
		  .memory_bytes = 0x1000 },
		{ .paddr = 0x100000, .vaddr = 0xc0100000, .file_bytes = 16, .memory_bytes = 16 },
	};
	struct builder file = { 0 }, notes = { 0 };
	struct builder_core core = { .elf32 = elf32,
				     .machine = elf32 ? EM_386 : EM_X86_64,
				     .loads = loads,
				     .load_count = 3 };
	static const char info[] = "OSRELEASE=6.1.0\nSYMBOL(swapper_pg_dir)=c1a00000\n";
	uint8_t head[16];
	size_t used = 0;

	builder_note(&notes, "CORE", 1, (struct span){ head, 0 });
	builder_note(&notes, "VMCOREINFO", 0,
		     (struct span){ (const uint8_t *)info, sizeof(info) - 1 });
	core.notes = (struct span){ notes.data, notes.size };
	builder_core(&file, &core);
	le64_put(head, 0xc0001234);
	le64_put(head + 8, 0x1000);
	fuzz_append(buffer, capacity, &used, head, sizeof(head));
	fuzz_append(buffer, capacity, &used, file.data, file.size);
	builder_done(&file);
	builder_done(&notes);
	return used;
}

/* Tables that end at a page: each entry points to the next page. */
static size_t seed_tables(unsigned entry_bytes, uint8_t *buffer, size_t capacity)
{
	uint8_t memory[16 + 5 * 64] = { 0 };
	size_t used = 0;

	for (unsigned i = 0; i < 5 * 64 / entry_bytes; i++)
		le32_put(memory + 16 + (size_t)i * entry_bytes, 1);
	fuzz_append(buffer, capacity, &used, memory, sizeof(memory));
	return used;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	switch (n) {
	case 0:
	case 1:
		return seed_file(n == 0, buffer, capacity);
	case 2:
	case 3:
		return seed_tables(n == 2 ? 4 : 8, buffer, capacity);
	default:
		return 0;
	}
}
