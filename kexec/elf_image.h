/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF file as something to put into memory: its PT_LOADs by physical address, checked against
 * the file and against each other. Class and machine are values here, not code.
 */
#ifndef KEXEC_ELF_IMAGE_H
#define KEXEC_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "bytes.h"
#include "error.h"
#include "range.h"

struct elf_load {
	struct range at;     /* physical: p_paddr, p_paddr + p_memsz; not empty */
	uint64_t vaddr;      /* virtual address of at.start */
	uint64_t offset;     /* in the file */
	uint64_t file_bytes; /* at most range_bytes(at); what follows is zero */
};

struct elf_image {
	struct span file; /* borrowed */
	uint16_t type;    /* ET_* */
	uint16_t machine; /* EM_* */
	uint64_t entry;
	struct elf_load *loads; /* sorted by address, disjoint; owned by the arena */
	size_t count;           /* at least 1 */
};

/* Whole pages that belong together, and the loads they hold. */
struct elf_piece {
	struct range at;
	size_t first, count;
};

struct elf_pieces {
	struct elf_piece *items; /* sorted, disjoint; owned by the arena */
	size_t count;
};

/* Whether the image starts like an ELF file. */
bool elf_image_is(struct span image);

/* Parse. -1: err says what is wrong and where. */
int elf_image_parse(struct span image, struct arena *arena, struct elf_image *elf,
		    struct error *err);

/* Cut the loads into pieces: those that share a page, or go on in memory and in the file, are one.
 */
int elf_image_pieces(const struct elf_image *elf, struct arena *arena, struct elf_pieces *pieces,
		     struct error *err);

/* What goes to the start of a piece: borrowed where the file has it in one stretch, else a copy. */
int elf_piece_data(const struct elf_image *elf, const struct elf_piece *piece, struct arena *arena,
		   struct span *data, struct error *err);

/* Whether a load holds the address. */
bool elf_image_holds(const struct elf_image *elf, uint64_t address);

#endif
