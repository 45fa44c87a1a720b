/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that lives as long as one plan: chunks in a list, filled from the front, freed at once.
 * Knows nothing of what is kept in it.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 16
#define CHUNK_BYTES 16384

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size; /* bytes of data */
	_Alignas(ARENA_ALIGN) unsigned char data[];
};

_Static_assert(sizeof(struct arena_chunk) % ARENA_ALIGN == 0, "data starts aligned");

/* A new chunk at the head of the list, or behind the head when it will be full at once. */
static struct arena_chunk *chunk_new(struct arena *arena, size_t size)
{
	size_t bytes = size > CHUNK_BYTES ? size : CHUNK_BYTES;
	struct arena_chunk *chunk;

	/* calloc and not aligned_alloc: fresh zero pages cost nothing until they are written */
	chunk = calloc(1, sizeof(*chunk) + bytes);
	if (!chunk)
		return NULL;
	chunk->size = bytes;
	if (size > CHUNK_BYTES && arena->chunks) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
	} else {
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunks;
	void *memory;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = size ? (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1) : ARENA_ALIGN;
	if (!chunk || chunk->size - chunk->used < size) {
		chunk = chunk_new(arena, size);
		if (!chunk)
			return NULL;
	}
	memory = chunk->data + chunk->used;
	chunk->used += size;
	return memory;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = arena_alloc(arena, bytes);

	return copy ? memcpy(copy, text, bytes) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int chars;

	va_start(args, format);
	chars = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (chars < 0)
		return NULL;
	text = arena_alloc(arena, (size_t)chars + 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)chars + 1, format, args);
	va_end(args);
	return text;
}

void arena_done(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}
