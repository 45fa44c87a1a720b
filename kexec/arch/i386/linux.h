/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every Linux kernel needs around it, whichever file it came in: initrd, boot_params with the
 * command line, purgatory with the registers of the 32-bit boot protocol. Shared by bzimage.c and
 * elf.c.
 */
#ifndef KEXEC_ARCH_I386_LINUX_H
#define KEXEC_ARCH_I386_LINUX_H

#include <stdbool.h>

#include "bytes.h"
#include "error.h"
#include "machine.h"
#include "plan.h"
#include "range.h"
#include "request.h"

/*
 * Where a 32-bit kernel maps memory by itself ends at 896 MiB with the usual split of addresses;
 * it, its initrd and its boot_params lie below.
 */
#define LINUX_LOW_MEMORY_END UINT64_C(0x38000000)

/* A kernel that has its place. */
struct linux_kernel {
	uint16_t protocol;      /* enum boot_protocol, or newer */
	struct span header;     /* setup header for boot_params, from SETUP_HEADER_START on */
	struct span setup;      /* setup code that is entered in real mode; empty: none is */
	uint32_t cmdline_chars; /* most that the kernel reads, without the zero */
	uint64_t initrd_end;    /* half open */
	uint64_t load;          /* where the file's bytes went */
	uint64_t entry;
	uint64_t end;   /* of the memory it takes to start */
	bool wide;      /* entered in 64-bit mode */
	bool takes_efi; /* from the kernel before it: XLOAD_EFI_KEXEC */
	/* What surrounds it lies below memory_end, or, where there is no room, below far_end (0:
	 * only kernels that say so take addresses above 4 GiB). */
	uint64_t memory_end, far_end;
};

/* Place and fill everything but the kernel. plan->cmdline is the command line. */
int linux_place(const struct request *request, const struct machine *machine,
		const struct linux_kernel *kernel, struct plan *plan, struct error *err);

/* Bytes of RAM beside the kernel itself: initrd packed and unpacked, boot_params, room to work. */
uint64_t linux_room_bytes(const struct request *request);

/*
 * Bytes that the surroundings of a kernel take next to it when nothing may lie below from: the
 * initrd, and boot_params and purgatory where low memory is out of bounds for them.
 */
uint64_t linux_beside_bytes(const struct request *request, uint64_t from);

#endif
