/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading from /proc/vmcore, files and /dev/mem. mmap is many times faster than read for the
 * kernel's memory files, which copy page by page; where it fails (or is refused) read does the same
 * job.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <linux/fs.h>
#include <unistd.h>

#include "source.h"

#define PAGE 4096u

static int open_path(struct source *source, const char *path, struct error *err)
{
	*source = (struct source){ .path = path, .size = CORE_SIZE_UNKNOWN };
	source->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0)
		return error_set(err, "'%s': %s%s", path, strerror(errno),
				 errno == ENOENT && !strcmp(path, "/proc/vmcore")
					 ? ": this kernel was not started by a jump or a crash"
					 : "");
	return 0;
}

int source_open(struct source *source, const char *path, struct error *err)
{
	struct stat st;
	off_t end;

	if (open_path(source, path, err))
		return -1;
	if (fstat(source->fd, &st)) {
		error_set(err, "'%s': %s", path, strerror(errno));
		source_close(source);
		return -1;
	}
	if (S_ISBLK(st.st_mode)) {
		if (!ioctl(source->fd, BLKGETSIZE64, &source->size))
			return 0;
	} else if (S_ISREG(st.st_mode)) {
		/* The size of /proc/vmcore is real. */
		end = lseek(source->fd, 0, SEEK_END);
		if (end >= 0) {
			source->size = (uint64_t)end;
			source->map = !strcmp(path, "/proc/vmcore");
			return 0;
		}
	}
	error_set(err, "'%s' is neither a file nor a partition", path);
	source_close(source);
	return -1;
}

static int read_all(const struct source *source, uint64_t offset, uint8_t *to, size_t size,
		    struct error *err)
{
	while (size) {
		ssize_t n = pread(source->fd, to, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set(err, "'%s': reading 0x%zx bytes at 0x%llx: %s",
					 source->path, size, (unsigned long long)offset,
					 n ? strerror(errno) : "end of file");
		to += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* -1 when it cannot be mapped; no message: reading is tried next. */
static int copy_mapped(const struct source *source, uint64_t offset, void *to, size_t size)
{
	size_t head = (size_t)(offset % PAGE), length = head + size;
	void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, source->fd, (off_t)(offset - head));

	if (map == MAP_FAILED)
		return -1;
	memcpy(to, (uint8_t *)map + head, size);
	munmap(map, length);
	return 0;
}

int source_read(struct source *source, uint64_t offset, void *buffer, size_t size,
		struct error *err)
{
	if (offset < source->header_bytes)
		offset += source->header;
	if (!bytes_fit(INT64_MAX, offset, size))
		return error_set(err, "'%s': there is nothing at 0x%llx", source->path,
				 (unsigned long long)offset);
	if (source->map && size && !copy_mapped(source, offset, buffer, size))
		return 0;
	return read_all(source, offset, buffer, size, err);
}

/*
 * In memory the program headers lie behind the core header, while the offsets in them are
 * addresses. How much of the low offsets belongs to the header is in the header.
 */
int source_open_memory(struct source *source, const char *path, uint64_t header, struct error *err)
{
	uint8_t h[sizeof(Elf64_Ehdr)];

	if (open_path(source, path, err))
		return -1;
	source->map = true;
	source->header = header;
	source->header_bytes = sizeof(h);
	if (source_read(source, 0, h, sizeof(h), err)) {
		source_close(source);
		return -1;
	}
	if (h[EI_CLASS] == ELFCLASS32)
		source->header_bytes =
			le32_get(h + offsetof(Elf32_Ehdr, e_phoff)) +
			(uint64_t)le16_get(h + offsetof(Elf32_Ehdr, e_phnum)) * sizeof(Elf32_Phdr);
	else
		source->header_bytes =
			le16_get(h + offsetof(Elf64_Ehdr, e_phnum)) * (uint64_t)sizeof(Elf64_Phdr) +
			sizeof(Elf64_Ehdr);
	if (source->header_bytes < sizeof(h))
		source->header_bytes = sizeof(h);
	return 0;
}

static int read_callback(void *context, uint64_t offset, void *buffer, size_t size,
			 struct error *err)
{
	return source_read(context, offset, buffer, size, err);
}

struct core_source source_callbacks(struct source *source)
{
	return (struct core_source){ read_callback, source, source->size };
}

void source_headers_done(struct source *source)
{
	source->header = source->header_bytes = 0;
}

void source_close(struct source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}
