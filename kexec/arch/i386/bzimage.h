/* SPDX-License-Identifier: GPL-2.0-only */
/* The header of a bzImage as plain values, checked against the file. */
#ifndef KEXEC_ARCH_I386_BZIMAGE_H
#define KEXEC_ARCH_I386_BZIMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "machine.h"
#include "plan.h"
#include "request.h"

/* What is understood by a bzImage, wherever it comes from: loader.accepts. */
#define BZIMAGE_OPTIONS \
	(REQUEST_CMDLINE | REQUEST_INITRD | REQUEST_REUSE_VIDEO | REQUEST_ENTRY_MODE | REQUEST_DTB)

/* A way of entering a bzImage, and the memory it takes then. */
struct bzimage_way {
	bool wide;           /* in 64-bit mode */
	bool real;           /* in real mode, through its setup code */
	uint64_t offset;     /* of the entry from where the kernel was loaded */
	uint64_t memory_end; /* it lies below ... */
	uint64_t far_end;    /* ... or, where there is no room, below this; 0 = never */
};

/* Fields that a protocol does not have yet have the values such kernels assume. */
struct bzimage {
	uint16_t protocol;   /* enum boot_protocol, or newer */
	struct span header;  /* the setup header, from SETUP_HEADER_START on */
	struct span setup;   /* the real-mode part, from the start of the file */
	struct span payload; /* the protected-mode part, up to the end of the file */
	bool relocatable;
	uint64_t alignment;    /* power of two, at least a page */
	uint64_t pref_address; /* the kernel moves itself there or above; whole pages */
	uint64_t run_bytes; /* memory it takes from where it runs; whole pages, not below payload */
	uint64_t initrd_end;    /* half open */
	uint32_t cmdline_chars; /* without the zero */
	uint16_t xloadflags;
	const struct bzimage_way *way; /* how it will be entered; the parse leaves it NULL */
};

/* The way into an image that --real-mode, --entry-32bit or neither wants; best is its best one. */
const struct bzimage_way *bzimage_way(const struct request *request,
				      const struct bzimage_way *best);
extern const struct bzimage_way bzimage_way_32;

/* Whether the image carries the magic numbers of a bzImage. */
bool bzimage_looks_like(struct span image);

/* Parse. Everything in the result lies inside the image. -1: err says what is wrong and where. */
int bzimage_parse(struct span image, struct bzimage *kernel, struct error *err);

/* The steps of struct loader for a way. */
int bzimage_plan(const struct request *request, const struct machine *machine,
		 const struct bzimage_way *way, struct plan *plan, struct error *err);
int bzimage_room(const struct request *request, const struct bzimage_way *way, struct place *want,
		 struct error *err);
bool bzimage_is_kernel(const struct request *request);

#endif
