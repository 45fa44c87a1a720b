/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading by kexec_file_load: which requests it can take, and descriptors for what was mapped.
 * Knows the limits of the call (Linux, kernel/kexec_file.c and arch/x86/kernel/kexec-bzimage64.c);
 * does not know when it is to be preferred, nor what a refusal means to the user.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create() */
#endif
#include "file_load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

#define COMPARED_BYTES 4096

/* Whether the call takes the image, as the type that it is. */
static bool takes_image(const struct request *request, const struct arch *arch)
{
	const struct loader *loader = loader_find(request, arch);

	return loader && loader->by_file && !(request->given & ~loader->accepts) &&
	       loader->by_file(request->image);
}

const char *file_load_obstacle(const struct options *options, const struct request *request,
			       const struct arch *arch)
{
	if (request->mode == REQUEST_PRESERVE || request->mode == REQUEST_JUMP_BACK)
		return "an image that comes back";
	if (options->entry.given)
		return "--entry";
	if (options->mem_min.given || options->mem_max.given)
		return "--mem-min and --mem-max";
	if (options->memmap_cmdline)
		return "--pass-memmap-cmdline";
	if (options->entry_mode != ENTRY_MODE_BEST)
		return "--real-mode and --entry-32bit";
	if (options->dtb)
		return "--dtb";
	if (options->no_efi)
		return "--noefi";
	if (options->reuse_video)
		return "--reuse-video-type";
	if (!takes_image(request, arch))
		return "this type of image";
	return "";
}

const char *file_load_ignored(const struct options *options)
{
	if (options->no_checks)
		return "--no-checks";
	if (options->console.vga || options->console.serial || options->console.reset_vga)
		return "--console-vga, --console-serial and --reset-vga";
	return "";
}

/* The file itself, if its bytes are those in memory: the kernel can look for a signature beside it.
 */
static int open_unchanged(const char *name, struct span bytes)
{
	uint8_t first[COMPARED_BYTES];
	size_t compared = bytes.size < sizeof(first) ? bytes.size : sizeof(first);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe's writer is gone by now */
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (uint64_t)st.st_size == bytes.size &&
	    pread(fd, first, compared, 0) == (ssize_t)compared &&
	    !memcmp(first, bytes.data, compared))
		return fd;
	close(fd);
	return -1;
}

static int write_all(int fd, struct span bytes)
{
	while (bytes.size) {
		ssize_t written = write(fd, bytes.data, bytes.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes.data += written;
		bytes.size -= (size_t)written;
	}
	return 0;
}

/* A file that is nowhere but in memory. */
static int copy_to_memory(const char *what, struct span bytes, struct error *err)
{
	int fd = memfd_create(what, MFD_CLOEXEC);

	if (fd >= 0 && !write_all(fd, bytes))
		return fd;
	error_set(err, "cannot hand the %s to kexec_file_load through memory: %s", what,
		  strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int descriptor(const char *name, const char *what, struct span bytes, struct error *err)
{
	int fd = name ? open_unchanged(name, bytes) : -1;

	return fd >= 0 ? fd : copy_to_memory(what, bytes, err);
}

int file_load(const struct options *options, const struct request *request, struct error *err)
{
	uint32_t flags = (request->initrd.size ? 0 : SYS_FILE_NO_INITRAMFS) |
			 (request->mode == REQUEST_CRASH ? SYS_FILE_ON_CRASH : 0) |
			 (options->no_cma ? SYS_FILE_NO_CMA : 0) |
			 (options->force_dtb ? SYS_FILE_FORCE_DTB : 0);
	const char *single = options->initrd_count == 1 ? options->initrds[0] : NULL;
	int kernel = descriptor(options->kernel, "kernel", request->image, err), initrd = -1;
	int result = -1;

	if (kernel < 0)
		return -1;
	if (request->initrd.size)
		initrd = descriptor(single, "initrd", request->initrd, err);
	if (initrd >= 0 || !request->initrd.size)
		result = -sys_kexec_file_load(kernel, initrd, request->cmdline, flags);
	close(kernel);
	if (initrd >= 0)
		close(initrd);
	return result;
}
