/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory maps: laying entries over each other, restricting, names of types, and /proc/iomem texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memmap.h"

static struct error err;

#define R(s, e) ((struct range){ (s), (e) })

static void add(struct memmap *map, uint64_t start, uint64_t end, uint32_t type)
{
	assert_int_equal(memmap_add(map, R(start, end), type, &err), 0);
}

static void set(struct memmap *map, uint64_t start, uint64_t end, uint32_t type)
{
	assert_int_equal(memmap_set(map, R(start, end), type, &err), 0);
}

/* "1000-2000:1 ..." */
static void expect(const struct memmap *map, const char *text)
{
	char all[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct memmap_entry *e = &map->entries[i];

		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%llx-%llx:%u",
					 i ? " " : "", (unsigned long long)e->at.start,
					 (unsigned long long)e->at.end, e->type);
		assert_true(used < sizeof(all));
	}
	assert_string_equal(all, text);
}

static void test_sort(void **state)
{
	struct memmap map = { 0 }, copy = { 0 };
	struct range_set ram = { 0 };

	(void)state;
	assert_int_equal(memmap_sort(&map, &err), 0);
	add(&map, 0x5000, 0x9000, MEMORY_RAM);
	add(&map, 0x1000, 0x5000, MEMORY_RAM);
	add(&map, 0x9000, 0xa000, 77);
	add(&map, 3, 3, MEMORY_RAM);
	add(&map, 9, 3, MEMORY_RAM);
	assert_int_equal(memmap_sort(&map, &err), 0);
	expect(&map, "1000-5000:1 5000-9000:1 9000-a000:77");
	assert_int_equal(memmap_of_type(&map, MEMORY_RAM, &ram, &err), 0);
	assert_int_equal(ram.count, 1);
	assert_int_equal(ram.items[0].start, 0x1000);
	assert_int_equal(ram.items[0].end, 0x9000);
	assert_int_equal(memmap_copy(&copy, &map, &err), 0);
	set(&copy, 0, UINT64_MAX, MEMORY_RESERVED);
	expect(&copy, "0-ffffffffffffffff:2");
	assert_int_equal(map.count, 3);
	range_set_done(&ram);
	memmap_done(&copy);
	memmap_done(&map);
	assert_int_equal(memmap_copy(&copy, &map, &err), 0);
	assert_int_equal(copy.count, 0);
}

static void test_sort_overlaps(void **state)
{
	struct memmap map = { 0 };

	(void)state;
	add(&map, 0x0, 0x10000, MEMORY_RESERVED); /* wins over all RAM */
	add(&map, 0x8000, 0x20000, MEMORY_RAM);
	add(&map, 0x4000, 0x6000, MEMORY_ACPI); /* starts later than the reserved one */
	assert_int_equal(memmap_sort(&map, &err), 0);
	expect(&map, "0-4000:2 4000-6000:3 6000-10000:2 10000-20000:1");
	memmap_done(&map);

	add(&map, 0x1000, 0x2000, MEMORY_NVS); /* one start: the shorter one, in either order */
	add(&map, 0x1000, 0x8000, MEMORY_RESERVED);
	add(&map, UINT64_MAX - 0x1000, UINT64_MAX, MEMORY_RESERVED);
	add(&map, 0, UINT64_MAX, MEMORY_RAM);
	assert_int_equal(memmap_sort(&map, &err), 0);
	expect(&map, "0-1000:1 1000-2000:4 2000-8000:2 8000-ffffffffffffefff:1 "
		     "ffffffffffffefff-ffffffffffffffff:2");
	memmap_done(&map);
}

static void test_set(void **state)
{
	struct memmap map = { 0 };

	(void)state;
	set(&map, 0x1000, 0x9000, MEMORY_RAM);
	set(&map, 0x3000, 0x4000, MEMORY_RESERVED);
	expect(&map, "1000-3000:1 3000-4000:2 4000-9000:1");
	set(&map, 0x2000, 0x5000, MEMORY_ACPI);
	expect(&map, "1000-2000:1 2000-5000:3 5000-9000:1");
	set(&map, 0x0, 0x1000, MEMORY_RESERVED);
	set(&map, 0x9000, 0xa000, MEMORY_RESERVED);
	set(&map, 0xf000, UINT64_MAX, MEMORY_NVS);
	set(&map, 0x6000, 0x6000, MEMORY_NVS);
	expect(&map, "0-1000:2 1000-2000:1 2000-5000:3 5000-9000:1 9000-a000:2 "
		     "f000-ffffffffffffffff:4");
	set(&map, 0x800, 0xa800, MEMORY_RAM);
	expect(&map, "0-800:2 800-a800:1 f000-ffffffffffffffff:4");
	memmap_done(&map);
}

