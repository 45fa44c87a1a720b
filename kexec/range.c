/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ordered, disjoint sets of physical address ranges, and the search for a free place in one. Plain
 * arithmetic on half-open 64-bit ranges that never wraps; what lies in a range is not its business.
 */
#include "range.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

struct range range_intersect(struct range a, struct range b)
{
	struct range common = {
		.start = a.start > b.start ? a.start : b.start,
		.end = a.end < b.end ? a.end : b.end,
	};

	if (common.end < common.start)
		common.end = common.start;
	return common;
}

struct range range_whole_pages(struct range r)
{
	struct range whole = { align_up(r.start, PAGE_BYTES), align_down(r.end, PAGE_BYTES) };

	/* align_up saturates in the last page, which no half-open range can hold as a whole */
	if (whole.start < r.start || whole.end < whole.start)
		whole.end = whole.start;
	return whole;
}

/* Room for more members. */
static int reserve(struct range_set *set, size_t more, struct error *err)
{
	size_t wanted, capacity;
	struct range *items;

	if (more <= set->capacity - set->count)
		return 0;
	if (set->count > SIZE_MAX / sizeof(*items) / 4)
		return error_no_memory(err);
	wanted = set->count + more;
	capacity = wanted < 16 ? 16 : wanted * 2;
	items = realloc(set->items, capacity * sizeof(*items));
	if (!items)
		return error_no_memory(err);
	set->items = items;
	set->capacity = capacity;
	return 0;
}

/* Index of the first member that ends above address; count if there is none. */
static size_t first_above(const struct range_set *set, uint64_t address)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->items[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Replace the members [first, last) by count others; there is room. */
static void replace(struct range_set *set, size_t first, size_t last, const struct range *with,
		    size_t count)
{
	memmove(set->items + first + count, set->items + last,
		(set->count - last) * sizeof(*set->items));
	memcpy(set->items + first, with, count * sizeof(*set->items));
	set->count = set->count - (last - first) + count;
}

int range_set_add(struct range_set *set, struct range r, struct error *err)
{
	size_t first, last;

	if (!range_bytes(r))
		return 0;
	if (reserve(set, 1, err))
		return -1;
	/* a member that ends where r starts is a neighbour and merges too */
	first = r.start ? first_above(set, r.start - 1) : 0;
	for (last = first; last < set->count && set->items[last].start <= r.end; last++) {
		if (set->items[last].start < r.start)
			r.start = set->items[last].start;
		if (set->items[last].end > r.end)
			r.end = set->items[last].end;
	}
	replace(set, first, last, &r, 1);
	return 0;
}

int range_set_remove(struct range_set *set, struct range r, struct error *err)
{
	size_t first, last, count = 0;
	struct range left[2];

	if (!range_bytes(r))
		return 0;
	first = first_above(set, r.start);
	for (last = first; last < set->count && set->items[last].start < r.end; last++)
		;
	if (first == last)
		return 0;
	if (reserve(set, 1, err))
		return -1;
	if (set->items[first].start < r.start)
		left[count++] = (struct range){ set->items[first].start, r.start };
	if (set->items[last - 1].end > r.end)
		left[count++] = (struct range){ r.end, set->items[last - 1].end };
	replace(set, first, last, left, count);
	return 0;
}

int range_set_copy(struct range_set *to, const struct range_set *from, struct error *err)
{
	to->count = 0;
	if (!from->count)
		return 0;
	if (reserve(to, from->count, err))
		return -1;
	memcpy(to->items, from->items, from->count * sizeof(*to->items));
	to->count = from->count;
	return 0;
}

int range_set_clip(struct range_set *set, struct range within, struct error *err)
{
	size_t kept = 0;

	(void)err; /* members only get fewer and shorter */
	for (size_t i = 0; i < set->count; i++) {
		struct range r = range_intersect(set->items[i], within);

		if (range_bytes(r))
			set->items[kept++] = r;
	}
	set->count = kept;
	return 0;
}

void range_set_whole_pages(struct range_set *set)
{
	size_t kept = 0;

	/* members did not touch before, so they do not now: nothing to merge */
	for (size_t i = 0; i < set->count; i++) {
		struct range whole = range_whole_pages(set->items[i]);

		if (range_bytes(whole))
			set->items[kept++] = whole;
	}
	set->count = kept;
}

bool range_set_contains(const struct range_set *set, struct range r)
{
	size_t i = first_above(set, r.start);

	return range_bytes(r) && i < set->count && range_contains(set->items[i], r);
}

struct range range_set_first(const struct range_set *set, struct range within)
{
	size_t i = first_above(set, within.start);

	if (i < set->count && range_overlaps(set->items[i], within))
		return range_intersect(set->items[i], within);
	return (struct range){ 0, 0 };
}

bool range_set_overlaps(const struct range_set *set, struct range r)
{
	size_t i = first_above(set, r.start);

	return range_bytes(r) && i < set->count && range_overlaps(set->items[i], r);
}

uint64_t range_set_bytes(const struct range_set *set)
{
	uint64_t bytes = 0;

	/* disjoint ranges inside 64 bits: the sum cannot wrap */
	for (size_t i = 0; i < set->count; i++)
		bytes += range_bytes(set->items[i]);
	return bytes;
}

void range_set_done(struct range_set *set)
{
	free(set->items);
	*set = (struct range_set){ 0 };
}

/* The best address for want inside one free range. */
static bool fit(struct range window, const struct place *want, uint64_t *address)
{
	uint64_t start;

	if (range_bytes(window) < want->size)
		return false;
	start = want->top_down ? align_down(window.end - want->size, want->align)
			       : align_up(window.start, want->align);
	/* start below the window: rounded down past its start, or rounded up past 64 bits */
	if (start < window.start || start > window.end || want->size > window.end - start)
		return false;
	*address = start;
	return true;
}

int range_set_find(const struct range_set *free, const struct place *want, uint64_t *address)
{
	struct range within = want->within;

	if (!want->size || !want->align || (want->align & (want->align - 1)))
		return -1;
	if (!within.end)
		within.end = UINT64_MAX;
	for (size_t i = 0; i < free->count; i++) {
		size_t index = want->top_down ? free->count - 1 - i : i;

		if (fit(range_intersect(free->items[index], within), want, address))
			return 0;
	}
	return -1;
}
