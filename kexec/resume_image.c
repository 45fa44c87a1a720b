/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening and judging an image; see resume_image.h. The format itself is known to kdump/image.h. */
#include "resume_image.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "purgatory/abi.h"

/* A head that is larger than this is not one of ours. */
#define HEADER_MAX_BYTES (UINT64_C(256) << 20)

/* Physical addresses end there, whatever the processor; memory is not in more pieces. */
#define MEMORY_END    (UINT64_C(1) << 52)
#define MEMORY_PIECES 4096

/* Jump-back protocol of 2007: a header in the page of the entry, at either of two offsets. */
#define PROTOCOL_MAGIC 0x626a
#define PROTOCOL_MAJOR 1

static void warn(struct resume_image *image, const char *text)
{
	if (image->warning_count < RESUME_WARNINGS_MAX && text)
		image->warnings[image->warning_count++] = text;
}

bool resume_image_magic(const uint8_t *head, size_t size)
{
	return size >= EI_NIDENT + 2 && !memcmp(head, ELFMAG, SELFMAG) &&
	       head[EI_DATA] == ELFDATA2LSB && le16_get(head + EI_NIDENT) == ET_CORE;
}

static int read_backing(void *context, uint64_t offset, void *buffer, size_t size,
			struct error *err)
{
	return backing_read(context, offset, buffer, size, err);
}

/* D is A's kernel's to bring back; H is put back so that there is a pad to enter. */
static int leave_out_lent(struct resume_image *image, struct error *err)
{
	struct range_set lent = { 0 };
	int result = -1;

	if (range_set_copy(&lent, &image->note.lent, err) ||
	    range_set_remove(&lent, image->note.handoff, err))
		goto out;
	for (size_t i = 0; i < lent.count; i++)
		if (range_set_remove(&image->stored, lent.items[i], err))
			goto out;
	result = 0;
out:
	range_set_done(&lent);
	return result;
}

bool resume_image_restores(const struct resume_image *image, size_t load)
{
	return !image->has_info || load >= image->core.load_count ||
	       load < image->core.load_count - image->info.debug_loads;
}

/* What the image restores: its memory, without D, but with H. */
static int find_stored(struct resume_image *image, struct error *err)
{
	const struct core *core = &image->core;

	if (image->has_info && image->info.debug_loads > core->load_count)
		return error_set(err, "it has %zu PT_LOADs, %u of them for debuggers: damaged",
				 core->load_count, image->info.debug_loads);
	for (size_t i = 0; i < core->load_count + core->kept_count; i++) {
		const struct core_load *load = &core->loads[i];
		struct range at = { load->paddr, load->paddr + load->memory_bytes };

		if (!resume_image_restores(image, i))
			continue;
		if (at.end > MEMORY_END || image->stored.count > MEMORY_PIECES)
			return error_set(err, "its memory at 0x%llx is %s: damaged",
					 (unsigned long long)at.start,
					 at.end > MEMORY_END ? "where no machine has any"
							     : "in more pieces than any machine's");
		if (range_set_overlaps(&image->stored, at))
			return error_set(err, "two of its PT_LOADs hold the memory at 0x%llx",
					 (unsigned long long)at.start);
		if (range_set_add(&image->stored, at, err))
			return -1;
	}
	for (size_t i = 0; i < image->stored.count; i++)
		if (image->stored.items[i].start % PAGE_BYTES ||
		    image->stored.items[i].end % PAGE_BYTES)
			return error_set(err,
					 "its memory at 0x%llx does not begin and end at a page "
					 "boundary",
					 (unsigned long long)image->stored.items[i].start);
	return image->has_note ? leave_out_lent(image, err) : 0;
}

int resume_image_read_state(struct resume_image *image, struct error *err)
{
	uint8_t slots[IMAGE_SLOTS * IMAGE_SLOT_BYTES];

	for (unsigned i = 0; i < IMAGE_SLOTS; i++)
		if (backing_read(&image->backing, image_slot_offset(&image->info, i),
				 slots + i * IMAGE_SLOT_BYTES, IMAGE_SLOT_BYTES, err))
			return -1;
	if (image_state_newest(slots, image->info.uuid, &image->state, &image->slot, err))
		return -1;
	image->has_state = true;
	return 0;
}

static int parse(struct resume_image *image, struct error *err)
{
	struct core_source source = { read_backing, &image->backing, image->backing.size };
	int found;

	if (core_open(&image->core, &source, err))
		return -1;
	image->entry = image->core.entry;
	found = jump_note_of_core(&image->core, &image->note, err);
	if (found < 0)
		return -1;
	image->has_note = found;
	if (found && image->note.image.size) {
		if (image_info_parse(image->note.image, &image->info, err))
			return -1;
		image->has_info = true;
	}
	return find_stored(image, err);
}