/* Laid over each other one by one: what memmap_sort() must give, whatever way it takes. */
static void lay_over(const struct memmap *unsorted, struct memmap *sorted)
{
	struct memmap layers = { 0 };

	assert_int_equal(memmap_copy(&layers, unsorted, &err), 0);
	/* RAM first; then by start, the longer one first, then by type: insertion sort */
	for (size_t i = 1; i < layers.count; i++)
		for (size_t k = i; k; k--) {
			struct memmap_entry *a = &layers.entries[k - 1], *b = a + 1, swap;
			bool a_ram = a->type == MEMORY_RAM, b_ram = b->type == MEMORY_RAM;

			if (a_ram != b_ram               ? a_ram
			    : a->at.start != b->at.start ? a->at.start < b->at.start
			    : a->at.end != b->at.end     ? a->at.end > b->at.end
							 : a->type <= b->type)
				break;
			swap = *a;
			*a = *b;
			*b = swap;
		}
	for (size_t i = 0; i < layers.count; i++)
		assert_int_equal(memmap_set(sorted, layers.entries[i].at, layers.entries[i].type,
					    &err),
				 0);
	memmap_done(&layers);
}

#define UNITS 64

static unsigned next_random(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

/* Many random steps against a map of single units. */
static void test_random_steps(void **state)
{
	struct memmap map = { 0 };
	uint32_t units[UNITS] = { 0 };
	unsigned seed = 3;

	(void)state;
	for (unsigned step = 0; step < 2000; step++) {
		unsigned start = next_random(&seed, UNITS), count = next_random(&seed, 9);
		unsigned end = start + count > UNITS ? UNITS : start + count;
		uint32_t type = 1 + next_random(&seed, 4), seen[UNITS] = { 0 };

		set(&map, start, end, type);
		for (unsigned u = start; u < end; u++)
			units[u] = type;
		for (size_t i = 0; i < map.count; i++) {
			assert_true(map.entries[i].at.start < map.entries[i].at.end);
			assert_true(!i || map.entries[i - 1].at.end <= map.entries[i].at.start);
			for (uint64_t u = map.entries[i].at.start; u < map.entries[i].at.end; u++)
				seen[u] = map.entries[i].type;
		}
		assert_memory_equal(seen, units, sizeof(units));
	}
	memmap_done(&map);
}

/* Random overlapping entries: the same as laying them over each other one by one. */
static void test_sort_random(void **state)
{
	unsigned seed = 11;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		struct memmap map = { 0 }, expected = { 0 };

		for (unsigned i = next_random(&seed, 20); i; i--) {
			uint64_t start = next_random(&seed, UNITS);

			add(&map, start, start + next_random(&seed, 30), 1 + next_random(&seed, 3));
		}
		lay_over(&map, &expected);
		assert_int_equal(memmap_sort(&map, &err), 0);
		assert_int_equal(map.count, expected.count);
		for (size_t i = 0; i < map.count; i++)
			assert_memory_equal(&map.entries[i].at, &expected.entries[i].at,
					    sizeof(struct range));
		for (size_t i = 0; i < map.count; i++)
			assert_int_equal(map.entries[i].type, expected.entries[i].type);
		memmap_done(&map);
		memmap_done(&expected);
	}
}

