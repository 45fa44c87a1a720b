/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of a core, cut to whole pages and freed of D; runs of displaced pages; program headers for
 * both. Pure arithmetic on values that core.c and note.c have checked.
 */
#include <elf.h>
#include <stdlib.h>

#include "jumpmap.h"
#include "kexec/machine_parse.h"
#include "layout.h"

/* __START_KERNEL_map of asm/page_64_types.h, the same since there is a 64-bit kernel. */
#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)

#define DATA_BYTES_MAX (UINT64_C(1) << 52)

/* Make room for one more item of an array. */
static void *grow(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
	size_t more = *capacity ? *capacity * 2 : 64;
	void *grown;

	if (count < *capacity)
		return items;
	grown = realloc(items, more * item_bytes);
	if (grown)
		*capacity = more;
	return grown;
}

static int compare_loads(const void *left, const void *right)
{
	const struct core_load *a = left, *b = right;

	if (a->paddr != b->paddr)
		return a->paddr < b->paddr ? -1 : 1;
	return a->file_bytes > b->file_bytes ? -1 : a->file_bytes < b->file_bytes;
}

static int add_range(struct layout *layout, const struct core_load *load, struct range r,
		     struct error *err)
{
	uint64_t inside = r.start - load->paddr;
	struct layout_range *ranges =
		grow(layout->ranges, layout->range_count, &layout->range_capacity, sizeof(*ranges));
	struct layout_range *range;

	if (!ranges)
		return error_no_memory(err);
	layout->ranges = ranges;
	range = &ranges[layout->range_count++];
	*range = (struct layout_range){
		.paddr = r.start,
		.bytes = range_bytes(r),
		.vaddr = load->vaddr == CORE_VADDR_UNKNOWN ? CORE_VADDR_UNKNOWN
							   : load->vaddr + inside,
		.source = load->offset + inside,
	};
	if (load->file_bytes > inside)
		range->source_bytes = load->file_bytes - inside < range->bytes
					      ? load->file_bytes - inside
					      : range->bytes;
	layout->data_bytes += range->bytes;
	if (layout->data_bytes > DATA_BYTES_MAX)
		return error_set(err, "the PT_LOADs add up to more memory than any machine has");
	return 0;
}

/* What is left of r without D; H is part of D and stays where it is needed for resuming. */
static int without_lent(const struct jump_note *note, enum image_view view, struct range r,
			struct range_set *left, struct error *err)
{
	if (range_set_add(left, r, err))
		return -1;
	if (!note)
		return 0;
	for (size_t i = 0; i < note->lent.count; i++)
		if (range_set_remove(left, note->lent.items[i], err))
			return -1;
	if (view == IMAGE_VIEW_DEBUG)
		return 0;
	return range_set_add(left, range_intersect(note->handoff, r), err);
}

static int add_load(struct layout *layout, const struct jump_note *note, enum image_view view,
		    const struct core_load *load, uint64_t *covered, struct error *err)
{
	struct range whole = { load->paddr, load->paddr + load->memory_bytes };
	struct range r = range_whole_pages(whole);
	struct range_set left = { 0 };
	int result = -1;

	layout->dropped_bytes += range_bytes(whole) - range_bytes(r);
	if (r.start < *covered)
		r.start = *covered;
	if (r.start >= r.end)
		return 0;
	*covered = r.end;
	if (without_lent(note, view, r, &left, err))
		goto out;
	for (size_t i = 0; i < left.count; i++)
		if (add_range(layout, load, left.items[i], err))
			goto out;
	result = 0;
out:
	range_set_done(&left);
	return result;
}

int layout_plan(const struct core *core, const struct jump_note *note, enum image_view view,
		struct layout *layout, struct error *err)
{
	struct core_load *sorted = malloc((core->load_count + 1) * sizeof(*sorted));
	uint64_t covered = 0;
	int result = -1;

	*layout = (struct layout){ 0 };
	if (!sorted)
		return error_no_memory(err);
	if (core->load_count)
		memcpy(sorted, core->loads, core->load_count * sizeof(*sorted));
	qsort(sorted, core->load_count, sizeof(*sorted), compare_loads);
	for (size_t i = 0; i < core->load_count; i++)
		if (add_load(layout, note, view, &sorted[i], &covered, err))
			goto out;
	if (!layout->range_count) {
		error_set(err, "there is no memory in it to save: no PT_LOAD covers a whole page");
		goto out;
	}
	if (note)
		layout->page_offset = note->page_offset;
	result = 0;
out:
	free(sorted);
	if (result)
		layout_done(layout);
	return result;
}

