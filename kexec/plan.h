/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plan: everything kexec_load will be told, as data. plan_make() is a pure function of the
 * request and the machine: same input, same plan, byte for byte; no I/O, no globals, no exit.
 */
#ifndef KEXEC_PLAN_H
#define KEXEC_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "bytes.h"
#include "error.h"
#include "machine.h"
#include "memmap.h"
#include "range.h"
#include "request.h"

#define PLAN_SEGMENTS_MAX 16 /* KEXEC_SEGMENT_MAX of linux/kexec.h */
#define PLAN_NOTES_MAX    16

/* Flags of kexec_load(2), linux/kexec.h. */
#define PLAN_ON_CRASH         UINT32_C(0x1)
#define PLAN_PRESERVE_CONTEXT UINT32_C(0x2)
#define PLAN_UPDATE_COREHDR   UINT32_C(0x4) /* KEXEC_UPDATE_ELFCOREHDR, Linux 6.5 */

/* [at.start, at.start + data.size) is data, the rest of at is zero filled. at is whole pages. */
struct segment {
	/* "kernel", "initrd", "boot_params", "purgatory", "handoff", "low", "backup" */
	const char *name;
	struct range at;
	struct span data; /* borrowed from the request, from the arena, or constant */
	bool hashed;      /* purgatory compares data with its digest */
};

/* What a crash kernel is told of the one before; all zero in other plans. */
struct plan_crash {
	struct range source; /* low memory, which purgatory copies ... */
	uint64_t target;     /* ... to here, before it is overwritten */
	uint64_t elfcorehdr; /* physical address of the core header */
	bool updated;        /* the running kernel rewrites the core header */
};

/* How the jump comes back; all zero in a plan that does not. */
struct plan_jump {
	bool preserve;
	struct range low;     /* D is low ... */
	struct range main;    /* ... and main, H included */
	struct range handoff; /* H: reserved in the next kernel's map */
	uint64_t in, out;     /* the pad's two entries; in is what the world is told */
	uint64_t elfcorehdr;  /* physical address of the ELF core header in H */
};

struct plan {
	struct arena arena;
	const char *loader; /* name of the image type */
	struct segment segments[PLAN_SEGMENTS_MAX];
	unsigned segment_count;
	uint64_t entry;
	bool leaves_for_good; /* the entry is another kernel's, in none of our segments */
	uint32_t flags;       /* of kexec_load, architecture included */
	struct memmap given;  /* the memory map the next kernel is told; empty where none is */
	/* The final command line: plan_make() starts it as the request's, jump_prepare() adds to
	 * it, and loaders read it here, not in the request. NULL where the image takes none. */
	const char *cmdline;
	struct plan_jump jump;
	struct plan_crash crash;
	const char *notes[PLAN_NOTES_MAX]; /* warnings, one line each */
	unsigned note_count;
	/* "bzImage: why not", one for each type that refused */
	const char *refusals[PLAN_NOTES_MAX];
	unsigned refusal_count;

	/* Working state of the loaders. */
	struct range_set free; /* RAM still unclaimed: what segments may be placed in */
	struct range limit;    /* where segments may lie, whole pages; end 0 = anywhere. Of jump.low
				* only the RAM check is made. */
	bool limit_given;      /* by the user: worth naming in a refusal */
};

struct arch;

/*
 * Make the plan. The request and machine must outlive it (segments borrow from them).
 * On failure the plan keeps its refusals (for -d) and nothing else; plan_done() either way.
 */
int plan_make(const struct request *request, const struct machine *machine, const struct arch *arch,
	      struct plan *plan, struct error *err);
void plan_done(struct plan *plan);

/*
 * Whether the image is of the type that the request names, and its type takes the options that were
 * given. An image of no type that is known here passes if no type is named: who loads it may know.
 */
int plan_check_image(const struct request *request, const struct arch *arch, struct error *err);

/* For loaders: claim a place / a fixed address for a segment; data may be filled in later through
 * the returned pointer. want->size is rounded up to pages. NULL and err on failure. */
struct segment *plan_place(struct plan *plan, const char *name, struct span data,
			   const struct place *want, struct error *err);
struct segment *plan_claim(struct plan *plan, const char *name, struct span data, struct range at,
			   struct error *err);

/* For loaders: the first of count places (of size bytes each, on page boundaries) that is free.
 * NULL if none is; the caller knows what to say. */
struct segment *plan_place_any(struct plan *plan, const char *name, uint64_t size,
			       const struct place *places, size_t count);

/* Add a warning or a refusal (text is copied). Silently drops those past the limit. */
void plan_note(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));
void plan_refuse(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Find a segment by name; NULL if there is none. */
struct segment *plan_segment(struct plan *plan, const char *name);

/*
 * The contract of the system call, checked once: page aligned, disjoint, inside RAM and the limit,
 * at most 16 segments of half of MemTotal together, data not larger than its place, entry inside
 * a segment unless the plan leaves for good. Sorts the segments by address: pointers to segments
 * are void after it.
 */
int plan_seal(struct plan *plan, const struct machine *machine, struct error *err);

#endif
