/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vector instructions in ring 0 without an operating system. A kernel that leaves through kexec has
 * them off (CR4.OSFXSR clear: any SSE instruction is an invalid opcode); what is switched on here
 * is put back exactly. Everything that is not between the two calls is compiled without vector
 * registers.
 */
#ifndef PURGATORY_VECTOR_H
#define PURGATORY_VECTOR_H

#include <stdint.h>

struct vector_state {
	uintptr_t cr0, cr4;
};

/*
 * Save CR0 and CR4 and let SSE instructions run: CR0.EM and CR0.TS clear, CR4.OSFXSR set. The CPU
 * must have SSE and FXSAVE. The vector registers themselves are not saved.
 */
void vector_enable(struct vector_state *state);

/* Put CR0 and CR4 back as they were. */
void vector_restore(const struct vector_state *state);

#endif
