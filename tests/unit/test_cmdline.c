/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec/cmdline.c and kexec/initrd.c: texts and archives in, texts and sizes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmdline.h"
#include "initrd.h"

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void values_are_found(void **state)
{
	static const struct {
		const char *cmdline, *name, *value;
	} rows[] = {
		{ "a=1 b=2", "b", "2" },
		{ "a=1 a=2", "a", "2" },
		{ "aa=1 baa=2", "a", NULL },
		{ "a", "a", "" },
		{ "a=", "a", "" },
		{ "a=\"x y\"", "a", "x y" },
		{ "\"a=x y\" b", "a", "x y" },
		{ "\"a\" b", "a", "" },
		{ "\t a=1\n", "a", "1" },
		{ "kexec-jump-back-entry=0x5", "kexec_jump_back_entry", "0x5" },
		{ "x -- a=1", "a", NULL },
		{ "a=2 -- a=1", "a", "2" },
		{ "b=\"a=1 a=2\"", "a", NULL },
		{ "a=\"open end ", "a", "open end " },
		{ "\"", "a", NULL },
		{ "", "a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct span value;
		bool found = cmdline_find(rows[i].cmdline, rows[i].name, &value);

		if (found != (rows[i].value != NULL))
			fail_msg("row %zu", i);
		if (found) {
			assert_int_equal(value.size, strlen(rows[i].value));
			assert_memory_equal(value.data, rows[i].value, value.size);
		}
	}
}

static void whole_parameters_are_removed(void **state)
{
	static const char *const names[] = { "BOOT_IMAGE", "elfcorehdr", NULL };
	static const struct {
		const char *cmdline, *left;
	} rows[] = {
		{ "BOOT_IMAGE=/vmlinuz root=x", "root=x" },
		{ "a BOOT_IMAGE b", "a b" },
		{ "BOOT_IMAGE", "" },
		{ "MY_BOOT_IMAGE=1 BOOT_IMAGES=2", "MY_BOOT_IMAGE=1 BOOT_IMAGES=2" },
		{ "x=\"a BOOT_IMAGE b\" BOOT_IMAGE=\"c d\" y", "x=\"a BOOT_IMAGE b\" y" },
		{ "  a   b  ", "a b" },
		{ "a elfcorehdr=0x1000 -- elfcorehdr=1", "a -- elfcorehdr=1" },
		{ "BOOT_IMAGE=1 elfcorehdr=2 BOOT_IMAGE=3", "" },
		{ "\"BOOT_IMAGE=a b\" c", "c" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(cmdline_without(&arena, rows[i].cmdline, names), rows[i].left);
}

static void repeated_parameters_are_dropped(void **state)
{
	static const struct {
		const char *cmdline, *left;
	} rows[] = {
		{ "a=1  b a=2", "b a=2" },
		{ "quiet x quiet", "x quiet" },
		{ "console=tty0 console=ttyS0 console=tty0", "console=ttyS0 console=tty0" },
		{ "rd.lvm.lv=a rd.lvm.lv=b rd.lvm.lv=a", "rd.lvm.lv=b rd.lvm.lv=a" },
		{ "hugepagesz=2M hugepages=4 hugepagesz=1G hugepages=4",
		  "hugepagesz=2M hugepages=4 hugepagesz=1G hugepages=4" },
		{ "a-b=1 a_b=2", "a_b=2" },
		{ "x=\"a b\" \"x=c d\"", "\"x=c d\"" },
		{ "root=a rootwait root_b=1", "root=a rootwait root_b=1" },
		{ "a=1 -- a=2 a=2", "a=1 -- a=2 a=2" },
		{ "crashkernel=1G,high crashkernel=72M,low",
		  "crashkernel=1G,high crashkernel=72M,low" },
		{ "rd rd", "rd" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(cmdline_dedup(&arena, rows[i].cmdline), rows[i].left);
}

static void parameters_are_added_where_the_kernel_reads(void **state)
{
	static const struct {
		const char *cmdline, *with;
	} rows[] = {
		{ "a", "a k=1 l" },
		{ "", "k=1 l" },
		{ "a -- init args", "a k=1 l -- init args" },
		{ "--", "k=1 l --" },
		{ "a=\"x -- y\"", "a=\"x -- y\" k=1 l" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(cmdline_add(&arena, rows[i].cmdline, "k=1 l"), rows[i].with);
}

static size_t put_member(uint8_t *to, const char *name, uint32_t bytes)
{
	uint32_t chars = (uint32_t)strlen(name) + 1, head = (110 + chars + 3) / 4 * 4;

	memset(to, '0', 110);
	memcpy(to, "070701", 6);
	snprintf((char *)to + 54, 9, "%08X", bytes);
	to[62] = '0';
	snprintf((char *)to + 94, 9, "%08x", chars);
	to[102] = '0';
	memcpy(to + 110, name, chars);
	return head + ((size_t)bytes + 3) / 4 * 4;
}

static void unpacked_sizes_are_estimated(void **state)
{
	uint8_t *bytes = calloc(1, 8192);
	size_t cpio;

	(void)state;
	assert_non_null(bytes);
	assert_int_equal(initrd_unpacked_bytes((struct span){ NULL, 0 }), 0);
	cpio = put_member(bytes, "kernel/x", 1001);
	cpio += put_member(bytes + cpio, "TRAILER!!!", 0);
	assert_int_equal(initrd_unpacked_bytes((struct span){ bytes, cpio }), cpio);
	/* padded, then gzip that says 40000 */
	memcpy(bytes + 4096, "\x1f\x8b\x08", 3);
	le32_put(bytes + 8188, 40000);
	assert_int_equal(initrd_unpacked_bytes((struct span){ bytes, 8192 }), 4096 + 40000);
	/* gzip that says less than it has, or more than it can have, is not believed */
	le32_put(bytes + 8188, 4000);
	assert_int_equal(initrd_unpacked_bytes((struct span){ bytes, 8192 }), 4096 + 4 * 4096);
	le32_put(bytes + 8188, 0xfffffff0);
	assert_int_equal(initrd_unpacked_bytes((struct span){ bytes, 8192 }), 4096 + 4 * 4096);
	/* any other compression */
	memcpy(bytes + 4096, "\x28\xb5\x2f\xfd", 4);
	assert_int_equal(initrd_unpacked_bytes((struct span){ bytes, 8192 }), 4096 + 4 * 4096);
	/* a member that claims more than there is, and one whose numbers are none */
	put_member(bytes, "kernel/x", 0xfffffff0);
	assert_int_equal(initrd_unpacked_bytes((struct span){ bytes, 4000 }), 4000);
	bytes[60] = 'x';
	assert_int_equal(initrd_unpacked_bytes((struct span){ bytes, 4000 }), 16000);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found),
		cmocka_unit_test_teardown(whole_parameters_are_removed, teardown),
		cmocka_unit_test_teardown(repeated_parameters_are_dropped, teardown),
		cmocka_unit_test_teardown(parameters_are_added_where_the_kernel_reads, teardown),
		cmocka_unit_test(unpacked_sizes_are_estimated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
