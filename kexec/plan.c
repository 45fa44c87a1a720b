/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making a plan: limits, the choice of the image type, the order of the steps, claiming memory, and
 * the seal that checks the contract of the system call. Must not know any image format or
 * architecture; those are tables it is handed.
 */
#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "loader.h"
#include "unwrap.h"

typedef unsigned long long ull;

/* Ranges are half open inside; people read and give inclusive ends, as in /proc/iomem. */
static ull last_byte(struct range r)
{
	return r.end ? r.end - 1 : 0;
}

/* Append a copy of the text to a list of PLAN_NOTES_MAX. */
__attribute__((format(printf, 4, 0))) static void
list_add(struct plan *plan, const char **list, unsigned *count, const char *format, va_list args)
{
	char text[sizeof(((struct error *)0)->text)];
	const char *copy;

	if (*count >= PLAN_NOTES_MAX || vsnprintf(text, sizeof(text), format, args) < 0)
		return;
	copy = arena_strdup(&plan->arena, text);
	if (copy)
		list[(*count)++] = copy;
}

void plan_note(struct plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	list_add(plan, plan->notes, &plan->note_count, format, args);
	va_end(args);
}

void plan_refuse(struct plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	list_add(plan, plan->refusals, &plan->refusal_count, format, args);
	va_end(args);
}

struct segment *plan_segment(struct plan *plan, const char *name)
{
	for (unsigned i = 0; i < plan->segment_count; i++)
		if (!strcmp(plan->segments[i].name, name))
			return &plan->segments[i];
	return NULL;
}

void plan_done(struct plan *plan)
{
	arena_done(&plan->arena);
	memmap_done(&plan->given);
	range_set_done(&plan->free);
	memset(plan, 0, sizeof(*plan));
}

static bool is_whole_pages(struct range at)
{
	return range_bytes(at) && !(at.start % PAGE_BYTES) && !(at.end % PAGE_BYTES);
}

static int invalid_segment(const char *name, struct range at, const char *why, struct error *err)
{
	return error_set(err, "Invalid memory segment 0x%llx - 0x%llx (%s): %s", (ull)at.start,
			 last_byte(at), name, why);
}

static int overlapping(const struct segment *a, const char *name, struct range at,
		       struct error *err)
{
	ull address = a->at.start > at.start ? a->at.start : at.start;

	return error_set(err, "Overlapping memory segments at 0x%llx (%s and %s)", address, a->name,
			 name);
}

struct segment *plan_claim(struct plan *plan, const char *name, struct span data, struct range at,
			   struct error *err)
{
	struct segment *segment;

	if (plan->segment_count == PLAN_SEGMENTS_MAX) {
		error_set(err, "too many memory segments: no room for %s, a kernel takes %d", name,
			  PLAN_SEGMENTS_MAX);
		return NULL;
	}
	if (!is_whole_pages(at)) {
		invalid_segment(name, at, "it does not begin and end at a page boundary", err);
		return NULL;
	}
	for (unsigned i = 0; i < plan->segment_count; i++)
		if (range_overlaps(plan->segments[i].at, at)) {
			overlapping(&plan->segments[i], name, at, err);
			return NULL;
		}
	if (!range_set_contains(&plan->free, at)) {
		invalid_segment(name, at,
				plan->limit_given ? "not all of it is RAM inside --mem-min and "
						    "--mem-max"
						  : "not all of it is RAM that may be used",
				err);
		return NULL;
	}
	if (range_set_remove(&plan->free, at, err))
		return NULL;
	segment = &plan->segments[plan->segment_count++];
	*segment = (struct segment){ .name = name, .at = at, .data = data };
	return segment;
}

/* What was asked for, what there is, and what would help. */
static void no_room(const struct plan *plan, const char *name, const struct place *want,
		    struct error *err)
{
	struct range within = want->within;
	uint64_t largest = 0;

