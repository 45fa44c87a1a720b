/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kdump writes to: a file, a block device, or a stream. Refuses devices in use and devices
 * that hold something; says what a failed write means. Knows nothing of images.
 */
#ifndef KDUMP_TARGET_H
#define KDUMP_TARGET_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "kexec/error.h"

#define TARGET_ALIGN 4096u /* of offsets, sizes and buffers of every write */

enum target_kind { TARGET_FILE, TARGET_DEVICE, TARGET_STREAM };

struct target {
	int fd;
	enum target_kind kind;
	const char *name;
	bool discard;      /* a new file in which nothing was started: removed on close */
	bool direct;       /* O_DIRECT is on */
	uint64_t capacity; /* bytes a device has, or a file can get; UINT64_MAX = not known */
	uint64_t position; /* of a stream */
	const volatile sig_atomic_t *stop; /* NULL, or not 0 = give up: a signal came */
};

/*
 * Open a target; "-" is standard output. Nothing is written. force: a device that holds a file
 * system is overwritten all the same (a mounted one never is).
 */
int target_open(struct target *target, const char *name, bool force, struct error *err);

/* Refuse when bytes do not fit, with both numbers. */
int target_check_room(const struct target *target, uint64_t bytes, struct error *err);

/* Make a file bytes long and empty (all hole). Devices and streams: nothing. */
int target_start(struct target *target, uint64_t bytes, struct error *err);

/*
 * Write at an offset. Streams only forwards: what is skipped is filled with zeros. Offset, size and
 * buffer are multiples of TARGET_ALIGN.
 */
int target_write(struct target *target, uint64_t offset, const void *buffer, size_t size,
		 struct error *err);

/* Everything written is on the disk when this returns 0. Streams: nothing. */
int target_flush(struct target *target, struct error *err);

/* 0, or -1 when closing reports that data was lost. */
int target_close(struct target *target, struct error *err);

#endif
