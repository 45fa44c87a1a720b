/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading what the running kernel tells of EFI firmware. */
#ifndef KEXEC_EFI_READ_H
#define KEXEC_EFI_READ_H

#include "machine_reader.h"

/*
 * Fill machine->efi from /sys/firmware/efi; all zero where there is no such folder. In a recorded
 * folder runtime-map may be one file runtime-map.txt. -1 only for files that are damaged; a map
 * that cannot be read is left out.
 */
int efi_read(const struct reader *reader);

#endif
