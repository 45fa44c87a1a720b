/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading an image from one end to the other in constant memory, each piece checked before it is
 * handed on. Knows images, not what becomes of the pieces.
 */
#ifndef KEXEC_RESUME_STREAM_H
#define KEXEC_RESUME_STREAM_H

#include "resume_image.h"

struct stream_sink {
	/* Whole pages of A's memory that are to be put back; data NULL = zeros. */
	int (*put)(void *context, uint64_t address, const uint8_t *data, size_t size,
		   struct error *err);
	/* May be NULL. Bytes of A's memory done, of how many. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context; /* of put() */
	void *progress_context;
};

/*
 * Hand on everything in image->stored, in ascending order, each byte once. Where the image has
 * checksums, resume_image_check() has verified their table, and no byte reaches the sink that does
 * not match; put() may be NULL to check only.
 */
int resume_stream(const struct resume_image *image, const struct stream_sink *sink,
		  struct error *err);

#endif
