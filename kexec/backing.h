/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the bytes of an image are: a file, a partition, or, when no file system may be mounted, the
 * extents of a file on its partition. Does not know what the bytes mean.
 */
#ifndef KEXEC_BACKING_H
#define KEXEC_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* [at, at + bytes) of the image lies at device bytes [device, device + bytes). */
#define BACKING_HOLE UINT64_MAX /* nothing is stored: reads as zeros */

struct backing_extent {
	uint64_t at, device, bytes;
};

struct backing {
	char *path;
	int fd;
	bool is_device;
	bool writable;
	uint64_t size;                  /* bytes */
	struct backing_extent *extents; /* ascending and without gaps; NULL: as it is */
	size_t extent_count;
};

enum backing_mode { BACKING_READ, BACKING_WRITE, BACKING_READ_FRESH };

/*
 * Open a regular file or block device. BACKING_WRITE: for marking its state. BACKING_READ_FRESH: a
 * device that another kernel may have written: refused while it is in use here, and nothing of it
 * comes from the page cache. On failure there is nothing to close.
 */
int backing_open(const char *path, enum backing_mode mode, struct backing *backing,
		 struct error *err);

/* Read the rest of the backing as extents; they are copied. Checks that they lie on the device. */
int backing_set_extents(struct backing *backing, const struct backing_extent *extents, size_t count,
			struct error *err);

void backing_close(struct backing *backing);

/* Exactly size bytes at offset, or -1. */
int backing_read(const struct backing *backing, uint64_t offset, void *buffer, size_t size,
		 struct error *err);
int backing_write(const struct backing *backing, uint64_t offset, const void *buffer, size_t size,
		  struct error *err);

/* Until everything written is on the medium. */
int backing_flush(const struct backing *backing, struct error *err);

/* What was read will not be read again: the page cache need not keep it. */
void backing_forget(const struct backing *backing, uint64_t offset, uint64_t size);

/*
 * Where the file lies on its device: extents (free(3)) and the device's path below /dev. Holes are
 * extents with device BACKING_HOLE. Refused for files whose blocks are not simply there:
 * compressed, inline, not yet written, on no block device.
 */
int backing_map_file(const struct backing *backing, struct backing_extent **extents, size_t *count,
		     char device[64], struct error *err);

#endif
