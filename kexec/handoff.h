/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hand-off area H: [elfcorehdr and note, whole pages][pad page]. This file knows the bytes of
 * the core header and of our note, for writing and for reading; it does not know how a jump is
 * planned. doc/jump.md describes the layout byte by byte.
 */
#ifndef KEXEC_HANDOFF_H
#define KEXEC_HANDOFF_H

#include "arena.h"
#include "bytes.h"
#include "machine.h"
#include "plan.h"

#define NOTE_OWNER   "KXJUMP"
#define NOTE_TYPE    UINT32_C(0x4b450001)
#define NOTE_VERSION 1

/* Records of the note's descriptor: u16 tag, u16 flags, u32 length, data, padded to 8 bytes. */
enum note_tag {
	NOTE_ENTRY = 1,   /* struct note_entry, always the first record */
	NOTE_LENT = 2,    /* D: pairs of u64 start, end */
	NOTE_MEMMAP = 3,  /* A's firmware map: u64 start, u64 end, u32 type, u32 0 */
	NOTE_RELEASE = 4, /* text: release, a newline, version */
	NOTE_BOOT_ID = 5, /* text: boot_id of A */
	NOTE_KERNEL = 6,  /* u64 start, u64 end: where A's kernel lies, if it says so */
	NOTE_IMAGE = 16,  /* a saved image: kdump/image.h, doc/image.md; never in H */
};

#define NOTE_RECORD_CRITICAL 1 /* flag: a reader that does not know the tag must refuse */

/* Offsets inside the NOTE_ENTRY record's data (96 bytes, little endian). */
enum note_entry_offset {
	NOTE_ENTRY_VERSION = 0,      /* u32 NOTE_VERSION */
	NOTE_ENTRY_MACHINE = 4,      /* u32 ELF machine of A */
	NOTE_ENTRY_IN = 8,           /* u64 pad IN: the way back */
	NOTE_ENTRY_OUT = 16,         /* u64 pad OUT */
	NOTE_ENTRY_RAW = 24,         /* u64 raw re-entry; written by the pad on the way out */
	NOTE_ENTRY_CR3 = 32,         /* u64 identity table (x86_64); written by the pad */
	NOTE_ENTRY_CPU = 40,         /* u32 enum cpu_flag */
	NOTE_ENTRY_PHYS_BITS = 44,   /* u32 bits of a physical address, 0 = not known */
	NOTE_ENTRY_GDTR_BASE = 48,   /* u64 */
	NOTE_ENTRY_GDTR_LIMIT = 56,  /* u32 */
	NOTE_ENTRY_CPUS = 60,        /* u32 online processors of A */
	NOTE_ENTRY_HANDOFF = 64,     /* u64 start, u64 end of H */
	NOTE_ENTRY_LOADED = 80,      /* u64 reserved, 0 */
	NOTE_ENTRY_PAGE_OFFSET = 88, /* u64 */
	NOTE_ENTRY_BYTES = 96,
};

struct handoff_layout {
	size_t core_bytes;  /* ELF header, program headers and notes, rounded up to pages */
	size_t total_bytes; /* with the pad page */
};

/* How large H will be for this machine; does not depend on where it lies. */
int handoff_measure(const struct machine *machine, struct handoff_layout *layout,
		    struct error *err);

/*
 * Fill the core pages for plan->jump (low, main, handoff, in, out set): ELF64 ET_CORE, e_entry =
 * in, one PT_NOTE, PT_LOADs for machine->ram minus D plus H. *note_raw = physical address of the
 * raw field.
 */
int handoff_fill(const struct machine *machine, uint16_t elf_machine, struct plan *plan,
		 uint8_t *core, size_t core_bytes, uint64_t *note_raw, struct error *err);

#endif
