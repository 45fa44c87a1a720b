/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A /proc/kcore of a made-up 32-bit kernel: some pages of linear memory from FAKE_PAGE_OFFSET
 * (physical 0), notes and an address without memory.
 */
#ifndef TESTS_FAKE_KCORE_H
#define TESTS_FAKE_KCORE_H

#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"

#define FAKE_PAGE_OFFSET UINT32_C(0xc0000000)
#define FAKE_PAGE_BYTES  4096

static inline void fake_phdr(uint8_t *p, uint32_t type, uint32_t offset, uint32_t vaddr,
			     uint32_t paddr, size_t bytes)
{
	le32_put(p, type);
	le32_put(p + 4, offset);
	le32_put(p + 8, vaddr);
	le32_put(p + 12, paddr);
	le32_put(p + 16, (uint32_t)bytes);
}

/* ELF32 header, three program headers: notes, vmalloc (an address without memory), linear memory.
 */
static inline void fake_kcore_head(uint8_t head[FAKE_PAGE_BYTES], size_t bytes)
{
	memset(head, 0, FAKE_PAGE_BYTES);
	memcpy(head, "\177ELF\1\1\1", 7);
	le16_put(head + 16, 4);
	le32_put(head + 28, 52);
	le16_put(head + 42, 32);
	le16_put(head + 44, 3);
	fake_phdr(head + 52, 4, 0, 0, 0, 0);
	fake_phdr(head + 84, 1, 0x100000, 0xe0000000, UINT32_MAX, bytes);
	fake_phdr(head + 116, 1, FAKE_PAGE_BYTES, FAKE_PAGE_OFFSET, 0, bytes);
}

static inline void fake_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static inline void fake_kcore(const char *path, const uint8_t *memory, size_t bytes)
{
	uint8_t *kcore = malloc(FAKE_PAGE_BYTES + bytes);

	assert_non_null(kcore);
	fake_kcore_head(kcore, bytes);
	memcpy(kcore + FAKE_PAGE_BYTES, memory, bytes);
	fake_file(path, kcore, FAKE_PAGE_BYTES + bytes);
	free(kcore);
}

#endif
