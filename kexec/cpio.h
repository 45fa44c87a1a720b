/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing an initramfs: a cpio archive in the "newc" form, as the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst describes it. Pure: into memory.
 */
#ifndef KEXEC_CPIO_H
#define KEXEC_CPIO_H

#include <stdint.h>

#include "bytes.h"

struct cpio_entry {
	const char *name;      /* without a leading slash */
	uint32_t mode;         /* S_IFREG | 0755, S_IFDIR | 0755, S_IFCHR | 0600 */
	uint32_t major, minor; /* of a device */
	struct span data;
};

/* How many bytes the archive takes. */
uint64_t cpio_size(const struct cpio_entry *entries, unsigned count);

/* Write it; archive has cpio_size() bytes. */
void cpio_fill(const struct cpio_entry *entries, unsigned count, uint8_t *archive);

#endif
