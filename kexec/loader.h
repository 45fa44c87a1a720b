/* SPDX-License-Identifier: GPL-2.0-only */
/* Image types and architectures as tables of constants. */
#ifndef KEXEC_LOADER_H
#define KEXEC_LOADER_H

#include "plan.h"

struct loader {
	const char *name; /* what --type takes: "bzImage", "elf-x86" */
	uint32_t accepts; /* enum request_option bits */
	/* The parse: 0 if the image is of this type, -1 with the reason if not. */
	int (*probe)(struct span image, struct error *err);
	/* Whether the image carries this type's magic number: then the probe's reason is what is
	 * wrong with the file, not one refusal among many. May be NULL. */
	bool (*looks_like)(struct span image);
	/* Whether this image can serve as a kernel that is given a memory map (so that a jump into
	 * it needs a restricted one), as opposed to a program that is called. */
	bool (*is_kernel)(const struct request *request);
	/* Whether kexec_file_load takes this image, which the probe took. NULL: none. */
	bool (*by_file)(struct span image);
	/* Of a type that only holds another image: make inner, a copy of the request, the one for
	 * it; texts and joined parts in the arena. It needs nothing below. NULL: any other type. */
	int (*unwrap)(const struct request *request, struct arena *arena, struct request *inner,
		      struct error *err);
	/* Place everything, fill everything. plan->free, plan->jump and plan->given are set up. */
	int (*plan)(const struct request *request, const struct machine *machine, struct plan *plan,
		    struct error *err);
	/* The image is shown copies of the firmware's tables: machine_read_tables() comes first. */
	bool shows_tables;
	/* Bytes of contiguous RAM a kernel needs to run with room to work, and the lowest address
	 * at which it may lie: what D is chosen by. Only for is_kernel. */
	int (*room)(const struct request *request, const struct machine *machine,
		    struct place *want, struct error *err);
};

struct arch {
	const char *name;                    /* "i386" */
	uint32_t kexec_arch;                 /* bits 16-31 of the kexec_load flags */
	uint16_t elf_machine;                /* EM_386 */
	uint64_t memory_end;                 /* no segment above */
	const struct loader *const *loaders; /* NULL-terminated, tried in order */
	/* Hand-off area, pad and restricted map (jump.c): before and after the loader's plan(). */
	int (*jump_prepare)(const struct request *request, const struct machine *machine,
			    const struct loader *loader, struct plan *plan, struct error *err);
	int (*jump_finish)(const struct request *request, const struct machine *machine,
			   struct plan *plan, struct error *err);
	/* The helper that goes back (REQUEST_JUMP_BACK). */
	int (*jump_back)(const struct request *request, const struct machine *machine,
			 struct plan *plan, struct error *err);
	/* Last step of every image that is entered through purgatory: digests of all hashed
	 * segments go into the parameters of the purgatory segment. */
	int (*seal_purgatory)(const struct request *request, struct plan *plan, struct error *err);
};

extern const struct arch arch_i386, arch_x86_64;

/* The type of the request's image, of all or the one that it names; NULL if it is of none,
 * or there is no image. */
const struct loader *loader_find(const struct request *request, const struct arch *arch);

/* The architecture for a utsname.machine ("i686" -> i386), NULL if there is none. */
const struct arch *arch_find(const char *machine);

#endif