void layout_done(struct layout *layout)
{
	free(layout->ranges);
	free(layout->runs);
	*layout = (struct layout){ 0 };
}

/* ------------------------------------------------------------------ displaced pages */

/* The range that holds a physical address, or NULL; ranges are in address order. */
static const struct layout_range *range_at(const struct layout *layout, uint64_t paddr)
{
	size_t low = 0, high = layout->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct layout_range *range = &layout->ranges[middle];

		if (paddr < range->paddr)
			high = middle;
		else if (paddr - range->paddr >= range->bytes)
			low = middle + 1;
		else
			return range;
	}
	return NULL;
}

static int add_run(struct layout *layout, uint64_t dest, uint64_t source, uint64_t bytes,
		   struct error *err)
{
	struct layout_run *runs =
		grow(layout->runs, layout->run_count, &layout->run_capacity, sizeof(*runs));

	if (!runs)
		return error_no_memory(err);
	layout->runs = runs;
	runs[layout->run_count++] = (struct layout_run){ dest, source, bytes };
	layout->lent_bytes += bytes;
	return 0;
}

/* Cut at the ends of what is saved; leave out pages that were not displaced. */
static int visit_run(void *context, uint64_t dest, uint64_t source, uint64_t bytes,
		     struct error *err)
{
	struct layout *layout = context;

	while (dest != source && bytes) {
		const struct layout_range *range = range_at(layout, source);
		struct range now = { dest, dest + bytes };

		if (range && now.end - dest > range->bytes - (source - range->paddr))
			now.end = dest + range->bytes - (source - range->paddr);
		if (!range)
			now.end = dest + PAGE_BYTES;
		if (range && add_run(layout, dest, source, range_bytes(now), err))
			return -1;
		source += range_bytes(now);
		bytes -= range_bytes(now);
		dest = now.end;
	}
	return 0;
}

static int read_memory(void *context, uint64_t address, void *to, size_t size)
{
	struct error ignored;

	return core_read_physical(context, address, to, size, &ignored);
}

static int compare_runs(const void *left, const void *right)
{
	const struct layout_run *a = left, *b = right;

	return a->dest < b->dest ? -1 : a->dest > b->dest;
}

static void merge_runs(struct layout *layout)
{
	size_t kept = 0;

	if (!layout->run_count)
		return;
	qsort(layout->runs, layout->run_count, sizeof(*layout->runs), compare_runs);
	for (size_t i = 1; i < layout->run_count; i++) {
		struct layout_run *last = &layout->runs[kept], *run = &layout->runs[i];

		if (last->dest + last->bytes == run->dest &&
		    last->source + last->bytes == run->source &&
		    range_at(layout, last->source) == range_at(layout, run->source))
			last->bytes += run->bytes;
		else
			layout->runs[++kept] = *run;
	}
	layout->run_count = kept + 1;
}

/* phys_base is negative where the kernel lies below the address it was linked for. */
static int get_phys_base(const struct core *core, uint64_t *phys_base)
{
	struct span info, value;
	bool negative;

	if (!core_note_find(core, "VMCOREINFO", 0, &info) ||
	    text_field(info, "NUMBER(phys_base)", &value) || !value.size)
		return -1;
	negative = value.data[0] == '-';
	if (text_number((struct span){ value.data + negative, value.size - negative }, 10,
			phys_base))
		return -1;
	if (negative)
		*phys_base = 0 - *phys_base;
	return 0;
}

static void find_text(const struct core *core, const struct jump_note *note, struct layout *layout)
{
	uint64_t phys_base;

	if (note->machine != EM_X86_64 || get_phys_base(core, &phys_base))
		return;
	layout->text = (struct layout_text){
		.at = note->kernel,
		.vaddr = START_KERNEL_MAP + note->kernel.start - phys_base,
	};
}

