/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec/elf_image.c and the loader "elf-x86": headers that contradict the file or themselves are
 * refused with what and where; loads become whole pages; each --args-... finds what it is promised.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf_image.h"
#include "load_test.h"

#define MIB UINT64_C(0x100000)

/* Offsets in an ELF32 header and in its first program header. */
#define E_PHOFF     0x1c
#define E_SHOFF     0x20
#define E_PHENTSIZE 0x2a
#define E_PHNUM     0x2c
#define P_TYPE      0x34
#define P_OFFSET    0x38
#define P_PADDR     0x40
#define P_FILESZ    0x44
#define P_MEMSZ     0x48

static struct elf_image elf;

/* Text that ends in the middle of a page, data with a tail of zeros. */
static const struct image_elf program = {
	.entry = 0x200010,
	.count = 2,
	.loads = { { 0x200000, 0x1800, 0x1800 }, { 0x202000, 0x3000, 0x234 } },
};

static int setup_elf(void **state)
{
	struct load_test *f;

	if (setup(state))
		return -1;
	f = *state;
	f->request.elf_args = ELF_ARGS_NONE;
	return 0;
}

static void use(struct load_test *f, const struct image_elf *fields)
{
	take(f, image_elf(fields));
}

static int parse(struct load_test *f)
{
	arena_done(&f->arena);
	f->err.text[0] = '\0';
	return elf_image_parse(f->request.image, &f->arena, &elf, &f->err);
}

static void says(struct load_test *f, const char *words)
{
	if (!strstr(f->err.text, words))
		fail_msg("'%s' does not say '%s'", f->err.text, words);
	assert_null(strchr(f->err.text, '\n'));
}

static void damage_is_refused_with_what_and_where(void **state)
{
	static const struct {
		size_t offset;
		unsigned bytes;
		uint32_t value;
		const char *words;
	} rows[] = {
		{ 0, 1, 0, "no magic number at 0x0" },
		{ 4, 1, 0, "ELF class 0 at 0x4" },
		{ 4, 1, 3, "ELF class 3 at 0x4" },
		{ 5, 1, 2, "ELF byte order 2 at 0x5" },
		{ 0x10, 2, 1, "ELF type 1 at 0x10" },
		{ 0x12, 2, 62, "ELF machine 62 at 0x12" },
		{ E_PHOFF, 4, 0xfffffff0, "2 program headers at 0xfffffff0 go past the end" },
		{ E_PHOFF, 4, 0x3fff, "2 program headers at 0x3fff go past the end" },
		{ E_PHNUM, 2, 0, "no program headers" },
		{ E_PHNUM, 2, 65000, "65000 program headers at 0x34 go past the end" },
		{ E_PHNUM, 2, 0xffff, "should be in the section header at 0x0" },
		{ E_PHENTSIZE, 2, 0, "program headers of 0 bytes instead of 32" },
		{ E_PHENTSIZE, 2, 56, "program headers of 56 bytes" },
		{ P_TYPE, 4, PT_INTERP, "program header 0: a program for a dynamic linker" },
		{ P_OFFSET, 4, 0xffffffff, "program header 0: 0x1800 bytes at 0xffffffff go past" },
		{ P_OFFSET, 4, 0x3001, "program header 0: 0x1800 bytes at 0x3001 go past" },
		{ P_FILESZ, 4, 0x1801, "0x1801 bytes in the file do not fit into 0x1800" },
		{ P_FILESZ, 4, 0xffffffff, "0xffffffff bytes in the file do not fit" },
		{ P_MEMSZ, 4, 0, "0x1800 bytes in the file do not fit into 0x0" },
		{ P_MEMSZ, 4, 0x2001,
		  "the loads at 0x200000-0x202000 and 0x202000-0x204fff "
		  "overlap" },
		{ P_MEMSZ, 4, 0xffffffff, "overlap" },
		{ P_PADDR, 4, 0xfffff000, "the load at 0xfffff000-0x1000007ff lies above 4 GiB" },
	};
	struct load_test *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		use(f, &program);
		for (unsigned b = 0; b < rows[i].bytes; b++)
			f->image.data[rows[i].offset + b] = (uint8_t)(rows[i].value >> 8 * b);
		f->err.text[0] = '\0';
		f->request.type = "elf-x86";
		assert_int_equal(make(f), -1);
		says(f, rows[i].words);
	}
}

