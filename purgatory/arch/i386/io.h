/* SPDX-License-Identifier: GPL-2.0-only */
/* Port input and output for freestanding x86 code. Ring 0 only. */
#ifndef PURGATORY_IO_H
#define PURGATORY_IO_H

#include <stdint.h>

static inline void io_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t io_in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

#endif
