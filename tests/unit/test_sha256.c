/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256: the examples of FIPS 180, every split of an input, and that all ways to work the blocks
 * agree. The SHA-NI source is also compiled against a model of its three instructions, so that its
 * arithmetic is tested on every CPU; on a CPU with SHA-NI the real thing is tested as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <immintrin.h>

#include "../purgatory/sha_ni_model.h"
#include "sha256.h"

typedef void model_fn(uint32_t to[4], const uint32_t from[4]);

static __m128i by_model(model_fn *model, __m128i to, __m128i from)
{
	uint32_t a[4], b[4];

	memcpy(a, &to, sizeof(a));
	memcpy(b, &from, sizeof(b));
	model(a, b);
	memcpy(&to, a, sizeof(a));
	return to;
}

static __m128i msg1(__m128i to, __m128i from)
{
	return by_model(model_msg1, to, from);
}

static __m128i msg2(__m128i to, __m128i from)
{
	return by_model(model_msg2, to, from);
}

static __m128i rnds2(__m128i to, __m128i from, __m128i words)
{
	uint32_t a[4], b[4], wk[4];

	memcpy(a, &to, sizeof(a));
	memcpy(b, &from, sizeof(b));
	memcpy(wk, &words, sizeof(wk));
	model_rnds2(a, b, wk);
	memcpy(&to, a, sizeof(a));
	return to;
}

void modelled_blocks_ni(uint32_t state[8], const uint8_t *data, size_t count);

#define sha256_blocks_ni      modelled_blocks_ni
#define _mm_sha256rnds2_epu32 rnds2
#define _mm_sha256msg1_epu32  msg1
#define _mm_sha256msg2_epu32  msg2
#include "../../kexec/sha256_ni.c"
#undef sha256_blocks_ni

static const struct example {
	const char *text;
	unsigned repeat;
	const char *digest;
} examples[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 12500,
	  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

static void show(const uint8_t digest[SHA256_BYTES], char text[2 * SHA256_BYTES + 1])
{
	for (size_t i = 0; i < SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void check_examples(sha256_blocks_fn *blocks)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct example *example = &examples[i];
		char text[2 * SHA256_BYTES + 1];
		uint8_t digest[SHA256_BYTES];
		struct sha256 sha;

		sha256_init(&sha, blocks);
		for (unsigned n = 0; n < example->repeat; n++)
			sha256_update(&sha, example->text, strlen(example->text));
		sha256_final(&sha, digest);
		show(digest, text);
		assert_string_equal(text, example->digest);
	}
}

static void plain_c_gives_the_examples(void **state)
{
	(void)state;
	check_examples(sha256_blocks_c);
}

static void modelled_ni_gives_the_examples(void **state)
{
	(void)state;
	check_examples(modelled_blocks_ni);
}

static void real_ni_gives_the_examples(void **state)
{
	(void)state;
	if (!sha256_ni_usable()) {
		print_message("this CPU has no SHA-NI\n");
		skip();
	}
	check_examples(sha256_blocks_ni);
}

static void best_is_one_of_the_two(void **state)
{
	(void)state;
	assert_true(sha256_best() == (sha256_ni_usable() ? sha256_blocks_ni : sha256_blocks_c));
}

static void fill(uint8_t *data, size_t size)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (uint8_t)(x >> 24);
	}
}

static void all_ways_agree_at_every_length(void **state)
{
	uint8_t data[300], one[SHA256_BYTES], other[SHA256_BYTES];
	struct sha256 sha;

	(void)state;
	fill(data, sizeof(data));
	for (size_t size = 0; size < sizeof(data); size++) {
		/* An odd start: nothing may count on alignment. */
		const uint8_t *p = data + sizeof(data) - size;

		sha256_init(&sha, sha256_blocks_c);
		sha256_update(&sha, p, size);
		sha256_final(&sha, one);
		sha256_init(&sha, modelled_blocks_ni);
		sha256_update(&sha, p, size);
		sha256_final(&sha, other);
		assert_memory_equal(one, other, SHA256_BYTES);
		sha256(p, size, other);
		assert_memory_equal(one, other, SHA256_BYTES);
	}
}

static void splits_do_not_matter(void **state)
{
	uint8_t data[257], whole[SHA256_BYTES], parts[SHA256_BYTES];

	(void)state;
	fill(data, sizeof(data));
	sha256(data, sizeof(data), whole);
	for (size_t a = 0; a <= sizeof(data); a++) {
		for (size_t b = a; b <= sizeof(data); b += 13) {
			struct sha256 sha;

			sha256_init(&sha, sha256_blocks_c);
			sha256_update(&sha, data, a);
			sha256_update(&sha, data + a, b - a);
			sha256_update(&sha, data + b, sizeof(data) - b);
			sha256_final(&sha, parts);
			assert_memory_equal(whole, parts, SHA256_BYTES);
		}
	}
}

static void a_long_input_in_odd_pieces(void **state)
{
	const size_t size = 3 * 1024 * 1024 + 17;
	uint8_t *data = malloc(size), one[SHA256_BYTES], other[SHA256_BYTES];
	struct sha256 sha;
	size_t done = 0;

	(void)state;
	assert_non_null(data);
	fill(data, size);
	sha256_init(&sha, sha256_blocks_c);
	for (size_t step = 1; done < size; step = step * 3 + 1) {
		size_t part = step < size - done ? step : size - done;

		sha256_update(&sha, data + done, part);
		done += part;
	}
	sha256_final(&sha, one);
	sha256_init(&sha, modelled_blocks_ni);
	sha256_update(&sha, data, size);
	sha256_final(&sha, other);
	assert_memory_equal(one, other, SHA256_BYTES);
	sha256(data, size, other);
	assert_memory_equal(one, other, SHA256_BYTES);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_c_gives_the_examples),
		cmocka_unit_test(modelled_ni_gives_the_examples),
		cmocka_unit_test(real_ni_gives_the_examples),
		cmocka_unit_test(best_is_one_of_the_two),
		cmocka_unit_test(all_ways_agree_at_every_length),
		cmocka_unit_test(splits_do_not_matter),
		cmocka_unit_test(a_long_input_in_odd_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
