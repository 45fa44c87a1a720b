/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec/boot_entry.c: the text of a boot loader entry in, what is to be loaded out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot_entry.h"

static struct arena arena;
static struct boot_entry entry;
static struct error err;

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static struct span span_of(const char *text)
{
	return (struct span){ (const uint8_t *)text, strlen(text) };
}

static int parse(const char *text, const char *environment)
{
	err.text[0] = '\0';
	return boot_entry_parse(&arena, span_of(text), span_of(environment), &entry, &err);
}

static void refused(const char *text, const char *why)
{
	assert_int_equal(parse(text, ""), -1);
	if (!strstr(err.text, why))
		fail_msg("'%s' instead of '%s'", err.text, why);
}

static void an_entry_is_read(void **state)
{
	(void)state;
	assert_int_equal(parse("# comment\n"
			       "title  \t Debian GNU/Linux 12  \r\n"
			       "version 6.1.0-28\n"
			       "machine-id 4098b3f6\n"
			       "sort-key debian\n"
			       "\n"
			       "linux /4098/6.1/linux\n"
			       "initrd /ucode.img\n"
			       "initrd initrd.img-6.1\n"
			       "options root=/dev/vda1 ro\n"
			       "options quiet  splash",
			       ""),
			 0);
	assert_string_equal(entry.title, "Debian GNU/Linux 12");
	assert_string_equal(entry.version, "6.1.0-28");
	assert_string_equal(entry.machine_id, "4098b3f6");
	assert_string_equal(entry.image, "/4098/6.1/linux");
	assert_int_equal(entry.initrd_count, 2);
	assert_string_equal(entry.initrds[0], "/ucode.img");
	assert_string_equal(entry.initrds[1], "/initrd.img-6.1");
	assert_string_equal(entry.options, "root=/dev/vda1 ro quiet splash");
}

static void little_is_enough(void **state)
{
	(void)state;
	assert_int_equal(parse("uki /EFI/Linux/a b.efi", ""), 0);
	assert_string_equal(entry.image, "/EFI/Linux/a b.efi");
	assert_null(entry.title);
	assert_int_equal(entry.initrd_count, 0);
	assert_string_equal(entry.options, "");
	assert_int_equal(parse("architecture X64\nefi /x.efi\nlinuxx /no\noptions\n", ""), 0);
	assert_string_equal(entry.image, "/x.efi");
}

static void variables_of_grub_are_replaced(void **state)
{
	(void)state;
	assert_int_equal(
		parse("linux /vmlinuz\n"
		      "options $kernelopts ${tuned_params} $none a=$none last\n"
		      "initrd /initrd $tuned_initrd $none\n",
		      "# GRUB Environment Block\nkernelopts=old\nkernelopts=root=/dev/sda1 ro\n"
		      "tuned_params=isolcpus=1\ntuned_initrd=/a /b\n####"),
		0);
	assert_string_equal(entry.options, "root=/dev/sda1 ro isolcpus=1 a=$none last");
	assert_int_equal(entry.initrd_count, 3);
	assert_string_equal(entry.initrds[1], "/a");
	assert_string_equal(entry.initrds[2], "/b");
	refused("linux /vmlinuz\noptions $kernelopts\n",
		"line 2: the options are in GRUB's variable");
	assert_int_equal(parse("linux /vmlinuz\noptions $x\n", "x=a\033b\n"), -1);
	assert_non_null(strstr(err.text, "control character in 'x'"));
}

static void what_is_wrong_is_named(void **state)
{
	char *many = malloc(BOOT_ENTRY_MAX_BYTES + 2);

	(void)state;
	refused("", "no line 'linux', 'uki' or 'efi'");
	refused("title x\noptions root=x\nlinux\n", "no line 'linux', 'uki' or 'efi'");
	refused("linux /a\nlinux /b\n", "line 2: a second kernel");
	refused("linux /a\nuki /b\n", "line 2: a second kernel");
	refused("linux /a\ninitrd /x/../../y\n", "line 2: '/x/../../y' leads out of the partition");
	refused("linux ..\n", "leads out of the partition");
	refused("linux /a\narchitecture aa64\n", "another architecture, 'aa64'");
	refused("linux /a\ndevicetree /a.dtb\n", "device trees are not for x86");
	refused("uki-url https://example.org/x.efi\n", "on the network");
	refused("linux /a\noptions a\033[2Jb\n", "line 2: a control character");
	refused("\177ELF", "line 1: a control character");
	assert_non_null(many);
	memset(many, '\n', BOOT_ENTRY_MAX_BYTES + 1);
	many[BOOT_ENTRY_MAX_BYTES + 1] = '\0';
	refused(many, "too much for a boot loader entry");
	strcpy(many, "linux /a\ninitrd");
	for (unsigned i = 0; i <= BOOT_ENTRY_INITRDS_MAX; i++)
		strcat(many, " /i");
	refused(many, "line 2: more than 32 initrds");
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_entry_is_read, teardown),
		cmocka_unit_test_teardown(little_is_enough, teardown),
		cmocka_unit_test_teardown(variables_of_grub_are_replaced, teardown),
		cmocka_unit_test_teardown(what_is_wrong_is_named, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
