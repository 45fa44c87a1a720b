/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing the head of an image: what makes it an ELF core (doc/image.md). */
#ifndef KDUMP_IMAGE_HEAD_H
#define KDUMP_IMAGE_HEAD_H

#include "image.h"

/* One program header of the image to be. */
struct image_load {
	uint64_t paddr, vaddr, offset, file_bytes, memory_bytes;
	bool kept; /* CORE_PT_KEPT, not PT_LOAD: behind all others */
};

struct image_head {
	uint16_t machine; /* ELF machine */
	uint64_t entry;
	const struct image_load *loads;
	size_t load_count;
	struct span notes; /* complete PT_NOTE content, see image_notes_build() */
};

/* Bytes the head will take (ELF header, program headers, section header for PN_XNUM, notes). */
uint64_t image_head_bytes(size_t load_count, size_t notes_bytes);
/* The header region needed for it, slots included: a multiple of IMAGE_HEADER_STEP. */
uint64_t image_header_region(size_t load_count, size_t notes_bytes);
/* Write the head into a zeroed buffer of image_head_bytes(). ELF64, ET_CORE; PN_XNUM when needed.
 */
void image_head_fill(const struct image_head *head, uint8_t *buffer);

/*
 * The notes of an image: our note with the record of info appended, and every other note of the
 * core copied. Of a core without our note only the NOTE_IMAGE record stands in it. Writes at most
 * capacity bytes; returns the size needed.
 */
size_t image_notes_build(struct span notes, const struct image_info *info, uint8_t *buffer,
			 size_t capacity);

#endif
