/* SPDX-License-Identifier: GPL-2.0-only */
/* Recognises ACPI root pointers by signature and checksums. Does not know where memory is. */
#include "rsdp.h"

#define SIGNATURE   "RSD PTR "
#define REVISION    15
#define LENGTH      20 /* u32, of revision 2 and later */
#define REVISION_20 2

static bool sums_to_zero(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return !sum;
}

size_t rsdp_bytes(struct span memory)
{
	const uint8_t *p = memory.data;

	if (memory.size < RSDP_1_BYTES || memcmp(p, SIGNATURE, strlen(SIGNATURE)) != 0 ||
	    !sums_to_zero(p, RSDP_1_BYTES))
		return 0;
	if (p[REVISION] < REVISION_20)
		return RSDP_1_BYTES;
	if (memory.size < RSDP_BYTES_MAX || le32_get(p + LENGTH) < RSDP_BYTES_MAX ||
	    !sums_to_zero(p, RSDP_BYTES_MAX))
		return 0;
	return RSDP_BYTES_MAX;
}

struct span rsdp_find(struct span memory)
{
	for (size_t at = 0; at < memory.size; at += RSDP_ALIGN) {
		size_t bytes = rsdp_bytes((struct span){ memory.data + at, memory.size - at });

		if (bytes)
			return (struct span){ memory.data + at, bytes };
	}
	return (struct span){ NULL, 0 };
}
