/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps and reads the files of a request, and has compressed ones unpacked. Knows files and pipes;
 * does not know what an image looks like inside, and a ramdisk is left as it is (it is unpacked by
 * the kernel that gets it).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mremap() */
#endif
#include "request_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "range.h"
#include "unpack.h"

static int read_stream(int fd, struct file_map *map)
{
	size_t have = 0;

	for (;;) {
		ssize_t got;

		if (have == map->mapping_bytes && file_map_grow(map, PIPE_MAX_BYTES))
			return -1;
		got = read(fd, (uint8_t *)map->mapping + have, map->mapping_bytes - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		have += (size_t)got;
	}
	return have ? file_map_trim(map, have) : 0;
}

static int map_file(int fd, uint64_t size, struct file_map *map)
{
	void *mapping;

	if (size > SIZE_MAX / 2) {
		errno = EFBIG;
		return -1;
	}
	mapping = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mapping == MAP_FAILED)
		return -1;
	map->mapping = mapping;
	map->mapping_bytes = (size_t)align_up(size, PAGE_BYTES);
	map->data = (struct span){ mapping, (size_t)size };
	return 0;
}

/* Map what has a size; read what has none: pipes, terminals, files of /proc. */
static int map_descriptor(int fd, struct file_map *map)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st))
		return -1;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		return map_file(fd, (uint64_t)st.st_size, map);
	end = S_ISBLK(st.st_mode) ? lseek(fd, 0, SEEK_END) : 0;
	if (end > 0)
		return map_file(fd, (uint64_t)end, map);
	return read_stream(fd, map);
}

static int map_named(const char *name, struct file_map *map, struct error *err)
{
	bool standard_input = !strcmp(name, "-");
	int fd = standard_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int failed, why;

	if (fd < 0)
		return error_set(err, "Cannot open `%s': %s", name, strerror(errno));
	failed = map_descriptor(fd, map);
	why = errno;
	if (!standard_input)
		close(fd);
	if (failed)
		error_set(err, "Cannot read %s: %s", name, strerror(why));
	else if (!map->data.size)
		failed = error_set(err, "Cannot read %s: the file is empty", name);
	if (failed)
		file_map_done(map);
	return failed;
}

int file_map_image(const char *name, struct file_map *map, struct error *err)
{
	const struct unpack_format *format;
	struct file_map packed;
	int failed;

	*map = (struct file_map){ 0 };
	if (map_named(name, map, err))
		return -1;
	format = unpack_format_of(map->data);
	if (!format)
		return 0;
	packed = *map;
	failed = unpack(format, packed.data, UNPACKED_MAX_BYTES, map, err);
	file_map_done(&packed);
	return failed ? error_prefix(err, "'%s': ", name) : 0;
}

/* Move the mappings behind each other into one stretch of address space. */
static int join(struct file_map *parts, unsigned count, struct file_map *map, struct error *err)
{
	uint8_t *at;
	uint64_t total = 0;

	for (unsigned i = 0; i < count; i++)
		total += parts[i].mapping_bytes;
	if (total > SIZE_MAX / 2)
		return error_set(err, "the ramdisks are too large together: 0x%llx bytes",
				 (unsigned long long)total);
	at = mmap(NULL, (size_t)total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		  0);
	if (at == MAP_FAILED)
		return error_no_memory(err);
	map->mapping = at;
	map->mapping_bytes = (size_t)total;
	for (unsigned i = 0; i < count; i++) {
		struct file_map *part = &parts[i];

		if (mremap(part->mapping, part->mapping_bytes, part->mapping_bytes,
			   MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED)
			return error_no_memory(err);
		map->data = (struct span){ map->mapping, (size_t)(at - (uint8_t *)map->mapping) +
								 part->data.size };
		at += part->mapping_bytes;
		*part = (struct file_map){ 0 };
	}
	return 0;
}

int file_map_joined(const char *const *names, unsigned count, struct file_map *map,
		    struct error *err)
{
	struct file_map *parts;
	unsigned mapped = 0;
	int failed = 0;

	*map = (struct file_map){ 0 };
	if (!count)
		return 0;
	if (count == 1)
		return map_named(names[0], map, err);
	parts = calloc(count, sizeof(*parts));
	if (!parts)
		return error_no_memory(err);
	for (; !failed && mapped < count; mapped++)
		failed = map_named(names[mapped], &parts[mapped], err);
	if (!failed)
		failed = join(parts, count, map, err);
	for (unsigned i = 0; i < mapped; i++)
		file_map_done(&parts[i]);
	free(parts);
	if (failed)
		file_map_done(map);
	return failed;
}
