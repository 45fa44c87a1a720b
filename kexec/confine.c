/* SPDX-License-Identifier: GPL-2.0-only */
/* Restricted memory maps; see confine.h. Knows nothing of who is confined and why. */
#include "confine.h"

#define MIB            UINT64_C(0x100000)
#define LOW_MEMORY_END UINT64_C(0xa0000)

/* The page that keeps reserved entries below and above 1 MiB apart. */
static const struct range divide = { MIB - PAGE_BYTES, MIB };

struct range memmap_low_ram(const struct range_set *ram)
{
	return range_set_first(ram, (struct range){ PAGE_BYTES, LOW_MEMORY_END });
}

static bool is_reserved(const struct memmap *map, struct range at)
{
	for (size_t i = 0; i < map->count; i++)
		if (range_contains(map->entries[i].at, at))
			return map->entries[i].type == MEMORY_RESERVED;
	return false;
}

int memmap_confine(const struct memmap *firmware, const struct range_set *ram, struct memmap *map,
		   struct error *err)
{
	struct range above = { MIB, MIB + PAGE_BYTES };

	if (memmap_copy(map, firmware, err))
		return -1;
	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].type == MEMORY_RAM)
			map->entries[i].type = MEMORY_RESERVED;
	for (size_t i = 0; i < ram->count; i++)
		if (memmap_set(map, ram->items[i], MEMORY_RAM, err))
			return -1;
	/* Kernels since 5.x mark a reserved resource busy when it begins below 1 MiB
	 * (do_mark_busy() in arch/x86/kernel/e820.c), and they join what touches. */
	if (is_reserved(map, divide) && is_reserved(map, above))
		return memmap_set(map, divide, MEMORY_UNUSABLE, err);
	return 0;
}

bool memmap_is_confined_type(struct range at, uint32_t firmware, uint32_t confined)
{
	if (firmware == MEMORY_RAM)
		return confined == MEMORY_RAM || confined == MEMORY_RESERVED;
	if (firmware == MEMORY_RESERVED && confined == MEMORY_UNUSABLE)
		return range_contains(divide, at);
	return firmware == confined;
}
