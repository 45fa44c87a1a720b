/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parameter blocks at the head of the purgatory blob and in the pad page. Shared by the loader
 * (C), purgatory (freestanding C) and assembly, hence plain numbers; the static asserts at the end
 * pin what assembly relies on. Everything is little endian and has the same layout on every
 * architecture.
 */
#ifndef PURGATORY_ABI_H
#define PURGATORY_ABI_H

/* struct purgatory_params, byte offsets. The blob starts with it; the entry follows at PURG_ENTRY.
 */
#define PURG_MAGIC_VALUE  0x47525550 /* "PURG" */
#define PURG_FLAGS        8
#define PURG_ENTRY_POINT  24
#define PURG_REGISTERS    32
#define PURG_ENTRY        0x300 /* code starts here */
#define PURG_REGIONS_MAX  16
#define PURG_PARAMS_BYTES 424 /* sizeof(struct purgatory_params) */
#define PURG_REAL_SS      416
#define PURG_REAL_DS      418

/* Behind the parameters, two u32 that the blob says about itself. */
#define PURG_MEMORY 0x2f0 /* bytes of memory it needs from its head on: the blob, then zeros */
#define PURG_CHECK  0x2f4 /* offset of purgatory_check(), below */

/* How purgatory_check() works the blocks. */
#define PURG_CHECK_C  0 /* plain C */
#define PURG_CHECK_NI 1 /* SHA-NI: the CPU must have it */

#define PURG_KEEP_STACK     0x1 /* hand over on the stack it was entered on (return address) */
#define PURG_CONSOLE_VGA    0x2
#define PURG_CONSOLE_SERIAL 0x4
#define PURG_RESET_VGA      0x8
#define PURG_VERIFY         0x10 /* compare the digest; cleared once it was found right */
#define PURG_ENTER_32       0x20 /* x86_64: leave long mode first; not with PURG_KEEP_STACK */
#define PURG_ENTER_16       0x40 /* leave protected mode; x86_64: only with PURG_ENTER_32 */
#define PURG_REFUSED        0x80 /* purgatory's word to who comes back: the digest was wrong */

/* The pad page (see doc/jump.md): code at its two entries, then struct jump_pad, then its stack. */
#define PAD_OUT   0x000
#define PAD_IN    0x100
#define PAD_DATA  0x800
#define PAD_STACK 0x1000 /* grows down from the end of the page */
#define PAD_BYTES 0x1000

#define PAD_MAGIC_LO 0x504a584b /* "KXJP" */
#define PAD_MAGIC_HI 0x00444150 /* "PAD\0" */

/* struct jump_pad, byte offsets from PAD_DATA. */
#define PAD_RAW           8
#define PAD_PEER          16
#define PAD_PAYLOAD       24
#define PAD_NOTE_RAW      32
#define PAD_CR3           40
#define PAD_EFER          48
#define PAD_GDTR_BASE     56
#define PAD_GDTR_LIMIT    64
#define PAD_FLAGS         68
#define PAD_CODE_SELECTOR 72
#define PAD_DATA_SELECTOR 76
#define PAD_PEER_START    80
#define PAD_PEER_END      88

#define PAD_FLAG_PAE  0x1 /* the owner runs with CR4.PAE */
#define PAD_FLAG_LA57 0x2 /* ... and CR4.LA57 */
#define PAD_FLAG_CR4  0x4 /* the CPU has CR4 */
/* x86_64: OUT tells the peer to forget its caller, and does not need the caller's stack */
#define PAD_FLAG_ONE_WAY 0x8
/* i386: the owner's page tables have bits that EFER must allow */
#define PAD_FLAG_EFER 0x10

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* Bytes purgatory compares: physical, content only, never zero fill. */
struct purgatory_region {
	uint64_t start; /* physical address */
	uint64_t size;  /* bytes */
};

