/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading what the BIOS told of its disks. */
#ifndef KEXEC_EDD_READ_H
#define KEXEC_EDD_READ_H

#include "machine_reader.h"

/* Fill machine->edd from /sys/firmware/edd, or from boot_params where the driver is absent. Always
 * 0. */
int edd_read(const struct reader *reader);

#endif
