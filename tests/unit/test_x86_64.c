/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plans of x86_64: the 64-bit entry and where it may lie, leaving long mode for 32-bit images, and
 * what a jump does differently there. The image types are the real ones, the PC is made up.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/i386/boot_params.h"
#include "handoff.h"
#include "load_test.h"

#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)

static const uint8_t initrd[3 * 4096] = { 7 };

/* 512 MiB, and 2 GiB more above 4 GiB. */
static int setup_64(void **state)
{
	struct range high = { 4 * GIB, 6 * GIB };
	struct load_test *f;

	if (setup(state))
		return -1;
	f = *state;
	strcpy(f->machine.arch, "x86_64");
	f->machine.cpu = CPU_LONG_MODE | CPU_PAE;
	f->machine.total_bytes = f->machine.available_bytes = 2560 * MIB;
	f->machine.gdtr.base = UINT64_C(0xfffffe0000001000);
	f->machine.gdtr.limit = 0x7f;
	if (memmap_add(&f->machine.firmware, high, MEMORY_RAM, &f->err) ||
	    memmap_sort(&f->machine.firmware, &f->err) ||
	    range_set_add(&f->machine.ram, high, &f->err))
		return -1;
	f->request.cmdline = "quiet";
	return 0;
}

static void use_kernel(struct load_test *f, uint16_t xloadflags)
{
	struct image_bzimage fields = image_modern;

	fields.xloadflags = xloadflags;
	take(f, image_bzimage(&fields));
}

static void use_program(struct load_test *f, uint16_t machine)
{
	struct image_elf fields = {
		.elf_class = machine == EM_X86_64 ? ELFCLASS64 : ELFCLASS32,
		.machine = machine,
		.entry = 96 * MIB + 0x10,
		.count = 1,
		.loads = { { 96 * MIB, 0x2000, 0x1000 } },
	};

	take(f, image_elf(&fields));
	f->request.cmdline = "";
	f->request.elf_args = ELF_ARGS_NONE;
	f->request.given = REQUEST_ELF_ARGS;
}

static const struct segment *segment_of(struct load_test *f, const char *name)
{
	const struct segment *segment = plan_segment(&f->plan, name);

	assert_non_null(segment);
	return segment;
}

static struct jump_pad pad_of(const struct segment *segment)
{
	struct jump_pad pad;

	memcpy(&pad, segment->data.data + segment->data.size - PAD_BYTES + PAD_DATA, sizeof(pad));
	return pad;
}

static void test_64_bit_entry(void **state)
{
	struct load_test *f = *state;
	struct purgatory_params params;

	use_kernel(f, XLOAD_KERNEL_64 | XLOAD_ABOVE_4G);
	made(f, NULL);
	params = params_of(f);
	assert_string_equal(f->plan.loader, "bzImage64");
	assert_int_equal(f->plan.flags, UINT32_C(62) << 16);
	assert_int_equal(params.entry, segment_of(f, "kernel")->at.start + 0x200);
	assert_int_equal(params.esi, segment_of(f, "boot_params")->at.start);
	assert_false(params.flags & PURG_ENTER_32);
	assert_true(segment_of(f, "kernel")->at.end <= 4 * GIB);
}

static void test_32_bit_kernel_leaves_long_mode(void **state)
{
	struct load_test *f = *state;

	use_kernel(f, 0);
	made(f, NULL);
	assert_string_equal(f->plan.loader, "bzImage");
	assert_int_equal(params_of(f).entry, segment_of(f, "kernel")->at.start);
	assert_true(params_of(f).flags & PURG_ENTER_32);
	assert_true(segment_of(f, "purgatory")->at.end <= 4 * GIB);
}

static void test_everything_above_4_gib(void **state)
{
	struct load_test *f = *state;
	const uint8_t *page;
	uint64_t at;

	use_kernel(f, XLOAD_KERNEL_64 | XLOAD_ABOVE_4G);
	f->request.initrd = (struct span){ initrd, sizeof(initrd) };
	f->request.limit.start = 4 * GIB;
	made(f, NULL);
	for (unsigned i = 0; i < f->plan.segment_count; i++)
		assert_true(f->plan.segments[i].at.start >= 4 * GIB);
	page = segment_of(f, "boot_params")->data.data;
	at = segment_of(f, "initrd")->at.start;
	assert_int_equal(le32_get(page + BP_RAMDISK_IMAGE), (uint32_t)at);
	assert_int_equal(le32_get(page + BP_EXT_RAMDISK_IMAGE), at >> 32);
	at = segment_of(f, "boot_params")->at.start + BOOT_PARAMS_BYTES;
	assert_int_equal(le32_get(page + BP_CMD_LINE_PTR), (uint32_t)at);
	assert_int_equal(le32_get(page + BP_EXT_CMD_LINE_PTR), at >> 32);
}

