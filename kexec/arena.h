/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that lives as long as one plan: allocated piece by piece, freed at once. */
#ifndef KEXEC_ARENA_H
#define KEXEC_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
};

/* Zeroed, 16-byte aligned memory, owned by the arena. NULL when there is none left. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of a string, owned by the arena. NULL when there is no memory left. */
char *arena_strdup(struct arena *arena, const char *text);

/* Formatted text, owned by the arena. NULL when there is no memory left. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Free everything. The arena is empty and usable afterwards. */
void arena_done(struct arena *arena);

#endif
