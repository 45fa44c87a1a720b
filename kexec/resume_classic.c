/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The classic way: one kexec_load of everything. The image is mapped, not read into memory; what no
 * PT_LOAD stores is the zero page. No page of ours is part of it, so nothing can collide.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "loader.h"
#include "resume.h"
#include "sys.h"

typedef unsigned long long ull;

/* One segment: address space as large as its range, pages of the image laid over zeros. */
struct piece {
	struct range at;
	uint8_t *memory;
};

static int lay_over(const struct resume_image *image, const struct piece *piece,
		    const struct core_load *load, struct error *err)
{
	struct range file = { load->paddr, load->paddr + load->file_bytes };
	struct range part = range_intersect(piece->at, file);
	uint64_t offset = load->offset + (part.start - load->paddr);
	struct range whole = range_whole_pages(part);
	uint8_t *to = piece->memory + (part.start - piece->at.start);

	if (!range_bytes(part))
		return 0;
	if (part.start % PAGE_BYTES || offset % PAGE_BYTES || offset > INT64_MAX)
		return error_set(err,
				 "its memory at 0x%llx does not begin at a page boundary of the "
				 "file",
				 (ull)part.start);
	if (range_bytes(whole) &&
	    mmap64(to, (size_t)range_bytes(whole), PROT_READ, MAP_PRIVATE | MAP_FIXED,
		   image->backing.fd, (off64_t)offset) == MAP_FAILED)
		return error_set(err, "mapping it at 0x%llx: %s", (ull)offset, strerror(errno));
	if (whole.end == part.end)
		return 0;
	/* The last page is only in part from the file. */
	to += range_bytes(whole);
	if (mprotect(to, (size_t)PAGE_BYTES, PROT_READ | PROT_WRITE))
		return error_set(err, "preparing its memory: %s", strerror(errno));
	return backing_read(&image->backing, offset + range_bytes(whole), to,
			    (size_t)(part.end - whole.end), err);
}

static int fill_piece(const struct resume_image *image, struct piece *piece, struct error *err)
{
	size_t count = image->core.load_count + image->core.kept_count;
	void *memory;

	memory = range_bytes(piece->at) < SIZE_MAX
			 ? mmap(NULL, (size_t)range_bytes(piece->at), PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
			 : MAP_FAILED;
	if (memory == MAP_FAILED)
		return error_set(err, "no address space for 0x%llx bytes",
				 (ull)range_bytes(piece->at));
	piece->memory = memory;
	for (size_t i = 0; i < count; i++)
		if (resume_image_restores(image, i) &&
		    lay_over(image, piece, &image->core.loads[i], err))
			return -1;
	madvise(memory, (size_t)range_bytes(piece->at), MADV_SEQUENTIAL);
	return 0;
}

static int load(const struct resume_job *job, const struct piece *pieces, unsigned count,
		struct error *err)
{
	const struct arch *arch = arch_find(job->machine->arch);
	struct sys_segment segments[PLAN_SEGMENTS_MAX];
	int failure;

	if (!arch)
		return error_set(err, "nothing is known about loading on %s", job->machine->arch);
	for (unsigned i = 0; i < count; i++) {
		uintptr_t bytes = (uintptr_t)range_bytes(pieces[i].at);

		segments[i] = (struct sys_segment){ pieces[i].memory, bytes,
						    (uintptr_t)pieces[i].at.start, bytes };
	}
	failure = sys_kexec_load(job->entry, count, segments, arch->kexec_arch);
	if (!failure)
		return 0;
	return error_set(err, "kexec_load of %llu MiB failed: %s%s", (ull)job->choice->bytes >> 20,
			 strerror(-failure),
			 failure == -ENOMEM ? "; there is too little free memory, try "
					      "--restore=two-hop"
					    : "");
}

int resume_classic(const struct resume_job *job, struct resume_loaded *loaded, struct error *err)
{
	struct piece pieces[PLAN_SEGMENTS_MAX] = { { { 0, 0 }, NULL } };
	struct range_set ranges = { 0 };
	int result = -1;
	size_t count = 0;

	if (resume_classic_ranges(job->image, &ranges, err) ||
	    (job->image->has_info && resume_check_data(job->image, job->request->out, err)))
		goto out;
	for (; count < ranges.count; count++) {
		pieces[count].at = ranges.items[count];
		if (fill_piece(job->image, &pieces[count], err)) {
			count++;
			goto out;
		}
	}
	result = load(job, pieces, (unsigned)count, err);
	loaded->segments = (uint32_t)count;
out:
	for (size_t i = 0; i < count; i++)
		if (pieces[i].memory)
			munmap(pieces[i].memory, (size_t)range_bytes(pieces[i].at));
	range_set_done(&ranges);
	return result;
}
