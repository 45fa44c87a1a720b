/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps and reads the files of a request, and has compressed ones unpacked. Knows files and pipes;
 * does not know what an image looks like inside, but for a ramdisk, which is left as it is (it is
 * unpacked by the kernel that gets it).
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

#include "initrd.h"
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

/* Release what a failure left of the parts; they are empty once they are joined. */
static void done_all(struct file_map *parts, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		file_map_done(&parts[i]);
	free(parts);
}

int file_map_joined(const char *const *names, unsigned count, struct file_map *map,
		    struct error *err)
{
	struct file_map *parts;
	int failed = 0;

	*map = (struct file_map){ 0 };
	if (!count)
		return 0;
	if (count == 1)
		return map_named(names[0], map, err);
	parts = calloc(count, sizeof(*parts));
	if (!parts)
		return error_no_memory(err);
	for (unsigned i = 0; !failed && i < count; i++)
		failed = map_named(names[i], &parts[i], err);
	if (!failed)
		failed = join(parts, count, map, err);
	done_all(parts, count);
	if (failed)
		file_map_done(map);
	return failed;
}

/* Unpack a module if that is right; *why is set if it would have been, but cannot be done. */
static int unpack_module(const char *name, struct arena *arena, struct file_map *map,
			 const char **why)
{
	const struct unpack_format *format = unpack_format_of(map->data);
	struct file_map unpacked = { 0 };
	struct error err;

	*why = NULL;
	if (!format)
		return 0;
	if (unpack(format, map->data, UNPACKED_MAX_BYTES, &unpacked, &err)) {
		*why = arena_printf(arena, "the module '%s' is handed on as it is: %s", name,
				    err.text);
		return *why ? 0 : -1;
	}
	if (!unpacked.data.size || initrd_is_cpio(unpacked.data)) {
		file_map_done(&unpacked);
		return 0;
	}
	file_map_done(map);
	*map = unpacked;
	return 0;
}

static int map_module(const char *text, struct arena *arena, struct file_map *map, const char **why,
		      struct error *err)
{
	char *name = arena_strdup(arena, text);

	if (!name)
		return error_no_memory(err);
	name[strcspn(name, " \t")] = '\0';
	if (map_named(name, map, err))
		return -1;
	return unpack_module(name, arena, map, why) ? error_no_memory(err) : 0;
}

int file_map_modules(const char *const *texts, unsigned count, struct arena *arena,
		     struct file_map *map, struct request_module *list, const char **kept,
		     struct error *err)
{
	struct file_map *parts = calloc(count ? count : 1, sizeof(*parts));
	uint64_t offset = 0;
	int failed = 0;

	*map = (struct file_map){ 0 };
	if (!parts)
		return error_no_memory(err);
	for (unsigned i = 0; !failed && i < count; i++) {
		failed = map_module(texts[i], arena, &parts[i], &kept[i], err);
		list[i] = (struct request_module){ offset, parts[i].data.size, texts[i] };
		offset += parts[i].mapping_bytes;
	}
	if (!failed && count)
		failed = join(parts, count, map, err);
	done_all(parts, count);
	if (failed)
		file_map_done(map);
	return failed;
}
