/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory maps as sorted, disjoint entries with an e820 type, the names of those types, and the text
 * of /proc/iomem. Must not know where a text was read from or what a map is used for.
 */
#include "memmap.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/*
 * The names Linux gives to e820 types in /sys/firmware/memmap and /proc/iomem
 * (e820_type_to_string() in arch/x86/kernel/e820.c); the first row of a type is the name we print.
 */
static const struct {
	const char *name;
	uint32_t type;
} type_names[] = {
	{ "System RAM", MEMORY_RAM },
	{ "Reserved", MEMORY_RESERVED },
	{ "reserved", MEMORY_RESERVED }, /* kernels before 4.11 */
	{ "Unknown E820 type", MEMORY_RESERVED },
	{ "ACPI Tables", MEMORY_ACPI },
	{ "ACPI Non-volatile Storage", MEMORY_NVS },
	{ "Unusable memory", MEMORY_UNUSABLE },
	{ "Persistent Memory", MEMORY_PMEM },
	{ "Persistent Memory (legacy)", MEMORY_PRAM },
	{ "Soft Reserved", MEMORY_SOFT_RESERVED },
};

#define TYPE_NAMES (sizeof(type_names) / sizeof(type_names[0]))

const char *memmap_type_name(uint32_t type)
{
	for (size_t i = 0; i < TYPE_NAMES; i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	return "Unknown";
}

/* Whether the name is that of a memory type. */
static bool type_find(const char *name, size_t chars, uint32_t *type)
{
	for (size_t i = 0; i < TYPE_NAMES; i++)
		if (strlen(type_names[i].name) == chars &&
		    !memcmp(type_names[i].name, name, chars)) {
			*type = type_names[i].type;
			return true;
		}
	return false;
}

uint32_t memmap_type_of(const char *name)
{
	uint32_t type;

	return type_find(name, strlen(name), &type) ? type : MEMORY_RESERVED;
}

/* Room for more entries. */
static int reserve(struct memmap *map, size_t more, struct error *err)
{
	struct memmap_entry *entries;
	size_t wanted, capacity;

	if (more <= map->capacity - map->count)
		return 0;
	if (map->count > SIZE_MAX / sizeof(*entries) / 4)
		return error_no_memory(err);
	wanted = map->count + more;
	capacity = wanted < 32 ? 32 : wanted * 2;
	entries = realloc(map->entries, capacity * sizeof(*entries));
	if (!entries)
		return error_no_memory(err);
	map->entries = entries;
	map->capacity = capacity;
	return 0;
}

int memmap_add(struct memmap *map, struct range at, uint32_t type, struct error *err)
{
	if (!range_bytes(at))
		return 0;
	if (reserve(map, 1, err))
		return -1;
	map->entries[map->count++] = (struct memmap_entry){ at, type };
	return 0;
}

/* Index of the first entry that ends above address; count if there is none. */
static size_t first_above(const struct memmap *map, uint64_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->entries[middle].at.end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int memmap_set(struct memmap *map, struct range at, uint32_t type, struct error *err)
{
	struct memmap_entry with[3];
	size_t first, last, count = 0;

	if (!range_bytes(at))
		return 0;
	if (reserve(map, 2, err))
		return -1;
	first = first_above(map, at.start);
	for (last = first; last < map->count && map->entries[last].at.start < at.end; last++)
		;
	if (first < last && map->entries[first].at.start < at.start) {
		with[count] = map->entries[first];
		with[count++].at.end = at.start;
	}
	with[count++] = (struct memmap_entry){ at, type };
	if (first < last && map->entries[last - 1].at.end > at.end) {
		with[count] = map->entries[last - 1];
		with[count++].at.start = at.end;
	}
	memmove(map->entries + first + count, map->entries + last,
		(map->count - last) * sizeof(*map->entries));
	memcpy(map->entries + first, with, count * sizeof(*with));
	map->count = map->count - (last - first) + count;
	return 0;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* In the order in which entries are laid over each other: RAM first, what starts later on top. */
static int compare_layers(const void *left, const void *right)
{
	const struct memmap_entry *a = left, *b = right;
	int order;

	if ((a->type == MEMORY_RAM) != (b->type == MEMORY_RAM))
		return a->type == MEMORY_RAM ? -1 : 1;
	order = compare_numbers(a->at.start, b->at.start);
	if (!order)
		order = compare_numbers(b->at.end, a->at.end); /* the shorter one on top */
	return order ? order : compare_numbers(a->type, b->type);
}

static int compare_starts(const void *left, const void *right)
{
	const struct memmap_entry *a = left, *b = right;

	return compare_numbers(a->at.start, b->at.start);
}

/* Sort by start; whether the result is already disjoint, as nearly every real map is. */
static bool sort_disjoint(struct memmap *map)
{
	qsort(map->entries, map->count, sizeof(*map->entries), compare_starts);
	for (size_t i = 1; i < map->count; i++)
		if (map->entries[i].at.start < map->entries[i - 1].at.end)
			return false;
	return true;
}

/* Where a layer begins; layers are numbered from the lowest up. */
struct layer_start {
	uint64_t at;
	size_t layer;
};

static int compare_layer_starts(const void *left, const void *right)
{
	const struct layer_start *a = left, *b = right;

	return compare_numbers(a->at, b->at);
}

/* The layers at one address, the uppermost first: a heap. */
struct layer_heap {
	size_t *layers;
	size_t count;
};

static void heap_push(struct layer_heap *heap, size_t layer)
{
	size_t at = heap->count++;

	for (; at && heap->layers[(at - 1) / 2] < layer; at = (at - 1) / 2)
		heap->layers[at] = heap->layers[(at - 1) / 2];
	heap->layers[at] = layer;
}

static void heap_pop(struct layer_heap *heap)
{
	size_t last = heap->layers[--heap->count], at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < heap->count && heap->layers[child + 1] > heap->layers[child])
			child++;
		if (child >= heap->count || heap->layers[child] <= last)
			break;
		heap->layers[at] = heap->layers[child];
		at = child;
	}
	heap->layers[at] = last;
}

/*
 * Go from the lowest address up and write down what lies on top. Every step begins or ends a layer,
 * so that many overlapping entries take no longer than sorting them does.
 */
static int flatten(const struct memmap *layers, struct layer_start *starts, struct layer_heap *heap,
		   struct memmap *flat, struct error *err)
{
	size_t next = 0, last = SIZE_MAX;
	uint64_t at = 0;

	for (size_t i = 0; i < layers->count; i++)
		starts[i] = (struct layer_start){ layers->entries[i].at.start, i };
	qsort(starts, layers->count, sizeof(*starts), compare_layer_starts);
	while (next < layers->count || heap->count) {
		const struct memmap_entry *top;
		uint64_t end;

		if (!heap->count)
			at = starts[next].at;
		while (next < layers->count && starts[next].at <= at)
			heap_push(heap, starts[next++].layer);
		top = &layers->entries[heap->layers[0]];
		if (top->at.end <= at) {
			heap_pop(heap);
			continue;
		}
		end = top->at.end;
		if (next < layers->count && starts[next].at < end)
			end = starts[next].at;
		if (last == heap->layers[0])
			flat->entries[flat->count - 1].at.end = end;
		else if (memmap_add(flat, (struct range){ at, end }, top->type, err))
			return -1;
		last = heap->layers[0];
		at = end;
	}
	return 0;
}

int memmap_sort(struct memmap *map, struct error *err)
{
	struct layer_heap heap = { NULL, 0 };
	struct layer_start *starts;
	struct memmap flat = { 0 };
	int result;

	if (map->count < 2 || sort_disjoint(map))
		return 0;
	qsort(map->entries, map->count, sizeof(*map->entries), compare_layers);
	starts = malloc(map->count * sizeof(*starts));
	heap.layers = malloc(map->count * sizeof(*heap.layers));
	result = starts && heap.layers ? flatten(map, starts, &heap, &flat, err)
				       : error_no_memory(err);
	free(starts);
	free(heap.layers);
	if (result) {
		memmap_done(&flat);
		return -1;
	}
	memmap_done(map);
	*map = flat;
	return 0;
}

int memmap_copy(struct memmap *to, const struct memmap *from, struct error *err)
{
	to->count = 0;
	if (!from->count)
		return 0;
	if (reserve(to, from->count, err))
		return -1;
	memcpy(to->entries, from->entries, from->count * sizeof(*to->entries));
	to->count = from->count;
	return 0;
}

int memmap_of_type(const struct memmap *map, uint32_t type, struct range_set *set,
		   struct error *err)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].type == type && range_set_add(set, map->entries[i].at, err))
			return -1;
	return 0;
}

