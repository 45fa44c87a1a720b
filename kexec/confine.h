/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory map of a kernel that shall keep to some of the memory and leave the rest alone. Pure.
 */
#ifndef KEXEC_CONFINE_H
#define KEXEC_CONFINE_H

#include "memmap.h"

/*
 * Fill the empty map from firmware's: only ram (whole pages) is RAM, what else was RAM is reserved
 * (never a hole: the kernel would claim one next to its RAM), everything else is as it was. That
 * kernel's user space can then map the reserved memory through /dev/mem, also with
 * CONFIG_IO_STRICT_DEVMEM: a reserved entry that begins below 1 MiB would be refused as a whole, so
 * the firmware's own one there is kept from growing together with it: its last page becomes
 * "unusable".
 */
int memmap_confine(const struct memmap *firmware, const struct range_set *ram, struct memmap *map,
		   struct error *err);

/* RAM in low memory, from which such a kernel starts its other processors; empty if there is none.
 */
struct range memmap_low_ram(const struct range_set *ram);

/* Whether a type in a map like that is what memmap_confine() makes of the firmware's. */
bool memmap_is_confined_type(struct range at, uint32_t firmware, uint32_t confined);

#endif