/* 200,000 lines, each over the next ones, from the top down: done in no time. */
static void test_iomem_many(void **state)
{
	const unsigned lines = 200000;
	char *text = malloc((size_t)lines * 64), *end = text;
	struct iomem iomem;

	(void)state;
	assert_non_null(text);
	for (unsigned i = lines; i; i--)
		end += sprintf(end, "%x-%x : %s\n", i * 0x3000, i * 0x3000 + 0x4fff,
			       i % 2 ? "System RAM" : "Reserved");
	for (unsigned i = 1000; i; i--)
		end += sprintf(end, "  %x-%x : GART\n", i * 0x3000, i * 0x3000 + 0xfff);
	assert_int_equal(iomem_parse(text, (size_t)(end - text), &iomem, &err), 0);
	assert_int_equal(iomem.ram.count, lines / 2 + 500); /* every other one is cut in two */
	assert_int_equal(iomem.ram.items[0].start, 0x4000);
	assert_int_equal(iomem.ram.items[0].end, 0x6000);
	assert_int_equal(iomem.ram.items[1].start, 0x7000);
	assert_int_equal(iomem.map.count, lines);
	iomem_done(&iomem);
	free(text);
}

static void test_names(void **state)
{
	static const uint32_t types[] = { MEMORY_RAM,  MEMORY_RESERVED,     MEMORY_ACPI,
					  MEMORY_NVS,  MEMORY_UNUSABLE,     MEMORY_PMEM,
					  MEMORY_PRAM, MEMORY_SOFT_RESERVED };

	(void)state;
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(memmap_type_of(memmap_type_name(types[i])), types[i]);
	assert_string_equal(memmap_type_name(MEMORY_RESERVED), "Reserved");
	assert_string_equal(memmap_type_name(MEMORY_PRAM), "Persistent Memory (legacy)");
	assert_string_equal(memmap_type_name(77), "Unknown");
	assert_int_equal(memmap_type_of("reserved"), MEMORY_RESERVED);
	assert_int_equal(memmap_type_of("Unknown E820 type"), MEMORY_RESERVED);
	assert_int_equal(memmap_type_of("System RA"), MEMORY_RESERVED);
	assert_int_equal(memmap_type_of(""), MEMORY_RESERVED);
}

static const char pc[] = "00000000-00000fff : Reserved\n"
			 "00001000-0009fbff : System RAM\n"
			 "0009fc00-0009ffff : Reserved\n"
			 "000a0000-000bffff : PCI Bus 0000:00\n"
			 "000f0000-000fffff : Reserved\n"
			 "  000f0000-000fffff : System ROM\n"
			 "00100000-1ffdffff : System RAM\n"
			 "  08000000-0fffffff : Crash kernel\n"
			 "  10200000-10dfffff : Kernel code\n"
			 "  10e00000-1127ffff : Kernel data\n"
			 "  11440000-1151ffff : Kernel bss\n"
			 "1ffe0000-1fffffff : ACPI Tables\n"
			 "20000000-23ffffff : GART\n"
			 "fec00000-fec003ff : IOAPIC 0\n"
			 "fffc0000-ffffffff : Reserved\n";

static void test_iomem(void **state)
{
	struct iomem iomem;

	(void)state;
	assert_int_equal(iomem_parse(pc, sizeof(pc) - 1, &iomem, &err), 0);
	expect(&iomem.map, "0-1000:2 1000-9fc00:1 9fc00-a0000:2 f0000-100000:2 "
			   "100000-1ffe0000:1 1ffe0000-20000000:3 fffc0000-100000000:2");
	assert_int_equal(iomem.ram.count, 2);
	assert_int_equal(iomem.ram.items[0].start, 0x1000);
	assert_int_equal(iomem.ram.items[0].end, 0x9f000); /* whole pages */
	assert_int_equal(iomem.ram.items[1].end, 0x1ffe0000);
	assert_int_equal(iomem.kernel.start, 0x10200000);
	assert_int_equal(iomem.kernel.end, 0x11520000);
	assert_int_equal(iomem.crash.count, 1);
	assert_int_equal(iomem.crash.items[0].start, 0x8000000);
	assert_int_equal(iomem.crash.items[0].end, 0x10000000);
	iomem_done(&iomem);
	assert_int_equal(iomem.ram.count, 0);
}

