/* SPDX-License-Identifier: GPL-2.0-only */
/* PE images made by code: headers of a few fields, and sections. Knows the format by itself. */
#ifndef TESTS_UKI_BUILDER_H
#define TESTS_UKI_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

struct uki_section {
	const char *name; /* at most 8 characters */
	struct span data;
};

/* Bytes of a PE image with these sections, and the image in memory that free() takes. machine 0 is
 * x86_64's. In the file sections begin and end at multiples of 512. NULL: no memory. */
uint8_t *uki_build(uint16_t machine, const struct uki_section *sections, unsigned count,
		   size_t *bytes);

#endif
