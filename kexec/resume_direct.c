/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The direct way: this kernel keeps to D, so all other memory of A can be written while it runs.
 * The hand-off area is the exception: where this kernel owns it, it is loaded as segments. Then
 * nothing is left to do at the jump but to enter the pad.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devmem.h"
#include "loader.h"
#include "resume.h"
#include "resume_stream.h"
#include "sys.h"

#define MIB UINT64_C(0x100000)

struct direct {
	const struct resume_job *job;
	struct devmem devmem;
	struct resume_progress progress;
	uint8_t *own_data; /* the ranges of choice->own, one behind the other */
};

/* The part of a piece that lies in this kernel's own memory is kept for the segments. */
static void keep_own(struct direct *direct, struct range piece, const uint8_t *data)
{
	const struct range_set *own = &direct->job->choice->own;
	uint8_t *to = direct->own_data;

	for (size_t i = 0; i < own->count; i++) {
		struct range part = range_intersect(own->items[i], piece);
		size_t bytes = (size_t)range_bytes(part);

		if (bytes) {
			uint8_t *at = to + (part.start - own->items[i].start);

			if (data)
				memcpy(at, data + (part.start - piece.start), bytes);
			else
				memset(at, 0, bytes);
		}
		to += range_bytes(own->items[i]);
	}
}

static int put(void *context, uint64_t address, const uint8_t *data, size_t size, struct error *err)
{
	struct direct *direct = context;
	const struct range_set *own = &direct->job->choice->own;
	struct range piece = { address, address + size };

	keep_own(direct, piece, data);
	while (range_bytes(piece)) {
		struct range part = piece;

		/* Up to this kernel's next range, or past the one we are in. */
		for (size_t i = 0; i < own->count; i++) {
			struct range r = own->items[i];

			if (r.start <= part.start && part.start < r.end)
				part.start = r.end < part.end ? r.end : part.end;
			else if (r.start > part.start && r.start < part.end)
				part.end = r.start;
		}
		if (range_bytes(part) && devmem_write(&direct->devmem, part.start,
						      data ? data + (part.start - address) : NULL,
						      (size_t)range_bytes(part), err))
			return -1;
		piece.start = part.end;
	}
	return 0;
}

/* What the kernel would refuse it most likely refuses before anything is written. */
static int check_windows(const struct direct *direct, struct error *err)
{
	const struct resume_job *job = direct->job;
	struct range_set outside = { 0 };
	int result = range_set_copy(&outside, &job->image->stored, err);

	for (size_t i = 0; !result && i < job->choice->own.count; i++)
		result = range_set_remove(&outside, job->choice->own.items[i], err);
	for (size_t i = 0; !result && i < outside.count; i++)
		result = devmem_check(&direct->devmem, outside.items[i], err);
	range_set_done(&outside);
	return result;
}

/* A page of this kernel's own for the segment that kexec_load wants when there is no other. */
static int own_page(const struct machine *machine, const struct arch *arch, uint64_t *address,
		    struct error *err)
{
	struct place want = { .size = PAGE_BYTES,
			      .align = PAGE_BYTES,
			      .within = { MIB, arch->memory_end - PAGE_BYTES },
			      .top_down = true };

	return range_set_find(&machine->ram, &want, address)
		       ? error_set(err, "this kernel has no page of its own above 1 MiB")
		       : 0;
}

static int load_stub(const struct direct *direct, struct resume_loaded *loaded, struct error *err)
{
	const struct resume_job *job = direct->job;
	const struct range_set *own = &job->choice->own;
	const struct arch *arch = arch_find(job->machine->arch);
	struct sys_segment segments[PLAN_SEGMENTS_MAX];
	const uint8_t *data = direct->own_data;
	unsigned count = 0;
	uint64_t page;
	int failure;

	if (!arch)
		return error_set(err, "nothing is known about loading on %s", job->machine->arch);
	if (own->count > PLAN_SEGMENTS_MAX)
		return error_set(err, "the hand-off area lies in %zu pieces here", own->count);
	for (size_t i = 0; i < own->count; i++) {
		uintptr_t bytes = (uintptr_t)range_bytes(own->items[i]);

		segments[count++] =
			(struct sys_segment){ data, bytes, (uintptr_t)own->items[i].start, bytes };
		data += bytes;
	}
	if (!count) {
		if (own_page(job->machine, arch, &page, err))
			return -1;
		segments[count++] =
			(struct sys_segment){ NULL, 0, (uintptr_t)page, (uintptr_t)PAGE_BYTES };
	}
	failure = sys_kexec_load(job->entry, count, segments, arch->kexec_arch);
	if (failure)
		return error_set(err,
				 "kexec_load failed: %s; the memory is in place, but nothing "
				 "is loaded",
				 strerror(-failure));
	loaded->segments = count;
	return 0;
}

int resume_direct(const struct resume_job *job, struct resume_loaded *loaded, struct error *err)
{
	struct direct direct = { .job = job, .progress = { job->request->out, "restoring", 0 } };
	struct stream_sink sink = { put, resume_progress, &direct, &direct.progress };
	int result = -1;

	if (devmem_open(&direct.devmem, err))
		return -1;
	direct.own_data = calloc(1, (size_t)range_set_bytes(&job->choice->own) + 1);
	if (!direct.own_data)
		error_no_memory(err);
	else if (!check_windows(&direct, err))
		result = resume_stream(job->image, &sink, err);
	resume_progress_end(&direct.progress);
	if (!result)
		result = load_stub(&direct, loaded, err);
	free(direct.own_data);
	devmem_close(&direct.devmem);
	return result;
}
