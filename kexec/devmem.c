/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/mem by mmap: write(2) ends at the linear map's end and mmap does not, and a mapping without
 * O_SYNC is cached as ordinary memory is. See devmem.h.
 */
#define _GNU_SOURCE
#include "devmem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW_BYTES (UINT64_C(64) << 20)

int devmem_open(struct devmem *devmem, struct error *err)
{
	devmem->fd = open("/dev/mem", O_RDWR | O_CLOEXEC);
	if (devmem->fd >= 0)
		return 0;
	return error_set(err, "'/dev/mem': %s%s", strerror(errno),
			 errno == EPERM                      ? "; a locked down kernel forbids it"
			 : errno == ENOENT                   ? "; mount devtmpfs on /dev"
			 : errno == ENXIO || errno == ENODEV ? "; the kernel needs CONFIG_DEVMEM"
							     : "");
}

void devmem_close(struct devmem *devmem)
{
	if (devmem->fd >= 0)
		close(devmem->fd);
	devmem->fd = -1;
}

static void *map(const struct devmem *devmem, uint64_t address, size_t size, struct error *err)
{
	void *window = mmap64(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, devmem->fd,
			      (off64_t)address);

	if (window != MAP_FAILED)
		return window;
	error_set(err, "'/dev/mem' does not give 0x%llx-0x%llx: %s%s", (unsigned long long)address,
		  (unsigned long long)address + size - 1, strerror(errno),
		  errno == EPERM
			  ? "; this kernel's memory map has to list the memory it must not use "
			    "as reserved (a hole is not enough)"
			  : "");
	return NULL;
}

static int check_page(const struct devmem *devmem, uint64_t address, struct error *err)
{
	void *page = map(devmem, address, PAGE_BYTES, err);

	if (!page)
		return -1;
	munmap(page, PAGE_BYTES);
	return 0;
}

/* Not all pages: of each page of a mapping the kernel looks up what it is, and that takes long. */
int devmem_check(const struct devmem *devmem, struct range at, struct error *err)
{
	while (at.start < at.end) {
		uint64_t part = at.end - at.start < WINDOW_BYTES ? at.end - at.start : WINDOW_BYTES;

		if (check_page(devmem, at.start, err) ||
		    check_page(devmem, at.start + part - PAGE_BYTES, err))
			return -1;
		at.start += part;
	}
	return 0;
}

int devmem_write(const struct devmem *devmem, uint64_t address, const void *data, size_t size,
		 struct error *err)
{
	const uint8_t *from = data;

	while (size) {
		size_t part = size < WINDOW_BYTES ? size : (size_t)WINDOW_BYTES;
		void *window = map(devmem, address, part, err);

		if (!window)
			return -1;
		if (from)
			memcpy(window, from, part);
		else
			memset(window, 0, part);
		munmap(window, part);
		from = from ? from + part : NULL;
		address += part;
		size -= part;
	}
	return 0;
}
