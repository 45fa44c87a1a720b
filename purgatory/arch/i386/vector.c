/* SPDX-License-Identifier: GPL-2.0-only */
/* Switching vector instructions on and back: Intel SDM volume 3, 2.5 and 13.1. Ring 0 only. */
#include "vector.h"

#define CR0_EM     (UINT32_C(1) << 2)
#define CR0_TS     (UINT32_C(1) << 3)
#define CR4_OSFXSR (UINT32_C(1) << 9)

static uint32_t read_cr0(void)
{
	uint32_t value;

	__asm__ volatile("movl %%cr0, %0" : "=r"(value) : : "memory");
	return value;
}

static uint32_t read_cr4(void)
{
	uint32_t value;

	__asm__ volatile("movl %%cr4, %0" : "=r"(value) : : "memory");
	return value;
}

static void write_cr0(uint32_t value)
{
	__asm__ volatile("movl %0, %%cr0" : : "r"(value) : "memory");
}

static void write_cr4(uint32_t value)
{
	__asm__ volatile("movl %0, %%cr4" : : "r"(value) : "memory");
}

void vector_enable(struct vector_state *state)
{
	state->cr0 = read_cr0();
	state->cr4 = read_cr4();
	write_cr4(state->cr4 | CR4_OSFXSR);
	write_cr0(state->cr0 & ~(CR0_EM | CR0_TS));
}

void vector_restore(const struct vector_state *state)
{
	write_cr0(state->cr0);
	write_cr4(state->cr4);
}