struct purgatory_params {
	uint32_t magic; /* PURG_MAGIC_VALUE */
	uint32_t size;  /* sizeof(struct purgatory_params), a cross-check */
	uint32_t flags; /* PURG_* */
	uint16_t serial_base;
	uint16_t reserved0;
	uint32_t serial_baud; /* 0 = leave */
	uint32_t reserved1;
	uint64_t entry; /* physical address to go to; with PURG_ENTER_16 segment << 16 | offset */
	uint64_t eax, ebx, ecx, edx, esi, edi, ebp; /* registers at that entry */
	uint64_t esp; /* stack pointer at that entry; ignored with PURG_KEEP_STACK; 0 = purgatory's
			 own */
	uint8_t digest[32]; /* sha256 over all regions, in order */
	uint32_t region_count;
	uint32_t reserved2;
	struct purgatory_region regions[PURG_REGIONS_MAX];
	/* Memory that is copied last of all, before who is entered overwrites it: from start to
	 * target. size 0 = none. */
	struct purgatory_region backup;
	uint64_t backup_target;
	/* With PURG_ENTER_16: stack segment, and what is in DS, ES, FS and GS. */
	uint16_t real_ss, real_ds;
	uint32_t reserved3;
};

/*
 * The part of purgatory that needs no privilege, for tests and measurements: compare the digest,
 * say what purgatory would say into text (at most size bytes, terminated; size > 0), return 0 if
 * all is right and 1 if not. cdecl, 32-bit pointers where the blob is 32-bit code.
 */
typedef uint32_t purgatory_check_fn(const struct purgatory_params *params, uint32_t how, char *text,
				    uint32_t size);

struct jump_pad {
	uint32_t magic_lo, magic_hi;
	uint64_t raw;     /* physical re-entry address of the pad's own kernel; written by OUT */
	uint64_t peer;    /* where OUT goes: first what was loaded, later the peer's next entry; 0 =
			     straight back */
	uint64_t payload; /* what OUT leaves on the stack as the default next entry for a payload
			     that just returns */
	uint64_t note_raw; /* physical address of the field in the note that OUT fills with raw (and
			      cr3 behind it), 0 = none */
	uint64_t cr3;      /* x86_64: written by OUT */
	uint64_t efer;     /* written by OUT; on i386 with PAD_FLAG_EFER only */
	uint64_t gdtr_base;
	uint32_t gdtr_limit;
	uint32_t flags;                        /* PAD_FLAG_* */
	uint32_t code_selector, data_selector; /* the owner's __KERNEL_CS, __KERNEL_DS */
	/* x86_64: where a peer's next entry may lie; end 0 = anywhere. Some kernels (6.14 to 7.0)
	 * leave a stale word where IN reads it. */
	uint64_t peer_start, peer_end;
};

_Static_assert(offsetof(struct purgatory_params, flags) == PURG_FLAGS, "abi");
_Static_assert(offsetof(struct purgatory_params, entry) == PURG_ENTRY_POINT, "abi");
_Static_assert(offsetof(struct purgatory_params, eax) == PURG_REGISTERS, "abi");
_Static_assert(offsetof(struct purgatory_params, real_ss) == PURG_REAL_SS, "abi");
_Static_assert(offsetof(struct purgatory_params, real_ds) == PURG_REAL_DS, "abi");
_Static_assert(sizeof(struct purgatory_params) == PURG_PARAMS_BYTES, "abi");
_Static_assert(PURG_PARAMS_BYTES <= PURG_MEMORY, "abi");
_Static_assert(offsetof(struct jump_pad, raw) == PAD_RAW, "abi");
_Static_assert(offsetof(struct jump_pad, peer) == PAD_PEER, "abi");
_Static_assert(offsetof(struct jump_pad, payload) == PAD_PAYLOAD, "abi");
_Static_assert(offsetof(struct jump_pad, note_raw) == PAD_NOTE_RAW, "abi");
_Static_assert(offsetof(struct jump_pad, cr3) == PAD_CR3, "abi");
_Static_assert(offsetof(struct jump_pad, efer) == PAD_EFER, "abi");
_Static_assert(offsetof(struct jump_pad, gdtr_base) == PAD_GDTR_BASE, "abi");
_Static_assert(offsetof(struct jump_pad, gdtr_limit) == PAD_GDTR_LIMIT, "abi");
_Static_assert(offsetof(struct jump_pad, flags) == PAD_FLAGS, "abi");
_Static_assert(offsetof(struct jump_pad, code_selector) == PAD_CODE_SELECTOR, "abi");
_Static_assert(offsetof(struct jump_pad, data_selector) == PAD_DATA_SELECTOR, "abi");
_Static_assert(offsetof(struct jump_pad, peer_start) == PAD_PEER_START, "abi");
_Static_assert(offsetof(struct jump_pad, peer_end) == PAD_PEER_END, "abi");
#endif

#endif
