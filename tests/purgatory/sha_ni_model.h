/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The three SHA-256 instructions of x86 as plain C, after their description in the Intel SDM
 * volume 2. A register is four words, the lowest first. For tests on CPUs that lack them.
 */
#ifndef TESTS_SHA_NI_MODEL_H
#define TESTS_SHA_NI_MODEL_H

#include <stdint.h>

static inline uint32_t model_turn(uint32_t x, unsigned by)
{
	return x >> by | x << (32 - by);
}

static inline uint32_t model_small_0(uint32_t x)
{
	return model_turn(x, 7) ^ model_turn(x, 18) ^ x >> 3;
}

static inline uint32_t model_small_1(uint32_t x)
{
	return model_turn(x, 17) ^ model_turn(x, 19) ^ x >> 10;
}

/* SHA256RNDS2: two rounds on cdgh (the destination) and abef; wk is XMM0. */
static inline void model_rnds2(uint32_t cdgh[4], const uint32_t abef[4], const uint32_t wk[4])
{
	uint32_t a = abef[3], b = abef[2], e = abef[1], f = abef[0];
	uint32_t c = cdgh[3], d = cdgh[2], g = cdgh[1], h = cdgh[0];

	for (int i = 0; i < 2; i++) {
		uint32_t t1 = h + (model_turn(e, 6) ^ model_turn(e, 11) ^ model_turn(e, 25)) +
			      ((e & f) ^ (~e & g)) + wk[i];
		uint32_t t2 = (model_turn(a, 2) ^ model_turn(a, 13) ^ model_turn(a, 22)) +
			      ((a & b) ^ (a & c) ^ (b & c));

		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	cdgh[3] = a;
	cdgh[2] = b;
	cdgh[1] = e;
	cdgh[0] = f;
}

/* SHA256MSG1: w (the destination) are words i-16 ... i-13, next[0] is word i-12. */
static inline void model_msg1(uint32_t w[4], const uint32_t next[4])
{
	for (int i = 0; i < 4; i++)
		w[i] += model_small_0(i < 3 ? w[i + 1] : next[0]);
}

/* SHA256MSG2: w (the destination) is the sum so far, last are words i-4 ... i-1. */
static inline void model_msg2(uint32_t w[4], const uint32_t last[4])
{
	w[0] += model_small_1(last[2]);
	w[1] += model_small_1(last[3]);
	w[2] += model_small_1(w[0]);
	w[3] += model_small_1(w[1]);
}

#endif
