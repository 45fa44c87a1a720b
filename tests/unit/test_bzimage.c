/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader "bzImage" and what surrounds a kernel (linux.c): damaged images are refused with what
 * and where; every boot protocol is placed as it wants; limits are named with what would do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/i386/bzimage.h"
#include "load_test.h"

#define MIB UINT64_C(0x100000)

static int setup_kernel(void **state)
{
	struct load_test *f;

	if (setup(state))
		return -1;
	f = *state;
	f->request.cmdline = "console=ttyS0";
	return 0;
}

static void use(struct load_test *f, const struct image_bzimage *fields)
{
	take(f, image_bzimage(fields));
}

static void is_at(struct load_test *f, const char *name, uint64_t start, uint64_t end)
{
	const struct segment *s = plan_segment(&f->plan, name);

	assert_non_null(s);
	if (s->at.start != start || s->at.end != end)
		fail_msg("%s is at 0x%llx-0x%llx, not 0x%llx-0x%llx", name,
			 (unsigned long long)s->at.start, (unsigned long long)s->at.end,
			 (unsigned long long)start, (unsigned long long)end);
}

static void damage_is_refused_with_what_and_where(void **state)
{
	static const struct {
		size_t offset;
		unsigned bytes;
		uint64_t value;
		const char *words;
	} rows[] = {
		{ 0x1fe, 2, 0, "no 0xaa55 at 0x1fe" },
		{ 0x202, 1, 'h', "no \"HdrS\" at 0x202" },
		{ 0x206, 2, 0x01ff, "boot protocol 1.255 at 0x206" },
		{ 0x206, 2, 0, "boot protocol 0.00 at 0x206" },
		{ 0x211, 1, 0, "a zImage (loadflags 0x0 at 0x211)" },
		{ 0x1f1, 1, 0xff, "truncated: the kernel starts at 0x20000, the file ends at" },
		{ 0x1f4, 4, 0xffffffff, "truncated: the kernel takes 0xffffffff0 bytes" },
		{ 0x230, 4, 0, "kernel_alignment 0x0 at 0x230 is not a power of two" },
		{ 0x230, 4, 0x300000, "kernel_alignment 0x300000" },
		{ 0x248, 4, 0xffffffff, "at 0xffffffff of the protected-mode part" },
		{ 0x24c, 4, 0xffffffff, "goes past the end of the file" },
		{ 0x258, 8, 0x100000000, "pref_address 0x100000000 at 0x258 is above 4 GiB" },
		{ 0x258, 8, UINT64_MAX, "pref_address 0xffffffffffffffff at 0x258" },
		{ 0x258, 8, 0x1000001, "not page aligned" },
	};
	struct load_test *f = *state;
	struct bzimage kernel;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		use(f, &image_modern);
		for (unsigned b = 0; b < rows[i].bytes; b++)
			f->image.data[rows[i].offset + b] = (uint8_t)(rows[i].value >> 8 * b);
		assert_int_equal(bzimage_parse(f->request.image, &kernel, &f->err), -1);
		if (!strstr(f->err.text, rows[i].words))
			fail_msg("'%s' does not say '%s'", f->err.text, rows[i].words);
		assert_null(strchr(f->err.text, '\n'));
		assert_int_equal(make(f), -1);
	}
}

/* Each length in a block of its own, so that a byte read too far is seen. */
static void truncated_files_are_refused(void **state)
{
	struct load_test *f = *state;
	struct bzimage kernel;

	use(f, &image_modern);
	for (size_t size = 0; size < f->image.size; size += size < 4096 ? 1 : 61) {
		uint8_t *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, f->image.data, size);
		assert_int_equal(bzimage_parse((struct span){ copy, size }, &kernel, &f->err), -1);
		assert_true(f->err.text[0]);
		free(copy);
	}
	assert_int_equal(bzimage_parse(f->request.image, &kernel, &f->err), 0);
}

/* Any byte of the header, all bits set or clear: a plan or a refusal, and nothing else. */
static void no_header_byte_does_harm(void **state)
{
	static const uint8_t values[] = { 0x00, 0x7f, 0x80, 0xff };
	struct load_test *f = *state;

	f->request.no_checks = true;
	for (size_t offset = 0x1f1; offset < 0x290; offset++)
		for (size_t v = 0; v < sizeof(values); v++) {
			use(f, &image_modern);
			f->image.data[offset] = values[v];
			if (make(f))
				assert_true(f->err.text[0]);
		}
}

