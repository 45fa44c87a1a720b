/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps, reads and unpacks the files of a request. Knows files, pipes and gzip; does not know what
 * an image looks like inside, and unpacks nothing but the kernel (a ramdisk is unpacked by the
 * kernel that gets it).
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
#include <zlib.h>

#include "range.h"

#define FIRST_BUFFER_BYTES ((size_t)1 << 20)

static int grow(struct file_map *map, size_t bytes)
{
	void *grown;

	if (map->mapping)
		grown = mremap(map->mapping, map->mapping_bytes, bytes, MREMAP_MAYMOVE);
	else
		grown = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
	if (grown == MAP_FAILED)
		return -1;
	map->mapping = grown;
	map->mapping_bytes = bytes;
	return 0;
}

/* Twice as large, at most limit_bytes; -1 with errno EFBIG at the limit. */
static int grow_more(struct file_map *map, uint64_t limit_bytes)
{
	size_t limit = limit_bytes < SIZE_MAX / 2 ? (size_t)limit_bytes : SIZE_MAX / 2;
	size_t bytes = map->mapping_bytes ? map->mapping_bytes : FIRST_BUFFER_BYTES / 2;

	if (bytes >= limit) {
		errno = EFBIG;
		return -1;
	}
	return grow(map, bytes > limit / 2 ? limit : 2 * bytes);
}

/* Give back the pages behind the data. */
static int trim(struct file_map *map)
{
	if (grow(map, (size_t)align_up(map->data.size, PAGE_BYTES)))
		return -1;
	map->data.data = map->mapping;
	return 0;
}

void file_map_done(struct file_map *map)
{
	if (map->mapping)
		munmap(map->mapping, map->mapping_bytes);
	*map = (struct file_map){ 0 };
}

static int read_stream(int fd, struct file_map *map)
{
	size_t have = 0;

	for (;;) {
		ssize_t got;

		if (have == map->mapping_bytes && grow_more(map, PIPE_MAX_BYTES))
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
	map->data = (struct span){ map->mapping, have };
	return have ? trim(map) : 0;
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
		return error_set(err, "cannot open '%s': %s", name, strerror(errno));
	failed = map_descriptor(fd, map);
	why = errno;
	if (!standard_input)
		close(fd);
	if (failed)
		error_set(err, "cannot read '%s': %s", name, strerror(why));
	else if (!map->data.size)
		failed = error_set(err, "cannot read '%s': the file is empty", name);
	if (failed)
		file_map_done(map);
	return failed;
}

static bool is_gzip(struct span data)
{
	return data.size >= 3 && data.data[0] == 0x1f && data.data[1] == 0x8b && data.data[2] == 8;
}

static const char *damage(const z_stream *stream, int result)
{
	if (result == Z_BUF_ERROR)
		return "it ends too early";
	if (result == Z_NEED_DICT)
		return "it needs a dictionary";
	return stream->msg ? stream->msg : "it cannot be unpacked";
}

/* Give the stream more input and more room, as it needs them. -1 if there is no more room to be
 * had. */
static int feed(z_stream *stream, struct span *left, struct file_map *map, size_t *have)
{
	const size_t most = (size_t)1 << 30; /* zlib counts in unsigned int */

	if (!stream->avail_in && left->size) {
		size_t part = left->size < most ? left->size : most;

		stream->next_in = (Bytef *)(uintptr_t)left->data;
		stream->avail_in = (uInt)part;
		left->data += part;
		left->size -= part;
	}
	if (stream->avail_out)
		return 0;
	if (*have == map->mapping_bytes && grow_more(map, UNPACKED_MAX_BYTES))
		return -1;
	stream->next_out = (Bytef *)map->mapping + *have;
	stream->avail_out = (uInt)(map->mapping_bytes - *have);
	*have = map->mapping_bytes;
	return 0;
}

/* All members, one after the other. */
static int inflate_all(z_stream *stream, struct span left, struct file_map *map, struct error *err)
{
	size_t have = 0; /* of the mapping, up to the end of the room the stream was given */
	int result;

	for (;;) {
		if (feed(stream, &left, map, &have))
			return error_set(err,
					 "the unpacked image is too large: %s (at most %llu MiB)",
					 strerror(errno),
					 (unsigned long long)(UNPACKED_MAX_BYTES >> 20));
		result = inflate(stream, Z_NO_FLUSH);
		if (result == Z_STREAM_END) {
			struct span rest = { stream->next_in, stream->avail_in };

			if (!is_gzip(rest) || inflateReset(stream) != Z_OK)
				break;
		} else if (result != Z_OK && (result != Z_BUF_ERROR || stream->avail_out)) {
			return error_set(err, "damaged gzip data: %s", damage(stream, result));
		}
	}
	map->data = (struct span){ map->mapping, have - stream->avail_out };
	if (!map->data.size)
		return error_set(err, "damaged gzip data: nothing is in it");
	return 0;
}

int gunzip(struct span packed, struct file_map *map, struct error *err)
{
	z_stream stream = { 0 };
	int failed;

	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) /* 16: with a gzip header */
		return error_no_memory(err);
	*map = (struct file_map){ 0 };
	failed = inflate_all(&stream, packed, map, err);
	inflateEnd(&stream);
	if (!failed && trim(map))
		failed = error_no_memory(err);
	if (failed)
		file_map_done(map);
	return failed;
}

int file_map_image(const char *name, struct file_map *map, struct error *err)
{
	struct file_map packed = { 0 };

	*map = (struct file_map){ 0 };
	if (map_named(name, map, err))
		return -1;
	if (!is_gzip(map->data))
		return 0;
	packed = *map;
	*map = (struct file_map){ 0 };
	if (gunzip(packed.data, map, err)) {
		file_map_done(&packed);
		return error_prefix(err, "'%s': ", name);
	}
	file_map_done(&packed);
	return 0;
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
