/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the ACPI root pointer out of the running machine's memory. */
#ifndef KEXEC_RSDP_READ_H
#define KEXEC_RSDP_READ_H

#include "machine_reader.h"

/*
 * Fill machine->rsdp_copy from where machine->rsdp says, or from the BIOS's memory where no EFI is;
 * left empty where /dev/mem does not show it. In a recorded folder a file rsdp has the bytes.
 */
void rsdp_read(const struct reader *reader);

/* The same from an open file with the bytes of memory at their addresses, as /dev/mem. */
void rsdp_search(int memory, struct machine *machine);

#endif
