/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader "nbi-x86": records go where the draft says, damaged ones are refused with what and
 * where; both entries find their header and a BOOTP reply on the stack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load_test.h"

#define MIB      UINT64_C(0x100000)
#define MAGIC    0x1b031336
#define LAST     0x04000004 /* the flag, and four words of length */
#define RECORD   0x00000004
#define BEHIND   0x01000000
#define FROM_END 0x02000000
#define BEFORE   0x03000000

static int setup_raw(void **state)
{
	if (setup(state))
		return -1;
	take(*state, image_raw(20000));
	return 0;
}

static void put(struct load_test *f, size_t at, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t words[] = { a, b, c, d };

	for (size_t i = 0; i < 4; i++)
		le32_put(f->image.data + at + 4 * i, words[i]);
}

/* Its header at 0x90000; entered at 0x10000 or 0x100000. */
static void use_real(struct load_test *f)
{
	put(f, 0, MAGIC, 4, 0x90000000, 0x10000000);
}

static void use_linear(struct load_test *f)
{
	put(f, 0, MAGIC, 0x80000004, 0x90000000, 0x100000);
}

/* What is at a physical address: the program's bytes, or zero behind them. */
static uint8_t loaded(struct load_test *f, uint64_t address)
{
	const struct segment *s = segment_at(f, address);
	uint64_t offset = address - s->at.start;

	return offset < s->data.size ? s->data.data[offset] : 0;
}

static void same(struct load_test *f, uint64_t address, size_t offset, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(loaded(f, address + i), f->image.data[offset + i]);
}

static void test_parts(void **state)
{
	struct load_test *f = *state;
	uint64_t end = 512 * MIB - 0x20000;

	use_real(f);
	put(f, 16, RECORD, 0x10000, 0x1000, 0x1800);
	put(f, 32, RECORD | BEHIND, 0x900, 0x200, 0x200);
	put(f, 48, RECORD | BEFORE, 0x100, 0x80, 0x80);
	put(f, 64, LAST | FROM_END, 0x10000, 0x300, 0x8000);
	made(f, "nbi-x86");
	same(f, 0x90000, 0, 512);
	same(f, 0x10000, 512, 0x1000);
	assert_int_equal(loaded(f, 0x11000), 0);
	same(f, 0x12100, 512 + 0x1000, 0x200);
	same(f, 0x12000, 512 + 0x1200, 0x80);
	same(f, end - 0x10000, 512 + 0x1280, 0x300);
	assert_int_equal(loaded(f, end - 0x8001), 0);
}

/* Plan it: the stack it gets, and how it is entered. */
static const struct segment *stack_of(struct load_test *f, struct purgatory_params *params)
{
	made(f, "nbi-x86");
	*params = params_of(f);
	return plan_segment(&f->plan, "stack");
}

static void test_real_mode(void **state)
{
	struct load_test *f = *state;
	struct purgatory_params params;
	const struct segment *stack;
	const uint8_t *frame;

	use_real(f);
	put(f, 16, LAST, 0x10000, 0x1000, 0x1800);
	stack = stack_of(f, &params);
	assert_int_equal(params.entry, 0x10000000);
	assert_true(stack->at.end <= 0x9f000);
	assert_int_equal(params.real_ss, stack->at.start >> 4);
	assert_true(params.esp < 0x2000);
	frame = stack->data.data + params.esp;
	assert_int_equal(le16_get(frame), 0); /* back to the code at the stack's start */
	assert_int_equal(le16_get(frame + 2), stack->at.start >> 4);
	assert_int_equal(stack->data.data[0], 0xf4);
	assert_int_equal(le32_get(frame + 4), 0x90000000);
	assert_int_equal(le16_get(frame + 10), stack->at.start >> 4);
	assert_int_equal(stack->data.data[le16_get(frame + 8)], 2);
}

