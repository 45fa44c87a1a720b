/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image as it lies there: opened, parsed, and judged by itself. Whether this machine can take it
 * is resume_choose.h's business; nothing here looks at the machine or writes.
 */
#ifndef KEXEC_RESUME_IMAGE_H
#define KEXEC_RESUME_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "backing.h"
#include "kdump/core.h"
#include "kdump/image.h"
#include "kdump/jumpmap.h"
#include "kdump/note.h"
#include "range.h"

#define RESUME_WARNINGS_MAX 8

struct resume_image {
	struct arena arena;
	struct backing backing;
	struct core core;
	struct jump_note note;    /* if has_note */
	struct image_info info;   /* if has_info; else a bare core without states and checksums */
	struct image_state state; /* newest slot, if has_state */
	unsigned slot;            /* 0 or 1: where state lies */
	uint8_t *trailer;         /* read by resume_image_check() */
	struct image_trailer sums;
	struct jumpmap way_back; /* filled by resume_image_check() if has_note */
	struct range_set stored; /* what is put back: PT_LOADs without D, but with H */
	uint64_t entry;          /* of the image; 0 = none */
	bool has_note, has_info, has_state;
	bool is_protocol_100; /* jump-back protocol 1.xx of 2007, version in protocol */
	uint16_t protocol;
	const char *warnings[RESUME_WARNINGS_MAX];
	unsigned warning_count;
};

/* Whether these first bytes of a file are those of an ELF core: no kernel is one. */
bool resume_image_magic(const uint8_t *head, size_t size);

/*
 * Open and parse. Fails when it is no ELF core or a part that everything hangs on is damaged; does
 * not judge its state. The image is at its address until resume_image_close(): do not copy it.
 */
int resume_image_open(const char *path, struct resume_image *image, struct error *err);
/* The same for bytes that are open already; backing is taken over, also on failure. */
int resume_image_take(struct backing *backing, struct resume_image *image, struct error *err);
void resume_image_close(struct resume_image *image);

/* Whether the program header of this number is of memory to be restored, not for debuggers only. */
bool resume_image_restores(const struct resume_image *image, size_t load);

/* Fill state and slot of an image that has info. resume_image_check() does it by itself. */
int resume_image_read_state(struct resume_image *image, struct error *err);

/* Read the table of checksums of an image that has info; check it and the header by it. */
int resume_image_check_data(struct resume_image *image, struct error *err);

/*
 * Everything that can be checked without reading all data: state, completeness, checksums of the
 * header and of the table, the pad, the way back (entry: where it will be entered). -1 = must not
 * be resumed, and why. May add warnings.
 */
int resume_image_check(struct resume_image *image, uint64_t entry, struct error *err);

#endif
