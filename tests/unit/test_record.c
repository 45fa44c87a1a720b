/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of what is loaded: what is written is read again, and damage is harmless. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

static const struct record example = {
	.mode = REQUEST_PRESERVE,
	.time = 1795258384,
	.boot_id = "67d591fb-ce7b-4092-9bf2-e2180f65a9d8",
	.type = "bzImage",
	.kernel = "a\nb=\\x41\t\x7f\xff",
	.path = "/boot/vmlinuz",
	.cmdline = "root=/dev/vda1 a=\"b c\" \x1b[2J",
	.entry = 0xe02000,
	.purgatory = 0x3e04000,
	.way_back = UINT64_MAX,
	.segments = 6,
	.lent_count = 2,
	.lent = { { 0x1000, 0x9f000 }, { 0xe00000, 0x4b03000 } },
};

static char directory[64], path[80];

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/test_record.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/loaded", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static void test_round_trip(void **state)
{
	struct record record;
	struct error err;

	(void)state;
	assert_int_equal(record_write(directory, &example, &err), 0);
	assert_int_equal(record_read(directory, RECORD_LOADED, &record, &err), 0);
	assert_memory_equal(record.lent, example.lent, sizeof(record.lent));
	assert_string_equal(record.kernel, example.kernel);
	assert_string_equal(record.path, example.path);
	assert_string_equal(record.cmdline, example.cmdline);
	assert_string_equal(record.boot_id, example.boot_id);
	assert_true(record.time == example.time && record.entry == example.entry);
	assert_true(record.way_back == UINT64_MAX && record.mode == REQUEST_PRESERVE);
	assert_int_equal(record.purgatory, example.purgatory);
	assert_int_equal(record.segments, 6);
	assert_int_equal(record.lent_count, 2);
	assert_int_equal(record_remove(directory, RECORD_LOADED, &err), 0);
	assert_int_equal(record_remove(directory, RECORD_LOADED, &err), 0);
	assert_int_equal(record_read(directory, RECORD_LOADED, &record, &err), -1);
	assert_string_equal(err.text, "");
}

/* What waits for a crash is recorded apart from what waits to be executed. */
static void test_two_kinds(void **state)
{
	static struct record record;
	struct record crash = example;
	struct error err;

	(void)state;
	crash.mode = REQUEST_CRASH;
	assert_int_equal(record_write(directory, &example, &err), 0);
	assert_int_equal(record_read(directory, RECORD_CRASH, &record, &err), -1);
	assert_string_equal(err.text, "");
	assert_int_equal(record_write(directory, &crash, &err), 0);
	assert_int_equal(record_read(directory, RECORD_CRASH, &record, &err), 0);
	assert_int_equal(record.mode, REQUEST_CRASH);
	assert_int_equal(record_read(directory, RECORD_LOADED, &record, &err), 0);
	assert_int_equal(record.mode, REQUEST_PRESERVE);
	assert_int_equal(record_remove(directory, RECORD_CRASH, &err), 0);
	assert_int_equal(record_read(directory, RECORD_CRASH, &record, &err), -1);
	assert_int_equal(record_remove(directory, RECORD_LOADED, &err), 0);
}

static void write_file(const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* Cut it anywhere and change any byte: it is read or refused, and never overruns anything. */
static void test_damage(void **state)
{
	uint8_t good[8192], bad[8192];
	struct record record;
	struct error err;
	size_t size;
	FILE *file;

	(void)state;
	assert_int_equal(record_write(directory, &example, &err), 0);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(good, 1, sizeof(good), file);
	fclose(file);
	assert_true(size > 100 && size < sizeof(good));
	for (size_t i = 0; i < size; i++) {
		static const uint8_t bytes[] = { 0, '\n', '=', '\\', '9', 0xff };

		write_file(good, i);
		if (record_read(directory, RECORD_LOADED, &record, &err))
			assert_string_not_equal(err.text, "");
		memcpy(bad, good, size);
		bad[i] = bytes[i % sizeof(bytes)];
		write_file(bad, size);
		record_read(directory, RECORD_LOADED, &record, &err);
		assert_true(record.lent_count <= RECORD_LENT_MAX);
		assert_true(memchr(record.kernel, 0, sizeof(record.kernel)) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_two_kinds),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