int resume_image_take(struct backing *backing, struct resume_image *image, struct error *err)
{
	memset(image, 0, sizeof(*image));
	image->backing = *backing;
	if (!parse(image, err))
		return 0;
	error_prefix(err, "'%s': ", image->backing.path);
	resume_image_close(image);
	return -1;
}

int resume_image_open(const char *path, struct resume_image *image, struct error *err)
{
	struct backing backing;

	if (backing_open(path, BACKING_READ, &backing, err))
		return -1;
	return resume_image_take(&backing, image, err);
}

void resume_image_close(struct resume_image *image)
{
	if (image->has_note)
		jump_note_done(&image->note);
	core_done(&image->core);
	range_set_done(&image->stored);
	free(image->trailer);
	backing_close(&image->backing);
	arena_done(&image->arena);
	memset(image, 0, sizeof(*image));
	image->backing.fd = -1;
}

static int check_state(struct resume_image *image, struct error *err)
{
	if (resume_image_read_state(image, err))
		return -1;
	switch (image->state.kind) {
	case IMAGE_READY:
	case IMAGE_STREAM:
		return 0;
	case IMAGE_WRITING:
		return error_set(err, "its state is 'writing': saving was not finished, there is "
				      "nothing in it that could be resumed");
	case IMAGE_RESUMING:
	case IMAGE_RESUMED:
		return error_set(err,
				 "its state is '%s': it was resumed already, and what that "
				 "kernel has written to its disks since then no longer fits it; "
				 "boot as usual",
				 image_state_name(image->state.kind));
	default:
		return error_set(err, "its state is '%s': it was given up",
				 image_state_name(image->state.kind));
	}
}

static int check_header(const struct resume_image *image, struct error *err)
{
	uint64_t size = image->sums.covered_bytes;
	uint8_t *header;
	int result = -1;

	if (size > HEADER_MAX_BYTES || size > image->info.header_bytes)
		return error_set(err, "its checksum covers 0x%llx bytes of header: damaged",
				 (unsigned long long)size);
	header = malloc(size ? (size_t)size : 1);
	if (!header)
		return error_no_memory(err);
	if (!backing_read(&image->backing, 0, header, (size_t)size, err))
		result = image_header_verify(&image->sums, header, size, err);
	free(header);
	return result;
}

int resume_image_check_data(struct resume_image *image, struct error *err)
{
	uint64_t size = image->info.trailer_bytes;
	struct error why;

	if (!bytes_fit(image->backing.size, image->info.trailer_offset, size))
		return error_set(err, "it is not complete: it has 0x%llx of 0x%llx bytes",
				 (unsigned long long)image->backing.size,
				 (unsigned long long)image_total_bytes(&image->info));
	free(image->trailer);
	image->trailer = malloc(size ? (size_t)size : 1);
	if (!image->trailer)
		return error_no_memory(err);
	if (backing_read(&image->backing, image->info.trailer_offset, image->trailer, (size_t)size,
			 &why))
		return error_set(err, "it is not complete: %s", why.text);
	if (image_trailer_verify(image->trailer, size, &image->info, &image->sums, err) ||
	    check_header(image, err))
		return -1;
	if (image->state.kind != IMAGE_STREAM &&
	    memcmp(image->state.root, image->sums.root, IMAGE_ROOT_BYTES))
		return error_set(err, "the checksum of its table is not the one its state names");
	return 0;
}

/* The jump-back header of 2007 in the page of the entry, if it is there. */
static int check_protocol(struct resume_image *image, uint64_t entry, struct error *err)
{
	static const uint16_t offsets[] = { 0xc00, 0x800 };
	uint8_t header[4];
	struct error ignored;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t at = align_down(entry, PAGE_BYTES) + offsets[i];

		if (core_read_kept(&image->core, at, header, sizeof(header), &ignored) ||
		    le16_get(header) != PROTOCOL_MAGIC)
			continue;
		image->protocol = le16_get(header + 2);
		image->is_protocol_100 = true;
		if (image->protocol >> 8 == PROTOCOL_MAJOR)
			return 0;
		return error_set(err,
				 "it follows version %u.%02u of the jump-back protocol; 1.xx is "
				 "known",
				 image->protocol >> 8, image->protocol & 0xff);
	}
	return 0;
}

static int disagree(const char *what, uint64_t pad, uint64_t note, struct error *err)
{
	return error_set(err, "the pad and the note disagree about %s (0x%llx and 0x%llx): damaged",
			 what, (unsigned long long)pad, (unsigned long long)note);
}