static void test_above_4_gib_only_where_the_kernel_allows_it(void **state)
{
	struct load_test *f = *state;

	use_kernel(f, XLOAD_KERNEL_64);
	f->request.limit.start = 4 * GIB;
	refused(f, "no free memory for the kernel");
}

static void test_jump(void **state)
{
	struct load_test *f = *state;
	const struct segment *h;
	struct jump_pad pad;

	use_kernel(f, XLOAD_KERNEL_64 | XLOAD_ABOVE_4G | XLOAD_5LEVEL | XLOAD_5LEVEL_ON);
	f->request.mode = REQUEST_PRESERVE;
	made(f, NULL);
	h = segment_of(f, "handoff");
	pad = pad_of(h);
	assert_int_equal(f->plan.flags, UINT32_C(62) << 16 | PLAN_PRESERVE_CONTEXT);
	assert_true(f->plan.jump.main.end <= 4 * GIB);
	assert_int_equal(pad.code_selector, 0x10);
	assert_int_equal(pad.data_selector, 0x18);
	assert_int_equal(pad.flags, PAD_FLAG_CR4 | PAD_FLAG_PAE);
	assert_int_equal(pad.gdtr_base, UINT64_C(0xfffffe0000001000));
	assert_int_equal(pad.peer_start, f->plan.jump.low.start);
	assert_int_equal(pad.peer_end, f->plan.jump.main.end);
	assert_int_equal(le16_get(h->data.data + offsetof(Elf64_Ehdr, e_machine)), EM_X86_64);
	/* a kernel that maps its own RAM by 2 MiB pages maps the pad */
	assert_int_equal((f->plan.jump.handoff.end - 1) / (2 * MIB),
			 f->plan.jump.handoff.end / (2 * MIB));
	assert_true(!strncmp(f->plan.cmdline, "quiet elfcorehdr=0x", 19));
	assert_non_null(strstr(f->plan.cmdline, " no5lvl"));
}

static void test_jump_above_4_gib(void **state)
{
	struct load_test *f = *state;

	use_kernel(f, XLOAD_KERNEL_64 | XLOAD_ABOVE_4G);
	f->request.mode = REQUEST_PRESERVE;
	f->request.limit.start = 4 * GIB;
	made(f, NULL);
	assert_true(f->plan.jump.handoff.start >= 4 * GIB);
	assert_true(f->plan.jump.in > 4 * GIB);
	assert_true(segment_of(f, "kernel")->at.start > 4 * GIB);
	assert_int_equal(segment_of(f, "low")->at.start, 0x1000);
}

static void test_pad_shares_a_large_page_with_any_region(void **state)
{
	struct load_test *f = *state;
	struct handoff_layout layout;

	assert_int_equal(handoff_measure(&f->machine, &layout, &f->err), 0);
	use_kernel(f, XLOAD_KERNEL_64);
	f->request.mode = REQUEST_PRESERVE;
	f->request.limit = (struct range){ 64 * MIB - layout.total_bytes, 256 * MIB };
	made(f, NULL);
	assert_int_equal((f->plan.jump.handoff.end - 1) / (2 * MIB),
			 f->plan.jump.handoff.end / (2 * MIB));
}

static void test_page_table_levels_must_match(void **state)
{
	struct load_test *f = *state;

	use_kernel(f, XLOAD_KERNEL_64 | XLOAD_5LEVEL | XLOAD_5LEVEL_ON);
	f->request.mode = REQUEST_PRESERVE;
	f->machine.cpu |= CPU_LA57;
	made(f, NULL);
	assert_null(strstr(f->plan.cmdline, "no5lvl"));
	assert_true(pad_of(segment_of(f, "handoff")).flags & PAD_FLAG_LA57);
	f->request.cmdline = "no5lvl";
	refused(f, "no5lvl");
	f->request.cmdline = "";
	le16_put(f->image.data + BP_XLOADFLAGS, XLOAD_KERNEL_64 | XLOAD_5LEVEL);
	refused(f, "five-level");
}

static void test_old_kernel_is_entered_without_five_levels(void **state)
{
	struct load_test *f = *state;

	use_kernel(f, XLOAD_KERNEL_64);
	f->machine.cpu |= CPU_LA57;
	made(f, NULL);
	assert_true(params_of(f).flags & PURG_ENTER_32);
	assert_int_equal(params_of(f).entry, segment_of(f, "kernel")->at.start);
}

