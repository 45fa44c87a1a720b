/* SPDX-License-Identifier: GPL-2.0-only */
/* Switching vector instructions on and back: Intel SDM volume 3, 2.5 and 13.1. Ring 0 only. */
#include "vector.h"

#define CR0_EM     ((uintptr_t)1 << 2)
#define CR0_TS     ((uintptr_t)1 << 3)
#define CR4_OSFXSR ((uintptr_t)1 << 9)

static uintptr_t read_cr0(void)
{
	uintptr_t value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value) : : "memory");
	return value;
}

static uintptr_t read_cr4(void)
{
	uintptr_t value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value) : : "memory");
	return value;
}

static void write_cr0(uintptr_t value)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static void write_cr4(uintptr_t value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
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
