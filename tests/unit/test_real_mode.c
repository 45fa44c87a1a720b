/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec/arch/i386/real_mode.c: the segment that setup code is entered in. Offsets are numbers here,
 * as the boot protocol writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/i386/real_mode.h"

static const char cmdline[] = "console=ttyS0 quiet";

static struct boot_block block_of(uint16_t protocol)
{
	return (struct boot_block){
		.address = 0x10000,
		.protocol = protocol,
		.cmdline = cmdline,
		.initrd = { 0x1e00000, 0x1e01234 },
		.code32_start = 0x1000000,
	};
}

/* Setup code of 2 KiB, every byte 0x11, filled; free() it. */
static uint8_t *fill(uint16_t protocol, size_t *bytes)
{
	struct boot_block block = block_of(protocol);
	uint8_t code[2048], *segment;
	struct error err;

	memset(code, 0x11, sizeof(code));
	assert_int_equal(real_mode_bytes(&block, (struct span){ code, sizeof(code) }, bytes, &err),
			 0);
	segment = calloc(1, *bytes);
	assert_non_null(segment);
	real_mode_fill(&block, (struct span){ code, sizeof(code) }, segment);
	return segment;
}

static void a_modern_segment(void **state)
{
	size_t bytes;
	uint8_t *segment = fill(0x20f, &bytes);

	(void)state;
	assert_int_equal(bytes, 0xe000 + sizeof(cmdline));
	assert_string_equal((char *)segment + 0xe000, cmdline);
	assert_int_equal(segment[0x210], 0xd0);
	assert_int_equal(segment[0x211], 0x91 & ~0x42); /* the heap is there, no KASLR flag */
	assert_int_equal(le32_get(segment + 0x214), 0x1000000);
	assert_int_equal(le32_get(segment + 0x218), 0x1e00000);
	assert_int_equal(le32_get(segment + 0x21c), 0x1234);
	assert_int_equal(le16_get(segment + 0x224), 0xde00);
	assert_int_equal(le32_get(segment + 0x228), 0x1e000);
	/* what lies around the header is code, not boot_params */
	assert_int_equal(le32_get(segment + 0xc0), 0x11111111);
	assert_int_equal(le16_get(segment + 0x20), 0x1111);
	assert_int_equal(segment[0x7ff], 0x11);
	assert_int_equal(segment[0x800], 0);
	free(segment);
}

static void an_old_segment(void **state)
{
	size_t bytes;
	uint8_t *segment = fill(0x201, &bytes);

	(void)state;
	assert_int_equal(bytes, 0x9800 + sizeof(cmdline));
	assert_string_equal((char *)segment + 0x9800, cmdline);
	assert_int_equal(le16_get(segment + 0x20), 0xa33f);
	assert_int_equal(le16_get(segment + 0x22), 0x9800);
	assert_int_equal(le16_get(segment + 0x212), 0x9800 + sizeof(cmdline));
	assert_int_equal(le16_get(segment + 0x224), 0x9600);
	assert_int_equal(le32_get(segment + 0x228), 0x11111111);
	free(segment);
	segment = fill(0x200, &bytes);
	assert_int_equal(le16_get(segment + 0x224), 0x1111); /* 2.00 knows no heap */
	assert_int_equal(segment[0x211] & 0x80, 0);
	free(segment);
}

static void setup_code_must_leave_room(void **state)
{
	static uint8_t code[0x8200];
	struct boot_block block = block_of(0x20f);
	struct error err;
	size_t bytes;

	(void)state;
	assert_int_equal(real_mode_bytes(&block, (struct span){ code, 0x8000 }, &bytes, &err), 0);
	assert_int_equal(real_mode_bytes(&block, (struct span){ code, 0x8200 }, &bytes, &err), -1);
	assert_non_null(strstr(err.text, "0x8200"));
}

static void how_it_is_entered(void **state)
{
	struct purgatory_state entered = { 0 };

	(void)state;
	real_mode_enter(0x10000, 0x20f, &entered);
	assert_true(entered.real_mode);
	assert_int_equal(entered.entry, 0x10200000); /* 0x1020:0 */
	assert_int_equal(entered.real_ss, 0x1000);
	assert_int_equal(entered.real_ds, 0x1000);
	assert_int_equal(entered.esp, 0xe000);
	real_mode_enter(0x90000, 0x200, &entered);
	assert_int_equal(entered.entry, 0x90200000);
	assert_int_equal(entered.esp, 0x9800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_modern_segment),
		cmocka_unit_test(an_old_segment),
		cmocka_unit_test(setup_code_must_leave_room),
		cmocka_unit_test(how_it_is_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
