/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the i386 purgatory compares a digest: the linked blob in an ordinary 32-bit process,
 * over memory that is already there. Prints one line "NAME MB-per-second" for each way of working
 * the blocks; "ni none" on a CPU without SHA-NI.
 *
 * usage: bench_blob [MEGABYTES [ROUNDS]]
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "blobs.h"
#include "bytes.h"
#include "sha256.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The best of some rounds, in seconds; negative when the digest was refused. */
static double best_of(uint8_t *blob, uint32_t how, unsigned rounds)
{
	uintptr_t at = (uintptr_t)blob + le32_get(blob + PURG_CHECK);
	purgatory_check_fn *check = (purgatory_check_fn *)at;
	double best = -1;
	char text[400];

	for (unsigned i = 0; i < rounds; i++) {
		double from = now(), took;

		if (check((struct purgatory_params *)(void *)blob, how, text, sizeof(text)))
			return -1;
		took = now() - from;
		if (best < 0 || took < best)
			best = took;
	}
	return best;
}

int main(int argc, char **argv)
{
	unsigned long megabytes = argc > 1 ? strtoul(argv[1], NULL, 0) : 64;
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 3;
	size_t size = megabytes << 20;
	uint8_t *blob = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct purgatory_params *params = (struct purgatory_params *)(void *)blob;
	uint8_t *data = malloc(size);
	double seconds;

	if (blob == MAP_FAILED || !data || !megabytes || !rounds)
		return 99;
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 11);
	memcpy(blob, purgatory_i386_blob, purgatory_i386_bytes);
	params->region_count = 1;
	params->regions[0].start = (uintptr_t)data;
	params->regions[0].size = size;
	sha256(data, size, params->digest);

	seconds = best_of(blob, PURG_CHECK_C, rounds);
	if (seconds < 0)
		return 1;
	printf("c %.0f\n", (double)size / 1e6 / seconds);
	if (!sha256_ni_usable()) {
		printf("ni none\n");
		return 0;
	}
	seconds = best_of(blob, PURG_CHECK_NI, rounds);
	if (seconds < 0)
		return 1;
	printf("ni %.0f\n", (double)size / 1e6 / seconds);
	return 0;
}
