/* SPDX-License-Identifier: GPL-2.0-only */
/* A root pointer of ACPI with the right checksums, for tests. */
#ifndef TESTS_ROOT_POINTER_H
#define TESTS_ROOT_POINTER_H

#include <string.h>

#include "bytes.h"
#include "rsdp.h"

#define ROOT_POINTER_TABLE 0x7fe0000 /* the address in it */

static inline uint8_t root_pointer_missing(const uint8_t *p, unsigned bytes)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + p[i]);
	return (uint8_t)-sum;
}

/* Fill RSDP_BYTES_MAX bytes; before revision 2 the first RSDP_1_BYTES are what counts. */
static inline void root_pointer_fill(uint8_t *p, uint8_t revision)
{
	memset(p, 0, RSDP_BYTES_MAX);
	memcpy(p, "RSD PTR ", 8);
	p[15] = revision;
	le32_put(p + 16, ROOT_POINTER_TABLE);
	le32_put(p + 20, RSDP_BYTES_MAX);
	p[8] = root_pointer_missing(p, RSDP_1_BYTES);
	p[32] = root_pointer_missing(p, RSDP_BYTES_MAX);
}

#endif
