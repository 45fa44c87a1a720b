/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page that a 32-bit kernel's jump runs in, as relocate_kernel_32.S (Linux 6.1) leaves it
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

#endif
