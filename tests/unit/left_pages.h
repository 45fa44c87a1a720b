/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel's jump leaves behind in five pages: control page, a page to swap through, two pages
 * of list, page tables. [0x20000, 0x22000) and [0x1000, 0x3000) are lent; of these four pages
 * one is not displaced.
 */
#ifndef TESTS_LEFT_PAGES_H
#define TESTS_LEFT_PAGES_H

#include "control_page.h"

#define LEFT_PAGES_BYTES ((size_t)5 * 4096)
#define CONTROL          0x8000u
#define SWAP             0x9000u
#define LIST             0xa000u
#define LIST2            0xb000u
#define PGD              0xc000u
#define RAW              (CONTROL + CONTROL_PAGE_RAW)

/* The memory from CONTROL on, which holds zeros. */
static inline void left_pages_put(bool wide, uint8_t *memory)
{
	static const struct control_page page = { CONTROL, PGD, SWAP, LIST };
	static const uint32_t list[] = { 0x20000 | 1, 0x10000 | 8, 0x11000 | 8, LIST2 | 2 };
	static const uint32_t list2[] = { 0x1000 | 1, 0x13000 | 8, 0x2000 | 1, 0x2000 | 8, 4 };
	size_t word = wide ? 8 : 4;

	if (wide)
		control_page_put_64(&page, memory);
	else
		control_page_put(&page, memory);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		le32_put(memory + (LIST - CONTROL) + i * word, list[i]);
	for (size_t i = 0; i < sizeof(list2) / sizeof(list2[0]); i++)
		le32_put(memory + (LIST2 - CONTROL) + i * word, list2[i]);
}

#endif