static int check_pad(struct resume_image *image, struct error *err)
{
	const struct jump_note *note = &image->note;
	uint64_t page = align_down(note->in, PAGE_BYTES);
	struct jump_pad pad;

	if (!range_contains(note->handoff, (struct range){ page, page + PAD_BYTES }) ||
	    note->in - page != PAD_IN)
		return error_set(err,
				 "the way back 0x%llx is no entry in the hand-off area: damaged",
				 (unsigned long long)note->in);
	if (core_read_kept(&image->core, page + PAD_DATA, &pad, sizeof(pad), err))
		return error_prefix(err, "the hand-off area is not in it: ");
	if (pad.magic_lo != PAD_MAGIC_LO || pad.magic_hi != PAD_MAGIC_HI)
		return error_set(err, "there is no pad at 0x%llx: the hand-off area is damaged",
				 (unsigned long long)page);
	if (pad.raw != note->raw)
		return disagree("the way into the kernel", pad.raw, note->raw, err);
	if (pad.gdtr_base != note->gdtr_base || pad.gdtr_limit != note->gdtr_limit)
		return disagree("the descriptor table", pad.gdtr_base, note->gdtr_base, err);
	if (!(pad.flags & PAD_FLAG_PAE) != !(note->cpu & CPU_PAE))
		return disagree("PAE", pad.flags, note->cpu, err);
	if (!(pad.flags & PAD_FLAG_EFER) != !(note->cpu & CPU_NX && !(note->cpu & CPU_LONG_MODE)))
		return disagree("NX", pad.flags, note->cpu, err);
	if (!(pad.flags & PAD_FLAG_LA57) != !(note->cpu & CPU_LA57))
		return disagree("five-level paging", pad.flags, note->cpu, err);
	if (note->cpu & CPU_LONG_MODE && pad.cr3 != note->cr3)
		return disagree("the page table", pad.cr3, note->cr3, err);
	return 0;
}

static int read_physical(void *context, uint64_t address, void *to, size_t size)
{
	const struct resume_image *image = context;
	struct error ignored;

	return core_read_kept(&image->core, address, to, size, &ignored);
}

static int check_way_back(struct resume_image *image, struct error *err)
{
	const struct jump_note *note = &image->note;
	struct jumpmap_memory memory = { read_physical, image };
	struct range_set outside = { 0 };
	struct jumpmap_question question = {
		(uint16_t)note->machine, note->cpu, note->raw, &note->lent, &outside, note->cr3
	};
	int result = -1;

	if (range_set_copy(&outside, &image->stored, err))
		goto out;
	for (size_t i = 0; i < note->lent.count; i++)
		if (range_set_remove(&outside, note->lent.items[i], err))
			goto out;
	result = jumpmap_walk(&question, &memory, NULL, &image->way_back, err);
	if (!result && !image->way_back.known)
		warn(image, image->way_back.warning);
out:
	range_set_done(&outside);
	return result;
}

/*
 * A bare core has no states. One that has them is an image that lost its note to damage, and must
 * not pass for a bare core.
 */
static int check_is_bare(const struct resume_image *image, struct error *err)
{
	uint8_t slot[IMAGE_SLOT_BYTES];
	struct image_state state;
	struct error ignored;

	for (uint64_t n = 1; n <= HEADER_MAX_BYTES / IMAGE_HEADER_STEP; n++)
		for (unsigned i = 1; i <= IMAGE_SLOTS; i++) {
			if (backing_read(&image->backing,
					 n * IMAGE_HEADER_STEP - i * IMAGE_SLOT_BYTES, slot,
					 sizeof(slot), &ignored))
				return 0; /* it ends before */
			if (image_state_parse(slot, &state))
				return error_set(err, "it was saved with states and checksums, but "
						      "its note is damaged");
		}
	return 0;
}

static int check_note(struct resume_image *image, uint64_t entry, struct error *err)
{
	const struct jump_note *note = &image->note;

	if (note->machine != image->core.machine)
		return error_set(err,
				 "its ELF header and its note name different machines (%u, %u)",
				 image->core.machine, (unsigned)note->machine);
	if (entry == note->in && image->core.entry && image->core.entry != note->in)
		return error_set(err,
				 "its entry 0x%llx is not the way back its note names "
				 "(0x%llx): damaged",
				 (unsigned long long)image->core.entry,
				 (unsigned long long)note->in);
	return check_pad(image, err) || check_way_back(image, err) ? -1 : 0;
}

int resume_image_check(struct resume_image *image, uint64_t entry, struct error *err)
{
	if (image->has_info && image->info.view == IMAGE_VIEW_DEBUG)
		return error_set(err, "it was saved for debuggers only (--view=debug)");
	if (image->has_info && check_state(image, err))
		return -1;
	if (image->has_info ? resume_image_check_data(image, err)
			    : core_check_complete(&image->core, err) || check_is_bare(image, err))
		return -1;
	if (!image->has_note) {
		warn(image, "it has no note of ours: nothing tells whether it fits this machine");
		return check_protocol(image, entry, err);
	}
	if (!image->has_info)
		warn(image, "it is a bare copy: no checksums, and nothing bars a second resume");
	return check_note(image, entry, err);
}
