/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI firmware handed on without its services, to kernels that could not call them: 32-bit ones,
 * which know nothing of SETUP_EFI, any kernel on firmware of the other word size, and all whose
 * predecessor gave the services up. The firmware's own system table is no use to them: once its
 * services were moved it holds virtual addresses. They get one made for them, with the physical
 * addresses of the tables that stay where they are: ACPI and SMBIOS (UEFI Specification 2.10, 4.3
 * and 4.6). Pure: values in, bytes out.
 */
#ifndef KEXEC_EFI_TABLES_H
#define KEXEC_EFI_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "efi.h"
#include "memmap.h"

/* Room for the system table, the list of tables behind it, and the vendor's name if none is known.
 */
#define EFI_TABLES_BYTES 256

/* Whether there is a table to tell of, and all addresses can be told to a 32-bit kernel. */
bool efi_tables_known(const struct machine *machine);

/* Write both tables, to be at this physical address, into EFI_TABLES_BYTES zeroed bytes, in the
 * word size of the firmware, and struct efi_setup_data, whose addresses are the same. */
void efi_tables_fill(const struct machine *machine, uint64_t at, uint8_t *to, uint8_t *setup);

/*
 * A map in EFI's form of the RAM in the memory map: kernels place themselves by it (KASLR). How
 * many descriptors it has; write them into EFI_REGION_BYTES each.
 */
size_t efi_ram_count(const struct memmap *map);
void efi_ram_fill(const struct memmap *map, uint8_t *to);

#endif