uint64_t memmap_ram_end(const struct memmap *map, uint64_t start)
{
	uint64_t end = start;

	for (size_t i = 0; i < map->count; i++) {
		const struct memmap_entry *e = &map->entries[i];

		if (e->type == MEMORY_RAM && e->at.start <= end && e->at.end > end)
			end = e->at.end;
	}
	return end;
}

void memmap_done(struct memmap *map)
{
	free(map->entries);
	*map = (struct memmap){ 0 };
}

/* One line of /proc/iomem. */
struct iomem_line {
	unsigned depth; /* 0 = top level */
	struct range at;
	const char *name;
	size_t name_chars;
};

/* The unread part of a line. */
struct cursor {
	const char *at, *end;
};

static bool take_text(struct cursor *c, const char *text)
{
	size_t chars = strlen(text);

	if ((size_t)(c->end - c->at) < chars || memcmp(c->at, text, chars))
		return false;
	c->at += chars;
	return true;
}

/* One to sixteen hex digits; leading zeros count, as the kernel prints at most sixteen. */
static bool take_hex(struct cursor *c, uint64_t *value)
{
	unsigned digits = 0, digit;

	*value = 0;
	while (c->at < c->end && (digit = digit_value((uint8_t)*c->at)) < 16) {
		if (++digits > 16)
			return false;
		*value = *value << 4 | digit;
		c->at++;
	}
	return digits > 0;
}

