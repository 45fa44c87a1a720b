/* SPDX-License-Identifier: GPL-2.0-only */
/* What the first bytes of a device say it holds. Pure: bytes in, a name out. */
#ifndef KDUMP_SIGNATURE_H
#define KDUMP_SIGNATURE_H

#include "kexec/bytes.h"

#define SIGNATURE_BYTES 0x11000 /* how much of the device's start must be looked at */

/*
 * The name of what must not be overwritten unasked ("an ext2/3/4 file system"), or NULL: blank,
 * swap space (whether in use or not is not written in it), an older image, or unknown.
 */
const char *signature_of(struct span start);

#endif