static void every_field_is_read(void **state)
{
	struct load_test *f = *state;
	struct bzimage kernel;

	use(f, &image_modern);
	f->image.data[0x236] = 0x2a;
	assert_int_equal(bzimage_parse(f->request.image, &kernel, &f->err), 0);
	assert_int_equal(kernel.protocol, 0x20f);
	assert_int_equal(kernel.payload.size, 5 * 4096 + 100);
	assert_ptr_equal(kernel.payload.data, f->image.data + 4 * 512);
	assert_true(kernel.relocatable);
	assert_int_equal(kernel.alignment, 0x200000);
	assert_int_equal(kernel.pref_address, 0x1000000);
	assert_int_equal(kernel.run_bytes, 0x606000);
	assert_int_equal(kernel.initrd_end, 0x80000000);
	assert_int_equal(kernel.cmdline_chars, 2047);
	assert_int_equal(kernel.xloadflags, 0x2a);
	assert_ptr_equal(kernel.header.data, f->image.data + 0x1f1);
	assert_int_equal(kernel.header.size, 0x26c - 0x1f1);
}

static void a_modern_kernel_lies_where_it_prefers(void **state)
{
	static const uint8_t initrd[5000] = { 1, 2, 3 };
	struct load_test *f = *state;
	struct purgatory_params params;
	const struct segment *s;

	use(f, &image_modern);
	f->request.initrd = (struct span){ initrd, sizeof(initrd) };
	made(f, "bzImage");
	is_at(f, "purgatory", 0x3000, plan_segment(&f->plan, "purgatory")->at.end);
	is_at(f, "boot_params", 0x10000, 0x12000);
	is_at(f, "kernel", 0x1000000, 0x1606000);
	is_at(f, "initrd", 0x1ffde000, 0x1ffe0000);
	s = plan_segment(&f->plan, "kernel");
	assert_ptr_equal(s->data.data, f->image.data + 4 * 512);
	assert_int_equal(s->data.size, 5 * 4096 + 100);
	s = plan_segment(&f->plan, "boot_params");
	assert_int_equal(le32_get(s->data.data + 0x214), 0x1000000);
	assert_int_equal(le32_get(s->data.data + 0x218), 0x1ffde000);
	assert_int_equal(le32_get(s->data.data + 0x21c), 5000);
	assert_string_equal((const char *)s->data.data + 4096, "console=ttyS0");
	params = params_of(f);
	assert_int_equal(params.entry, 0x1000000);
	assert_int_equal(params.esi, 0x10000);
	assert_int_equal(params.eax | params.ebx | params.ecx | params.edx | params.edi |
				 params.ebp,
			 0);
	assert_int_equal(params.region_count, 3);
	assert_int_equal(f->plan.entry, 0x3000 + PURG_ENTRY);
	assert_string_equal(f->plan.cmdline, "console=ttyS0");
}

/* 2.05 to 2.09 and init_size 0: what the original loaded as nothing at all. */
static void every_protocol_is_loaded_whole(void **state)
{
	struct load_test *f = *state;

	f->request.no_checks = true;
	for (uint16_t protocol = 0x200; protocol <= 0x20f; protocol++)
		for (unsigned variant = 0; variant < 4; variant++) {
			struct image_bzimage fields = image_modern;
			const struct segment *s;

			fields.protocol = protocol;
			fields.relocatable = variant & 1;
			fields.init_size = variant & 2 ? 0 : 1000;
			fields.payload_bytes = 3 * MIB;
			use(f, &fields);
			made(f, "bzImage");
			s = plan_segment(&f->plan, "kernel");
			assert_int_equal(s->data.size, 3 * MIB);
			assert_true(range_bytes(s->at) >= 3 * MIB);
			if (protocol < 0x20a)
				assert_true(range_bytes(s->at) == 13 * MIB);
			assert_int_equal(params_of(f).entry, s->at.start);
			if (protocol < 0x205 || !fields.relocatable)
				assert_int_equal(s->at.start, MIB);
			else
				assert_int_equal(s->at.start,
						 protocol < 0x20a ? 0x200000 : 0x1000000);
		}
}

static void the_estimate_is_bounded(void **state)
{
	struct image_bzimage fields = image_modern;
	struct load_test *f = *state;

	fields.init_size = 0;
	fields.payload_bytes = 40 * MIB;
	use(f, &fields);
	made(f, "bzImage");
	is_at(f, "kernel", 0x1000000, 0x1000000 + (40 + 64 + 1) * MIB);
}

