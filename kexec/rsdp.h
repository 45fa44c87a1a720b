/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ACPI root pointer as bytes (ACPI Specification 5.2.5, "Root System Description Pointer"):
 * kernels that cannot ask the firmware, such as Multiboot ones, are told by a copy of it.
 */
#ifndef KEXEC_RSDP_H
#define KEXEC_RSDP_H

#include "bytes.h"

#define RSDP_1_BYTES   20 /* of ACPI 1.0: the first bytes of every other */
#define RSDP_BYTES_MAX 36
#define RSDP_ALIGN     16

/* Bytes of the root pointer at the beginning of memory; 0 if there is none, or a damaged one. */
size_t rsdp_bytes(struct span memory);

/* The first root pointer in the BIOS's memory; empty if there is none. */
struct span rsdp_find(struct span memory);

#endif
