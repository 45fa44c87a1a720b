/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256, the part around the blocks: partial blocks, padding, length, and the choice of the block
 * function. Also part of purgatory, hence no libc beyond memcpy and memset.
 */
#include <cpuid.h>
#include <string.h>

#include "sha256.h"

#define LENGTH_BYTES 8

static void put_be32(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 24);
	p[1] = (uint8_t)(value >> 16);
	p[2] = (uint8_t)(value >> 8);
	p[3] = (uint8_t)value;
}

bool sha256_ni_usable(void)
{
	unsigned a, b, c, d;
	unsigned want = bit_SSSE3 | bit_SSE4_1;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & want) != want || !(d & bit_FXSAVE))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

sha256_blocks_fn *sha256_best(void)
{
	return sha256_ni_usable() ? sha256_blocks_ni : sha256_blocks_c;
}

void sha256_init(struct sha256 *sha, sha256_blocks_fn *blocks)
{
	sha->state[0] = 0x6a09e667;
	sha->state[1] = 0xbb67ae85;
	sha->state[2] = 0x3c6ef372;
	sha->state[3] = 0xa54ff53a;
	sha->state[4] = 0x510e527f;
	sha->state[5] = 0x9b05688c;
	sha->state[6] = 0x1f83d9ab;
	sha->state[7] = 0x5be0cd19;
	sha->bytes = 0;
	sha->blocks = blocks;
}

void sha256_update(struct sha256 *sha, const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t held = (size_t)(sha->bytes % SHA256_BLOCK_BYTES);

	if (!size)
		return;
	sha->bytes += size;
	if (held) {
		size_t room = SHA256_BLOCK_BYTES - held;
		size_t part = size < room ? size : room;

		memcpy(sha->partial + held, p, part);
		p += part;
		size -= part;
		if (part < room)
			return;
		sha->blocks(sha->state, sha->partial, 1);
	}
	if (size >= SHA256_BLOCK_BYTES) {
		size_t count = size / SHA256_BLOCK_BYTES;

		sha->blocks(sha->state, p, count);
		p += count * SHA256_BLOCK_BYTES;
		size -= count * SHA256_BLOCK_BYTES;
	}
	if (size)
		memcpy(sha->partial, p, size);
}

void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_BYTES])
{
	size_t held = (size_t)(sha->bytes % SHA256_BLOCK_BYTES);
	uint64_t bits = sha->bytes * 8;

	sha->partial[held++] = 0x80;
	if (held > SHA256_BLOCK_BYTES - LENGTH_BYTES) {
		memset(sha->partial + held, 0, SHA256_BLOCK_BYTES - held);
		sha->blocks(sha->state, sha->partial, 1);
		held = 0;
	}
	memset(sha->partial + held, 0, SHA256_BLOCK_BYTES - LENGTH_BYTES - held);
	put_be32(sha->partial + SHA256_BLOCK_BYTES - 8, (uint32_t)(bits >> 32));
	put_be32(sha->partial + SHA256_BLOCK_BYTES - 4, (uint32_t)bits);
	sha->blocks(sha->state, sha->partial, 1);
	for (size_t i = 0; i < 8; i++)
		put_be32(digest + 4 * i, sha->state[i]);
}

void sha256(const void *data, size_t size, uint8_t digest[SHA256_BYTES])
{
	struct sha256 sha;

	sha256_init(&sha, sha256_best());
	sha256_update(&sha, data, size);
	sha256_final(&sha, digest);
}