	if (!within.end)
		within.end = UINT64_MAX;
	if (plan->limit.end)
		within = range_intersect(within, plan->limit);
	for (size_t i = 0; i < plan->free.count; i++) {
		uint64_t bytes = range_bytes(range_intersect(plan->free.items[i], within));

		if (bytes > largest)
			largest = bytes;
	}
	error_set(err,
		  "Could not find a free area of memory of 0x%llx bytes for the %s between 0x%llx "
		  "and 0x%llx: the largest left there has 0x%llx bytes (alignment 0x%llx)%s",
		  (ull)want->size, name, (ull)within.start, last_byte(within), (ull)largest,
		  (ull)want->align,
		  plan->limit_given ? "; give a wider --mem-min and --mem-max" : "");
}

struct segment *plan_place(struct plan *plan, const char *name, struct span data,
			   const struct place *want, struct error *err)
{
	struct place pages = *want;
	uint64_t start;

	pages.size = align_up(want->size, PAGE_BYTES);
	if (pages.align < PAGE_BYTES)
		pages.align = PAGE_BYTES;
	if (pages.size < want->size || range_set_find(&plan->free, &pages, &start)) {
		no_room(plan, name, want, err);
		return NULL;
	}
	return plan_claim(plan, name, data, (struct range){ start, start + pages.size }, err);
}

struct segment *plan_place_any(struct plan *plan, const char *name, uint64_t size,
			       const struct place *places, size_t count)
{
	struct segment *segment = NULL;
	struct error unused;

	for (size_t i = 0; i < count && !segment; i++) {
		struct place want = places[i];
		uint64_t address;

		want.size = align_up(size, PAGE_BYTES);
		want.align = PAGE_BYTES;
		if (want.within.end > want.within.start &&
		    !range_set_find(&plan->free, &want, &address))
			segment = plan_place(plan, name, (struct span){ NULL, 0 }, &want, &unused);
	}
	return segment;
}

static bool entry_is_inside(const struct plan *plan, uint64_t entry)
{
	for (unsigned i = 0; i < plan->segment_count; i++)
		if (entry >= plan->segments[i].at.start && entry < plan->segments[i].at.end)
			return true;
	return false;
}

/* A segment for itself: where it lies and what it holds. */
static int check_segment(const struct plan *plan, const struct segment *s,
			 const struct machine *machine, struct error *err)
{
	bool is_low = range_bytes(plan->jump.low) && range_contains(plan->jump.low, s->at);

	if (!is_whole_pages(s->at))
		return invalid_segment(s->name, s->at,
				       "it does not begin and end at a page boundary", err);
	if (s->at.start < PAGE_BYTES)
		return invalid_segment(s->name, s->at, "page 0 cannot be used", err);
	if (s->data.size > range_bytes(s->at))
		return error_set(err,
				 "Invalid memory segment 0x%llx - 0x%llx (%s): its 0x%llx bytes do "
				 "not fit in",
				 (ull)s->at.start, last_byte(s->at), s->name, (ull)s->data.size);
	if (!range_set_contains(&machine->ram, s->at))
		return invalid_segment(s->name, s->at, "not all of it is System RAM", err);
	if (plan->limit.end && !is_low && !range_contains(plan->limit, s->at))
		return error_set(err,
				 "Invalid memory segment 0x%llx - 0x%llx (%s): it is not between "
				 "0x%llx and 0x%llx",
				 (ull)s->at.start, last_byte(s->at), s->name,
				 (ull)plan->limit.start, last_byte(plan->limit));
	return 0;
}

static int compare_segments(const void *left, const void *right)
{
	const struct segment *a = left, *b = right;

	return a->at.start < b->at.start ? -1 : a->at.start > b->at.start;
}

/* Since 4.8 kexec_load refuses what is larger than half of totalram_pages, which is MemTotal. */
static int check_total(uint64_t bytes, const struct machine *machine, struct error *err)
{
	uint64_t half = align_down(machine->total_bytes / 2, PAGE_BYTES);

	if (!machine->total_bytes || bytes <= half)
		return 0;
	return error_set(err,
			 "too little memory: the image takes 0x%llx bytes, and a kernel loads at "
			 "most half of its RAM, 0x%llx bytes; use a smaller image or initrd",
			 (ull)bytes, (ull)half);
}