int layout_walk(const struct core *core, const struct jump_note *note, enum image_view view,
		struct layout *layout, struct error *err)
{
	struct range_set stored = { 0 };
	struct jumpmap_question question = {
		(uint16_t)note->machine, note->cpu, note->raw, &note->lent, &stored, note->cr3
	};
	/* core_read_physical() does not change the core; the callback's type cannot say so. */
	struct jumpmap_memory memory = { read_memory, (void *)(uintptr_t)core };
	struct jumpmap_visitor visitor = { visit_run, layout };
	struct jumpmap map;
	int result = -1;

	for (size_t i = 0; i < layout->range_count; i++) {
		const struct layout_range *range = &layout->ranges[i];

		if (range_set_add(&stored,
				  (struct range){ range->paddr, range->paddr + range->bytes }, err))
			goto out;
	}
	if (range_set_remove(&stored, note->handoff, err) ||
	    jumpmap_walk(&question, &memory, &visitor, &map, err))
		goto out;
	if (!map.known)
		layout->warning = map.warning;
	merge_runs(layout);
	if (view == IMAGE_VIEW_BOTH && layout->run_count)
		layout->kept = note->handoff;
	find_text(core, note, layout);
	result = 0;
out:
	range_set_done(&stored);
	return result;
}

/* ------------------------------------------------------------------ program headers */

size_t layout_loads_max(const struct layout *layout, size_t holes)
{
	/* A hole splits one range; of a run each page may lie between two holes. */
	size_t in_runs = holes ? (size_t)(layout->lent_bytes / IMAGE_PAGE_BYTES) : 0;

	if (in_runs > layout->run_count + holes * 2)
		in_runs = layout->run_count + holes * 2;
	if (in_runs < layout->run_count)
		in_runs = layout->run_count;
	/* H, where it is kept, is cut out of a range. */
	return (layout->range_count + 2 + holes + in_runs) * (range_bytes(layout->text.at) ? 2 : 1);
}

uint64_t layout_chunks(const struct layout *layout)
{
	uint64_t chunks = 0;

	for (size_t i = 0; i < layout->range_count; i++)
		chunks += (layout->ranges[i].bytes + IMAGE_CHUNK_BYTES - 1) / IMAGE_CHUNK_BYTES;
	return chunks;
}

void layout_place(struct layout *layout, uint64_t header_bytes)
{
	uint64_t offset = header_bytes;

	for (size_t i = 0; i < layout->range_count; i++) {
		layout->ranges[i].offset = offset;
		offset += layout->ranges[i].bytes;
	}
}

struct splitter {
	const struct layout_hole *holes;
	size_t hole_count;
	struct layout_loads *loads;
};

