/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF cores made up in memory for tests: of either class, with as many program headers as wanted.
 */
#ifndef TESTS_CORE_BUILDER_H
#define TESTS_CORE_BUILDER_H

#include "kdump/core.h"
#include "kexec/range.h"

#define BUILDER_LENT_MAX 4

struct builder {
	uint8_t *data;
	size_t size, capacity;
};

/* A core in the making: header and program headers are written by builder_core(). */
struct builder_core {
	bool elf32;
	uint16_t machine;
	uint64_t entry;
	const struct core_load *loads; /* offset is set here; data must be put by the test */
	size_t load_count;
	size_t kept_count; /* the last so many are CORE_PT_KEPT */
	struct span notes;
};

/* Append bytes, padded with zeros to a multiple of align. */
void builder_put(struct builder *b, const void *data, size_t size, size_t align);
void builder_note(struct builder *b, const char *owner, uint32_t type, struct span data);
void builder_record(struct builder *b, uint16_t tag, uint16_t flags, struct span data);
void builder_done(struct builder *b);

/*
 * A whole core file. The contents of PT_LOADs follow the headers, each page-aligned and filled by
 * builder_page(); loads[i].file_bytes of them.
 */
void builder_core(struct builder *file, const struct builder_core *core);

/* What a page of memory at paddr holds: a third of the 64 KiB blocks is zero. */
void builder_page(uint64_t paddr, uint8_t page[4096]);

/* The descriptor of our note. */
struct builder_jump {
	struct range handoff;
	struct range lent[BUILDER_LENT_MAX];
	unsigned lent_count;
	uint64_t raw;
	uint64_t page_offset;
	uint32_t cpu;
	uint32_t machine; /* 0 = EM_386 */
};
void builder_descriptor(struct builder *b, const struct builder_jump *jump);

/* The bytes as a source of core_open(). */
struct core_source builder_source(const struct builder *b);

#endif