int plan_seal(struct plan *plan, const struct machine *machine, struct error *err)
{
	uint64_t bytes = 0;

	if (!plan->segment_count || plan->segment_count > PLAN_SEGMENTS_MAX)
		return error_set(err, "%u memory segments where 1 to %d can be loaded",
				 plan->segment_count, PLAN_SEGMENTS_MAX);
	qsort(plan->segments, plan->segment_count, sizeof(plan->segments[0]), compare_segments);
	for (unsigned i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		if (check_segment(plan, s, machine, err))
			return -1;
		if (i && range_overlaps(s[-1].at, s->at))
			return overlapping(&s[-1], s->name, s->at, err);
		bytes += range_bytes(s->at);
	}
	if (check_total(bytes, machine, err))
		return -1;
	if (!plan->leaves_for_good && !entry_is_inside(plan, plan->entry))
		return error_set(err, "the entry 0x%llx is not inside any memory segment",
				 (ull)plan->entry);
	return 0;
}

/* Where segments may lie: the user's limit and the architecture's, in whole pages. */
static int set_limit(const struct request *request, const struct arch *arch, struct plan *plan,
		     struct error *err)
{
	struct range limit = request->limit;
	uint64_t end = arch->memory_end;

	if (request->reach_end && request->reach_end < end)
		end = request->reach_end;
	plan->limit_given = limit.start || limit.end;
	if (limit.end && limit.end <= limit.start)
		return error_set(err, "--mem-max=0x%llx is below --mem-min=0x%llx",
				 last_byte(limit), (ull)limit.start);
	if (limit.start >= end)
		return error_set(err,
				 "--mem-min=0x%llx is too high: %s can use memory up to 0x%llx",
				 (ull)limit.start,
				 end < arch->memory_end ? "a 32-bit program" : arch->name,
				 (ull)end - 1);
	if (!limit.end || limit.end > end)
		limit.end = end;
	plan->limit = range_whole_pages(limit);
	if (!range_bytes(plan->limit))
		return error_set(err, "no whole page lies between 0x%llx and 0x%llx",
				 (ull)limit.start, last_byte(limit));
	return 0;
}

static int set_free(const struct machine *machine, struct plan *plan, struct error *err)
{
	struct range page_0 = { 0, PAGE_BYTES };

	if (range_set_copy(&plan->free, &machine->ram, err) ||
	    range_set_clip(&plan->free, plan->limit, err) ||
	    range_set_remove(&plan->free, page_0, err))
		return -1;
	if (efi_keep(&machine->efi, &plan->free, err))
		return -1;
	range_set_whole_pages(&plan->free);
	if (plan->free.count)
		return 0;
	return error_set(
		err,
		"Could not get memory layout: there is no System RAM between 0x%llx and 0x%llx%s",
		(ull)plan->limit.start, last_byte(plan->limit),
		plan->limit_given ? "; give another --mem-min and --mem-max" : "");
}

/*
 * What the next kernel is not told to be RAM is no place for its initrd or boot_params: RAM may be
 * the running kernel's own affair (memmap= on its command line, memory that a driver added).
 */
static int keep_to_map(struct plan *plan, struct error *err)
{
	struct range_set told = { 0 };
	uint64_t end = 0;
	int result = memmap_of_type(&plan->given, MEMORY_RAM, &told, err);

	for (size_t i = 0; i < told.count && !result; i++) {
		result = range_set_remove(&plan->free, (struct range){ end, told.items[i].start },
					  err);
		end = told.items[i].end;
	}
	if (!result)
		result = range_set_remove(&plan->free, (struct range){ end, UINT64_MAX }, err);
	range_set_whole_pages(&plan->free);
	range_set_done(&told);
	return result;
}

/* "bzImage, elf-x86" */
static const char *loader_names(const struct arch *arch, struct plan *plan)
{
	const char *names = NULL;

	for (unsigned i = 0; arch->loaders[i]; i++) {
		names = names ? arena_printf(&plan->arena, "%s, %s", names, arch->loaders[i]->name)
			      : arch->loaders[i]->name;
		if (!names)
			break;
	}
	return names ? names : "none";
}

static bool looks_like(const struct loader *loader, struct span image)
{
	return loader->looks_like && loader->looks_like(image);
}

/* The image carries the type's magic number and is refused all the same: it is damaged. */
static int damaged(const struct request *request, const struct loader *loader,
		   const struct error *reason, struct error *err)
{
	return error_set(err, "Cannot load %s: %s: %s", request->image_name, loader->name,
			 reason->text);
}

