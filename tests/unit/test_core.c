/* SPDX-License-Identifier: GPL-2.0-only */
/* kdump/core.c: good cores of both classes, and every kind of damage. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core_builder.h"

#define MANY 70000 /* with the PT_NOTE: 70,001 program headers */

static const struct core_load two_loads[] = {
	{ .paddr = 0x100000,
	  .vaddr = 0xc0100000,
	  .file_bytes = 0x4000,
	  .memory_bytes = 0x6000,
	  .flags = 7 },
	{ .paddr = 0x40000000,
	  .vaddr = UINT64_MAX,
	  .file_bytes = 0x2000,
	  .memory_bytes = 0x2000,
	  .flags = 7 },
};

static void make(struct builder *file, bool elf32)
{
	struct builder notes = { 0 };
	struct builder_core core = { .elf32 = elf32,
				     .machine = EM_386,
				     .entry = 0x123456,
				     .loads = two_loads,
				     .load_count = 2 };

	builder_note(&notes, "ONE", 1, (struct span){ (const uint8_t *)"first", 5 });
	builder_note(&notes, "TWO", 2, (struct span){ (const uint8_t *)"second", 6 });
	core.notes = (struct span){ notes.data, notes.size };
	builder_core(file, &core);
	builder_done(&notes);
}

/* Open and read everything; the result of core_open(). */
static int use(const struct builder *file, struct error *err)
{
	struct core_source source = builder_source(file);
	struct core core;
	uint8_t page[4096];
	struct span found;

	if (core_open(&core, &source, err))
		return -1;
	core_note_find(&core, "TWO", 2, &found);
	if (!core_check_complete(&core, err))
		for (size_t i = 0; i < core.load_count && i < 8; i++)
			core_read_physical(&core, core.loads[i].paddr, page, sizeof(page), err);
	core_read_virtual(&core, 0xc0000000, 0xc0100ffe, page, 16, err);
	core_done(&core);
	return 0;
}

static void check_good(bool elf32)
{
	struct builder file = { 0 };
	struct core_source source;
	struct core core;
	struct error err;
	struct span data;
	uint8_t expected[4096], page[4096];

	make(&file, elf32);
	source = builder_source(&file);
	assert_int_equal(core_open(&core, &source, &err), 0);
	assert_int_equal(core.is64, !elf32);
	assert_int_equal(core.machine, EM_386);
	assert_int_equal(core.entry, 0x123456);
	assert_int_equal(core.load_count, 2);
	assert_true(core.loads[0].vaddr == 0xc0100000);
	assert_true(core.loads[1].vaddr == CORE_VADDR_UNKNOWN);
	assert_int_equal(core_check_complete(&core, &err), 0);
	assert_true(core_note_find(&core, "TWO", 2, &data));
	assert_int_equal(data.size, 6);
	assert_memory_equal(data.data, "second", 6);
	assert_false(core_note_find(&core, "TWO", 3, &data));
	builder_page(0x101000, expected);
	assert_int_equal(core_read_physical(&core, 0x101000, page, sizeof(page), &err), 0);
	assert_memory_equal(page, expected, sizeof(page));
	assert_int_equal(core_read_virtual(&core, 0, 0xc0101000, page, sizeof(page), &err), 0);
	assert_memory_equal(page, expected, sizeof(page));
	memset(expected, 0, sizeof(expected));
	assert_int_equal(core_read_physical(&core, 0x105000, page, sizeof(page), &err), 0);
	assert_memory_equal(page, expected, sizeof(page));
	assert_int_equal(core_read_physical(&core, 0x106000, page, 1, &err), -1);
	assert_string_equal(err.text, "No program header covering physical address 0x106000");
	core_done(&core);
	builder_done(&file);
}

static void good_cores(void **state)
{
	(void)state;
	check_good(false);
	check_good(true);
}

