/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the running kernel says about kexec, read anew each time it is asked: small files of /proc
 * and /sys below a root prefix ("" for the running machine).
 */
#ifndef KEXEC_STATE_H
#define KEXEC_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "machine.h"

/* Whether a kernel is loaded: 1, 0, or -1 if the kernel does not say. */
int state_loaded(const char *root);

/* The same for the kernel that is kept for a crash. */
int state_crash_loaded(const char *root);

/* Bytes that crashkernel= reserved, as the kernel says; 0 if none, or if it does not say. */
uint64_t state_crash_bytes(const char *root);

/* Whether the sysctl kernel.kexec_load_disabled is set. */
bool state_load_disabled(const char *root);

/* kernel.kexec_load_limit_panic or _reboot (Linux 6.3): whether no further load is allowed. */
bool state_load_limit_reached(const char *root, bool crash);

/* The lockdown level in force ("integrity", "confidentiality"); false if there is none. */
bool state_lockdown(const char *root, char *level, size_t size);

/* Whether the kernel tells of itself in /sys/kernel: what is not there then, it does not have. */
bool state_is_told(const char *root);

/* Whether this process has CAP_SYS_BOOT; true if that cannot be found out. */
bool state_may_boot(const char *root);

/* The running kernel's boot id; "" if it cannot be read. */
void state_boot_id(const char *root, char boot_id[MACHINE_BOOT_ID_CHARS + 1]);

#endif
