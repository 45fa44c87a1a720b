/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making an initramfs: a cpio archive in the "newc" form, as the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst describes it. The same entries make
 * the same bytes. Knows nothing of what is in it.
 */
#ifndef KEXEC_CPIO_H
#define KEXEC_CPIO_H

#include <stdint.h>

#include "bytes.h"
#include "error.h"

struct cpio_entry {
	const char *name;      /* without a leading slash */
	uint32_t mode;         /* S_IFREG | 0755, S_IFDIR | 0755, S_IFCHR | 0600 */
	uint32_t major, minor; /* of a device */
	struct span data;
};

/* Why this program cannot make one, as err; 0 = it can. */
int cpio_check(struct error *err);

/* Make it, in memory that the caller frees. Owned by root, of no time. */
int cpio_make(const struct cpio_entry *entries, unsigned count, uint8_t **archive, size_t *size,
	      struct error *err);

#endif