static void before_2_02_boot_params_are_at_90000(void **state)
{
	struct image_bzimage fields = image_modern;
	struct load_test *f = *state;
	const struct segment *s;

	fields.protocol = 0x201;
	use(f, &fields);
	made(f, "bzImage");
	is_at(f, "boot_params", 0x90000, 0x92000);
	s = plan_segment(&f->plan, "boot_params");
	assert_int_equal(le16_get(s->data.data + 0x20), 0xa33f);
	assert_int_equal(le16_get(s->data.data + 0x22), 0x1000);
	f->request.limit = (struct range){ MIB, 512 * MIB };
	refused(f, "at 0x90000");
}

/* A fixed kernel is loaded at 1 MiB and goes home by itself: nothing may be in its way. */
static void a_kernel_that_cannot_move(void **state)
{
	struct image_bzimage fields = image_modern;
	struct load_test *f = *state;

	fields.relocatable = 0;
	use(f, &fields);
	made(f, "bzImage");
	is_at(f, "kernel", 0x100000, 0x106000);
	f->request.mode = REQUEST_PRESERVE;
	refused(f, "CONFIG_RELOCATABLE");
}

/* The seeds' --mem-max=0xffffff: the file's bytes below, the kernel moves itself up to 16 MiB. */
static void below_its_preferred_address(void **state)
{
	static const uint8_t initrd[5000] = { 1 };
	struct load_test *f = *state;

	use(f, &image_modern);
	f->request.initrd = (struct span){ initrd, sizeof(initrd) };
	f->request.limit = (struct range){ 0, 0x1000000 };
	made(f, "bzImage");
	is_at(f, "kernel", 0x200000, 0x206000);
	is_at(f, "initrd", 0xffe000, 0x1000000);
	assert_int_equal(params_of(f).entry, 0x200000);
	/* not where there is no RAM for it to go to */
	pc_done(&f->machine);
	pc_init(&f->machine, 20);
	refused(f, "no free memory for the kernel: it takes 0x606000 bytes at or above 0x1000000");
}

static void limits_are_answered_by_what_would_do(void **state)
{
	struct load_test *f = *state;

	use(f, &image_modern);
	f->request.limit = (struct range){ 0, 0x201000 };
	refused(f, "the smallest that would do is --mem-max=0x205fff");
	f->request.limit.end = 0x206000;
	made(f, "bzImage");
	f->request.limit = (struct range){ 0x3000000, 0x3100000 };
	refused(f, "--mem-max=0x3615fff");
	f->request.limit.end = 0x3616000;
	made(f, "bzImage");
	is_at(f, "kernel", 0x3000000, 0x3606000);
	is_at(f, "boot_params", 0x3606000, 0x3608000);
}

static void too_large_for_the_machine(void **state)
{
	struct image_bzimage fields = image_modern;
	struct load_test *f = *state;

	fields.init_size = 0xffffffff;
	use(f, &fields);
	refused(f, "no free memory for the kernel: it takes 0x100000000 bytes at or above "
		   "0x1000000");
	fields.init_size = 0x606000;
	fields.alignment = 0x80000000;
	use(f, &fields);
	refused(f, "no free memory for the kernel");
}

static void the_command_line_has_its_length(void **state)
{
	struct image_bzimage fields = image_modern;
	struct load_test *f = *state;
	char text[300];

	memset(text, 'x', sizeof(text));
	text[255] = '\0';
	f->request.cmdline = text;
	fields.protocol = 0x205;
	use(f, &fields);
	made(f, "bzImage");
	text[255] = 'x';
	text[256] = '\0';
	refused(f, "the command line has 256 characters, this kernel takes 255");
	fields.protocol = 0x206;
	fields.cmdline_size = 256;
	use(f, &fields);
	made(f, "bzImage");
	fields.cmdline_size = 0;
	use(f, &fields);
	refused(f, "this kernel takes 0");
}

static void an_initrd_keeps_below_its_limit(void **state)
{
	static const uint8_t initrd[5000] = { 1 };
	struct image_bzimage fields = image_modern;
	struct load_test *f = *state;

	f->request.initrd = (struct span){ initrd, sizeof(initrd) };
	fields.initrd_max = 0x1ffffff;
	use(f, &fields);
	made(f, "bzImage");
	is_at(f, "initrd", 0x1ffe000, 0x2000000);
	/* no room above the kernel: below it */
	fields.initrd_max = 0x1600000;
	use(f, &fields);
	made(f, "bzImage");
	is_at(f, "initrd", 0xffe000, 0x1000000);
	fields.initrd_max = 0x100000;
	use(f, &fields);
	refused(f, "no free memory of 0x1388 bytes for the initrd below 0x100001");
}

