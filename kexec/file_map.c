/* SPDX-License-Identifier: GPL-2.0-only */
/* Anonymous mappings that grow by moving, so that nothing is copied. Must not know any file. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mremap() */
#endif
#include "file_map.h"

#include <errno.h>
#include <sys/mman.h>

#include "range.h"

#define FIRST_BUFFER_BYTES ((size_t)1 << 20)

static int resize(struct file_map *map, size_t bytes)
{
	void *resized;

	if (map->mapping)
		resized = mremap(map->mapping, map->mapping_bytes, bytes, MREMAP_MAYMOVE);
	else
		resized = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);
	if (resized == MAP_FAILED)
		return -1;
	map->mapping = resized;
	map->mapping_bytes = bytes;
	return 0;
}

int file_map_grow(struct file_map *map, uint64_t limit_bytes)
{
	size_t limit = limit_bytes < SIZE_MAX / 2 ? (size_t)limit_bytes : SIZE_MAX / 2;
	size_t bytes = map->mapping_bytes ? map->mapping_bytes : FIRST_BUFFER_BYTES / 2;

	if (bytes >= limit) {
		errno = EFBIG;
		return -1;
	}
	return resize(map, bytes > limit / 2 ? limit : 2 * bytes);
}

int file_map_trim(struct file_map *map, size_t bytes)
{
	if (resize(map, (size_t)align_up(bytes, PAGE_BYTES)))
		return -1;
	map->data = (struct span){ map->mapping, bytes };
	return 0;
}

void file_map_done(struct file_map *map)
{
	if (map->mapping)
		munmap(map->mapping, map->mapping_bytes);
	*map = (struct file_map){ 0 };
}
