/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical address ranges (half open, bytes) and ordered, disjoint sets of them. Ends that come in
 * inclusive (/proc/iomem, --mem-max) are converted where they enter.
 */
#ifndef KEXEC_RANGE_H
#define KEXEC_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define PAGE_BYTES UINT64_C(4096)

struct range {
	uint64_t start, end;
};

/* Sorted by start, disjoint, no empty members, neighbours merged. Zero-initialised = empty. */
struct range_set {
	struct range *items;
	size_t count, capacity;
};

static inline uint64_t range_bytes(struct range r)
{
	return r.end > r.start ? r.end - r.start : 0;
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.start < b.end && b.start < a.end;
}

/* The common part; empty (start == end) where there is none. */
struct range range_intersect(struct range a, struct range b);

/* Shrink to whole pages. */
struct range range_whole_pages(struct range r);

/* Add or remove one range; empty ranges are accepted and change nothing. Fail only for memory. */
int range_set_add(struct range_set *set, struct range r, struct error *err);
int range_set_remove(struct range_set *set, struct range r, struct error *err);

/* Copy from into the empty set to; keep only what lies in within. */
int range_set_copy(struct range_set *to, const struct range_set *from, struct error *err);
int range_set_clip(struct range_set *set, struct range within, struct error *err);

/* Shrink every member to whole pages. */
void range_set_whole_pages(struct range_set *set);

/* What the lowest member that reaches into within has there; empty if none does. */
struct range range_set_first(const struct range_set *set, struct range within);

/* Whether one member holds all of r; an empty r is held by none. */
bool range_set_contains(const struct range_set *set, struct range r);
bool range_set_overlaps(const struct range_set *set, struct range r);

/* Sum of all members in bytes. */
uint64_t range_set_bytes(const struct range_set *set);

void range_set_done(struct range_set *set);

/* A place is looked for by what it must be, not by eight arguments. */
struct place {
	uint64_t size;       /* bytes, > 0 */
	uint64_t align;      /* power of two, >= 1 */
	struct range within; /* where it may lie; end 0 = no upper limit */
	bool top_down;       /* highest fitting address instead of the lowest */
};

/* Find a place in free. 0 and *address, or -1 when nothing fits (no error text: callers know more).
 */
int range_set_find(const struct range_set *free, const struct place *want, uint64_t *address);

#endif
