/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader's side of purgatory: placing a blob, saying where it hands over and with which
 * registers, and the digest it compares. Knows the parameter block of purgatory/abi.h and plans;
 * does not know image types, nor which architecture's blob it is handed.
 */
#ifndef KEXEC_PURGATORY_H
#define KEXEC_PURGATORY_H

#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "plan.h"
#include "request.h"

#define PURGATORY_SEGMENT "purgatory"

/* Where purgatory goes and what is in the registers there. Zero-initialised registers are zero. */
struct purgatory_state {
	uint64_t entry; /* physical */
	uint64_t eax, ebx, ecx, edx, esi, edi, ebp;
	uint64_t esp; /* 0 = purgatory's own stack; ignored with REQUEST_PRESERVE (the caller's is
			 kept) */
	bool leave_long_mode; /* of a 64-bit purgatory below 4 GiB: hand over in 32-bit mode */
	/* From there go down to real mode: entry is segment << 16 | offset, the others are SS, and
	 * DS, ES, FS, GS. Only with leave_long_mode, where that applies, and a stack (esp). */
	bool real_mode;
	uint16_t real_ss, real_ds;
};

/*
 * Place blob as segment "purgatory" at want (its size is ignored) and make plan->entry its entry
 * point. Flags for the request's consoles and mode are set. Fails when there is no room or no
 * memory.
 */
int purgatory_place(const struct request *request, struct span blob, struct plan *plan,
		    const struct place *want, struct error *err);

/* Set where the placed purgatory hands over. The plan must have the
 * segment. */
void purgatory_hand_over(struct plan *plan, const struct purgatory_state *state);

/*
 * Last step: the sha256 of the data of all hashed segments, in address order, goes into the
 * parameters and purgatory is told to compare. A plan without a purgatory segment and
 * request->no_checks change nothing. Never fails; this is struct arch's seal_purgatory.
 */
int purgatory_seal(const struct request *request, struct plan *plan, struct error *err);

#endif
