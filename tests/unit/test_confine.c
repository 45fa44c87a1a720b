/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec/confine.c: the map of a kernel that keeps to what it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "confine.h"

struct row {
	uint64_t start, end;
	uint32_t type;
};

static void make(struct memmap *map, const struct row *rows, size_t count)
{
	struct error err;

	for (size_t i = 0; i < count; i++)
		assert_int_equal(memmap_add(map, (struct range){ rows[i].start, rows[i].end },
					    rows[i].type, &err),
				 0);
	assert_int_equal(memmap_sort(map, &err), 0);
}

static uint32_t type_at(const struct memmap *map, uint64_t address)
{
	for (size_t i = 0; i < map->count; i++)
		if (address >= map->entries[i].at.start && address < map->entries[i].at.end)
			return map->entries[i].type;
	return 0;
}

static void only_what_is_given_is_ram(void **state)
{
	static const struct row pc[] = {
		{ 0, 0x9fc00, MEMORY_RAM },
		{ 0x9fc00, 0xa0000, MEMORY_RESERVED },
		{ 0xf0000, 0x100000, MEMORY_RESERVED },
		{ 0x100000, 0x1ffdd000, MEMORY_RAM },
		{ 0x1ffdd000, 0x20000000, MEMORY_ACPI },
	};
	static const struct {
		uint64_t address;
		uint32_t type;
	} expected[] = {
		{ 0, MEMORY_RESERVED },
		{ 0x1000, MEMORY_RAM },
		{ 0x9efff, MEMORY_RAM },
		{ 0x9f000, MEMORY_RESERVED },
		{ 0xa0000, 0 },
		{ 0xf0000, MEMORY_RESERVED },
		{ 0xfefff, MEMORY_RESERVED },
		{ 0xff000, MEMORY_UNUSABLE },
		{ 0xfffff, MEMORY_UNUSABLE },
		{ 0x100000, MEMORY_RESERVED },
		{ 0xe02fff, MEMORY_RESERVED },
		{ 0xe03000, MEMORY_RAM },
		{ 0x4d02fff, MEMORY_RAM },
		{ 0x4d03000, MEMORY_RESERVED },
		{ 0x1ffdd000, MEMORY_ACPI },
		{ 0x20000000, 0 },
	};
	struct memmap firmware = { 0 }, map = { 0 };
	struct range given[] = { { 0x1000, 0x9f000 }, { 0xe03000, 0x4d03000 } };
	struct range_set ram = { given, 2, 2 };
	struct error err;

	(void)state;
	make(&firmware, pc, sizeof(pc) / sizeof(pc[0]));
	assert_int_equal(memmap_confine(&firmware, &ram, &map, &err), 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(type_at(&map, expected[i].address), expected[i].type);
	memmap_done(&firmware);
	memmap_done(&map);
}

static void without_a_neighbour_no_page_is_taken(void **state)
{
	static const struct row hole[] = {
		{ 0, 0x9fc00, MEMORY_RAM },
		{ 0xe0000, 0xff000, MEMORY_RESERVED },
		{ 0x100000, 0x20000000, MEMORY_RAM },
	};
	struct memmap firmware = { 0 }, map = { 0 };
	struct range given[] = { { 0x200000, 0x300000 } };
	struct range_set ram = { given, 1, 1 };
	struct error err;

	(void)state;
	make(&firmware, hole, 3);
	assert_int_equal(memmap_confine(&firmware, &ram, &map, &err), 0);
	assert_int_equal(type_at(&map, 0xff000), 0);
	assert_int_equal(type_at(&map, 0x1fffff), MEMORY_RESERVED);
	assert_int_equal(type_at(&map, 0x200000), MEMORY_RAM);
	memmap_done(&firmware);
	memmap_done(&map);
}

static void what_it_makes_it_recognises(void **state)
{
	struct range page = { 0xff000, 0x100000 }, below = { 0xfe000, 0x100000 };

	(void)state;
	assert_true(memmap_is_confined_type(page, MEMORY_RAM, MEMORY_RESERVED));
	assert_true(memmap_is_confined_type(page, MEMORY_RESERVED, MEMORY_UNUSABLE));
	assert_false(memmap_is_confined_type(below, MEMORY_RESERVED, MEMORY_UNUSABLE));
	assert_false(memmap_is_confined_type(page, MEMORY_RESERVED, MEMORY_RAM));
	assert_false(memmap_is_confined_type(page, MEMORY_RAM, 0));
	assert_false(memmap_is_confined_type(page, MEMORY_ACPI, MEMORY_RESERVED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_given_is_ram),
		cmocka_unit_test(without_a_neighbour_no_page_is_taken),
		cmocka_unit_test(what_it_makes_it_recognises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
