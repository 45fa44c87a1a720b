/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of a request in memory: mapped read-only where that is possible, so that nothing is
 * copied; read into anonymous memory where not (pipes); unpacked if the kernel is compressed.
 */
#ifndef KEXEC_REQUEST_FILES_H
#define KEXEC_REQUEST_FILES_H

#include "bytes.h"
#include "error.h"
#include "file_map.h"

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

#endif
