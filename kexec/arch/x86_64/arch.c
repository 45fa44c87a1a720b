/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of constants that makes x86_64 an architecture. */
#include <elf.h>

#include "arch/i386/x86.h"

#define KEXEC_ARCH_X86_64 (UINT32_C(62) << 16) /* linux/kexec.h */

/*
 * The 64-bit entry of a bzImage is tried before the 32-bit one. An ELF file with a multiboot header
 * is a multiboot kernel, with both headers one of the second version.
 */
static const struct loader *const loaders[] = {
	&loader_multiboot2, &loader_multiboot, &loader_elf_x86_64,
	&loader_elf_x86,    &loader_bzimage64, &loader_bzimage,
	&loader_nbi,        &loader_uki,       NULL
};

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.kexec_arch = KEXEC_ARCH_X86_64,
	.elf_machine = EM_X86_64,
	.memory_end = X86_64_MEMORY_END,
	.loaders = loaders,
	.jump_prepare = x86_jump_prepare,
	.jump_finish = x86_jump_finish,
	.jump_back = x86_jump_back,
	.seal_purgatory = purgatory_seal,
};
