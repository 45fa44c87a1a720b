/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading and marking images in files, partitions and extents; see backing.h. */
#define _GNU_SOURCE
#include "backing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bytes.h"

#define EXTENTS_MAX 65536
/* What FIEMAP says of blocks that another reader of the device would not find as they are. */
#define EXTENT_UNUSABLE                                                                         \
	(FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED |               \
	 FIEMAP_EXTENT_DATA_ENCRYPTED | FIEMAP_EXTENT_NOT_ALIGNED | FIEMAP_EXTENT_DATA_INLINE | \
	 FIEMAP_EXTENT_DATA_TAIL | FIEMAP_EXTENT_SHARED)

static int open_flags(enum backing_mode mode)
{
	switch (mode) {
	case BACKING_WRITE:
		return O_RDWR | O_CLOEXEC;
	case BACKING_READ_FRESH:
		return O_RDONLY | O_CLOEXEC | O_EXCL;
	default:
		return O_RDONLY | O_CLOEXEC;
	}
}

static int measure(struct backing *backing, const struct stat *status, struct error *err)
{
	uint64_t bytes;

	backing->is_device = S_ISBLK(status->st_mode);
	if (!backing->is_device) {
		backing->size = (uint64_t)status->st_size;
		return 0;
	}
	if (ioctl(backing->fd, BLKGETSIZE64, &bytes) < 0)
		return error_set(err, "'%s': size of the device: %s", backing->path,
				 strerror(errno));
	backing->size = bytes;
	return 0;
}

int backing_open(const char *path, enum backing_mode mode, struct backing *backing,
		 struct error *err)
{
	struct stat status;

	*backing = (struct backing){ .fd = -1, .writable = mode == BACKING_WRITE };
	backing->path = strdup(path);
	if (!backing->path)
		return error_no_memory(err);
	backing->fd = open(path, open_flags(mode));
	if (backing->fd < 0 || fstat(backing->fd, &status) < 0) {
		error_set(err, "'%s': %s", path, strerror(errno));
		goto fail;
	}
	if (!S_ISBLK(status.st_mode) && !S_ISREG(status.st_mode)) {
		error_set(err, "'%s' is neither a file nor a block device", path);
		goto fail;
	}
	if (mode == BACKING_READ_FRESH)
		posix_fadvise(backing->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!measure(backing, &status, err))
		return 0;
fail:
	backing_close(backing);
	return -1;
}

void backing_close(struct backing *backing)
{
	if (backing->fd >= 0)
		close(backing->fd);
	free(backing->path);
	free(backing->extents);
	*backing = (struct backing){ .fd = -1 };
}

int backing_set_extents(struct backing *backing, const struct backing_extent *extents, size_t count,
			struct error *err)
{
	uint64_t at = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_hole = extents[i].device == BACKING_HOLE;

		if (extents[i].at != at || !extents[i].bytes ||
		    UINT64_MAX - at < extents[i].bytes ||
		    (!is_hole && !bytes_fit(backing->size, extents[i].device, extents[i].bytes)))
			return error_set(err, "'%s': extent %zu of the image does not lie on it",
					 backing->path, i);
		at += extents[i].bytes;
	}
	backing->extents = calloc(count ? count : 1, sizeof(*extents));
	if (!backing->extents)
		return error_no_memory(err);
	if (count)
		memcpy(backing->extents, extents, count * sizeof(*extents));
	backing->extent_count = count;
	backing->size = at;
	return 0;
}

/* Where offset lies and how many bytes follow it there, at most *size. */
static uint64_t locate(const struct backing *backing, uint64_t offset, size_t *size)
{
	for (size_t i = 0; i < backing->extent_count; i++) {
		const struct backing_extent *e = &backing->extents[i];
		uint64_t into = offset - e->at;

		if (offset < e->at || into >= e->bytes)
			continue;
		if (*size > e->bytes - into)
			*size = (size_t)(e->bytes - into);
		return e->device == BACKING_HOLE ? BACKING_HOLE : e->device + into;
	}
	return offset;
}

static ssize_t transfer(const struct backing *backing, uint64_t offset, void *read_to,
			const void *write_from, size_t size)
{
	uint64_t at = locate(backing, offset, &size);

	if (at == BACKING_HOLE && read_to) {
		memset(read_to, 0, size);
		return (ssize_t)size;
	}
	if (at > INT64_MAX) {
		errno = EINVAL;
		return -1;
	}
	return read_to ? pread64(backing->fd, read_to, size, (off64_t)at)
		       : pwrite64(backing->fd, write_from, size, (off64_t)at);
}

int backing_read(const struct backing *backing, uint64_t offset, void *buffer, size_t size,
		 struct error *err)
{
	uint8_t *to = buffer;