/* An aperture of the graphics card in RAM: that RAM is neither saved nor written to. */
static void test_iomem_gart(void **state)
{
	static const char text[] = "00100000-7fffffff : System RAM\n"
				   "  04000000-07ffffff : GART\n"
				   "  10000000-10ffffff : Kernel code\n";
	struct iomem iomem;

	(void)state;
	assert_int_equal(iomem_parse(text, sizeof(text) - 1, &iomem, &err), 0);
	expect(&iomem.map, "100000-80000000:1");
	assert_int_equal(iomem.ram.count, 2);
	assert_int_equal(iomem.ram.items[0].end, 0x4000000);
	assert_int_equal(iomem.ram.items[1].start, 0x8000000);
	iomem_done(&iomem);
}

/* RAM that is cut inside a page keeps that page; the end of 64 bits stays inside them. */
static void test_iomem_edges(void **state)
{
	static const char text[] = "00001000-000017ff : System RAM\n"
				   "00001800-00002fff : System RAM\n"
				   "00008000-00008ffe : System RAM\n"
				   "ffffffffffff0000-ffffffffffffffff : reserved";
	struct iomem iomem;

	(void)state;
	assert_int_equal(iomem_parse(text, sizeof(text) - 1, &iomem, &err), 0);
	assert_int_equal(iomem.ram.count, 1);
	assert_int_equal(iomem.ram.items[0].start, 0x1000);
	assert_int_equal(iomem.ram.items[0].end, 0x3000);
	assert_int_equal(iomem.map.entries[3].at.end, UINT64_MAX);
	assert_int_equal(iomem.kernel.end, 0);
	iomem_done(&iomem);
}

static void refuse(const char *text, size_t size, const char *reason)
{
	struct iomem iomem;

	assert_int_equal(iomem_parse(text, size, &iomem, &err), -1);
	if (!strstr(err.text, reason))
		fail_msg("\"%s\" lacks \"%s\"", err.text, reason);
	assert_null(strchr(err.text, '\n'));
	iomem_done(&iomem);
}

static void refuse_text(const char *text, const char *reason)
{
	refuse(text, strlen(text), reason);
}

static void test_iomem_refusals(void **state)
{
	static const char *const damaged[] = {
		"nonsense\n",
		"\n",
		"1000\n",
		"1000-\n",
		"1000-1fff\n",
		"1000-1fff : \033[2J\n",
		"1000-1fff: System RAM\n",
		"-1fff : System RAM\n",
		" 1000-1fff : System RAM\n",
		"2000-1fff : System RAM\n",
		"10000000000000000-10000000000000fff : System RAM\n",
		"0x1000-0x1fff : System RAM\n",
	};
	static const char nul[] = "1000-1fff : System RAM\n2000-2fff : Sys\0em RAM\n";

	(void)state;
	for (unsigned i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		refuse_text(damaged[i], "damaged in line 1");
	refuse(nul, sizeof(nul) - 1, "damaged in line 2");
	refuse_text("", "no System RAM");
	refuse_text("1000-1fff : Reserved\n", "no System RAM");
	refuse_text("  1000-1fff : System RAM\n", "no System RAM");
	refuse_text("1000-1ffe : System RAM\n", "no System RAM");
	refuse_text("00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n", "root");
}

/* Any change of a byte, any cut: accepted or refused, never a crash, and nothing is leaked. */
static void test_iomem_mutations(void **state)
{
	unsigned seed = 5;

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		char *text = malloc(sizeof(pc));
		size_t size = 1 + next_random(&seed, sizeof(pc) - 1);
		struct iomem iomem;

		assert_non_null(text);
		memcpy(text, pc, size);
		for (unsigned i = next_random(&seed, 4); i; i--)
			text[next_random(&seed, (unsigned)size)] = (char)next_random(&seed, 256);
		text = realloc(text, size); /* exact, so that an over-read is seen */
		if (!iomem_parse(text, size, &iomem, &err))
			for (size_t i = 0; i < iomem.map.count; i++)
				assert_true(range_bytes(iomem.map.entries[i].at) > 0);
		iomem_done(&iomem);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_sort_overlaps),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_random_steps),
		cmocka_unit_test(test_sort_random),
		cmocka_unit_test(test_iomem_many),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_iomem),
		cmocka_unit_test(test_iomem_gart),
		cmocka_unit_test(test_iomem_edges),
		cmocka_unit_test(test_iomem_refusals),
		cmocka_unit_test(test_iomem_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
