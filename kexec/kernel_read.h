/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading what the running kernel tells of itself: where its image, its notes and its descriptor
 * table are, and how it pages. Each takes what reader->want asks for and what earlier ones found;
 * 0, or -1 with reader->err. What the kernel hides is left empty.
 */
#ifndef KEXEC_KERNEL_READ_H
#define KEXEC_KERNEL_READ_H

#include "machine_reader.h"

/* The image's address, the processors' notes, the place of VMCOREINFO: for a crash kernel. */
int kernel_read_crash(const struct reader *reader);

/* The text of VMCOREINFO, and the offset of the linear map. */
int kernel_read_vmcoreinfo(const struct reader *reader);

/* CPU_PAE, CPU_LA57 and CPU_ENCRYPTED by that text, which counts more than other sources. */
int kernel_read_paging(const struct reader *reader);

/* The descriptor table, for a jump. */
int kernel_read_gdtr(const struct reader *reader);

#endif