/* The first hole that ends behind offset. */
static size_t hole_behind(const struct splitter *s, uint64_t offset)
{
	size_t low = 0, high = s->hole_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->holes[middle].offset + s->holes[middle].bytes > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * Program headers for one stretch: each ends where a hole ends, with the hole as memory without
 * file bytes, so that every reader of cores sees zeros there.
 */
static int split(struct splitter *s, struct image_load whole, struct error *err)
{
	uint64_t end = whole.offset + whole.memory_bytes, at = whole.offset;
	size_t hole = hole_behind(s, at);

	while (at < end) {
		uint64_t inside = at - whole.offset, file_end = end, next = end;
		struct image_load *items =
			grow(s->loads->items, s->loads->count, &s->loads->capacity, sizeof(*items));

		if (!items)
			return error_no_memory(err);
		s->loads->items = items;
		if (hole < s->hole_count && s->holes[hole].offset < end) {
			const struct layout_hole *h = &s->holes[hole++];

			file_end = h->offset > at ? h->offset : at;
			next = h->offset + h->bytes < end ? h->offset + h->bytes : end;
		}
		items[s->loads->count++] = (struct image_load){
			.paddr = whole.paddr + inside,
			.vaddr = whole.vaddr == CORE_VADDR_UNKNOWN ? CORE_VADDR_UNKNOWN
								   : whole.vaddr + inside,
			.offset = at,
			.file_bytes = file_end - at,
			.memory_bytes = next - at,
		};
		at = next;
	}
	return 0;
}

/* The linear map's address of displaced memory; a 32-bit kernel's ends with the address space. */
static uint64_t linear_address(const struct layout *layout, const struct layout_run *run)
{
	uint64_t vaddr = layout->page_offset + run->dest;

	if (!layout->page_offset || vaddr < run->dest ||
	    (layout->page_offset <= UINT32_MAX && vaddr + run->bytes > UINT32_MAX))
		return CORE_VADDR_UNKNOWN;
	return vaddr;
}

/* What of the kernel's image lies in memory at paddr, which is in the image from offset on. */
static int split_text(const struct layout *layout, struct splitter *s, struct range memory,
		      uint64_t offset, struct error *err)
{
	const struct layout_text *text = &layout->text;
	struct range r = range_intersect(memory, text->at);

	if (!range_bytes(r))
		return 0;
	return split(s,
		     (struct image_load){ .paddr = r.start,
					  .vaddr = text->vaddr + (r.start - text->at.start),
					  .offset = offset + (r.start - memory.start),
					  .memory_bytes = range_bytes(r) },
		     err);
}

static int split_texts(const struct layout *layout, struct splitter *s, struct error *err)
{
	for (size_t i = 0; i < layout->range_count; i++) {
		const struct layout_range *range = &layout->ranges[i];
		struct range memory = { range->paddr, range->paddr + range->bytes };

		if (split_text(layout, s, memory, range->offset, err))
			return -1;
	}
	for (size_t i = 0; i < layout->run_count; i++) {
		const struct layout_run *run = &layout->runs[i];
		const struct layout_range *range = range_at(layout, run->source);
		struct range memory = { run->dest, run->dest + run->bytes };

		if (split_text(layout, s, memory, range->offset + (run->source - range->paddr),
			       err))
			return -1;
	}
	return 0;
}

/* The part of a range of memory that lies in r. */
static int split_range(struct splitter *s, const struct layout_range *range, struct range r,
		       struct error *err)
{
	uint64_t inside;

	r = range_intersect(r, (struct range){ range->paddr, range->paddr + range->bytes });
	inside = r.start - range->paddr;
	if (!range_bytes(r))
		return 0;
	return split(s,
		     (struct image_load){
			     .paddr = r.start,
			     .vaddr = range->vaddr == CORE_VADDR_UNKNOWN ? CORE_VADDR_UNKNOWN
									 : range->vaddr + inside,
			     .offset = range->offset + inside,
			     .memory_bytes = range_bytes(r),
		     },
		     err);
}

static int split_ranges(const struct layout *layout, struct splitter *s, struct error *err)
{
	struct range below = { 0, layout->kept.start }, above = { layout->kept.end, UINT64_MAX };

	for (size_t i = 0; i < layout->range_count; i++)
		if (split_range(s, &layout->ranges[i], below, err) ||
		    split_range(s, &layout->ranges[i], above, err))
			return -1;
	return 0;
}

static int split_runs(const struct layout *layout, struct splitter *s, struct error *err)
{
	for (size_t i = 0; i < layout->run_count; i++) {
		const struct layout_run *run = &layout->runs[i];
		const struct layout_range *range = range_at(layout, run->source);
		uint64_t offset = range->offset + (run->source - range->paddr);

		if (split(s,
			  (struct image_load){ .paddr = run->dest,
					       .vaddr = linear_address(layout, run),
					       .offset = offset,
					       .memory_bytes = run->bytes },
			  err))
			return -1;
	}
	return 0;
}

static int split_kept(const struct layout *layout, struct splitter *s, struct error *err)
{
	size_t first = s->loads->count;

	for (size_t i = 0; i < layout->range_count; i++)
		if (split_range(s, &layout->ranges[i], layout->kept, err))
			return -1;
	for (size_t i = first; i < s->loads->count; i++)
		s->loads->items[i].kept = true;
	return 0;
}

int layout_loads(const struct layout *layout, const struct layout_hole *holes, size_t hole_count,
		 struct layout_loads *loads, struct error *err)
{
	struct splitter s = { holes, hole_count, loads };
	size_t memory_count;

	*loads = (struct layout_loads){ 0 };
	if (split_ranges(layout, &s, err))
		goto failed;
	memory_count = loads->count;
	if (split_runs(layout, &s, err) || split_texts(layout, &s, err))
		goto failed;
	loads->debug_count = loads->count - memory_count;
	if (split_kept(layout, &s, err))
		goto failed;
	return 0;
failed:
	free(loads->items);
	*loads = (struct layout_loads){ 0 };
	return -1;
}