static void addresses_that_wrap_are_refused(void **state)
{
	struct image_elf fields = { .elf_class = ELFCLASS64,
				    .entry = 0x200000,
				    .count = 1,
				    .loads = { { UINT64_MAX - 0xfff, 0x2000, 0 } } };
	struct load_test *f = *state;

	use(f, &fields);
	assert_int_equal(parse(f), -1);
	says(f, "0x2000 bytes at address 0xfffffffffffff000 go past the end of memory");
	fields.loads[0].address = 0x200000;
	fields.loads[0].memory_bytes = UINT64_MAX;
	use(f, &fields);
	assert_int_equal(parse(f), -1);
	says(f, "0xffffffffffffffff bytes at address 0x200000");
	use(f, &fields);
	le64_put(f->image.data + 0x20, UINT64_MAX - 7); /* e_phoff */
	assert_int_equal(parse(f), -1);
	says(f, "1 program headers at 0xfffffffffffffff8 go past the end");
}

static void truncated_files_are_refused(void **state)
{
	struct load_test *f = *state;
	size_t whole;

	use(f, &program);
	whole = 0x3000 + 0x234; /* the last byte that belongs to a load */
	for (size_t size = 0; size < whole; size += size < 256 ? 1 : 37) {
		uint8_t *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, f->image.data, size);
		f->request.image = (struct span){ copy, size };
		assert_int_equal(parse(f), -1);
		assert_true(f->err.text[0]);
		free(copy);
	}
	f->request.image = (struct span){ f->image.data, whole };
	assert_int_equal(parse(f), 0);
}

static void no_header_byte_does_harm(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0xff };
	struct load_test *f = *state;

	f->request.no_checks = true;
	for (size_t offset = 0; offset < 0x74; offset++)
		for (size_t v = 0; v < sizeof(values); v++) {
			use(f, &program);
			f->image.data[offset] = values[v];
			if (make(f))
				assert_true(f->err.text[0]);
		}
}

static void very_many_headers_are_refused(void **state)
{
	struct load_test *f = *state;

	take(f, image_elf_many(65000));
	assert_int_equal(parse(f), 0);
	assert_int_equal(elf.count, 65000);
	refused(f, "65000 separate pieces of memory are to be loaded: a kernel takes 16");
	take(f, image_elf_many(16));
	refused(f, "16 separate pieces");
	take(f, image_elf_many(15));
	made(f, NULL);
	assert_int_equal(f->plan.segment_count, 16);
}

/* 65535 and more: the number is in a section header, which may say anything. */
static void extended_numbering_is_read(void **state)
{
	struct load_test *f = *state;
	struct image_elf fields = program;

	use(f, &fields);
	le16_put(f->image.data + E_PHNUM, 0xffff);
	le32_put(f->image.data + E_SHOFF, 0x200);
	le16_put(f->image.data + 0x2e, sizeof(Elf32_Shdr));
	le16_put(f->image.data + 0x30, 1);
	le32_put(f->image.data + 0x200 + 28, 2);
	assert_int_equal(parse(f), 0);
	assert_int_equal(elf.count, 2);
	le32_put(f->image.data + 0x200 + 28, 0xffffffff);
	assert_int_equal(parse(f), -1);
	says(f, "4294967295 program headers are more than any program has");
	le32_put(f->image.data + 0x200 + 28, 999999);
	assert_int_equal(parse(f), -1);
	says(f, "999999 program headers at 0x34 go past the end");
	le32_put(f->image.data + E_SHOFF, (uint32_t)f->image.size - 39);
	assert_int_equal(parse(f), -1);
	says(f, "should be in the section header");
}

static struct elf_pieces pieces_of(struct load_test *f)
{
	struct elf_pieces pieces;

	assert_int_equal(parse(f), 0);
	assert_int_equal(elf_image_pieces(&elf, &f->arena, &pieces, &f->err), 0);
	return pieces;
}

static struct span data_of(struct load_test *f, const struct elf_pieces *pieces, size_t i)
{
	struct span data;

	assert_true(i < pieces->count);
	assert_int_equal(elf_piece_data(&elf, &pieces->items[i], &f->arena, &data, &f->err), 0);
	return data;
}

static void loads_become_pieces(void **state)
{
	struct load_test *f = *state;
	struct elf_pieces pieces;
	struct span data;

	use(f, &program);
	pieces = pieces_of(f);
	assert_int_equal(pieces.count, 2);
	assert_int_equal(pieces.items[0].at.start, 0x200000);
	assert_int_equal(pieces.items[0].at.end, 0x202000);
	assert_int_equal(pieces.items[1].at.start, 0x202000);
	assert_int_equal(pieces.items[1].at.end, 0x205000);
	data = data_of(f, &pieces, 0);
	assert_ptr_equal(data.data, f->image.data + 0x1000);
	assert_int_equal(data.size, 0x1800);
	data = data_of(f, &pieces, 1);
	assert_ptr_equal(data.data, f->image.data + 0x3000);
	assert_int_equal(data.size, 0x234);
}

