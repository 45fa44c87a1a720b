/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing files, block devices and streams. Devices (and files, where the file system can) are
 * written with O_DIRECT: the kernel that saves has little memory, and none to spare for a cache of
 * what is never read again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "signature.h"
#include "target.h"

#define MIB UINT64_C(0x100000)

static int fail(const struct target *target, const char *what, struct error *err)
{
	if (errno == ENOSPC)
		return error_set(err, "'%s': no space left: the disk is full", target->name);
	return error_set(err, "'%s': %s: %s", target->name, what, strerror(errno));
}

/* Where a device is mounted, or what uses it; false when nothing is found. */
static bool find_mount(dev_t device, char *where, size_t size)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096], point[2048];
	unsigned major_number, minor_number;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*d %*d %u:%u %*s %2047s", &major_number, &minor_number, point) !=
		    3)
			continue;
		found = makedev(major_number, minor_number) == device;
		if (found)
			snprintf(where, size, "mounted on '%s'", point);
	}
	if (file)
		fclose(file);
	return found;
}

static bool find_swap(dev_t device, char *where, size_t size)
{
	FILE *file = fopen("/proc/swaps", "re");
	char line[4096], path[2048];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		struct stat st;

		found = sscanf(line, "%2047s", path) == 1 && path[0] == '/' && !stat(path, &st) &&
			S_ISBLK(st.st_mode) && st.st_rdev == device;
		if (found)
			snprintf(where, size, "swap space in use");
	}
	if (file)
		fclose(file);
	return found;
}

static int refuse_busy(const struct target *target, dev_t device, struct error *err)
{
	char where[2200];

	if (find_mount(device, where, sizeof(where)) || find_swap(device, where, sizeof(where)))
		return error_set(err, "'%s' is %s: an image there would destroy it", target->name,
				 where);
	return 0;
}

/* Refuse what a file system or the like would be destroyed on. */
static int check_content(const struct target *target, struct error *err)
{
	uint8_t *start = malloc(SIGNATURE_BYTES);
	const char *holds;
	ssize_t n;

	if (!start)
		return error_no_memory(err);
	n = pread(target->fd, start, SIGNATURE_BYTES, 0);
	holds = n > 0 ? signature_of((struct span){ start, (size_t)n }) : NULL;
	free(start);
	if (n < 0)
		return fail(target, "read", err);
	if (holds)
		return error_set(err, "'%s' holds %s: --force overwrites it", target->name, holds);
	return 0;
}

/* O_EXCL makes the kernel refuse a device that it uses itself: mounted, swap, RAID, LVM, dm. */
static int open_device(struct target *target, dev_t device, bool force, struct error *err)
{
	if (refuse_busy(target, device, err))
		return -1;
	target->kind = TARGET_DEVICE;
	target->fd = open(target->name, O_RDWR | O_EXCL | O_CLOEXEC);
	if (target->fd < 0 && errno == EBUSY)
		return error_set(err,
				 "'%s' is in use by this kernel (a partition of it mounted, RAID, "
				 "LVM, encryption): an image there would destroy it",
				 target->name);
	if (target->fd < 0)
		return fail(target, "open", err);
	if (ioctl(target->fd, BLKGETSIZE64, &target->capacity))
		return fail(target, "size", err);
	if (!force && check_content(target, err))
		return -1;
	target->direct = !fcntl(target->fd, F_SETFL, O_DIRECT);
	return 0;
}

/* What a file may grow to: free room and what the old file gives back. */
static void file_capacity(struct target *target, const struct stat *st)
{
	struct statvfs fs;

	target->capacity = UINT64_MAX;
	if (!fstatvfs(target->fd, &fs))
		target->capacity =
			(uint64_t)fs.f_bavail * fs.f_frsize + (uint64_t)st->st_blocks * 512;
}

