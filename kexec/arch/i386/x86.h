/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the two x86 architectures share with each other: nothing outside of arch/
 * includes it. What the rest of the program sees is arch_i386 and arch_x86_64 in loader.h. Code
 * that serves both lies in this folder; ../x86_64 has what only 64-bit kernels need.
 */
#ifndef KEXEC_ARCH_I386_X86_H
#define KEXEC_ARCH_I386_X86_H

#include "error.h"
#include "loader.h"
#include "plan.h"
#include "purgatory.h"
#include "request.h"

#define FOUR_GIB (UINT64_C(1) << 32)

/* Physical addresses of 64-bit kernels end here with five-level page tables. */
#define X86_64_MEMORY_END (UINT64_C(1) << 52)

/*
 * purgatory.c. Place the purgatory that the running kernel can enter (its word size counts, not the
 * image's) as segment "purgatory" (a copy of the blob, owned by the plan) and make its entry point
 * the plan's. want->size is ignored: the blob knows how much memory it needs. Consoles come from
 * the request; with REQUEST_PRESERVE purgatory keeps the stack it is entered on, so that what it
 * calls finds the way back there. Nothing is verified until seal_purgatory of struct arch ran.
 * After it, say where to go with purgatory_hand_over().
 */
int x86_purgatory_place(const struct request *request, const struct machine *machine,
			struct plan *plan, const struct place *want, struct error *err);

/*
 * purgatory.c. Refuse a jump that could not come back: whoever is called must run in the mode of
 * the kernel that calls. wide: the image runs in 64-bit mode. Anything but REQUEST_PRESERVE passes.
 */
int x86_check_mode(const struct request *request, const struct machine *machine, bool wide,
		   struct error *err);

/*
 * loads.c. Claim the whole pages of all loads as segments called name, checked by purgatory, with
 * their contents. others: how many segments the caller needs beside them.
 */
struct elf_image;
int x86_loads_place(const char *name, const struct elf_image *elf, size_t others, struct plan *plan,
		    struct error *err);

/* Image types of struct arch. */
extern const struct loader loader_bzimage;    /* bzimage.c */
extern const struct loader loader_elf_x86;    /* elf.c */
extern const struct loader loader_multiboot;  /* multiboot.c */
extern const struct loader loader_multiboot2; /* multiboot.c */
extern const struct loader loader_nbi;        /* nbi.c */
extern const struct loader loader_uki;        /* uki.c */
extern const struct loader loader_bzimage64;  /* ../x86_64/bzimage64.c */
extern const struct loader loader_elf_x86_64; /* elf.c */

/* jump.c: the hooks of the same names in struct arch (loader.h). */
int x86_jump_prepare(const struct request *request, const struct machine *machine,
		     const struct loader *loader, struct plan *plan, struct error *err);
int x86_jump_finish(const struct request *request, const struct machine *machine, struct plan *plan,
		    struct error *err);
int x86_jump_back(const struct request *request, const struct machine *machine, struct plan *plan,
		  struct error *err);

#endif
