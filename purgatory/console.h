/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where purgatory's few lines go: VGA text memory, a serial port, or a buffer (tests). Nothing is
 * printed where nothing was asked for.
 */
#ifndef PURGATORY_CONSOLE_H
#define PURGATORY_CONSOLE_H

#include <stdint.h>

#include "abi.h"

struct console {
	uint32_t flags;       /* PURG_CONSOLE_* */
	uint16_t serial_base; /* I/O port */
	uint32_t column;      /* on the lowest row of the VGA text screen */
	char *text;           /* a buffer instead of devices, or NULL */
	uint32_t room;        /* bytes left in it, the terminator included */
};

/* The consoles the parameters ask for, made ready (VGA reset, baud rate). Ring 0 only. */
void console_open(struct console *console, const struct purgatory_params *params);

/* A buffer as console. size > 0. */
void console_open_text(struct console *console, char *text, uint32_t size);

void console_put(struct console *console, const char *text);
void console_put_hex(struct console *console, uint64_t value);
/* Bytes as hex digits, in order. */
void console_put_bytes(struct console *console, const uint8_t *bytes, uint32_t count);

/* vga.c: program the standard 80x25 colour text mode. The font in video memory is taken as it is.
 */
void vga_reset(void);

#endif
