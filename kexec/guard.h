/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files are mapped, not copied. When somebody makes one smaller while it is read, the processor
 * faults: that is an error to be told, not a crash.
 */
#ifndef KEXEC_GUARD_H
#define KEXEC_GUARD_H

/* From now on such a fault ends the program with a message and exit code 255. Nothing is loaded
 * then: the only call that loads is the kernel's to judge. */
void guard_mapped_files(void);

#endif
