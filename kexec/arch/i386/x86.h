/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the i386 architecture share with each other: nothing outside this folder
 * includes it. The only thing the rest of the program sees is arch_i386 in loader.h.
 */
#ifndef KEXEC_ARCH_I386_H
#define KEXEC_ARCH_I386_H

#include "error.h"
#include "loader.h"
#include "plan.h"
#include "purgatory.h"
#include "request.h"

/*
 * purgatory.c. Place the i386 purgatory as segment "purgatory" (a copy of the blob, owned by the
 * plan) and make its entry point the plan's. want->size is ignored: the blob knows how much memory
 * it needs. Consoles come from the request; with REQUEST_PRESERVE purgatory keeps the stack it is
 * entered on, so that what it calls finds the way back there. Nothing is verified until
 * arch_i386.seal_purgatory ran. After it, say where to go with purgatory_hand_over().
 */
int purgatory_i386_place(const struct request *request, struct plan *plan, const struct place *want,
			 struct error *err);

/* bzimage.c, elf.c: image types of struct arch. */
extern const struct loader loader_bzimage;
extern const struct loader loader_elf_x86;

/* jump.c: the hooks of the same names in struct arch (loader.h). */
int i386_jump_prepare(const struct request *request, const struct machine *machine,
		      const struct loader *loader, struct plan *plan, struct error *err);
int i386_jump_finish(const struct request *request, const struct machine *machine,
		     struct plan *plan, struct error *err);
int i386_jump_back(const struct request *request, const struct machine *machine, struct plan *plan,
		   struct error *err);

#endif
