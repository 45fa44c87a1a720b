/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes into an image and where: the ranges of memory to save, the program headers that
 * describe them once it is known which zero pages were left out, and the program headers by which a
 * debugger sees D. Pure; knows nothing of files or devices.
 */
#ifndef KDUMP_LAYOUT_H
#define KDUMP_LAYOUT_H

#include "core.h"
#include "image_head.h"
#include "note.h"

/* One stretch of memory, whole pages, linear in the source and in the image. */
struct layout_range {
	uint64_t paddr, bytes;
	uint64_t vaddr;        /* CORE_VADDR_UNKNOWN where there is none */
	uint64_t source;       /* offset in the source core */
	uint64_t source_bytes; /* <= bytes; the rest is zero */
	uint64_t offset;       /* in the image; set by layout_place() */
};

/* What A knows as [dest, dest + bytes) is stored at physical [source, source + bytes). */
struct layout_run {
	uint64_t dest, source, bytes;
};

/* A 64-bit kernel's image, which has addresses of its own beside the linear map. */
struct layout_text {
	struct range at; /* physical; empty = none */
	uint64_t vaddr;  /* of its start */
};

/* A stretch of the image that was not written, by its offset. */
struct layout_hole {
	uint64_t offset, bytes;
};

struct layout {
	struct layout_range *ranges; /* in address order */
	size_t range_count, range_capacity;
	struct layout_run *runs;
	size_t run_count, run_capacity;
	uint64_t data_bytes;    /* of all ranges */
	uint64_t lent_bytes;    /* of all runs */
	uint64_t dropped_bytes; /* parts of pages at the ends of PT_LOADs */
	uint64_t page_offset;   /* for the addresses of runs */
	struct layout_text text;
	/* H, where D is shown: what A has there is seen, and H itself only by who resumes. */
	struct range kept;
	const char *warning; /* constant text: why there is no debug view; NULL = none */
};

/* The ranges to save. note may be NULL (a core that is not ours). Nothing to free on failure. */
int layout_plan(const struct core *core, const struct jump_note *note, enum image_view view,
		struct layout *layout, struct error *err);

/*
 * Walk A's list of displaced pages and keep the runs. Pages that were not displaced or whose bytes
 * are not saved are left out. Find the kernel's own addresses. A kernel that is not recognised
 * leaves no runs and a warning.
 */
int layout_walk(const struct core *core, const struct jump_note *note, enum image_view view,
		struct layout *layout, struct error *err);

void layout_done(struct layout *layout);

/* Program headers this layout needs at most when there are so many holes. */
size_t layout_loads_max(const struct layout *layout, size_t holes);

/* Chunks of all ranges. */
uint64_t layout_chunks(const struct layout *layout);

/* Give every range its offset, the first one at header_bytes. */
void layout_place(struct layout *layout, uint64_t header_bytes);

/* Program headers of an image: those of memory, then debug_count for debuggers, then H if kept. */
struct layout_loads {
	struct image_load *items;
	size_t count, debug_count, capacity;
};

/* holes: ascending, disjoint. The caller frees loads->items. */
int layout_loads(const struct layout *layout, const struct layout_hole *holes, size_t hole_count,
		 struct layout_loads *loads, struct error *err);

#endif
