/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of an image: its state slots are written here and nowhere else in this program, and what
 * is loaded of an image is remembered under /run until the jump.
 */
#ifndef KEXEC_LIFE_H
#define KEXEC_LIFE_H

#include <stdio.h>

#include "resume_image.h"

/*
 * Put the image at path into another state, if it still is the image of uuid: the next slot is
 * written and flushed. A bare core has no states: 0, nothing is done.
 */
int life_mark(const char *path, const uint8_t uuid[IMAGE_UUID_BYTES], uint32_t kind,
	      struct error *err);
/* The same for bytes that are open for writing. */
int life_mark_backing(const struct backing *backing, const struct image_info *info, uint32_t kind,
		      struct error *err);

/* Remember that this image is what is loaded; -1 where directory cannot be written. */
int life_remember(const char *directory, const struct resume_image *image, const char *boot_id,
		  struct error *err);
/* Something else is loaded now, or nothing. */
void life_forget(const char *directory);

/* The last step before the jump: what is remembered for this boot becomes "resuming". */
int life_before_jump(const char *directory, const char *boot_id, struct error *err);

/*
 * Back in the kernel that jumped away: images of it on partitions that are not in use are looked
 * up. One that was being resumed becomes "resumed"; one that is ready becomes "invalid", since its
 * kernel goes on. Tells on out. Returns 1 when this kernel was resumed from an image, 0 if not.
 */
int life_after_return(const char *boot_id, FILE *out);

#endif
