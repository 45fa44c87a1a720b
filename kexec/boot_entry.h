/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot loader entries of type #1 (the UAPI group's Boot Loader Specification): text in, what is to
 * be loaded out. Pure: paths are handed on as they are written, relative to the partition.
 */
#ifndef KEXEC_BOOT_ENTRY_H
#define KEXEC_BOOT_ENTRY_H

#include "arena.h"
#include "bytes.h"
#include "error.h"

#define BOOT_ENTRY_INITRDS_MAX 32
#define BOOT_ENTRY_MAX_BYTES   (64 * 1024)

/* Texts are owned by the arena; NULL = not in the entry. */
struct boot_entry {
	const char *title, *version, *machine_id;
	const char *image; /* of linux, uki or efi: a path that begins with '/' */
	const char *initrds[BOOT_ENTRY_INITRDS_MAX];
	unsigned initrd_count;
	const char *options; /* all of them, joined by spaces; never NULL */
};

/*
 * Read an entry. environment is GRUB's block of variables (lines NAME=VALUE), or empty: words
 * "$NAME" in options and initrd, which some distributions write, are replaced by their values, by
 * nothing if there is no such variable. -1: err names the line that is wrong; *entry is not
 * touched.
 */
int boot_entry_parse(struct arena *arena, struct span text, struct span environment,
		     struct boot_entry *entry, struct error *err);

#endif
