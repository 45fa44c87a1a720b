/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compressed files: every format packed by its library, and unpacked whole, cut short, damaged,
 * several behind each other, and with something behind them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packers.h"
#include "unpack.h"

#define PLAIN_BYTES 3000000

static uint8_t plain[PLAIN_BYTES];

/* Text-like in parts, noise in others: some of it can be packed. */
static int set_up(void **state)
{
	uint32_t noise = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++) {
		noise = noise * 1664525 + 1013904223;
		plain[i] = i / 4096 % 3 ? (uint8_t)(i * i >> 9) : (uint8_t)(noise >> 24);
	}
	return 0;
}

/* The bytes in memory of their own, so that a sanitizer sees the first one read behind them. */
static int unpack_copy(const struct packer *packer, const uint8_t *data, size_t size,
		       struct file_map *map, struct error *err)
{
	const struct unpack_format *format;
	uint8_t *copy = malloc(size ? size : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, data, size);
	format = unpack_format_of((struct span){ copy, size });
	if (format) {
		assert_string_equal(unpack_format_name(format), packer->name);
		result = unpack(format, (struct span){ copy, size }, UNPACKED_MAX_BYTES, map, err);
	} else {
		result = error_set(err, "no format");
	}
	free(copy);
	return result;
}

static void assert_plain(const struct file_map *map, size_t size)
{
	assert_true(map->data.size == size);
	assert_memory_equal(map->data.data, plain, size);
}

static void check_whole(const struct packer *packer, size_t size, unsigned way)
{
	struct packed p = packer->pack(plain, size, way);
	struct file_map map;
	struct error err = { "" };

	if (unpack_copy(packer, p.data, p.size, &map, &err))
		fail_msg("%s, way %u: %s", packer->name, way, err.text);
	assert_plain(&map, size);
	file_map_done(&map);
	free(p.data);
}

static void test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < packer_count; i++) {
		check_whole(&packers[i], PLAIN_BYTES, 0);
		for (unsigned way = 0; way < packers[i].ways; way++) {
			check_whole(&packers[i], 1, way);
			check_whole(&packers[i], 100000, way);
		}
	}
}

static void test_cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < packer_count; i++) {
		struct packed p = packers[i].pack(plain, PLAIN_BYTES, 0);
		char wanted[100];

		snprintf(wanted, sizeof(wanted), "damaged %s data: it ends too early",
			 packers[i].name);
		for (size_t tenth = 1; tenth <= 10; tenth++) {
			size_t size = tenth == 10 ? p.size - 1 : p.size / 10 * tenth;
			struct file_map map;
			struct error err = { "" };

			assert_int_equal(unpack_copy(&packers[i], p.data, size, &map, &err), -1);
			assert_string_equal(err.text, wanted);
			assert_null(map.mapping);
		}
		free(p.data);
	}
}

/* A byte is wrong: refused where the format has a checksum, and never more than refused. */
static void test_damaged(void **state)
{
	(void)state;
	for (size_t i = 0; i < packer_count; i++) {
		struct packed p = packers[i].pack(plain, PLAIN_BYTES, 0);
		char wanted[100];

		snprintf(wanted, sizeof(wanted), "damaged %s data: ", packers[i].name);
		for (size_t tenth = 1; tenth < 10; tenth++) {
			struct file_map map;
			struct error err = { "" };

			p.data[p.size / 10 * tenth] ^= 0x5a;
			if (!unpack_copy(&packers[i], p.data, p.size, &map, &err)) {
				assert_false(packers[i].checked);
				file_map_done(&map);
			} else {
				assert_null(map.mapping);
				assert_memory_equal(err.text, wanted, strlen(wanted));
			}
			p.data[p.size / 10 * tenth] ^= 0x5a;
		}
		free(p.data);
	}
}

/* Every byte of a small file changed, and every length of it. */
static void test_small_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < packer_count; i++) {
		struct packed p = packers[i].pack(plain, 300, 0);
		struct file_map map;
		struct error err;

		for (size_t at = 0; at < p.size; at++) {
			assert_int_equal(unpack_copy(&packers[i], p.data, at, &map, &err), -1);
			p.data[at] ^= 0x11;
			if (unpack_format_of((struct span){ p.data, p.size }) &&
			    !unpack_copy(&packers[i], p.data, p.size, &map, &err))
				file_map_done(&map);
			p.data[at] ^= 0x11;
		}
		free(p.data);
	}
}

static struct packed join(const struct packed *one, const char *between, size_t bytes,
			  const struct packed *other)
{
	struct packed all = { .size = one->size + bytes + other->size };

	all.data = malloc(all.size);
	assert_non_null(all.data);
	memcpy(all.data, one->data, one->size);
	memcpy(all.data + one->size, between, bytes);
	memcpy(all.data + one->size + bytes, other->data, other->size);
	return all;
}

static void test_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < packer_count; i++) {
		struct packed one = packers[i].pack(plain, 1000, 0);
		struct packed two = packers[i].pack(plain + 1000, 2000, 0);
		struct packed all = join(&one, "", 0, &two);
		struct file_map map;
		struct error err = { "" };

		if (unpack_copy(&packers[i], all.data, all.size, &map, &err))
			fail_msg("%s: %s", packers[i].name, err.text);
		assert_plain(&map, 3000);
		file_map_done(&map);
		free(one.data);
		free(two.data);
		free(all.data);
	}
}