static void test_word_sizes_must_match_to_come_back(void **state)
{
	struct load_test *f = *state;

	f->request.mode = REQUEST_PRESERVE;
	use_kernel(f, 0);
	refused(f, "same word size");
	use_kernel(f, XLOAD_KERNEL_64);
	strcpy(f->machine.arch, "i686");
	f->machine.cpu = CPU_PAE;
	refused(f, "same word size");
	use_program(f, EM_386);
	made(f, NULL);
	strcpy(f->machine.arch, "x86_64");
	f->machine.cpu = CPU_PAE | CPU_LONG_MODE;
	refused(f, "same word size");
}

static void test_encrypted_memory_is_refused(void **state)
{
	struct load_test *f = *state;

	use_kernel(f, XLOAD_KERNEL_64);
	f->machine.cpu |= CPU_ENCRYPTED;
	made(f, NULL);
	f->request.mode = REQUEST_PRESERVE;
	refused(f, "encrypted");
}

static void test_programs(void **state)
{
	struct load_test *f = *state;

	use_program(f, EM_X86_64);
	f->request.mode = REQUEST_PRESERVE;
	made(f, NULL);
	assert_string_equal(f->plan.loader, "elf-x86_64");
	assert_int_equal(params_of(f).entry, 96 * MIB + 0x10);
	assert_int_equal(params_of(f).flags & (PURG_KEEP_STACK | PURG_ENTER_32), PURG_KEEP_STACK);
	assert_int_equal(pad_of(segment_of(f, "handoff")).payload, 96 * MIB + 0x10);
	use_program(f, EM_386);
	f->request.mode = REQUEST_BOOT;
	made(f, NULL);
	assert_string_equal(f->plan.loader, "elf-x86");
	assert_true(params_of(f).flags & PURG_ENTER_32);
}

static void test_helper(void **state)
{
	struct load_test *f = *state;
	struct jump_pad pad;

	f->request.mode = REQUEST_JUMP_BACK;
	f->request.entry = 7 * GIB + 0x1100;
	f->request.entry_given = true;
	made(f, NULL);
	pad = pad_of(segment_of(f, "pad"));
	assert_int_equal(pad.peer, 7 * GIB + 0x1100);
	assert_int_equal(pad.peer_start, 7 * GIB + 0x1000);
	assert_int_equal(pad.peer_end, 7 * GIB + 0x2000);
	assert_int_equal(f->plan.entry, segment_of(f, "pad")->at.start + PAD_OUT);
	f->request.one_way = true;
	made(f, NULL);
	pad = pad_of(segment_of(f, "pad"));
	assert_true(pad.flags & PAD_FLAG_ONE_WAY);
	assert_int_equal(f->plan.entry, segment_of(f, "pad")->at.start + PAD_OUT);
	assert_int_equal(f->plan.flags, UINT32_C(62) << 16);
}

/* A 32-bit program on a 64-bit kernel names no address above 4 GiB. */
static void test_32_bit_program(void **state)
{
	struct load_test *f = *state;

	use_kernel(f, XLOAD_KERNEL_64 | XLOAD_ABOVE_4G);
	f->request.reach_end = 4 * GIB;
	f->request.limit = (struct range){ 4 * GIB, 6 * GIB };
	refused(f, "a 32-bit program can use memory up to 0xffffffff");
	f->request.limit.start = 16 * MIB;
	made(f, NULL);
	for (unsigned i = 0; i < f->plan.segment_count; i++)
		assert_true(f->plan.segments[i].at.end <= 4 * GIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_64_bit_entry, setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_32_bit_kernel_leaves_long_mode, setup_64,
						teardown),
		cmocka_unit_test_setup_teardown(test_everything_above_4_gib, setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_above_4_gib_only_where_the_kernel_allows_it,
						setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_jump, setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_jump_above_4_gib, setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_pad_shares_a_large_page_with_any_region,
						setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_page_table_levels_must_match, setup_64,
						teardown),
		cmocka_unit_test_setup_teardown(test_old_kernel_is_entered_without_five_levels,
						setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_word_sizes_must_match_to_come_back, setup_64,
						teardown),
		cmocka_unit_test_setup_teardown(test_encrypted_memory_is_refused, setup_64,
						teardown),
		cmocka_unit_test_setup_teardown(test_programs, setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_32_bit_program, setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_helper, setup_64, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
