/* SPDX-License-Identifier: GPL-2.0-only */
/* The small pure parts of resuming: the initramfs, and what the second kernel is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpio.h"
#include "resume_config.h"

static void an_archive_byte_by_byte(void **state)
{
	static const struct cpio_entry entries[] = {
		{ .name = "dev", .mode = 0040755 },
		{ .name = "dev/console", .mode = 0020600, .major = 5, .minor = 1 },
		{ .name = "a", .mode = 0100644, .data = { (const uint8_t *)"hello", 5 } },
	};
	uint8_t *archive;
	struct error err;
	size_t size;

	(void)state;
	if (cpio_check(&err)) {
		assert_non_null(strstr(err.text, "without libarchive"));
		assert_int_equal(cpio_make(entries, 3, &archive, &size, &err), -1);
		return;
	}
	assert_int_equal(cpio_make(entries, 3, &archive, &size, &err), 0);
	/* ino, mode, uid, gid, nlink, mtime, size; device, rdev, size of the name, check. */
	assert_in_range(size, 240 + 120 + 110 + 11, 1024);
	assert_memory_equal(archive,
			    "07070100000001000041ed0000000000000000"
			    "000000010000000000000000"
			    "00000000000000000000000000000000"
			    "0000000400000000"
			    "dev\0\0\0",
			    116);
	assert_memory_equal(archive + 116, "07070100000002", 14);
	/* rdev of the console, then the size of its name. */
	assert_memory_equal(archive + 116 + 78, "00000005000000010000000c", 24);
	assert_memory_equal(archive + 240, "07070100000003000081a4", 22);
	assert_memory_equal(archive + 240 + 110, "a\0hello\0\0\0", 10);
	assert_memory_equal(archive + 240 + 120, "070701", 6);
	assert_string_equal((char *)archive + 240 + 120 + 110, "TRAILER!!!");
	free(archive);
}

static void a_configuration_comes_back(void **state)
{
	struct backing_extent extents[] = { { 0, 0x100000, 0x2000 },
					    { 0x2000, BACKING_HOLE, 0x1000 },
					    { 0x3000, 0x7fffffff000, 0x1000 } };
	struct resume_config config = { .device = "/dev/vda2",
					.entry = 0xe02100,
					.has_uuid = true,
					.uuid = { 1, 2, 0xff },
					.extents = extents,
					.extent_count = 3 };
	struct resume_config parsed;
	struct error err;
	size_t size;
	char *text;

	(void)state;
	text = resume_config_text(&config, &size);
	assert_non_null(text);
	assert_int_equal(resume_config_parse(text, size, &parsed, &err), 0);
	assert_string_equal(parsed.device, "/dev/vda2");
	assert_int_equal(parsed.entry, 0xe02100);
	assert_true(parsed.has_uuid);
	assert_memory_equal(parsed.uuid, config.uuid, sizeof(config.uuid));
	assert_int_equal(parsed.extent_count, 3);
	assert_memory_equal(parsed.extents, extents, sizeof(extents));
	resume_config_done(&parsed);
	free(text);
}

static void damaged_configurations_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"version=2\ndevice=/dev/a\nentry=1\nextent=0 0 1\n",
		"version=1\nentry=1\nextent=0 0 1\n",
		"version=1\ndevice=/dev/a\nextent=0 0 1\n",
		"version=1\ndevice=/dev/a\nentry=1\n",
		"version=1\ndevice=/dev/a\nentry=1\nextent=0 0\n",
		"version=1\ndevice=/dev/a\nentry=1\nextent=0 0 1\nuuid=12\n",
		"version=1\ndevice=/dev/a\nentry=1\nextent=0 0 "
		"1\nuuid=zz000000000000000000000000000000\n",
		"version=1\ndevice="
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a\n",
		"colour=red\n",
	};
	struct resume_config config;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(resume_config_parse(texts[i], strlen(texts[i]), &config, &err),
				 -1);
		assert_non_null(strstr(err.text, "what the first kernel says"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_archive_byte_by_byte),
		cmocka_unit_test(a_configuration_comes_back),
		cmocka_unit_test(damaged_configurations_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
