/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compressed files in memory: what they are compressed with, told by their first bytes, and their
 * contents. Does not know what the contents are.
 */
#ifndef KEXEC_UNPACK_H
#define KEXEC_UNPACK_H

#include "bytes.h"
#include "error.h"
#include "file_map.h"

/* What a compressed kernel may grow to. */
#define UNPACKED_MAX_BYTES (UINT64_C(1) << 30)

/* A row of the table of formats. */
struct unpack_format;

/* The format the bytes begin like; NULL if it is none. */
const struct unpack_format *unpack_format_of(struct span packed);

/* What people call it: "gzip", "xz". */
const char *unpack_format_name(const struct unpack_format *format);

/* All formats this program recognises, n = 0, 1, ...; NULL behind the last. */
const struct unpack_format *unpack_format_number(size_t n);

/* Whether the library for it was there when this program was built. */
bool unpack_format_is_built(const struct unpack_format *format);

/*
 * Unpack into a new mapping of at most limit_bytes: all members, one after the other; bytes behind
 * the last one are ignored. -1: err says what is wrong with the data, or which library was left
 * out; nothing is mapped then.
 */
int unpack(const struct unpack_format *format, struct span packed, uint64_t limit_bytes,
	   struct file_map *map, struct error *err);

#endif