/* RAM that boot_params hand over. */
static uint64_t told_ram(struct load_test *f)
{
	const uint8_t *b = plan_segment(&f->plan, "boot_params")->data.data;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < b[0x1e8]; i++)
		if (le32_get(b + 0x2d0 + i * 20 + 16) == MEMORY_RAM)
			bytes += le64_get(b + 0x2d0 + i * 20 + 8);
	return bytes;
}

static void a_kernel_to_jump_to_stays_in_its_region(void **state)
{
	struct image_bzimage fields = image_modern;
	static const uint8_t initrd[5000] = { 1 };
	struct load_test *f = *state;

	f->request.mode = REQUEST_PRESERVE;
	f->request.initrd = (struct span){ initrd, sizeof(initrd) };
	for (unsigned bit = 21; bit <= 24; bit++) {
		struct range region;

		fields.alignment = UINT32_C(1) << bit;
		use(f, &fields);
		made(f, "bzImage");
		region = f->plan.jump.main;
		for (unsigned i = 0; i < f->plan.segment_count; i++)
			assert_true(range_contains(region, f->plan.segments[i].at) ||
				    range_contains(f->plan.jump.low, f->plan.segments[i].at));
		assert_int_equal(plan_segment(&f->plan, "kernel")->at.start % fields.alignment, 0);
		assert_true(plan_segment(&f->plan, "kernel")->at.start >= 0x1000000);
		assert_int_equal(told_ram(f), range_bytes(region) + range_bytes(f->plan.jump.low) -
						      range_bytes(f->plan.jump.handoff));
		assert_non_null(
			strstr((const char *)plan_segment(&f->plan, "boot_params")->data.data +
				       4096,
			       "kexec_jump_back_entry=0x"));
	}
}

static void a_region_below_16_mib_is_answered_by_what_would_do(void **state)
{
	struct load_test *f = *state;

	f->request.mode = REQUEST_PRESERVE;
	f->request.limit = (struct range){ 0, 0x1000000 };
	use(f, &image_modern);
	refused(f, "the smallest that would do is --mem-max=0x");
	f->request.limit.end = strtoull(strstr(f->err.text, "--mem-max=") + 10, NULL, 0) + 1;
	made(f, "bzImage");
	f->request.limit.end -= 4096;
	refused(f, "the smallest that would do is --mem-max=0x");
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup_kernel, teardown)

static void a_device_tree_must_be_one(void **state)
{
	static const uint8_t tree[48] = { 0xd0, 0x0d, 0xfe, 0xed };
	struct load_test *f = *state;
	struct image_bzimage old = image_modern;

	use(f, &image_modern);
	f->request.given |= REQUEST_DTB;
	f->request.dtb = (struct span){ tree, sizeof(tree) };
	made(f, "bzImage");
	f->request.dtb.size = 39;
	refused(f, "no device tree");
	f->request.dtb = (struct span){ tree + 1, 47 };
	refused(f, "no 0xd00dfeed");
	f->request.dtb = (struct span){ tree, sizeof(tree) };
	f->request.entry_mode = ENTRY_MODE_16;
	refused(f, "entered in real mode");
	f->request.entry_mode = ENTRY_MODE_BEST;
	old.protocol = 0x208;
	use(f, &old);
	refused(f, "2.08 or older");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(damage_is_refused_with_what_and_where),
		T(truncated_files_are_refused),
		T(no_header_byte_does_harm),
		T(every_field_is_read),
		T(a_modern_kernel_lies_where_it_prefers),
		T(every_protocol_is_loaded_whole),
		T(the_estimate_is_bounded),
		T(before_2_02_boot_params_are_at_90000),
		T(a_kernel_that_cannot_move),
		T(below_its_preferred_address),
		T(limits_are_answered_by_what_would_do),
		T(too_large_for_the_machine),
		T(the_command_line_has_its_length),
		T(an_initrd_keeps_below_its_limit),
		T(a_kernel_to_jump_to_stays_in_its_region),
		T(a_region_below_16_mib_is_answered_by_what_would_do),
		T(a_device_tree_must_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
