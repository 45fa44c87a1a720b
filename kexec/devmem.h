/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory that is not this kernel's, through mmap of /dev/mem. Knows nothing of images.
 */
#ifndef KEXEC_DEVMEM_H
#define KEXEC_DEVMEM_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "range.h"

struct devmem {
	int fd;
};

/* On failure there is nothing to close. */
int devmem_open(struct devmem *devmem, struct error *err);
void devmem_close(struct devmem *devmem);

/*
 * Whether the kernel lets the range (whole pages) be written, by a page at each end of every window
 * that devmem_write() would use. Changes nothing.
 */
int devmem_check(const struct devmem *devmem, struct range at, struct error *err);

/* Write whole pages; data NULL = zeros. Not for memory of the running kernel. */
int devmem_write(const struct devmem *devmem, uint64_t address, const void *data, size_t size,
		 struct error *err);

#endif
