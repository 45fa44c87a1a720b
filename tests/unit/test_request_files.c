/* SPDX-License-Identifier: GPL-2.0-only */
/* Files in memory: joined on page boundaries with zeros between them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "request_files.h"

#define FILES 5

static char names[FILES][64];
static const size_t sizes[FILES] = { 5000, 4096, 1, 12288, 700 };

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < FILES; i++) {
		int fd;

		snprintf(names[i], sizeof(names[i]), "/tmp/test_request_files.XXXXXX");
		fd = mkstemp(names[i]);
		for (size_t j = 0; j < sizes[i]; j++) {
			uint8_t byte = (uint8_t)('A' + i);

			if (write(fd, &byte, 1) != 1)
				return -1;
		}
		close(fd);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < FILES; i++)
		unlink(names[i]);
	return 0;
}

static void test_joined(void **state)
{
	const char *list[FILES];
	struct file_map map;
	struct error err;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < FILES; i++)
		list[i] = names[i];
	assert_int_equal(file_map_joined(list, FILES, &map, &err), 0);
	assert_int_equal((uintptr_t)map.data.data % 4096, 0);
	for (int i = 0; i < FILES; i++) {
		size_t padded = (sizes[i] + 4095) / 4096 * 4096;

		for (size_t j = 0; j < padded; j++)
			assert_int_equal(map.data.data[at + j], j < sizes[i] ? 'A' + i : 0);
		if (i == FILES - 1)
			assert_int_equal(map.data.size, at + sizes[i]);
		at += padded;
	}
	file_map_done(&map);
	assert_int_equal(file_map_joined(list, 1, &map, &err), 0);
	assert_int_equal(map.data.size, sizes[0]);
	file_map_done(&map);
	assert_int_equal(file_map_joined(list, 0, &map, &err), 0);
	assert_int_equal(map.data.size, 0);
	list[3] = "/nonexistent";
	assert_int_equal(file_map_joined(list, FILES, &map, &err), -1);
	assert_null(map.mapping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joined),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
