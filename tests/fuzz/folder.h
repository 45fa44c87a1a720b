/* SPDX-License-Identifier: GPL-2.0-only */
/* For targets that read files: a folder of their own in memory, which is gone when they end. */
#ifndef TESTS_FUZZ_FOLDER_H
#define TESTS_FUZZ_FOLDER_H

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define FOLDER_CHARS 40
#define FOLDER_PATH  160

static char fuzz_folder_name[FOLDER_CHARS];

static inline int fuzz_remove_one(const char *path, const struct stat *st, int kind,
				  struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline void fuzz_folder_remove(void)
{
	nftw(fuzz_folder_name, fuzz_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The folder; the first call makes it. */
static inline const char *fuzz_folder(void)
{
	if (*fuzz_folder_name)
		return fuzz_folder_name;
	snprintf(fuzz_folder_name, sizeof(fuzz_folder_name), "%s/kexec-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	FUZZ_CHECK(mkdtemp(fuzz_folder_name));
	atexit(fuzz_folder_remove);
	return fuzz_folder_name;
}

/* The path of a file in the folder, made with the folders it is in. */
static inline void fuzz_path(const char *name, char path[FOLDER_PATH])
{
	size_t folder = strlen(fuzz_folder());

	FUZZ_CHECK(snprintf(path, FOLDER_PATH, "%s/%s", fuzz_folder(), name) < FOLDER_PATH);
	for (char *at = path + folder + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
}

/* Write a file in the folder. */
static inline void fuzz_put_file(const char *name, struct span content)
{
	char path[FOLDER_PATH];
	FILE *file;

	fuzz_path(name, path);
	file = fopen(path, "wb");
	FUZZ_CHECK(file && fwrite(content.data, 1, content.size, file) == content.size);
	FUZZ_CHECK(!fclose(file));
}

#endif