static bool printable(const char *text, size_t chars)
{
	for (size_t i = 0; i < chars; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

/* "  00100000-1fffffff : System RAM": two spaces for each level, inclusive end. */
static bool parse_line(struct cursor c, struct iomem_line *line)
{
	uint64_t first, last;

	for (line->depth = 0; take_text(&c, "  "); line->depth++)
		;
	if (!take_hex(&c, &first) || !take_text(&c, "-") || !take_hex(&c, &last) ||
	    !take_text(&c, " : ") || last < first)
		return false;
	line->at = (struct range){ first, last == UINT64_MAX ? last : last + 1 };
	line->name = c.at;
	line->name_chars = (size_t)(c.end - c.at);
	return printable(line->name, line->name_chars);
}

static bool named(const struct iomem_line *line, const char *name)
{
	return line->name_chars == strlen(name) && !memcmp(line->name, name, line->name_chars);
}

static bool is_kernel_part(const struct iomem_line *line)
{
	return named(line, "Kernel code") || named(line, "Kernel rodata") ||
	       named(line, "Kernel data") || named(line, "Kernel bss");
}

/* Lines of one kind, as they come: sets are made of them at the end, in order. */
struct collected {
	struct memmap ram, crash;
};

/* Put one line where it belongs; ram still has partial pages. */
static int take_line(const struct iomem_line *line, struct iomem *iomem, struct collected *all,
		     struct error *err)
{
	uint32_t type;

	if (named(line, "Crash kernel"))
		return memmap_add(&all->crash, line->at, MEMORY_RAM, err);
	/* RAM behind this aperture cannot be reached by its own address. */
	if (named(line, "GART"))
		return memmap_add(&all->ram, line->at, MEMORY_RESERVED, err);
	if (is_kernel_part(line)) {
		if (named(line, "Kernel code"))
			iomem->kernel = line->at;
		else if (range_bytes(iomem->kernel) && line->at.end > iomem->kernel.end)
			iomem->kernel.end = line->at.end;
		return 0;
	}
	if (line->depth || !type_find(line->name, line->name_chars, &type))
		return 0;
	if (type == MEMORY_RAM && memmap_add(&all->ram, line->at, type, err))
		return -1;
	return memmap_add(&iomem->map, line->at, type, err);
}

static int parse_lines(const char *text, size_t size, struct iomem *iomem, struct collected *all,
		       struct error *err)
{
	const char *end = text + size;
	unsigned long number = 0;
	bool hidden = true;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		struct cursor cursor = { text, newline ? newline : end };
		struct iomem_line line;

		number++;
		if (!parse_line(cursor, &line))
			return error_set(err,
					 "'/proc/iomem' is damaged in line %lu: \"%.*s\" is not "
					 "\"start-end : name\"",
					 number,
					 (int)(cursor.end - text > 80 ? 80 : cursor.end - text),
					 text);
		if (line.at.start || line.at.end > 1)
			hidden = false;
		if (take_line(&line, iomem, all, err))
			return -1;
		text = newline ? newline + 1 : end;
	}
	if (number && hidden)
		return error_set(err,
				 "Could not get memory layout: '/proc/iomem' hides all addresses; "
				 "run this as root");
	return 0;
}

static int make_set(struct memmap *lines, struct range_set *set, struct error *err)
{
	return memmap_sort(lines, err) || memmap_of_type(lines, MEMORY_RAM, set, err) ? -1 : 0;
}

int iomem_parse(const char *text, size_t size, struct iomem *iomem, struct error *err)
{
	struct collected all = { 0 };
	int result = -1;

	*iomem = (struct iomem){ 0 };
	if (parse_lines(text, size, iomem, &all, err) || memmap_sort(&iomem->map, err) ||
	    make_set(&all.ram, &iomem->ram, err) || make_set(&all.crash, &iomem->crash, err))
		goto out;
	range_set_whole_pages(&iomem->ram);
	result = iomem->ram.count
			 ? 0
			 : error_set(err, "Could not get memory layout: '/proc/iomem' names no "
					  "System RAM");
out:
	memmap_done(&all.ram);
	memmap_done(&all.crash);
	if (result)
		iomem_done(iomem);
	return result;
}

void iomem_done(struct iomem *iomem)
{
	memmap_done(&iomem->map);
	range_set_done(&iomem->ram);
	range_set_done(&iomem->crash);
	iomem->kernel = (struct range){ 0, 0 };
}