	if (!bytes_fit(backing->size, offset, size))
		return error_set(err, "'%s' ends at 0x%llx; 0x%zx bytes at 0x%llx were wanted",
				 backing->path, (unsigned long long)backing->size, size,
				 (unsigned long long)offset);
	while (size) {
		ssize_t got = transfer(backing, offset, to, NULL, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(err, "'%s': reading at 0x%llx: %s", backing->path,
					 (unsigned long long)offset,
					 got ? strerror(errno) : "it ends there");
		to += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}

int backing_write(const struct backing *backing, uint64_t offset, const void *buffer, size_t size,
		  struct error *err)
{
	const uint8_t *from = buffer;

	if (!bytes_fit(backing->size, offset, size))
		return error_set(err, "'%s' ends at 0x%llx: nothing can be written at 0x%llx",
				 backing->path, (unsigned long long)backing->size,
				 (unsigned long long)offset);
	while (size) {
		ssize_t put = transfer(backing, offset, NULL, from, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return error_set(err, "'%s': writing at 0x%llx: %s", backing->path,
					 (unsigned long long)offset, strerror(put ? errno : EIO));
		from += put;
		offset += (uint64_t)put;
		size -= (size_t)put;
	}
	return 0;
}

int backing_flush(const struct backing *backing, struct error *err)
{
	if (fdatasync(backing->fd) < 0)
		return error_set(err, "'%s': flushing: %s", backing->path, strerror(errno));
	return 0;
}

void backing_forget(const struct backing *backing, uint64_t offset, uint64_t size)
{
	size_t part;
	uint64_t at;

	while (size) {
		part = size > (SIZE_MAX >> 1) ? SIZE_MAX >> 1 : (size_t)size;
		at = locate(backing, offset, &part);
		if (at <= INT64_MAX)
			posix_fadvise64(backing->fd, (off64_t)at, (off64_t)part,
					POSIX_FADV_DONTNEED);
		offset += part;
		size -= part;
	}
}

/* The name below /dev of a device number: what sysfs calls it. */
static int device_path(dev_t number, char path[64], struct error *err)
{
	char link[64], target[256], *name;
	ssize_t length;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(number), minor(number));
	length = readlink(link, target, sizeof(target) - 1);
	if (length <= 0)
		return error_set(err, "it lies on no block device (%u:%u)", major(number),
				 minor(number));
	target[length] = '\0';
	name = strrchr(target, '/');
	if (!name || snprintf(path, 64, "/dev/%s", name + 1) >= 64)
		return error_set(err, "its device %u:%u has no name that can be used",
				 major(number), minor(number));
	return 0;
}

struct extent_list {
	struct backing_extent *items;
	size_t count, capacity;
	uint64_t end;
};

static int add_extent(struct extent_list *list, uint64_t device, uint64_t bytes, struct error *err)
{
	struct backing_extent *last = list->count ? &list->items[list->count - 1] : NULL;

	if (last && device != BACKING_HOLE && last->device != BACKING_HOLE &&
	    last->device + last->bytes == device) {
		last->bytes += bytes;
		list->end += bytes;
		return 0;
	}
	if (list->count == EXTENTS_MAX)
		return error_set(err, "it lies in more than %d pieces; copy it to a partition",
				 EXTENTS_MAX);
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 64;
		struct backing_extent *items = realloc(list->items, capacity * sizeof(*items));

		if (!items)
			return error_no_memory(err);
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = (struct backing_extent){ list->end, device, bytes };
	list->end += bytes;
	return 0;
}

/* Take one extent of FIEMAP, cut to the file's size; what lies before it is a hole. */
static int take_extent(struct extent_list *list, const struct fiemap_extent *extent, uint64_t size,
		       struct error *err)
{
	uint64_t start = extent->fe_logical, bytes = extent->fe_length;

	if (extent->fe_flags & EXTENT_UNUSABLE)
		return error_set(err, "its file system keeps it in a form that cannot be read from "
				      "the device; copy it to a partition, or to ext4");
	if (start >= size)
		return 0;
	if (bytes > size - start)
		bytes = size - start;
	if (!bytes || start < list->end || extent->fe_physical > UINT64_MAX - bytes)
		return error_set(err, "the file system's map of it is damaged");
	if (start > list->end && add_extent(list, BACKING_HOLE, start - list->end, err))
		return -1;
	return add_extent(list,
			  extent->fe_flags & FIEMAP_EXTENT_UNWRITTEN ? BACKING_HOLE
								     : extent->fe_physical,
			  bytes, err);
}

static int read_extents(int fd, uint64_t size, struct extent_list *list, struct error *err)
{
	enum { BATCH = 128 };
	union {
		struct fiemap map;
		uint8_t bytes[sizeof(struct fiemap) + BATCH * sizeof(struct fiemap_extent)];
	} request;
	uint64_t start = 0;
	bool is_last = false;

	while (!is_last) {
		memset(&request, 0, sizeof(request));
		request.map.fm_start = start;
		request.map.fm_length = UINT64_MAX - start;
		request.map.fm_flags = FIEMAP_FLAG_SYNC;
		request.map.fm_extent_count = BATCH;
		if (ioctl(fd, FS_IOC_FIEMAP, &request.map) < 0)
			return error_set(err,
					 "its file system does not tell where it lies (%s); "
					 "copy it to a partition, or to ext4",
					 strerror(errno));
		if (!request.map.fm_mapped_extents)
			break;
		for (uint32_t i = 0; i < request.map.fm_mapped_extents && i < BATCH; i++) {
			const struct fiemap_extent *extent = &request.map.fm_extents[i];

			if (take_extent(list, extent, size, err))
				return -1;
			start = extent->fe_logical + extent->fe_length;
			is_last = extent->fe_flags & FIEMAP_EXTENT_LAST;
		}
	}
	return list->end < size ? add_extent(list, BACKING_HOLE, size - list->end, err) : 0;
}

int backing_map_file(const struct backing *backing, struct backing_extent **extents, size_t *count,
		     char device[64], struct error *err)
{
	struct extent_list list = { 0 };
	struct stat status;
	char path[64];

	if (fstat(backing->fd, &status) < 0)
		return error_set(err, "'%s': %s", backing->path, strerror(errno));
	if (device_path(backing->is_device ? status.st_rdev : status.st_dev, path, err))
		return error_prefix(err, "'%s': ", backing->path);
	if (backing->is_device ? add_extent(&list, 0, backing->size, err)
			       : read_extents(backing->fd, backing->size, &list, err)) {
		free(list.items);
		return error_prefix(err, "'%s': ", backing->path);
	}
	*extents = list.items;
	*count = list.count;
	strcpy(device, path);
	return 0;
}
