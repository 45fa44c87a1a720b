/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads SMBIOS entry points. Does not read files, and leaves the tables alone. */
#include "smbios.h"

#include <string.h>

#define BYTES_32 31
#define BYTES_64 24

int smbios_version(struct span entry_point, struct smbios *smbios)
{
	const uint8_t *p = entry_point.data;

	if (entry_point.size >= BYTES_64 && !memcmp(p, "_SM3_", 5)) {
		smbios->major = p[7];
		smbios->minor = p[8];
		return 0;
	}
	if (entry_point.size < BYTES_32 || memcmp(p, "_SM_", 4) != 0)
		return -1;
	smbios->major = p[6];
	smbios->minor = p[7];
	return 0;
}
