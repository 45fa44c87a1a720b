/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 blocks in plain C (FIPS 180-4, section 6.2). Sixteen rounds are written out, so that the
 * eight working variables never move: each round only renames them. Also part of purgatory.
 */
#include "sha256.h"

const uint32_t sha256_round_constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, unsigned by)
{
	return x >> by | x << (32 - by);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#define BIG_0(x)   (rotate(x, 2) ^ rotate(x, 13) ^ rotate(x, 22))
#define BIG_1(x)   (rotate(x, 6) ^ rotate(x, 11) ^ rotate(x, 25))
#define SMALL_0(x) (rotate(x, 7) ^ rotate(x, 18) ^ (x) >> 3)
#define SMALL_1(x) (rotate(x, 17) ^ rotate(x, 19) ^ (x) >> 10)

/* Choice and majority, in the forms with the fewest operations. */
#define CHOOSE(x, y, z)   ((z) ^ ((x) & ((y) ^ (z))))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))

#define ROUND(a, b, c, d, e, f, g, h, i)                                   \
	do {                                                               \
		uint32_t t = h + BIG_1(e) + CHOOSE(e, f, g) + k[i] + w[i]; \
		d += t;                                                    \
		h = t + BIG_0(a) + MAJORITY(a, b, c);                      \
	} while (0)

#define EIGHT_ROUNDS(i)                                 \
	do {                                            \
		ROUND(a, b, c, d, e, f, g, h, (i));     \
		ROUND(h, a, b, c, d, e, f, g, (i) + 1); \
		ROUND(g, h, a, b, c, d, e, f, (i) + 2); \
		ROUND(f, g, h, a, b, c, d, e, (i) + 3); \
		ROUND(e, f, g, h, a, b, c, d, (i) + 4); \
		ROUND(d, e, f, g, h, a, b, c, (i) + 5); \
		ROUND(c, d, e, f, g, h, a, b, (i) + 6); \
		ROUND(b, c, d, e, f, g, h, a, (i) + 7); \
	} while (0)

/* The next sixteen words of the message schedule, in place. */
static inline void next_words(uint32_t w[16])
{
	for (unsigned i = 0; i < 16; i++)
		w[i] += SMALL_0(w[(i + 1) % 16]) + w[(i + 9) % 16] + SMALL_1(w[(i + 14) % 16]);
}

static void one_block(uint32_t state[8], const uint8_t *data)
{
	const uint32_t *k = sha256_round_constants;
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	uint32_t w[16];

	for (unsigned i = 0; i < 16; i++)
		w[i] = get_be32(data + 4 * i);
	for (;;) {
		EIGHT_ROUNDS(0);
		EIGHT_ROUNDS(8);
		k += 16;
		if (k == sha256_round_constants + 64)
			break;
		next_words(w);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256_blocks_c(uint32_t state[8], const uint8_t *data, size_t count)
{
	for (; count; count--, data += SHA256_BLOCK_BYTES)
		one_block(state, data);
}
