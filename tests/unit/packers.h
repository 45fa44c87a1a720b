/* SPDX-License-Identifier: GPL-2.0-only */
/* Packs bytes with each library that was there when the program was built, for tests to unpack. */
#ifndef TESTS_PACKERS_H
#define TESTS_PACKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packed {
	uint8_t *data; /* free() it */
	size_t size;
};

struct packer {
	const char *name; /* as unpack.h has it */
	bool checked;     /* way 0 has a checksum of the contents */
	unsigned ways;    /* how many there are: levels, checksums, what a header may hold */
	/* One member. */
	struct packed (*pack)(const uint8_t *data, size_t size, unsigned way);
};

extern const struct packer packers[];
extern const size_t packer_count;

#endif
