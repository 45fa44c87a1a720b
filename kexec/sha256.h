/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), streaming and at once. Compiled twice: for the loader, and freestanding for
 * purgatory; so nothing here may need more of libc than memcpy and memset, or any writable global.
 */
#ifndef KEXEC_SHA256_H
#define KEXEC_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES       32
#define SHA256_BLOCK_BYTES 64

/* Work count whole blocks of data into the eight words of state. */
typedef void sha256_blocks_fn(uint32_t state[8], const uint8_t *data, size_t count);

struct sha256 {
	uint32_t state[8];
	uint64_t bytes; /* taken in so far */
	uint8_t partial[SHA256_BLOCK_BYTES];
	sha256_blocks_fn *blocks;
};

/* Plain C: any CPU, no vector registers. */
void sha256_blocks_c(uint32_t state[8], const uint8_t *data, size_t count);

/* SHA-NI: only where sha256_ni_usable(), and vector instructions are switched on. */
void sha256_blocks_ni(uint32_t state[8], const uint8_t *data, size_t count);

/* Whether this CPU has SHA-NI (CPUID alone; whether CR4 allows it is the caller's affair). */
bool sha256_ni_usable(void);

/* The faster of the two for a program under an operating system. */
sha256_blocks_fn *sha256_best(void);

/* Start with blocks as the way to work. */
void sha256_init(struct sha256 *sha, sha256_blocks_fn *blocks);
void sha256_update(struct sha256 *sha, const void *data, size_t size);
/* The digest; the state is spent afterwards. */
void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

/* All of it for one piece of memory. */
void sha256(const void *data, size_t size, uint8_t digest[SHA256_BYTES]);

/* The round constants, shared by the two block functions. */
extern const uint32_t sha256_round_constants[64];

#endif
