/* SPDX-License-Identifier: GPL-2.0-only */
/* How much memory an initrd takes once the kernel has unpacked it. */
#ifndef KEXEC_INITRD_H
#define KEXEC_INITRD_H

#include <stdbool.h>

#include "bytes.h"

/* Whether the bytes begin like the archive an initrd is when it is unpacked. */
bool initrd_is_cpio(struct span s);

/*
 * An estimate: exact for plain cpio archives (as many as there are in a row), what its last four
 * bytes say for a gzip file behind them, four times its size for any other compression.
 */
uint64_t initrd_unpacked_bytes(struct span initrd);

#endif
