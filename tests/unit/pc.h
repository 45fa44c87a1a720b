/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up PC for tests of plans: 640 KiB of low memory, the rest from 1 MiB up. */
#ifndef TESTS_PC_H
#define TESTS_PC_H

#include "machine.h"

/* Fill machine as one with so many MiB, an i386 kernel at 16 MiB and a known GDT. */
void pc_init(struct machine *machine, uint64_t mib);
void pc_done(struct machine *machine);

#endif
