/* SPDX-License-Identifier: GPL-2.0-only */
/* What SMBIOS's entry point says of itself (SMBIOS Specification 3.7, 5.2). Pure. */
#ifndef KEXEC_SMBIOS_H
#define KEXEC_SMBIOS_H

#include "bytes.h"

struct smbios {
	uint8_t major, minor;
	struct span tables; /* free() its data; empty = not known */
};

/* The version in an entry point, of 32 or 64 bits. 0, or -1 when it is none. */
int smbios_version(struct span entry_point, struct smbios *smbios);

#endif