const struct loader *loader_find(const struct request *request, const struct arch *arch)
{
	struct error unused;

	/* The way back is no image. */
	for (unsigned i = 0; arch->loaders[i] && request->image.size; i++)
		if ((!request->type || !strcmp(request->type, arch->loaders[i]->name)) &&
		    !arch->loaders[i]->probe(request->image, &unused))
			return arch->loaders[i];
	return NULL;
}

/* --type names one: the image must be of it. */
static const struct loader *find_named(const struct request *request, const struct arch *arch,
				       struct plan *plan, struct error *err)
{
	const struct loader *loader = NULL;
	struct error reason = { "" }, other;

	for (unsigned i = 0; arch->loaders[i] && !loader; i++)
		if (!strcmp(arch->loaders[i]->name, request->type))
			loader = arch->loaders[i];
	if (!loader) {
		error_set(err, "Unsupported kernel type %s; %s knows %s", request->type, arch->name,
			  loader_names(arch, plan));
		return NULL;
	}
	if (!loader->probe(request->image, &reason))
		return loader;
	plan_refuse(plan, "%s: %s", loader->name, reason.text);
	if (looks_like(loader, request->image)) {
		damaged(request, loader, &reason, err);
		return NULL;
	}
	for (unsigned i = 0; arch->loaders[i]; i++)
		if (!arch->loaders[i]->probe(request->image, &other)) {
			error_set(err, "Wrong file type %s, file '%s' matches type %s",
				  request->type, request->image_name, arch->loaders[i]->name);
			return NULL;
		}
	error_set(err, "Wrong file type %s, file '%s' is none: %s", request->type,
		  request->image_name, reason.text);
	return NULL;
}

/* The first type that takes the image. If none does, a type whose magic is there tells why. */
static const struct loader *find_any(const struct request *request, const struct arch *arch,
				     struct plan *plan, struct error *err)
{
	bool is_told = false;

	for (unsigned i = 0; arch->loaders[i]; i++) {
		const struct loader *loader = arch->loaders[i];
		struct error reason = { "" };

		if (!loader->probe(request->image, &reason))
			return loader;
		plan_refuse(plan, "%s: %s", loader->name, reason.text);
		if (!is_told && looks_like(loader, request->image)) {
			damaged(request, loader, &reason, err);
			is_told = true;
		}
	}
	if (!request->image.size)
		error_set(err, "Cannot determine the file type of %s: it is empty",
			  request->image_name);
	else if (!is_told)
		error_set(err,
			  "Cannot determine the file type of %s: it is none of %s (-d tells why)",
			  request->image_name, loader_names(arch, plan));
	return NULL;
}

/* Options that not every image type takes, for a refusal by name. */
static const struct {
	enum request_option option;
	const char *names;
} option_names[] = {
	{ REQUEST_CMDLINE, "a command line (--append, --command-line, --reuse-cmdline)" },
	{ REQUEST_INITRD, "--initrd" },
	{ REQUEST_ELF_ARGS, "--args-elf, --args-linux or --args-none" },
	{ REQUEST_REUSE_VIDEO, "--reuse-video-type" },
	{ REQUEST_ENTRY_MODE, "--real-mode or --entry-32bit" },
	{ REQUEST_DTB, "--dtb" },
	{ REQUEST_MODULES, "--module" },
};

static int check_options(const struct request *request, uint32_t accepts, const char *who,
			 struct error *err)
{
	uint32_t refused = request->given & ~accepts;

	for (unsigned i = 0; i < sizeof(option_names) / sizeof(option_names[0]); i++)
		if (refused & option_names[i].option)
			return error_set(err, "%s does not take %s", who, option_names[i].names);
	return refused ? error_set(err, "%s does not take an option that was given", who) : 0;
}

static int check_image_options(const struct request *request, const struct loader *loader,
			       struct error *err)
{
	if (!check_options(request, loader->accepts, loader->name, err))
		return 0;
	return error_prefix(err, "'%s': the image type ", request->image_name);
}

