/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory maps: what the firmware said (e820 numbering of types, as in boot_params), what the
 * running kernel calls System RAM, and the texts they come in. Pure: text in, values out.
 */
#ifndef KEXEC_MEMMAP_H
#define KEXEC_MEMMAP_H

#include "range.h"

/* e820 types; include/asm/e820/types.h of Linux names the same numbers. */
enum memory_type {
	MEMORY_RAM = 1,
	MEMORY_RESERVED = 2,
	MEMORY_ACPI = 3,
	MEMORY_NVS = 4,
	MEMORY_UNUSABLE = 5,
	MEMORY_PMEM = 7,
	MEMORY_PRAM = 12,
	MEMORY_SOFT_RESERVED = 0xefffffff,
};

struct memmap_entry {
	struct range at;
	uint32_t type; /* enum memory_type, or a number nobody here knows: handed on as it is */
};

/* Sorted by start, disjoint; neighbours of one type may stay apart. Zero-initialised = empty. */
struct memmap {
	struct memmap_entry *entries;
	size_t count, capacity;
};

/* Append (unsorted); memmap_sort() afterwards. */
int memmap_add(struct memmap *map, struct range at, uint32_t type, struct error *err);

/*
 * Sort and make disjoint. Where entries overlap, a type other than RAM wins over RAM, and of two
 * others the later start wins.
 */
int memmap_sort(struct memmap *map, struct error *err);

int memmap_copy(struct memmap *to, const struct memmap *from, struct error *err);

/* Give [at) the type, cutting what was there; used to restrict a map. Keeps the map sorted. */
int memmap_set(struct memmap *map, struct range at, uint32_t type, struct error *err);

/* All entries of one type as a set. */
int memmap_of_type(const struct memmap *map, uint32_t type, struct range_set *set,
		   struct error *err);

void memmap_done(struct memmap *map);

/* The end of the RAM that goes on without a hole from start; start where there is none. The map is
 * sorted. */
uint64_t memmap_ram_end(const struct memmap *map, uint64_t start);

/* The name used in /sys/firmware/memmap and in our own output ("System RAM", "Reserved", ...). */
const char *memmap_type_name(uint32_t type);

/* The type for such a name; MEMORY_RESERVED for a name nobody knows. */
uint32_t memmap_type_of(const char *name);

/* What /proc/iomem tells. */
struct iomem {
	struct memmap map; /* top-level entries that are memory (RAM, Reserved, ACPI, NVS, ...) */
	struct range_set ram; /* System RAM, whole pages only, without what a "GART" covers */
	struct range
		kernel; /* from the start of "Kernel code" to the end of the last Kernel entry */
	struct range_set crash; /* "Crash kernel" entries */
};

/*
 * Parse the text of /proc/iomem (hostile: any bytes). Fails when a line is damaged, when no System
 * RAM is there, or when every address is zero (read without root).
 */
int iomem_parse(const char *text, size_t size, struct iomem *iomem, struct error *err);
void iomem_done(struct iomem *iomem);

#endif
