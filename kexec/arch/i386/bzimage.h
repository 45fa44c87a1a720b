/* SPDX-License-Identifier: GPL-2.0-only */
/* The header of a bzImage as plain values, checked against the file. */
#ifndef KEXEC_ARCH_I386_BZIMAGE_H
#define KEXEC_ARCH_I386_BZIMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"

/* Fields that a protocol does not have yet have the values such kernels assume. */
struct bzimage {
	uint16_t protocol;   /* enum boot_protocol, or newer */
	struct span header;  /* the setup header, from SETUP_HEADER_START on */
	struct span payload; /* the protected-mode part, up to the end of the file */
	bool relocatable;
	uint64_t alignment;    /* power of two, at least a page */
	uint64_t pref_address; /* the kernel moves itself there or above; whole pages */
	uint64_t run_bytes; /* memory it takes from where it runs; whole pages, not below payload */
	uint64_t initrd_end;    /* half open */
	uint32_t cmdline_chars; /* without the zero */
	uint16_t xloadflags;
};

/* Parse. Everything in the result lies inside the image. -1: err says what is wrong and where. */
int bzimage_parse(struct span image, struct bzimage *kernel, struct error *err);

#endif
