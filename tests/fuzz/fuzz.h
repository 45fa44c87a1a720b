/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fuzz target is: one parser behind one function, and inputs that it accepts. A target is
 * linked with replay.c (any compiler) or with libFuzzer (clang). Seeds are made by code.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/* Give the bytes to the parser; whatever they are, it must come back. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Write seed number n (0, 1, ...) into the buffer. Returns its size, 0 when there is no such seed.
 * A seed that is larger than capacity is a mistake of the target.
 */
size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity);

/*
 * A target that defines this sets it when the parser took the input; then the replay wants that of
 * every seed: one that is refused leads nowhere.
 */
extern bool fuzz_accepted __attribute__((weak));

/* Stop here: a parser let something through that it promised not to. */
#define FUZZ_CHECK(condition)                                                                     \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/* Take bytes off the front of the input; zeros where it has ended. */
static inline void fuzz_take(struct span *input, void *to, size_t bytes)
{
	size_t there = input->size < bytes ? input->size : bytes;

	memset(to, 0, bytes);
	if (!there)
		return;
	memcpy(to, input->data, there);
	input->data += there;
	input->size -= there;
}

static inline uint8_t fuzz_u8(struct span *input)
{
	uint8_t byte;

	fuzz_take(input, &byte, 1);
	return byte;
}

static inline uint16_t fuzz_u16(struct span *input)
{
	uint8_t bytes[2];

	fuzz_take(input, bytes, sizeof(bytes));
	return le16_get(bytes);
}

static inline uint32_t fuzz_u32(struct span *input)
{
	uint8_t bytes[4];

	fuzz_take(input, bytes, sizeof(bytes));
	return le32_get(bytes);
}

static inline uint64_t fuzz_u64(struct span *input)
{
	uint8_t bytes[8];

	fuzz_take(input, bytes, sizeof(bytes));
	return le64_get(bytes);
}

/* A part of the input, up to a separator that is not part of it. */
static inline struct span fuzz_part(struct span *input, uint8_t separator)
{
	struct span part = { input->data, 0 };

	while (part.size < input->size && input->data[part.size] != separator)
		part.size++;
	input->data += part.size;
	input->size -= part.size;
	if (input->size) {
		input->data++;
		input->size--;
	}
	return part;
}

/* A copy in memory of its own, so that a byte too far is seen. free() it. */
static inline uint8_t *fuzz_copy(struct span bytes)
{
	uint8_t *copy = malloc(bytes.size ? bytes.size : 1);

	if (!copy)
		abort();
	if (bytes.size)
		memcpy(copy, bytes.data, bytes.size);
	return copy;
}

/* The same with a zero behind it, for parsers of strings. */
static inline char *fuzz_string(struct span bytes)
{
	char *copy = malloc(bytes.size + 1);

	if (!copy)
		abort();
	if (bytes.size)
		memcpy(copy, bytes.data, bytes.size);
	copy[bytes.size] = '\0';
	return copy;
}

/* For seeds: append to the buffer, at *used. */
static inline void fuzz_append(uint8_t *buffer, size_t capacity, size_t *used, const void *data,
			       size_t bytes)
{
	FUZZ_CHECK(*used <= capacity && bytes <= capacity - *used);
	if (bytes)
		memcpy(buffer + *used, data, bytes);
	*used += bytes;
}

/* A seed of one kind byte and a text. */
static inline size_t fuzz_seed_text(uint8_t kind, const char *text, uint8_t *buffer,
				    size_t capacity)
{
	size_t used = 0;

	fuzz_append(buffer, capacity, &used, &kind, 1);
	fuzz_append(buffer, capacity, &used, text, strlen(text));
	return used;
}

/* Seed number n is text number n, as it is. */
static inline size_t fuzz_seed_of(const char *const *texts, size_t count, unsigned n,
				  uint8_t *buffer, size_t capacity)
{
	size_t used = 0;

	if (n < count)
		fuzz_append(buffer, capacity, &used, texts[n], strlen(texts[n]));
	return used;
}

#endif
