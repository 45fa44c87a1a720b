/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way back as A's kernel left it: the code at the raw re-entry address, the control page it
 * lies in, and the list of page pairs by which the kernel swaps D on its return. Pure: memory is
 * read through a callback, and every byte of it is hostile. None of this is a kernel interface:
 * code that is not recognised is no error (known = false), what contradicts itself is one.
 */
#ifndef KDUMP_JUMPMAP_H
#define KDUMP_JUMPMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kexec/error.h"
#include "kexec/range.h"

/* A's physical memory. read() returns 0, or -1 when not all of the bytes are there. */
struct jumpmap_memory {
	int (*read)(void *context, uint64_t address, void *to, size_t size);
	void *context;
};

/* What the note says about A. */
struct jumpmap_question {
	uint16_t machine;               /* ELF machine */
	uint32_t cpu;                   /* enum cpu_flag of kexec/machine.h */
	uint64_t raw;                   /* physical re-entry address */
	const struct range_set *lent;   /* D */
	const struct range_set *stored; /* A's memory outside D, as far as it is there to be read */
	uint64_t cr3;                   /* 64-bit: A's identity table; 0 = not known */
};

/*
 * Called for each run of pages of D that are consecutive on both sides, in the order of the list:
 * what A knows as [dest, dest + bytes) is stored at [source, source + bytes). dest == source is
 * possible: a page that was not displaced. Returns 0 to go on, -1 with err filled to stop.
 */
struct jumpmap_visitor {
	int (*run)(void *context, uint64_t dest, uint64_t source, uint64_t bytes,
		   struct error *err);
	void *context;
};

struct jumpmap {
	bool known;                                   /* false: nothing below but warning is set */
	const char *warning;                          /* constant text why not known */
	uint64_t control_page, swap_page, page_table; /* physical addresses */
	uint64_t head;          /* first entry of the list, flag bits included */
	uint64_t cr0, cr3, cr4; /* as A had them */
	uint64_t pages;         /* pairs in the list = pages of D */
	uint64_t in_place;      /* of them, pages that are their own source */
	uint64_t list_pages;    /* pages the list itself lies in */
};

/*
 * Check the way back and walk the list. 0 when all is well or when the code is not recognised (see
 * known); -1 and err when something contradicts itself or the question: then this memory must not
 * be resumed. visitor may be NULL. Runs already visited when an error is found are not taken back.
 */
int jumpmap_walk(const struct jumpmap_question *question, const struct jumpmap_memory *memory,
		 const struct jumpmap_visitor *visitor, struct jumpmap *map, struct error *err);

#endif