/* Given out of order, starting and ending anywhere, two in one page: copied to where they belong.
 */
static void loads_that_share_a_page_are_copied_together(void **state)
{
	static const struct image_elf fields = {
		.entry = 0x200110,
		.count = 3,
		.loads = { { 0x201400, 0x2000, 0x10 },
			   { 0x200100, 0x50, 0x50 },
			   { 0x200ff0, 0x20, 0x8 } },
	};
	struct load_test *f = *state;
	struct elf_pieces pieces;
	struct span data;

	use(f, &fields);
	pieces = pieces_of(f);
	assert_int_equal(pieces.count, 1);
	assert_int_equal(pieces.items[0].at.start, 0x200000);
	assert_int_equal(pieces.items[0].at.end, 0x204000);
	data = data_of(f, &pieces, 0);
	assert_int_equal(data.size, 0x1410);
	for (size_t i = 0; i < data.size; i++) {
		uint8_t expected = 0;

		if (i >= 0x100 && i < 0x150)
			expected = image_pattern(i - 0x100);
		else if (i >= 0xff0 && i < 0xff8)
			expected = image_pattern(i - 0xff0);
		else if (i >= 0x1400)
			expected = image_pattern(i - 0x1400);
		assert_int_equal(data.data[i], expected);
	}
}

/* What goes on in memory as in the file is one piece and is not copied. */
static void neighbours_are_joined(void **state)
{
	struct image_elf fields = { .entry = 0x200000, .type = ET_CORE };
	struct load_test *f = *state;
	struct elf_pieces pieces;
	struct span data;

	for (size_t i = 0; i < IMAGE_LOADS_MAX; i++)
		fields.loads[fields.count++] =
			(struct image_load){ 0x200000 + i * 0x1000, 0x1000, 0x1000 };
	use(f, &fields);
	pieces = pieces_of(f);
	assert_int_equal(pieces.count, 1);
	data = data_of(f, &pieces, 0);
	assert_ptr_equal(data.data, f->image.data + 0x1000);
	assert_int_equal(data.size, IMAGE_LOADS_MAX * 0x1000);
	made(f, NULL);
	assert_int_equal(f->plan.segment_count, 2);
	f->request.elf_args = ELF_ARGS_ELF;
	refused(f, "--args-none");
}

static void args_none_prepares_nothing(void **state)
{
	struct load_test *f = *state;
	struct purgatory_params params;

	use(f, &program);
	made(f, NULL);
	assert_int_equal(f->plan.segment_count, 3);
	params = params_of(f);
	assert_int_equal(params.entry, 0x200010);
	assert_int_equal(params.eax | params.ebx | params.ecx | params.edx | params.esi |
				 params.edi | params.ebp | params.esp,
			 0);
	assert_int_equal(params.flags & PURG_KEEP_STACK, 0);
	assert_null(f->plan.cmdline);
	f->request.given = REQUEST_CMDLINE;
	refused(f, "nothing takes a command line");
	f->request.given = 0;
	f->request.initrd = f->request.image;
	refused(f, "give --args-linux");
}

static void a_program_called_keeps_the_stack(void **state)
{
	struct load_test *f = *state;

	f->request.mode = REQUEST_PRESERVE;
	use(f, &program);
	made(f, NULL);
	assert_true(params_of(f).flags & PURG_KEEP_STACK);
	assert_int_equal(f->plan.flags & PLAN_PRESERVE_CONTEXT, PLAN_PRESERVE_CONTEXT);
}

static void args_elf_leaves_boot_notes(void **state)
{
	struct load_test *f = *state;
	struct purgatory_params params;
	const struct segment *notes;
	const uint8_t *b;
	uint32_t sum = 0;

	f->request.elf_args = ELF_ARGS_DEFAULT;
	f->request.cmdline = "a=1";
	use(f, &program);
	made(f, NULL);
	notes = plan_segment(&f->plan, "boot_notes");
	assert_non_null(notes);
	params = params_of(f);
	assert_int_equal(params.eax, 0x0e1fb007);
	assert_int_equal(params.ebx, notes->at.start);
	assert_int_equal(params.entry, 0x200010);
	b = notes->data.data;
	assert_int_equal(le32_get(b), 0x0e1fb007);
	assert_int_equal(le32_get(b + 4), notes->data.size);
	assert_int_equal(le16_get(b + 10), 3);
	for (size_t i = 0; i < notes->data.size; i += 2)
		sum += le16_get(b + i);
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	assert_int_equal(le32_get(b + 12), 0);
	assert_int_equal(le32_get(b + 16), 6);
	assert_int_equal(le32_get(b + 20), 2);
	assert_string_equal((const char *)b + 24, "kexec");
	b += notes->data.size - 16;
	assert_int_equal(le32_get(b + 4), 4);
	assert_int_equal(le32_get(b + 8), 4);
	assert_string_equal((const char *)b + 12, "a=1");
	assert_string_equal(f->plan.cmdline, "a=1");
}

