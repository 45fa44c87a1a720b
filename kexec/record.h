/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was loaded, kept under /run as lines "key=value": the kernel only tells that something is
 * loaded. A record is a hint, never proof; whoever reads it compares boot_id and asks the kernel.
 */
#ifndef KEXEC_RECORD_H
#define KEXEC_RECORD_H

#include <stdint.h>

#include "error.h"
#include "machine.h"
#include "range.h"
#include "request.h"

#define RECORD_VERSION   1
#define RECORD_DIRECTORY "/run/kexec"
#define RECORD_LENT_MAX  2

struct record {
	enum request_mode mode;
	uint64_t time; /* seconds since 1970, UTC */
	char boot_id[MACHINE_BOOT_ID_CHARS + 1];
	char type[32];       /* image type */
	char kernel[1024];   /* as it was given */
	char path[4096];     /* its real path, "" if it has none */
	char cmdline[4096];  /* "" if there is none */
	uint64_t entry;      /* of kexec_load */
	uint64_t purgatory;  /* where its parameters are, in jump mode; 0 = there is none */
	uint64_t way_back;   /* where this kernel can be returned to, 0 = nowhere */
	uint32_t segments;   /* number of */
	uint32_t lent_count; /* of lent */
	struct range lent[RECORD_LENT_MAX]; /* D */
};

/* What waits to be executed and what waits for a crash are loaded apart, and recorded apart. */
enum record_kind { RECORD_LOADED, RECORD_CRASH };

/* Write the record of its mode's kind, replacing it at once (mode 0600; the directory is made,
 * 0755). */
int record_write(const char *directory, const struct record *record, struct error *err);

/* Read one. 0, or -1 with err ("" as text if there is simply none); any content is harmless. */
int record_read(const char *directory, enum record_kind kind, struct record *record,
		struct error *err);

/* Remove one; none there is fine. */
int record_remove(const char *directory, enum record_kind kind, struct error *err);

/* Which kind an image of this mode is. */
enum record_kind record_kind_of(enum request_mode mode);

/* "boot", "preserve", "jump-back". */
const char *record_mode_name(enum request_mode mode);

#endif
