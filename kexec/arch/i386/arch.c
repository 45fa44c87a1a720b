/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of constants that makes i386 an architecture, and the search for one by name. */
#include <elf.h>
#include <string.h>

#include "x86.h"

#define KEXEC_ARCH_386 (UINT32_C(3) << 16) /* linux/kexec.h */

/* An ELF file with a multiboot header is a multiboot kernel. */
static const struct loader *const loaders[] = { &loader_multiboot,
						&loader_multiboot2,
						&loader_elf_x86,
						&loader_bzimage,
						&loader_nbi,
						&loader_uki,
						NULL };

const struct arch arch_i386 = {
	.name = "i386",
	.kexec_arch = KEXEC_ARCH_386,
	.elf_machine = EM_386,
	.memory_end = UINT64_C(1) << 32,
	.loaders = loaders,
	.jump_prepare = x86_jump_prepare,
	.jump_finish = x86_jump_finish,
	.jump_back = x86_jump_back,
	.seal_purgatory = purgatory_seal,
};

static const struct {
	const char *machine; /* utsname.machine */
	const struct arch *arch;
} machines[] = {
	{ "i386", &arch_i386 }, { "i486", &arch_i386 },     { "i586", &arch_i386 },
	{ "i686", &arch_i386 }, { "x86_64", &arch_x86_64 },
};

const struct arch *arch_find(const char *machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (!strcmp(machine, machines[i].machine))
			return machines[i].arch;
	return NULL;
}
