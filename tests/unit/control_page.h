/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page that a kernel's jump runs in, as relocate_kernel_32.S (Linux 6.1) leaves it
 * behind: the code of the way back, and what it saved.
 */
#ifndef TESTS_CONTROL_PAGE_H
#define TESTS_CONTROL_PAGE_H

#include "bytes.h"

#define CONTROL_PAGE_CODE 0xd5u                   /* a call, and where it comes back to */
#define CONTROL_PAGE_RAW  (CONTROL_PAGE_CODE + 2) /* entry point of the way back */

/* Physical addresses: of the page itself, its tables, a page to swap through, the list of pages. */
struct control_page {
	uint32_t at, tables, swap, list;
};

/* Put code and values into a page of zeros. */
static inline void control_page_put(const struct control_page *c, uint8_t page[4096])
{
	static const uint8_t code[] = { 0xff, 0xd2, 0x8b, 0x2c, 0x24, 0xe8, 0, 0, 0,
					0,    0x5b, 0x81, 0xeb, 0xdf, 0,    0, 0 };

	memcpy(page + CONTROL_PAGE_CODE, code, sizeof(code));
	le32_put(page + 0x804, 0x80050033); /* cr0 */
	le32_put(page + 0x808, c->tables);  /* cr3 */
	le32_put(page + 0x80c, 0x690);      /* cr4 */
	le32_put(page + 0x810, 0xc0000000 + c->at);
	le32_put(page + 0x814, c->tables);
	le32_put(page + 0x818, c->swap);
	le32_put(page + 0x81c, c->list | 2);
}

/* The same as relocate_kernel_64.S leaves it. */
static inline void control_page_put_64(const struct control_page *c, uint8_t page[4096])
{
	static const uint8_t code[] = {
		0xff, 0xd2, 0x48, 0x8b, 0x2c, 0x24, 0x4c, 0x8d, 0x05, 0,    0,    0,    0,
		0x4d, 0x8b, 0x90, 0x28, 0x08, 0,    0,    0x49, 0x8b, 0xb8, 0x30, 0x08, 0,
		0,    0x49, 0x8b, 0x80, 0x20, 0x08, 0,    0,    0x0f, 0x22, 0xd8,
	};

	memcpy(page + CONTROL_PAGE_CODE, code, sizeof(code));
	/* lea of the page's start, by the instruction that follows. */
	le32_put(page + CONTROL_PAGE_RAW + 7, 0u - (CONTROL_PAGE_RAW + 11));
	le64_put(page + 0x808, 0x80050033); /* cr0 */
	le64_put(page + 0x810, 0x186a000);  /* cr3 */
	le64_put(page + 0x818, 0x3506f0);   /* cr4 */
	le64_put(page + 0x820, c->tables);
	le64_put(page + 0x828, c->swap);
	le64_put(page + 0x830, c->list | 2);
}

#endif
