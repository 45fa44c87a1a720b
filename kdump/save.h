/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing an image: layout, data, checksums and states, in the order that makes a cut at any moment
 * harmless. Knows the source and the target only through their verbs.
 */
#ifndef KDUMP_SAVE_H
#define KDUMP_SAVE_H

#include <signal.h>

#include "core.h"
#include "image.h"
#include "note.h"
#include "progress.h"
#include "source.h"
#include "target.h"

/* What went wrong; the exit codes of kdump(8). */
enum save_fault {
	SAVE_OK = 0,
	SAVE_HEADER = 4,   /* the core cannot be used */
	SAVE_SOURCE = 5,   /* memory could not be read */
	SAVE_MEMORY = 7,   /* out of memory */
	SAVE_TARGET = 8,   /* the image could not be written */
	SAVE_REFUSED = 10, /* the target is too small, in use, or holds something */
	SAVE_STOPPED = 11, /* by a signal */
};

struct save {
	const struct core *core;
	const struct jump_note *note; /* NULL: the core is not ours */
	struct source *source;
	struct target *target;
	enum image_view view;
	bool force; /* try although the target looks too small */
	bool quiet;
	uint8_t uuid[IMAGE_UUID_BYTES];
	uint64_t now_ns;                   /* CLOCK_REALTIME */
	const volatile sig_atomic_t *stop; /* not 0 = the signal that stops the work */

	/* Filled in. */
	uint64_t data_bytes, absent_bytes; /* memory; of it zeros that were not stored */
	uint64_t elapsed_ms;
	uint8_t root[IMAGE_ROOT_BYTES];
	size_t load_count, debug_count;
	const char *warning; /* constant text or NULL */
};

/* Write the image. On failure err says why and the target's image stays in state "writing". */
enum save_fault save_image(struct save *save, struct error *err);

#endif