static void test_behind(void **state)
{
	static const char behind[] = "\xff\xff\xff\xff what does not belong here";
	struct packed rest = { (uint8_t *)(uintptr_t)behind, sizeof(behind) };

	(void)state;
	for (size_t i = 0; i < packer_count; i++) {
		struct packed p = packers[i].pack(plain, 1000, 0);
		struct packed all = join(&p, "", 0, &rest);
		struct file_map map;
		struct error err = { "" };

		if (unpack_copy(&packers[i], all.data, all.size, &map, &err))
			fail_msg("%s: %s", packers[i].name, err.text);
		assert_plain(&map, 1000);
		file_map_done(&map);
		free(p.data);
		free(all.data);
	}
}

/* What stands between members: padding (xz), frames of others (zstd, lz4), the size of what is
 * unpacked (builds of Linux, behind the old format of lz4). */
static void test_between(void **state)
{
	static const struct {
		const char *name, *between;
		size_t bytes;
		bool more;
	} cases[] = {
		{ "xz", "\0\0\0\0\0\0\0\0", 8, true },
		{ "zstd", "\x53\x2a\x4d\x18\x02\0\0\0ab", 10, true },
		{ "lz4", "\x50\x2a\x4d\x18\x02\0\0\0ab", 10, true },
		{ "lz4 (legacy)", "\xe8\x03\0\0", 4, false },
	};

	(void)state;
	for (size_t i = 0; i < packer_count; i++)
		for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
			struct packed one, two = { NULL, 0 }, none = { (uint8_t *)plain, 0 }, all;
			struct file_map map;
			struct error err = { "" };

			if (strcmp(cases[j].name, packers[i].name))
				continue;
			one = packers[i].pack(plain, 1000, 0);
			if (cases[j].more)
				two = packers[i].pack(plain + 1000, 500, 0);
			all = join(&one, cases[j].between, cases[j].bytes,
				   cases[j].more ? &two : &none);
			if (unpack_copy(&packers[i], all.data, all.size, &map, &err))
				fail_msg("%s: %s", packers[i].name, err.text);
			assert_plain(&map, cases[j].more ? 1500 : 1000);
			file_map_done(&map);
			free(one.data);
			free(two.data);
			free(all.data);
		}
}

static void test_limit(void **state)
{
	const uint64_t limit = UINT64_C(2) << 20;

	(void)state;
	for (size_t i = 0; i < packer_count; i++) {
		struct packed p = packers[i].pack(plain, PLAIN_BYTES, 0);
		struct span packed = { p.data, p.size };
		struct file_map map;
		struct error err = { "" };

		assert_int_equal(unpack(unpack_format_of(packed), packed, limit, &map, &err), -1);
		assert_string_equal(err.text, "the unpacked image is too large: File too large (at "
					      "most 2 MiB)");
		assert_null(map.mapping);
		free(p.data);
	}
}

/* A dictionary of 1.5 GiB is not asked of the machine. */
static void test_large_dictionary(void **state)
{
	static const uint8_t data[] = { 0x5d, 0,    0,    0,    0x60, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0 };
	struct span packed = { data, sizeof(data) };
	const struct unpack_format *format = unpack_format_of(packed);
	struct file_map map;
	struct error err = { "" };

	(void)state;
	assert_non_null(format);
	if (!unpack_format_is_built(format))
		skip();
	assert_int_equal(unpack(format, packed, UNPACKED_MAX_BYTES, &map, &err), -1);
	assert_string_equal(err.text, "damaged lzma data: it needs more than 512 MiB of memory to "
				      "be unpacked");
}

/* A library that was left out is named; nothing else is taken for compressed. */
static void test_recognised(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[14];
	} heads[] = {
		{ "gzip", { 0x1f, 0x8b, 8 } },
		{ "xz", { 0xfd, '7', 'z', 'X', 'Z' } },
		{ "lzma", { 0x5d, 0, 0, 0x80, 0, 0, 0, 0x10 } },
		{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd } },
		{ "bzip2", { 'B', 'Z', 'h', '9', '1', 'A', 'Y', '&', 'S', 'Y' } },
		{ "lz4", { 4, 0x22, 0x4d, 0x18 } },
		{ "lz4 (legacy)", { 2, 0x21, 0x4c, 0x18 } },
		{ NULL, { 'M', 'Z' } },
		{ NULL, { 0x7f, 'E', 'L', 'F' } },
		{ NULL, { 0x5d, 0, 0, 0x81 } },
		{ NULL, { 'B', 'Z', 'h', '9' } },
	};
	struct file_map map;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct span head = { heads[i].bytes, sizeof(heads[i].bytes) };
		const struct unpack_format *format = unpack_format_of(head);

		if (!heads[i].name) {
			assert_null(format);
			continue;
		}
		assert_non_null(format);
		assert_ptr_equal(format, unpack_format_number(i));
		assert_string_equal(unpack_format_name(format), heads[i].name);
		assert_int_equal(unpack(format, head, UNPACKED_MAX_BYTES, &map, &err), -1);
		if (!unpack_format_is_built(format))
			assert_non_null(strstr(err.text, "this program was built without"));
	}
	assert_null(unpack_format_number(7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_small_damage),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_large_dictionary),
		cmocka_unit_test(test_recognised),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