int plan_check_image(const struct request *request, const struct arch *arch, struct error *err)
{
	struct plan plan = { .loader = NULL };
	const struct loader *loader = request->type ? find_named(request, arch, &plan, err)
						    : find_any(request, arch, &plan, err);
	bool unknown = !loader && !request->type;

	plan_done(&plan);
	return unknown ? 0 : !loader || check_image_options(request, loader, err) ? -1 : 0;
}

/* --entry replaces what the loader chose: purgatory, if there is one, is not gone through. */
static int override_entry(const struct request *request, struct plan *plan, struct error *err)
{
	if (!request->entry_given)
		return 0;
	if (!entry_is_inside(plan, request->entry))
		return error_set(err,
				 "--entry=0x%llx is not inside anything that is loaded of '%s'",
				 (ull)request->entry, request->image_name);
	plan->entry = request->entry;
	return 0;
}

static int plan_image(const struct request *outer, const struct machine *machine,
		      const struct arch *arch, struct plan *plan, struct error *err)
{
	bool preserve = outer->mode == REQUEST_PRESERVE, crash = outer->mode == REQUEST_CRASH;
	struct request inner = *outer;
	const struct request *request = &inner;
	const struct loader *loader;
	int failed;

	if (request_unwrap(arch, &inner, &plan->arena, err))
		return -1;
	loader = inner.type ? find_named(&inner, arch, plan, err)
			    : find_any(&inner, arch, plan, err);
	if (!loader || check_image_options(request, loader, err))
		return -1;
	plan->loader = request->wrapper ? request->wrapper : loader->name;
	if (loader->accepts & REQUEST_CMDLINE)
		plan->cmdline = request->cmdline;
	if (preserve && arch->jump_prepare(request, machine, loader, plan, err))
		return -1;
	if (crash && crash_prepare(request, machine, arch, loader, plan, err))
		return -1;
	if (!preserve && !crash && loader->is_kernel(request) &&
	    (memmap_copy(&plan->given, &machine->firmware, err) ||
	     efi_reserve(&machine->efi, &plan->given, err) || keep_to_map(plan, err)))
		return -1;
	failed = loader->plan(request, machine, plan, err);
	if (crash)
		failed = crash_finish(request, machine, loader, failed, plan, err);
	if (failed || override_entry(request, plan, err))
		return -1;
	if (preserve && arch->jump_finish(request, machine, plan, err))
		return -1;
	return arch->seal_purgatory(request, plan, err);
}

static int plan_back(const struct request *request, const struct machine *machine,
		     const struct arch *arch, struct plan *plan, struct error *err)
{
	if (check_options(request, 0, "--load-jump-back-helper", err) ||
	    arch->jump_back(request, machine, plan, err))
		return -1;
	plan->leaves_for_good = !plan->jump.preserve;
	return 0;
}

static int build(const struct request *request, const struct machine *machine,
		 const struct arch *arch, struct plan *plan, struct error *err)
{
	if (set_limit(request, arch, plan, err) || set_free(machine, plan, err))
		return -1;
	if (request->mode == REQUEST_JUMP_BACK ? plan_back(request, machine, arch, plan, err)
					       : plan_image(request, machine, arch, plan, err))
		return -1;
	plan->flags = arch->kexec_arch | (plan->jump.preserve ? PLAN_PRESERVE_CONTEXT : 0) |
		      (request->mode == REQUEST_CRASH ? PLAN_ON_CRASH : 0) |
		      (plan->crash.updated ? PLAN_UPDATE_COREHDR : 0);
	return plan_seal(plan, machine, err);
}

/* What is left of a plan that failed: its refusals, and the arena they live in. */
static void keep_refusals(struct plan *plan)
{
	struct plan failed = { .arena = plan->arena, .refusal_count = plan->refusal_count };

	memcpy(failed.refusals, plan->refusals, sizeof(failed.refusals));
	memmap_done(&plan->given);
	range_set_done(&plan->free);
	*plan = failed;
}

int plan_make(const struct request *request, const struct machine *machine, const struct arch *arch,
	      struct plan *plan, struct error *err)
{
	memset(plan, 0, sizeof(*plan));
	if (!build(request, machine, arch, plan, err))
		return 0;
	keep_refusals(plan);
	return -1;
}