static const struct core_load *first_of(const struct core *core, uint64_t at, bool is_virtual)
{
	for (size_t i = 0; i < core->load_count; i++) {
		const struct core_load *load = &core->loads[i];
		uint64_t start = is_virtual ? load->vaddr : load->paddr;

		if ((!is_virtual || start != CORE_VADDR_UNKNOWN) && at >= start &&
		    at - start < load->memory_bytes)
			return load;
	}
	return NULL;
}

/* Memory that is not shown counts only for who brings it back. */
static void kept_memory(void **state)
{
	struct core_load loads[CORE_KEPT_MAX + 2] = {
		{ .paddr = 0x100000, .file_bytes = 0x3000, .memory_bytes = 0x3000 },
		{ .paddr = 0x500000, .file_bytes = 0x1000, .memory_bytes = 0x2000 },
	};
	struct builder file = { 0 };
	struct builder_core fields = {
		.machine = EM_386, .loads = loads, .load_count = 2, .kept_count = 1
	};
	uint8_t page[4096], expected[4096];
	struct core_source source;
	struct core core;
	struct error err;
	uint8_t *header;

	(void)state;
	builder_core(&file, &fields);
	header = file.data + sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
	le64_put(header + offsetof(Elf64_Phdr, p_paddr), 0x101000);
	source = builder_source(&file);
	assert_int_equal(core_open(&core, &source, &err), 0);
	assert_true(core.load_count == 1 && core.kept_count == 1);
	builder_page(0x101000, expected);
	assert_int_equal(core_read_physical(&core, 0x101000, page, sizeof(page), &err), 0);
	assert_memory_equal(page, expected, sizeof(page));
	builder_page(0x500000, expected);
	assert_int_equal(core_read_kept(&core, 0x101000, page, sizeof(page), &err), 0);
	assert_memory_equal(page, expected, sizeof(page));
	builder_page(0x100000, expected);
	assert_int_equal(core_read_kept(&core, 0x100000, page, sizeof(page), &err), 0);
	assert_memory_equal(page, expected, sizeof(page));
	core_done(&core);
	file.size -= 4096;
	source = builder_source(&file);
	assert_int_equal(core_open(&core, &source, &err), 0);
	assert_int_equal(core_check_complete(&core, &err), -1);
	core_done(&core);
	/* A PT_LOAD behind it; more pieces than there can be. */
	le32_put(header, PT_LOAD);
	le32_put(header - sizeof(Elf64_Phdr), CORE_PT_KEPT);
	assert_int_equal(core_open(&core, &source, &err), -1);
	assert_non_null(strstr(err.text, "stands behind memory that is not shown"));
	builder_done(&file);
	fields.load_count = CORE_KEPT_MAX + 2;
	fields.kept_count = CORE_KEPT_MAX + 1;
	builder_core(&file, &fields);
	source = builder_source(&file);
	assert_int_equal(core_open(&core, &source, &err), -1);
	assert_non_null(strstr(err.text, "more than 16 pieces"));
	builder_done(&file);
}

/* However PT_LOADs overlap, the one that is found is the first one of the file. */
static void first_load_counts(void **state)
{
	enum { LOADS = 40, ROUNDS = 200, END = 0x400 };
	struct core_load loads[LOADS];
	struct core core = { .loads = loads, .load_count = LOADS };
	struct error err;
	uint64_t paddr;

	(void)state;
	srand(1);
	for (unsigned round = 0; round < ROUNDS; round++) {
		/* Long and short ones, empty ones, and such as end with the address space. */
		for (unsigned i = 0; i < LOADS; i++) {
			uint64_t start = (uint64_t)(rand() % END), bytes = (uint64_t)(rand() % 64);

			loads[i] = (struct core_load){ .paddr = start,
						       .vaddr = round % 2 ? UINT64_MAX - END + start
									  : END - start,
						       .memory_bytes = i % 10 ? bytes : bytes * 8 };
		}
		assert_int_equal(core_index_build(&core, &err), 0);
		for (uint64_t at = 0; at < 2 * END; at++) {
			uint64_t high = UINT64_MAX - at, vaddr = round % 2 ? high : at;
			const struct core_load *load = first_of(&core, vaddr, true);

			assert_ptr_equal(core_load_at(&core, at), first_of(&core, at, false));
			assert_int_equal(core_virtual_to_physical(&core, vaddr, &paddr),
					 load != NULL);
			if (load)
				assert_true(paddr == load->paddr + (vaddr - load->vaddr));
		}
		core_index_done(&core);
	}
}

