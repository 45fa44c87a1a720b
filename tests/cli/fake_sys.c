/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls for tests: write down what they were asked for in the file FAKE_LOG and answer
 * with the errno value in FAKE_LOAD, FAKE_UNLOAD, FAKE_FILE_LOAD, FAKE_FILE_UNLOAD, FAKE_PROBE,
 * FAKE_REBOOT, FAKE_NETWORK or FAKE_SHUTDOWN (unset: success). A load or unload that succeeds is
 * told to the file FAKE_LOADED. With FAKE_SEGMENTS the segments of a load are written to that
 * folder, a file "0xADDRESS-0xBYTES" for each.
 */
#include "sys.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static int answer(const char *name)
{
	const char *value = getenv(name);

	return value ? -atoi(value) : 0;
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	const char *path = getenv("FAKE_LOG");
	FILE *file = path ? fopen(path, "a") : NULL;
	va_list args;

	if (!file)
		return;
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

static void set_loaded(char digit)
{
	const char *path = getenv("FAKE_LOADED");
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file)
		return;
	fprintf(file, "%c\n", digit);
	fclose(file);
}

static void keep_segment(const struct sys_segment *segment)
{
	const char *folder = getenv("FAKE_SEGMENTS");
	char path[PATH_MAX];
	FILE *file;

	if (!folder)
		return;
	snprintf(path, sizeof(path), "%s/0x%" PRIxPTR "-0x%" PRIxPTR, folder, segment->mem,
		 segment->memsz);
	file = fopen(path, "w");
	if (!file)
		return;
	fwrite(segment->buf, 1, segment->bufsz, file);
	fclose(file);
}

int sys_kexec_load(uint64_t entry, unsigned count, const struct sys_segment *segments,
		   uint32_t flags)
{
	int result = answer(count ? "FAKE_LOAD" : "FAKE_UNLOAD");

	note("%s entry=0x%" PRIx64 " segments=%u flags=0x%" PRIx32 "\n", count ? "load" : "unload",
	     entry, count, flags);
	for (unsigned i = 0; i < count; i++) {
		note("segment 0x%" PRIxPTR " 0x%" PRIxPTR " %" PRIuPTR "\n", segments[i].mem,
		     segments[i].memsz, segments[i].bufsz);
		keep_segment(&segments[i]);
	}
	if (!result)
		set_loaded(count ? '1' : '0');
	return result;
}

static void note_file(const char *what, int fd)
{
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st))
		note("file %s %lld bytes%s\n", what, (long long)st.st_size,
		     st.st_nlink ? "" : ", in memory");
}

int sys_kexec_file_load(int kernel, int initrd, const char *cmdline, uint32_t flags)
{
	bool unload = flags & SYS_FILE_UNLOAD;
	int result = answer(unload ? "FAKE_FILE_UNLOAD" : "FAKE_FILE_LOAD");

	note("%s flags=0x%" PRIx32 " cmdline=%s\n", unload ? "file-unload" : "file-load", flags,
	     cmdline);
	note_file("kernel", kernel);
	note_file("initrd", initrd);
	if (!result)
		set_loaded(unload ? '0' : '1');
	return result;
}

int sys_probe_preserve(void)
{
	note("probe\n");
	return answer("FAKE_PROBE");
}

int sys_reboot_kexec(void)
{
	note("reboot\n");
	return answer("FAKE_REBOOT");
}

void sys_sync(void)
{
	note("sync\n");
}

int sys_network_down(struct sys_network *taken)
{
	note("network-down\n");
	taken->count = 1;
	return answer("FAKE_NETWORK");
}

void sys_network_up(struct sys_network *taken)
{
	if (taken->count)
		note("network-up\n");
	taken->count = 0;
}

int sys_shutdown_reboot(void)
{
	int result = answer("FAKE_SHUTDOWN");

	note("shutdown\n");
	if (!result) { /* the real one does not return then */
		fflush(NULL);
		_Exit(0);
	}
	return result;
}
