/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kdump reads from: /proc/vmcore, an ordinary file or partition with a core, or /dev/mem with
 * the address of a core header. Mapped where the kernel lets it be mapped, else read in large
 * pieces. Knows nothing of what is read.
 */
#ifndef KDUMP_SOURCE_H
#define KDUMP_SOURCE_H

#include "core.h"

struct source {
	int fd;
	const char *path;
	bool map;              /* try mmap: not for files, which may shrink under a mapping */
	uint64_t header;       /* physical address of the core header; 0 in files */
	uint64_t header_bytes; /* below it offsets count from header */
	uint64_t size;         /* bytes, CORE_SIZE_UNKNOWN for /dev/mem */
};

/* Open a core in a file, a partition or /proc/vmcore. */
int source_open(struct source *source, const char *path, struct error *err);

/* Open memory (path, "/dev/mem") with a core header at physical address header. */
int source_open_memory(struct source *source, const char *path, uint64_t header, struct error *err);

/* For core_open(); the source must outlive the core. */
struct core_source source_callbacks(struct source *source);

/* Headers are read: from now on offsets are physical addresses (of /dev/mem; files: no change). */
void source_headers_done(struct source *source);

int source_read(struct source *source, uint64_t offset, void *buffer, size_t size,
		struct error *err);
void source_close(struct source *source);

#endif
