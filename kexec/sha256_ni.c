/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 blocks with the SHA instructions of x86 (Intel SDM volume 2, SHA256RNDS2, SHA256MSG1,
 * SHA256MSG2). The only file with vector registers; who calls it has looked at CPUID. Also part of
 * purgatory, which switches the instructions on first.
 */
#include <immintrin.h>

#include "sha256.h"

#define LOAD(p)     _mm_loadu_si128((const __m128i *)(const void *)(p))
#define STORE(p, x) _mm_storeu_si128((__m128i *)(void *)(p), x)

/* Four rounds: two by each instruction; the second takes its words from the upper half. */
#define FOUR_ROUNDS(words, i)                                                               \
	do {                                                                                \
		__m128i sum = _mm_add_epi32(words, LOAD(sha256_round_constants + 4 * (i))); \
		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);                              \
		abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));     \
	} while (0)

/* Words 16 before, 12, 8 and 4 before: the next four replace the oldest. */
#define NEXT_WORDS(m16, m12, m8, m4)                                              \
	(m16 = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(m16, m12), \
						  _mm_alignr_epi8(m4, m8, 4)),    \
				    m4))

/* How far ahead memory is asked for. The processor's own reading ahead ends with each 4 KiB page;
 * without ours it waits at each. Asking beyond the end is harmless: it never faults. */
#define AHEAD_BYTES 2048

__attribute__((target("sha,sse4.1"))) void sha256_blocks_ni(uint32_t state[8], const uint8_t *data,
							    size_t count)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i badc = _mm_shuffle_epi32(LOAD(state), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(LOAD(state + 4), 0x1b);
	__m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
	__m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

	for (; count; count--, data += SHA256_BLOCK_BYTES) {
		__m128i old_abef = abef, old_cdgh = cdgh;
		__m128i w0 = _mm_shuffle_epi8(LOAD(data), big_endian);
		__m128i w1 = _mm_shuffle_epi8(LOAD(data + 16), big_endian);
		__m128i w2 = _mm_shuffle_epi8(LOAD(data + 32), big_endian);
		__m128i w3 = _mm_shuffle_epi8(LOAD(data + 48), big_endian);

		_mm_prefetch((const char *)((uintptr_t)data + AHEAD_BYTES), _MM_HINT_T0);
		FOUR_ROUNDS(w0, 0);
		FOUR_ROUNDS(w1, 1);
		FOUR_ROUNDS(w2, 2);
		FOUR_ROUNDS(w3, 3);
		for (unsigned i = 4; i < 16; i += 4) {
			NEXT_WORDS(w0, w1, w2, w3);
			FOUR_ROUNDS(w0, i);
			NEXT_WORDS(w1, w2, w3, w0);
			FOUR_ROUNDS(w1, i + 1);
			NEXT_WORDS(w2, w3, w0, w1);
			FOUR_ROUNDS(w2, i + 2);
			NEXT_WORDS(w3, w0, w1, w2);
			FOUR_ROUNDS(w3, i + 3);
		}
		abef = _mm_add_epi32(abef, old_abef);
		cdgh = _mm_add_epi32(cdgh, old_cdgh);
	}
	badc = _mm_shuffle_epi32(abef, 0x1b);
	hgfe = _mm_shuffle_epi32(cdgh, 0xb1);
	STORE(state, _mm_blend_epi16(badc, hgfe, 0xf0));
	STORE(state + 4, _mm_alignr_epi8(hgfe, badc, 8));
}
