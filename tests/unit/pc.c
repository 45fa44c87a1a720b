/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory map QEMU's PC has, as values; nothing is read. */
#include "pc.h"

#include <stdlib.h>
#include <string.h>

#define MIB UINT64_C(0x100000)

static char no_cmdline[] = "";

static void add(struct machine *machine, uint64_t start, uint64_t end, uint32_t type)
{
	struct range at = { start, end };
	struct error err;

	if (memmap_add(&machine->firmware, at, type, &err) ||
	    (type == MEMORY_RAM && range_set_add(&machine->ram, range_whole_pages(at), &err)))
		abort();
}

void pc_init(struct machine *machine, uint64_t mib)
{
	memset(machine, 0, sizeof(*machine));
	strcpy(machine->arch, "i686");
	strcpy(machine->release, "6.1.0-test");
	strcpy(machine->version, "#1 SMP");
	strcpy(machine->boot_id, "00112233-4455-6677-8899-aabbccddeeff");
	machine->cmdline = no_cmdline;
	machine->cpu_count = 1;
	machine->total_bytes = mib * MIB;
	machine->available_bytes = mib * MIB;
	machine->kernel = (struct range){ 16 * MIB, 24 * MIB };
	machine->gdtr.known = true;
	machine->gdtr.base = 0xffc01000;
	machine->gdtr.limit = 0xff;
	for (unsigned i = 0; i < MACHINE_RANDOM_BYTES; i++)
		machine->random[i] = (uint8_t)(0xa0 + i);
	add(machine, 0x0, 0x9fc00, MEMORY_RAM);
	add(machine, 0x9fc00, 0xa0000, MEMORY_RESERVED);
	add(machine, 0xf0000, 0x100000, MEMORY_RESERVED);
	add(machine, 0x100000, mib * MIB - 0x20000, MEMORY_RAM);
	add(machine, mib * MIB - 0x20000, mib * MIB, MEMORY_RESERVED);
	add(machine, 0xfffc0000, 0x100000000, MEMORY_RESERVED);
}

void pc_done(struct machine *machine)
{
	memmap_done(&machine->firmware);
	range_set_done(&machine->ram);
	range_set_done(&machine->crash);
}
