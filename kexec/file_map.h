/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes in a mapping of their own: a mapped file, or anonymous memory that grows while it is
 * filled. Does not know where the bytes come from.
 */
#ifndef KEXEC_FILE_MAP_H
#define KEXEC_FILE_MAP_H

#include "bytes.h"

/* One mapping. data is valid until file_map_done(). Zero-initialised = nothing mapped. */
struct file_map {
	struct span data;
	void *mapping;
	size_t mapping_bytes;
};

/* Make an anonymous mapping (or none yet) about twice as large, at most limit_bytes. -1 with errno:
 * EFBIG at the limit. data is not touched: it may point to where the mapping was. */
int file_map_grow(struct file_map *map, uint64_t limit_bytes);

/* The first bytes of an anonymous mapping are the data: give back the pages behind them. */
int file_map_trim(struct file_map *map, size_t bytes);

void file_map_done(struct file_map *map);

#endif