static int open_file(struct target *target, bool created, struct error *err)
{
	struct stat st;

	target->kind = TARGET_FILE;
	target->fd = open(target->name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (target->fd < 0)
		return fail(target, "open", err);
	target->discard = created;
	if (fstat(target->fd, &st))
		return fail(target, "stat", err);
	file_capacity(target, &st);
	/* Not every file system can: tmpfs cannot. */
	target->direct = !fcntl(target->fd, F_SETFL, O_DIRECT);
	return 0;
}

static int open_target(struct target *target, bool force, struct error *err)
{
	struct stat st;

	if (!strcmp(target->name, "-")) {
		target->kind = TARGET_STREAM;
		target->name = "standard output";
		target->fd = STDOUT_FILENO;
		if (isatty(target->fd))
			return error_set(err, "an image is not for a terminal: redirect standard "
					      "output, or give -o");
		return 0;
	}
	if (stat(target->name, &st)) {
		if (errno == ENOENT && strncmp(target->name, "/dev/", 5))
			return open_file(target, true, err);
		return fail(target, "open", err);
	}
	if (S_ISBLK(st.st_mode))
		return open_device(target, st.st_rdev, force, err);
	if (S_ISREG(st.st_mode))
		return open_file(target, false, err);
	if (S_ISDIR(st.st_mode))
		return error_set(err, "'%s' is a directory: give the name of a file in it",
				 target->name);
	target->kind = TARGET_STREAM; /* a FIFO, a tape, /dev/null */
	target->fd = open(target->name, O_WRONLY | O_CLOEXEC);
	return target->fd < 0 ? fail(target, "open", err) : 0;
}

int target_open(struct target *target, const char *name, bool force, struct error *err)
{
	*target = (struct target){ .fd = -1, .name = name, .capacity = UINT64_MAX };
	if (open_target(target, force, err)) {
		if (target->fd > STDERR_FILENO)
			close(target->fd);
		return -1;
	}
	return 0;
}

int target_check_room(const struct target *target, uint64_t bytes, struct error *err)
{
	if (bytes <= target->capacity)
		return 0;
	return error_set(err, "'%s' is too small: %llu MiB are needed, %llu MiB are there",
			 target->name, (unsigned long long)((bytes + MIB - 1) / MIB),
			 (unsigned long long)(target->capacity / MIB));
}

int target_start(struct target *target, uint64_t bytes, struct error *err)
{
	if (target->kind != TARGET_FILE)
		return 0;
	target->discard = false;
	if (ftruncate(target->fd, 0) || ftruncate(target->fd, (off_t)bytes))
		return fail(target, "size", err);
	return 0;
}

static ssize_t write_some(struct target *target, uint64_t offset, const void *buffer, size_t size)
{
	if (target->kind == TARGET_STREAM)
		return write(target->fd, buffer, size);
	return pwrite(target->fd, buffer, size, (off_t)offset);
}

static int write_all(struct target *target, uint64_t offset, const void *buffer, size_t size,
		     struct error *err)
{
	const uint8_t *from = buffer;

	while (size) {
		ssize_t n = write_some(target, offset, from, size);

		if (n < 0 && errno == EINVAL && target->direct) {
			/* A disk with larger blocks, or a file system that only pretends. */
			target->direct = false;
			if (!fcntl(target->fd, F_SETFL, 0))
				continue;
		}
		if (n == 0)
			errno = ENOSPC; /* the end of a device */
		/* EINTR ends it too: no signal is caught but those that say stop. */
		if (n <= 0)
			return fail(target, "write", err);
		from += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
		/* What a signal cuts short must not go on to wait for a reader. */
		if (size && target->stop && *target->stop) {
			errno = EINTR;
			return fail(target, "write", err);
		}
		target->position += (uint64_t)n;
		/* A short write may leave an offset that O_DIRECT does not take. */
		if (size && target->direct && (size_t)n % TARGET_ALIGN)
			target->direct = fcntl(target->fd, F_SETFL, 0) != 0;
	}
	return 0;
}

int target_write(struct target *target, uint64_t offset, const void *buffer, size_t size,
		 struct error *err)
{
	static const uint8_t zeros[64 * 1024] __attribute__((aligned(TARGET_ALIGN)));

	while (target->kind == TARGET_STREAM && target->position < offset) {
		uint64_t gap = offset - target->position;

		if (write_all(target, 0, zeros, gap < sizeof(zeros) ? (size_t)gap : sizeof(zeros),
			      err))
			return -1;
	}
	return write_all(target, offset, buffer, size, err);
}

/* A new file's name must be on the disk as well. */
static int flush_folder(const struct target *target)
{
	char *copy = strdup(target->name);
	int fd, result = -1;

	if (!copy)
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -1;
	if (!fsync(fd) || errno == EINVAL)
		result = 0;
	close(fd);
	return result;
}

int target_flush(struct target *target, struct error *err)
{
	if (target->kind == TARGET_STREAM)
		return 0;
	if (fsync(target->fd) || (target->kind == TARGET_FILE && flush_folder(target)))
		return fail(target, "flush", err);
	return 0;
}

int target_close(struct target *target, struct error *err)
{
	int fd = target->fd;

	target->fd = -1;
	if (target->discard)
		unlink(target->name);
	if (fd < 0 || (!close(fd)) || errno == EINTR)
		return 0;
	return fail(target, "close", err);
}
