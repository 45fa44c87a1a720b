/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our note in a core (owner KXJUMP; kexec/handoff.h writes it, doc/jump.md has the bytes), parsed
 * into values: the way back, D, the map of the kernel that was left. Pure; every byte is hostile.
 */
#ifndef KDUMP_NOTE_H
#define KDUMP_NOTE_H

#include "core.h"
#include "kexec/machine.h"
#include "kexec/memmap.h"
#include "kexec/range.h"

struct jump_note {
	uint32_t version;
	uint32_t machine;   /* ELF machine of A */
	uint64_t in, out;   /* the pad's entries */
	uint64_t raw;       /* A's own re-entry; 0 = A has not left */
	uint64_t cr3;       /* x86_64 */
	uint32_t cpu;       /* enum cpu_flag */
	uint32_t phys_bits; /* of a physical address; 0 = not known */
	uint64_t gdtr_base;
	uint32_t gdtr_limit;
	uint32_t cpus;
	struct range handoff;   /* H */
	uint64_t page_offset;   /* 0 = not known */
	struct range_set lent;  /* D, H included */
	struct memmap firmware; /* A's memory map; empty if the note has none */
	struct range
		kernel;    /* where A's kernel lies, whole pages; empty if the note does not say */
	char release[256]; /* release, newline, version; unprintable bytes are '?' */
	char boot_id[MACHINE_BOOT_ID_CHARS + 1];
	struct span image; /* the NOTE_IMAGE record, borrowed from the note; empty in a bare core */
};

/*
 * Parse the descriptor of our note. Refuses an unknown version, an unknown critical record, a
 * damaged record, D or H that make no sense. On failure there is nothing to free.
 */
int jump_note_parse(struct span descriptor, struct jump_note *note, struct error *err);
void jump_note_done(struct jump_note *note);

/*
 * Find and parse the note of a core. 1 = found, 0 = the core has none, -1 = it is there and cannot
 * be used (err). note->image borrows from core->notes.
 */
int jump_note_of_core(const struct core *core, struct jump_note *note, struct error *err);

#endif