static void many_headers(void **state)
{
	struct core_load *loads = calloc(MANY, sizeof(*loads));
	struct builder_core description = { .machine = EM_386, .loads = loads, .load_count = MANY };
	struct builder file = { 0 };
	struct core_source source;
	struct core core;
	struct error err;
	uint8_t word[8];

	(void)state;
	assert_non_null(loads);
	for (size_t i = 0; i < MANY; i++)
		loads[i] = (struct core_load){ .paddr = i * 0x2000, .memory_bytes = 0x1000 };
	loads[MANY - 1].file_bytes = 0x1000;
	builder_core(&file, &description);
	source = builder_source(&file);
	assert_int_equal(core_open(&core, &source, &err), 0);
	assert_int_equal(core.load_count, MANY);
	assert_int_equal(core_read_physical(&core, (MANY - 1) * UINT64_C(0x2000), word, 8, &err),
			 0);
	core_done(&core);
	/* The count lies: more headers than the file has, then none. */
	le32_put(file.data + le64_get(file.data + offsetof(Elf64_Ehdr, e_shoff)) +
			 offsetof(Elf64_Shdr, sh_info),
		 3000000);
	assert_int_equal(core_open(&core, &source, &err), -1);
	assert_non_null(strstr(err.text, "3000000 program headers"));
	le64_put(file.data + offsetof(Elf64_Ehdr, e_shoff), 0);
	assert_int_equal(core_open(&core, &source, &err), -1);
	assert_non_null(strstr(err.text, "no section header"));
	builder_done(&file);
	free(loads);
}

static void truncated(void **state)
{
	struct builder file = { 0 };
	struct error err;

	(void)state;
	make(&file, false);
	for (unsigned tenth = 0; tenth < 10; tenth++) {
		struct builder cut = { file.data, file.size * tenth / 10, 0 };
		struct core_source source = builder_source(&cut);
		struct core core;

		if (core_open(&core, &source, &err))
			continue;
		assert_int_equal(core_check_complete(&core, &err), -1);
		assert_non_null(strstr(err.text, "cut short"));
		core_done(&core);
	}
	for (size_t size = 0; size < 400; size++)
		use(&(struct builder){ file.data, size, 0 }, &err);
	builder_done(&file);
}

static void flipped_bits(void **state)
{
	struct builder file = { 0 };
	struct error err;

	(void)state;
	for (unsigned elf32 = 0; elf32 < 2; elf32++) {
		make(&file, elf32);
		for (size_t bit = 0; bit < 350 * 8; bit++) {
			file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			use(&file, &err);
			file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_int_equal(use(&file, &err), 0);
		builder_done(&file);
	}
}

struct damage {
	size_t offset;
	uint64_t value;
	unsigned bytes;
	const char *message;
};

static void refused(void **state)
{
	const size_t load = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	const struct damage damages[] = {
		{ 0, 0, 4, "not an ELF file" },
		{ EI_CLASS, 3, 1, "ELF class is 3" },
		{ EI_DATA, ELFDATA2MSB, 1, "byte order" },
		{ offsetof(Elf64_Ehdr, e_type), ET_EXEC, 2, "ELF type is 2, must be 4" },
		{ offsetof(Elf64_Ehdr, e_phentsize), 32, 2, "size of a program header" },
		{ offsetof(Elf64_Ehdr, e_phnum), 0, 2, "0 program headers" },
		{ offsetof(Elf64_Ehdr, e_phoff), UINT64_MAX - 8, 8, "do not fit" },
		{ sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_offset), UINT64_MAX - 3, 8,
		  "the notes" },
		{ sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz), UINT64_C(1) << 40, 8,
		  "bytes of notes" },
		{ load + offsetof(Elf64_Phdr, p_offset), UINT64_MAX - 0x1000, 8, "wraps" },
		{ load + offsetof(Elf64_Phdr, p_paddr), UINT64_MAX - 0x1000, 8, "wraps" },
		{ load + offsetof(Elf64_Phdr, p_memsz), 0x1000, 8, "holds 0x4000 bytes" },
	};
	struct builder file = { 0 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		make(&file, false);
		for (unsigned b = 0; b < damages[i].bytes; b++)
			file.data[damages[i].offset + b] = (uint8_t)(damages[i].value >> 8 * b);
		assert_int_equal(use(&file, &err), -1);
		if (!strstr(err.text, damages[i].message))
			fail_msg("%s lacks %s", err.text, damages[i].message);
		builder_done(&file);
	}
}