static void test_linear(void **state)
{
	struct load_test *f = *state;
	struct purgatory_params params;
	const struct segment *stack;
	const uint8_t *frame;

	use_linear(f);
	put(f, 16, LAST, 0x100000, 0x1000, 0x1800);
	stack = stack_of(f, &params);
	assert_int_equal(params.entry, 0x100000);
	assert_int_equal(params.real_ss, 0);
	frame = stack->data.data + (params.esp - stack->at.start);
	assert_int_equal(le32_get(frame), stack->at.start);
	assert_int_equal(le32_get(frame + 4), 0);
	assert_int_equal(le32_get(frame + 8), 0x90000);
	assert_int_equal(stack->data.data[le32_get(frame + 12) - stack->at.start], 2);
}

/* Zeros never hide what another record loads, and all of them stay zeros. */
static void test_overlapping_zeros(void **state)
{
	struct load_test *f = *state;

	use_linear(f);
	put(f, 16, RECORD, 0x100000, 0x800, 0x4000);
	put(f, 32, LAST, 0x101000, 0x800, 0x800);
	made(f, "nbi-x86");
	same(f, 0x100000, 512, 0x800);
	same(f, 0x101000, 512 + 0x800, 0x800);
	assert_int_equal(loaded(f, 0x103fff), 0);
	put(f, 32, LAST, 0x1007ff, 0x800, 0x800);
	refused(f, "the parts at 0x100000 and 0x1007ff overlap");
}

static void test_damaged(void **state)
{
	struct load_test *f = *state;

	use_real(f);
	put(f, 16, LAST, 0x10000, 0x1000, 0xfff);
	refused(f, "0x1000 bytes that do not fit into 0xfff");
	put(f, 16, LAST, 0x10000, 0x5000, 0x5000);
	refused(f, "truncated: the record at 0x10");
	put(f, 16, LAST, 0xfffff000, 0x1000, 0x1001);
	refused(f, "below 4 GiB");
	put(f, 16, LAST | BEFORE, 0x90001, 0x1000, 0x1000);
	refused(f, "below 4 GiB");
	put(f, 16, LAST, 0x20000, 0x1000, 0x1000);
	refused(f, "the entry 0x10000 lies in nothing");
	put(f, 16, LAST & ~0xfu, 0x10000, 0x1000, 0x1000);
	refused(f, "a length of 0 bytes");
	for (size_t at = 16; at < 512; at += 16)
		put(f, at, RECORD, 0x10000, 0, 0);
	refused(f, "the records go past the header");
	put(f, 0, MAGIC, 0, 0x90000000, 0x10000000);
	refused(f, "the header has a length of 0 bytes");
	use_real(f);
	put(f, 16, LAST, 0xa0000, 0x1000, 0x1000);
	put(f, 0, MAGIC, 4, 0x90000000, 0xa0000000);
	refused(f, "not all of it is RAM");
	f->request.image.size = 511;
	refused(f, "truncated: the header has 512 bytes");
}

static void test_what_does_not_go_together(void **state)
{
	struct load_test *f = *state;

	use_linear(f);
	put(f, 16, LAST, 0x100000, 0x1000, 0x1800);
	f->request.mode = REQUEST_PRESERVE;
	refused(f, "can be booted, but not jumped to");
	f->request.mode = REQUEST_BOOT;
	f->request.given = REQUEST_CMDLINE;
	refused(f, "does not take a command line");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parts, setup_raw, teardown),
		cmocka_unit_test_setup_teardown(test_real_mode, setup_raw, teardown),
		cmocka_unit_test_setup_teardown(test_linear, setup_raw, teardown),
		cmocka_unit_test_setup_teardown(test_overlapping_zeros, setup_raw, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup_raw, teardown),
		cmocka_unit_test_setup_teardown(test_what_does_not_go_together, setup_raw,
						teardown),
	};

	return cmocka_run_group_tests_name("nbi", tests, NULL, NULL);
}