/* Like a vmlinux: linked at 16 MiB. */
static const struct image_elf vmlinux = {
	.entry = 0x1000000,
	.count = 2,
	.loads = { { 0x1000000, 0x3000, 0x2c7c }, { 0x1003000, 0x5000, 0x1000 } },
};

static void args_linux_is_a_kernel(void **state)
{
	static const uint8_t initrd[5000] = { 1 };
	struct load_test *f = *state;
	const uint8_t *b;

	f->request.elf_args = ELF_ARGS_LINUX;
	f->request.cmdline = "quiet";
	f->request.initrd = (struct span){ initrd, sizeof(initrd) };
	use(f, &vmlinux);
	made(f, NULL);
	b = plan_segment(&f->plan, "boot_params")->data.data;
	assert_int_equal(params_of(f).esi, 0x10000);
	assert_int_equal(params_of(f).eax, 0);
	assert_int_equal(params_of(f).entry, 0x1000000);
	assert_int_equal(le16_get(b + 0x1fe), 0xaa55);
	assert_memory_equal(b + 0x202, "HdrS", 4);
	assert_int_equal(le16_get(b + 0x206), 0x209);
	assert_int_equal(b[0x210], 0xd0);
	assert_int_equal(b[0x211], 1);
	assert_int_equal(b[0x1e8], 6);
	assert_int_equal(le32_get(b + 0x218), plan_segment(&f->plan, "initrd")->at.start);
	assert_int_equal(le32_get(b + 0x21c), 5000);
	assert_int_equal(le32_get(b + 0x228), 0x11000);
	assert_string_equal((const char *)b + 4096, "quiet");
	assert_int_equal(plan_segment(&f->plan, "kernel")->at.start, 0x1000000);
}

static void a_vmlinux_can_be_jumped_to(void **state)
{
	struct load_test *f = *state;
	struct range region;

	f->request.elf_args = ELF_ARGS_LINUX;
	f->request.mode = REQUEST_PRESERVE;
	use(f, &vmlinux);
	made(f, NULL);
	region = f->plan.jump.main;
	assert_true(region.start <= 0x1000000 - 0x2000 && region.end >= 0x1008000 + 48 * MIB);
	for (unsigned i = 0; i < f->plan.segment_count; i++)
		assert_true(range_contains(region, f->plan.segments[i].at) ||
			    range_contains(f->plan.jump.low, f->plan.segments[i].at));
}

static void the_entry_lies_in_a_load(void **state)
{
	struct image_elf fields = program;
	struct load_test *f = *state;

	fields.entry = 0x201800;
	use(f, &fields);
	refused(f, "the entry 0x201800 lies in none of the loads (0x200000-0x204fff)");
	f->request.entry_given = true;
	f->request.entry = 0x202004;
	made(f, NULL);
	assert_int_equal(params_of(f).entry, 0x202004);
	f->request.entry = 0x205000;
	refused(f, "the entry 0x205000");
}

static void what_does_not_fit_is_named(void **state)
{
	struct image_elf fields = program;
	struct load_test *f = *state;

	use(f, &fields);
	f->request.limit = (struct range){ 0, 0x202000 };
	refused(f, "must lie at 0x200000-0x204fff: the smallest that would do is "
		   "--mem-max=0x204fff");
	f->request.limit = (struct range){ 0, 0x205000 };
	made(f, NULL);
	f->request.limit = (struct range){ 0, 0 };
	fields.loads[1].address = 0x40000000;
	use(f, &fields);
	refused(f, "0x40000000");
	fields.loads[1].address = 0x202000;
	fields.loads[1].memory_bytes = 0xf0000000;
	use(f, &fields);
	refused(f, "0x202000");
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup_elf, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(damage_is_refused_with_what_and_where),
		T(addresses_that_wrap_are_refused),
		T(truncated_files_are_refused),
		T(no_header_byte_does_harm),
		T(very_many_headers_are_refused),
		T(extended_numbering_is_read),
		T(loads_become_pieces),
		T(loads_that_share_a_page_are_copied_together),
		T(neighbours_are_joined),
		T(args_none_prepares_nothing),
		T(a_program_called_keeps_the_stack),
		T(args_elf_leaves_boot_notes),
		T(args_linux_is_a_kernel),
		T(a_vmlinux_can_be_jumped_to),
		T(the_entry_lies_in_a_load),
		T(what_does_not_fit_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