static void damaged_notes(void **state)
{
	static const uint32_t sizes[] = { UINT32_MAX, UINT32_MAX - 3, 0x80000000, 0x1000, 41, 40 };
	uint8_t bytes[48] = { 0 };
	struct core_note note;

	(void)state;
	for (unsigned field = 0; field < 8; field += 4)
		for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			size_t position = 0;

			memset(bytes, 0, sizeof(bytes));
			le32_put(bytes + field, sizes[i]);
			assert_false(core_notes_next((struct span){ bytes, sizeof(bytes) },
						     &position, &note));
			assert_int_equal(position, 0);
		}
}

/* A core may have no notes at all; then there is not even an address of none. */
static void no_notes(void **state)
{
	struct builder file = { 0 };
	struct builder_core fields = { .machine = EM_386, .loads = two_loads, .load_count = 2 };
	struct core_source source;
	struct core core;
	struct error err;
	struct span found;

	(void)state;
	builder_core(&file, &fields);
	source = builder_source(&file);
	assert_int_equal(core_open(&core, &source, &err), 0);
	assert_int_equal(core.notes_bytes, 0);
	assert_false(core_note_find(&core, "ONE", 1, &found));
	core_done(&core);
	builder_done(&file);
}

/* Many PT_NOTEs over the same bytes would be read one by one: their sum is what is limited. */
static void notes_over_each_other(void **state)
{
	struct core_load loads[20];
	struct builder file = { 0 };
	struct builder_core fields = { .machine = EM_386, .loads = loads, .load_count = 20 };
	struct core_source source;
	struct core core;
	struct error err;
	uint8_t *headers;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		loads[i] = (struct core_load){ .paddr = i * 0x100000 };
	loads[0].file_bytes = loads[0].memory_bytes = 0x100000;
	builder_core(&file, &fields);
	headers = file.data + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	memset(file.data + 4096, 0, file.size - 4096);
	for (unsigned i = 0; i < 20; i++, headers += sizeof(Elf64_Phdr)) {
		le32_put(headers, PT_NOTE);
		le64_put(headers + offsetof(Elf64_Phdr, p_offset), 4096);
		le64_put(headers + offsetof(Elf64_Phdr, p_filesz), 0x100000);
	}
	source = builder_source(&file);
	assert_int_equal(core_open(&core, &source, &err), -1);
	assert_non_null(strstr(err.text, "are not believed"));
	builder_done(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_cores),        cmocka_unit_test(kept_memory),
		cmocka_unit_test(first_load_counts), cmocka_unit_test(many_headers),
		cmocka_unit_test(truncated),         cmocka_unit_test(flipped_bits),
		cmocka_unit_test(refused),           cmocka_unit_test(damaged_notes),
		cmocka_unit_test(no_notes),          cmocka_unit_test(notes_over_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
