/* SPDX-License-Identifier: GPL-2.0-only */
/* Files in memory: joined on page boundaries with zeros between them, and unpacked with care. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

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

/* Memory of its own for the packed bytes, so that a sanitizer sees the first byte read behind them.
 */
static uint8_t *pack(const uint8_t *data, size_t size, size_t *packed_size)
{
	z_stream stream = { 0 };
	uint8_t *packed;

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	*packed_size = deflateBound(&stream, size);
	packed = malloc(*packed_size);
	assert_non_null(packed);
	stream.next_in = (Bytef *)(uintptr_t)data;
	stream.avail_in = (uInt)size;
	stream.next_out = packed;
	stream.avail_out = (uInt)*packed_size;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	*packed_size = stream.total_out;
	deflateEnd(&stream);
	return packed;
}

static void test_gunzip(void **state)
{
	static uint8_t data[3000000];
	struct file_map map;
	struct error err;
	size_t size;
	uint8_t *packed;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * i >> 9);
	packed = pack(data, sizeof(data), &size);
	assert_int_equal(gunzip((struct span){ packed, size }, &map, &err), 0);
	assert_int_equal(map.data.size, sizeof(data));
	assert_memory_equal(map.data.data, data, sizeof(data));
	file_map_done(&map);
	free(packed);
}

/* Cut anywhere and changed anywhere: refused or unpacked, never more. */
static void test_damaged_gzip(void **state)
{
	uint8_t data[600], *packed, *copy;
	struct file_map map;
	struct error err;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * i);
	packed = pack(data, sizeof(data), &size);
	for (size_t i = 0; i < size; i++) {
		copy = malloc(i + 1);
		assert_non_null(copy);
		memcpy(copy, packed, i);
		assert_int_equal(gunzip((struct span){ copy, i }, &map, &err), -1);
		assert_null(map.mapping);
		free(copy);
		packed[i] ^= 0x11;
		if (!gunzip((struct span){ packed, size }, &map, &err))
			file_map_done(&map);
		packed[i] ^= 0x11;
	}
	free(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_gunzip),
		cmocka_unit_test(test_damaged_gzip),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
