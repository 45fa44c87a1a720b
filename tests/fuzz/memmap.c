/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: the texts of memory maps (/proc/iomem, /sys/firmware/memmap as lines) and the sets
 * they become. The first byte chooses. What comes out must be sorted and disjoint.
 */
#include "fuzz.h"
#include "machine_parse.h"
#include "memmap.h"

enum { KIND_IOMEM, KIND_FIRMWARE, KIND_STEPS, KINDS };

#define STEP_UNITS 64

static void check_map(const struct memmap *map)
{
	for (size_t i = 0; i < map->count; i++) {
		FUZZ_CHECK(map->entries[i].at.start < map->entries[i].at.end);
		FUZZ_CHECK(!i || map->entries[i - 1].at.end <= map->entries[i].at.start);
	}
}

static void check_set(const struct range_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		FUZZ_CHECK(set->items[i].start < set->items[i].end);
		FUZZ_CHECK(!i || set->items[i - 1].end < set->items[i].start);
	}
}

static void parse_iomem(struct span text)
{
	struct iomem iomem;
	struct error err = { "" };

	if (!iomem_parse((const char *)text.data, text.size, &iomem, &err)) {
		check_map(&iomem.map);
		check_set(&iomem.ram);
		check_set(&iomem.crash);
		FUZZ_CHECK(iomem.ram.count);
		for (size_t i = 0; i < iomem.ram.count; i++)
			FUZZ_CHECK(!(iomem.ram.items[i].start % PAGE_BYTES) &&
				   !(iomem.ram.items[i].end % PAGE_BYTES));
	} else {
		FUZZ_CHECK(*err.text);
	}
	iomem_done(&iomem);
}

static void parse_firmware(struct span text)
{
	struct range_set ram = { 0 };
	struct memmap map = { 0 }, copy = { 0 };
	struct error err;

	if (!firmware_lines(text, &map, &err)) {
		FUZZ_CHECK(!memmap_sort(&map, &err));
		check_map(&map);
		FUZZ_CHECK(!memmap_of_type(&map, MEMORY_RAM, &ram, &err));
		check_set(&ram);
		range_set_whole_pages(&ram);
		check_set(&ram);
		FUZZ_CHECK(!memmap_copy(&copy, &map, &err) && copy.count == map.count);
	}
	range_set_done(&ram);
	memmap_done(&copy);
	memmap_done(&map);
}

/* Five bytes each: what, a type, start, length, and a unit: small numbers, or the end of 64 bits.
 */
static void run_steps(struct span input)
{
	struct range_set set = { 0 };
	struct memmap map = { 0 };
	struct error err;
	uint64_t found;

	for (unsigned steps = 0; input.size && steps < 300; steps++) {
		unsigned what = fuzz_u8(&input), type = fuzz_u8(&input) % 8;
		uint64_t start = fuzz_u8(&input) % STEP_UNITS, bytes = fuzz_u8(&input) % 16;
		uint64_t unit = UINT64_C(1) << fuzz_u8(&input) % 64;
		struct range r = { start * unit, start * unit + bytes * unit };
		struct place want = { bytes, unit, { r.start, type & 1 ? r.end : 0 }, type & 2 };

		if (what & 64)
			r = (struct range){ UINT64_MAX - r.end, UINT64_MAX - r.start };
		switch (what % 6) {
		case 0:
			FUZZ_CHECK(!range_set_add(&set, r, &err));
			FUZZ_CHECK(!range_bytes(r) || range_set_contains(&set, r));
			break;
		case 1:
			FUZZ_CHECK(!range_set_remove(&set, r, &err));
			FUZZ_CHECK(!range_set_overlaps(&set, r));
			break;
		case 2:
			FUZZ_CHECK(!memmap_set(&map, r, type, &err));
			break;
		case 3:
			FUZZ_CHECK(!memmap_add(&map, r, type, &err) && !memmap_sort(&map, &err));
			break;
		case 4:
			if (!range_set_find(&set, &want, &found))
				FUZZ_CHECK(!(found % want.align) &&
					   range_set_contains(&set,
							      (struct range){ found,
									      found + want.size }));
			break;
		default:
			FUZZ_CHECK(!range_set_clip(&set, r, &err));
			break;
		}
		check_set(&set);
		check_map(&map);
	}
	range_set_done(&set);
	memmap_done(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };

	switch (fuzz_u8(&input) % KINDS) {
	case KIND_IOMEM:
		parse_iomem(input);
		break;
	case KIND_FIRMWARE:
		parse_firmware(input);
		break;
	default:
		run_steps(input);
		break;
	}
	return 0;
}

static const char iomem[] = "00000000-00000fff : Reserved\n"
			    "00001000-0009fbff : System RAM\n"
			    "0009fc00-0009ffff : Reserved\n"
			    "000a0000-000bffff : PCI Bus 0000:00\n"
			    "  000f0000-000fffff : System ROM\n"
			    "00100000-1ffdffff : System RAM\n"
			    "  08000000-0fffffff : Crash kernel\n"
			    "  10200000-10dfffff : Kernel code\n"
			    "  10e00000-1127ffff : Kernel data\n"
			    "  11440000-1151ffff : Kernel bss\n"
			    "1ffe0000-1fffffff : ACPI Tables\n"
			    "20000000-23ffffff : GART\n"
			    "100000000-fffffffffffffffe : Soft Reserved\n";

static const char firmware[] = "0x0 0x9fbff System RAM\n"
			       "0x9fc00 0x9ffff Reserved\n"
			       "0x100000 0x1ffdffff System RAM\n"
			       "0x1f000000 0x1fffffff ACPI Tables\n"
			       "0xfffc0000 0xffffffff Reserved\n";

/* Many entries, every one over the others: what an untidy sort takes long for. */
static size_t seed_overlaps(uint8_t *buffer, size_t capacity)
{
	size_t used = 0;
	uint8_t kind = KIND_IOMEM;

	fuzz_append(buffer, capacity, &used, &kind, 1);
	for (unsigned i = 0; i < 200; i++) {
		char line[80];
		int chars = snprintf(line, sizeof(line), "%08x-%08x : %s\n", 0x1000 * (i % 37),
				     0x10000000 + 0x1000 * (i * 7 % 200),
				     i % 2 ? "System RAM" : "Reserved");

		fuzz_append(buffer, capacity, &used, line, (size_t)chars);
	}
	return used;
}

static size_t seed_steps(uint8_t *buffer, size_t capacity)
{
	size_t used = 0;
	uint8_t kind = KIND_STEPS;

	fuzz_append(buffer, capacity, &used, &kind, 1);
	for (unsigned i = 0; i < 60; i++) {
		const uint8_t step[5] = { (uint8_t)(i * 5 + i / 7), (uint8_t)(i % 8),
					  (uint8_t)(i * 13), (uint8_t)(i * 3 + 1),
					  (uint8_t)(i % 20 ? 12 : 58) };

		fuzz_append(buffer, capacity, &used, step, sizeof(step));
	}
	return used;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	switch (n) {
	case 0:
		return fuzz_seed_text(KIND_IOMEM, iomem, buffer, capacity);
	case 1:
		return fuzz_seed_text(KIND_FIRMWARE, firmware, buffer, capacity);
	case 2:
		return seed_overlaps(buffer, capacity);
	case 3:
		return seed_steps(buffer, capacity);
	case 4: /* as who is not root sees it */
		return fuzz_seed_text(KIND_IOMEM, "00000000-00000000 : System RAM\n", buffer,
				      capacity);
	default:
		return 0;
	}
}
