/* SPDX-License-Identifier: GPL-2.0-only */
/* The option table: numbers, limits, the order of options, and that no two rows clash. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "options.h"

#define PARSE(options, ...)                                                                   \
	do {                                                                                  \
		const char *const words[] = { "kexec", __VA_ARGS__ };                         \
		assert_int_equal(parse(words, sizeof(words) / sizeof(words[0]), options), 0); \
	} while (0)

static int parse(const char *const *words, int count, struct options *options)
{
	char *argv[17] = { NULL };
	struct error err = { "" };

	assert_true(count <= 16);
	for (int i = 0; i < count;
	     i++) /* getopt moves the pointers, and never writes to the text */
		argv[i] = (char *)(uintptr_t)words[i];
	return options_parse(count, argv, options, &err);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 },
		{ "010", 8 },
		{ "0xffffff", 0xffffff },
		{ "18446744073709551615", UINT64_MAX },
		{ "16M", UINT64_C(16) << 20 },
		{ "0x10k", 16384 },
		{ "17179869183G", UINT64_C(17179869183) << 30 },
	};
	static const char *const bad[] = { "",
					   " 1",
					   "-1",
					   "+1",
					   "0x",
					   "1MB",
					   "1.5G",
					   "M",
					   "08",
					   "18446744073709551616",
					   "17179869184G",
					   "1T" };
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(options_number(good[i].text, &value), 0);
		assert_true(value == good[i].value);
	}
	value = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(options_number(bad[i], &value), -1);
	assert_true(value == 7);
}

static void test_limit(void **state)
{
	struct options options = { 0 };
	struct range limit = options_limit(&options);

	(void)state;
	assert_true(limit.start == 0 && limit.end == 0);
	options.mem_min = (struct option_number){ true, 0x1000 };
	limit = options_limit(&options);
	assert_true(limit.start == 0x1000 && limit.end == UINT64_MAX);
	options.mem_max = (struct option_number){ true, 0xffffff };
	limit = options_limit(&options);
	assert_true(limit.start == 0x1000 && limit.end == 0x1000000);
	options.mem_max.value = UINT64_MAX;
	limit = options_limit(&options);
	assert_true(limit.end == UINT64_MAX);
}

static void assert_same(const struct options *a, const struct options *b)
{
	assert_true(a->actions == b->actions);
	assert_true(a->given == b->given);
	assert_string_equal(a->kernel, b->kernel);
	assert_string_equal(a->append, b->append);
	assert_int_equal(a->initrd_count, b->initrd_count);
	assert_int_equal(a->debug, b->debug);
	assert_int_equal(a->reuse_video, b->reuse_video);
}

static void test_order(void **state)
{
	struct options a, b, c;

	(void)state;
	PARSE(&a, "-l", "-d", "--append", "x", "--reuse-video-type", "--initrd=i", "k");
	PARSE(&b, "k", "--reuse-video-type", "--initrd", "i", "--app=x", "-dl");
	PARSE(&c, "--ramdisk=i", "--command-line=x", "-ld", "--reuse-v", "--", "k");
	assert_same(&a, &b);
	assert_same(&a, &c);
	assert_true(a.given == (REQUEST_CMDLINE | REQUEST_INITRD | REQUEST_REUSE_VIDEO));
}

static void test_values(void **state)
{
	struct options options;

	(void)state;
	PARSE(&options, "-t", "bzImage", "-tother", "--serial=0x2f8", "--serial-baud=9600",
	      "--args-none", "--initrd=1", "--initrd=2", "--entry=1M", "k", "more");
	assert_string_equal(options.type, "other");
	assert_int_equal(options.console.serial_base, 0x2f8);
	assert_int_equal(options.console.serial_baud, 9600);
	assert_int_equal(options.elf_args, ELF_ARGS_NONE);
	assert_string_equal(options.initrds[0], "1");
	assert_string_equal(options.initrds[1], "2");
	assert_true(options.entry.given && options.entry.value == 1 << 20);
	assert_false(options.mem_max.given);
	assert_string_equal(options.surplus, "more");
}

static void test_modules(void **state)
{
	struct options options;

	(void)state;
	PARSE(&options, "-l", "--module=a b=1", "--module", "c", "k");
	assert_int_equal(options.module_count, 2);
	assert_string_equal(options.modules[0], "a b=1");
	assert_string_equal(options.modules[1], "c");
	assert_true(options.given == REQUEST_MODULES);
}

static void test_too_many_initrds(void **state)
{
	char name[] = "kexec", initrd[] = "--initrd=x";
	char *argv[OPTIONS_INITRDS_MAX + 3] = { name };
	struct options options;
	struct error err;

	(void)state;
	for (int i = 1; i <= OPTIONS_INITRDS_MAX + 1; i++)
		argv[i] = initrd;
	assert_int_equal(options_parse(OPTIONS_INITRDS_MAX + 1, argv, &options, &err), 0);
	assert_int_equal(options_parse(OPTIONS_INITRDS_MAX + 2, argv, &options, &err), -1);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_row_count; i++) {
		assert_non_null(option_rows[i].set);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(option_rows[i].name, option_rows[j].name);
			assert_true(!option_rows[i].letter ||
				    option_rows[i].letter != option_rows[j].letter);
		}
	}
	for (unsigned group = 0; group < GROUPS; group++)
		assert_non_null(option_group_title(group));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_limit),
		cmocka_unit_test(test_order),   cmocka_unit_test(test_values),
		cmocka_unit_test(test_modules), cmocka_unit_test(test_too_many_initrds),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
