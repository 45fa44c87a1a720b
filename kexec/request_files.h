/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a request in memory: mapped read-only where that is possible, so that nothing is
 * copied; read into anonymous memory where not (pipes); unpacked if the kernel is compressed.
 */
#ifndef KEXEC_REQUEST_FILES_H
#define KEXEC_REQUEST_FILES_H

#include "arena.h"
#include "bytes.h"
#include "error.h"
#include "file_map.h"
#include "request.h"

/* What a pipe may deliver. */
#define PIPE_MAX_BYTES (UINT64_C(4) << 30)

/* Map a kernel ("-" is standard input); unpack it if it is compressed (unpack.h). */
int file_map_image(const char *name, struct file_map *map, struct error *err);

/*
 * Map files one after the other, each on a page boundary, as one span: between the end of a file
 * and the next page there are zeros. Nothing is unpacked.
 */
int file_map_joined(const char *const *names, unsigned count, struct file_map *map,
		    struct error *err);

/*
 * Map the files of modules like file_map_joined(). Each text is "FILE ARGUMENTS", with a blank
 * after the name; list has room for count and gets the place of each. A compressed module is
 * unpacked, unless it is a cpio archive, which is a ramdisk, or cannot be: then kept[i] says why
 * (owned by the arena; NULL for the others), and it is handed on as it is.
 */
int file_map_modules(const char *const *texts, unsigned count, struct arena *arena,
		     struct file_map *map, struct request_module *list, const char **kept,
		     struct error *err);

#endif
