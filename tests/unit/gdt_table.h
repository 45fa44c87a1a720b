/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptor tables as Linux has them. */
#ifndef TESTS_GDT_TABLE_H
#define TESTS_GDT_TABLE_H

#include "bytes.h"

/* The constant descriptors of a real table (i386 6.1, guest with 512 MiB). */
static inline void gdt_table_32(uint8_t *table, uint32_t percpu_base)
{
	memset(table, 0, 256);
	le64_put(table + 12 * 8, UINT64_C(0x00cf9a000000ffff));
	le64_put(table + 13 * 8, UINT64_C(0x00cf93000000ffff));
	le64_put(table + 14 * 8, UINT64_C(0x00cffa000000ffff));
	le64_put(table + 15 * 8, UINT64_C(0x00cff3000000ffff));
	le64_put(table + 16 * 8, UINT64_C(0xff008b8060000067));
	le64_put(table + 27 * 8, UINT64_C(0x008f93000000ffff) |
					 (uint64_t)(percpu_base & 0xffffff) << 16 |
					 (uint64_t)(percpu_base >> 24) << 56);
}

static inline void gdt_table_64(uint8_t *table)
{
	memset(table, 0, 128);
	le64_put(table + 1 * 8, UINT64_C(0x00cf9b000000ffff));
	le64_put(table + 2 * 8, UINT64_C(0x00af9b000000ffff));
	le64_put(table + 3 * 8, UINT64_C(0x00cf93000000ffff));
	le64_put(table + 4 * 8, UINT64_C(0x00cffb000000ffff));
	le64_put(table + 5 * 8, UINT64_C(0x00cff3000000ffff));
	le64_put(table + 6 * 8, UINT64_C(0x00affb000000ffff));
}

#endif
