/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel's descriptor table on CPU 0, where every jump leaves and comes back. Each way
 * of finding it is checked before it is believed: a wrong table resets the machine on return.
 */
#ifndef KEXEC_GDTR_H
#define KEXEC_GDTR_H

#include <stdint.h>

#include "error.h"
#include "kcore_parse.h"
#include "machine.h"

enum gdtr_way {
	GDTR_SGDT = 1,  /* the instruction, pinned to CPU 0; hidden where UMIP is on */
	GDTR_KCORE = 2, /* gdt_page and __per_cpu_offset[0] in /proc/kallsyms and /proc/kcore */
	GDTR_MSR = 4,   /* IA32_SYSENTER_ESP in /dev/cpu/0/msr points near it */
	GDTR_ALL = 7,
};

/* Where to look; tests have files of their own. */
struct gdtr_sources {
	uint32_t ways; /* enum gdtr_way bits */
	const char *kcore, *kallsyms, *msr;
};

/*
 * Try the ways (enum gdtr_way bits) in their order; machine->cpu and ->vmcoreinfo are set. Returns
 * 0 and fills *gdtr, or -1 with gdtr->known false and gdtr->why filled.
 */
int gdtr_find(uint32_t ways, const struct machine *machine, struct machine_gdtr *gdtr);
int gdtr_find_in(const struct gdtr_sources *sources, const struct machine *machine,
		 struct machine_gdtr *gdtr);

/* Bytes of the table (limit + 1) of a kernel with these enum cpu_flag bits. */
uint16_t gdt_bytes(uint32_t cpu);

/* Whether this is the kernel's table: its constant descriptors are where they belong. 0 or -1. */
int gdt_check(struct span table, uint32_t cpu, struct error *err);

/* Whether base and limit, as sgdt stores them, can be a kernel's: not UMIP's stand-in. 0 or -1. */
int gdtr_check(uint64_t base, uint16_t limit, uint32_t cpu, struct error *err);

/* Where the table lies by the value of IA32_SYSENTER_ESP; 0 when the value is no kernel stack. */
uint64_t gdt_base_from_sysenter(uint64_t stack, uint32_t cpu);

#endif
