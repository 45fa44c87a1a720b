/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preloaded into the packaged kexec: it finds its /proc and /sys below COMPARE_ROOT, the name of
 * the machine in COMPARE_MACHINE and COMPARE_RELEASE, and what it would have loaded is written to
 * the folder COMPARE_OUT, a file "0xADDRESS-0xBYTES" for each segment. Nothing is loaded.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

struct segment {
	const void *buf;
	size_t bufsz;
	const void *mem;
	size_t memsz;
};

/* Where a path of the machine is recorded; others stay as they are. */
static const char *recorded(const char *path, char full[PATH_MAX])
{
	const char *root = getenv("COMPARE_ROOT");

	if (!root ||
	    (strncmp(path, "/proc", 5) && strncmp(path, "/sys", 4) && strncmp(path, "/dev", 4)))
		return path;
	snprintf(full, PATH_MAX, "%s%s", root, path);
	return full;
}

int open(const char *path, int flags, ...)
{
	int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	char full[PATH_MAX];
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return next(recorded(path, full), flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");
	char full[PATH_MAX];

	return next(recorded(path, full), mode);
}

FILE *setmntent(const char *path, const char *mode)
{
	return fopen(path, mode);
}

DIR *opendir(const char *path)
{
	DIR *(*next)(const char *) = dlsym(RTLD_NEXT, "opendir");
	char full[PATH_MAX];

	return next(recorded(path, full));
}

int access(const char *path, int mode)
{
	int (*next)(const char *, int) = dlsym(RTLD_NEXT, "access");
	char full[PATH_MAX];

	return next(recorded(path, full), mode);
}

int stat(const char *path, struct stat *st)
{
	int (*next)(const char *, struct stat *) = dlsym(RTLD_NEXT, "stat");
	char full[PATH_MAX];

	return next(recorded(path, full), st);
}

int uname(struct utsname *name)
{
	int (*next)(struct utsname *) = dlsym(RTLD_NEXT, "uname");
	const char *machine = getenv("COMPARE_MACHINE"), *release = getenv("COMPARE_RELEASE");
	int result = next(name);

	if (machine)
		snprintf(name->machine, sizeof(name->machine), "%s", machine);
	if (release)
		snprintf(name->release, sizeof(name->release), "%s", release);
	return result;
}

static bool write_segment(const char *folder, const struct segment *segment)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/0x%zx-0x%zx", folder, (size_t)(uintptr_t)segment->mem,
		 segment->memsz);
	file = fopen(path, "w");
	if (!file)
		return false;
	if (segment->bufsz)
		fwrite(segment->buf, segment->bufsz, 1, file);
	return !fclose(file);
}

long syscall(long number, ...)
{
	const char *folder = getenv("COMPARE_OUT");
	const struct segment *segments;
	unsigned long count;
	va_list args;

	if (number != SYS_kexec_load || !folder) {
		errno = ENOSYS;
		return -1;
	}
	va_start(args, number);
	va_arg(args, void *); /* the entry is purgatory's own */
	count = va_arg(args, unsigned long);
	segments = va_arg(args, const struct segment *);
	va_end(args);
	for (unsigned long i = 0; i < count; i++)
		if (!write_segment(folder, &segments[i]))
			return -1;
	return 0;
}
