/* SPDX-License-Identifier: GPL-2.0-only */
/* Purgatory's output on PC hardware: VGA text memory at 0xb8000 and an 8250-compatible serial port.
 */
#include <stddef.h>
#include <string.h>

#include "console.h"
#include "io.h"

#define VGA_TEXT    0xb8000
#define VGA_COLUMNS 80
#define VGA_ROWS    25
#define VGA_BLANK   0x0720 /* a space, light grey on black */

#define UART_DATA         0
#define UART_DIVISOR_HIGH 1
#define UART_LINE_CONTROL 3
#define UART_LINE_STATUS  5
#define UART_8N1          0x03
#define UART_DIVISOR      0x80 /* line control: the first two registers are the divisor */
#define UART_EMPTY        0x20 /* line status: ready for a byte */
#define UART_CLOCK        115200
#define UART_PATIENCE     100000 /* polls; about 100 ms, for a port that is not there */

static void vga_scroll(volatile uint16_t *screen)
{
	for (uint32_t i = 0; i < VGA_COLUMNS * (VGA_ROWS - 1); i++)
		screen[i] = screen[i + VGA_COLUMNS];
	for (uint32_t i = VGA_COLUMNS * (VGA_ROWS - 1); i < VGA_COLUMNS * VGA_ROWS; i++)
		screen[i] = VGA_BLANK;
}

static void vga_put(struct console *console, char c)
{
	volatile uint16_t *screen = (volatile uint16_t *)(uintptr_t)VGA_TEXT;

	if (c == '\n') {
		console->column = 0;
		return;
	}
	if (console->column % VGA_COLUMNS == 0) {
		vga_scroll(screen);
		console->column = 0;
	}
	screen[VGA_COLUMNS * (VGA_ROWS - 1) + console->column++] =
		(uint16_t)((VGA_BLANK & 0xff00) | (uint8_t)c);
}

static void serial_put(const struct console *console, char c)
{
	uint32_t patience = UART_PATIENCE;

	while (!(io_in8(console->serial_base + UART_LINE_STATUS) & UART_EMPTY) && --patience)
		;
	io_out8(console->serial_base + UART_DATA, (uint8_t)c);
}

static void serial_speed(uint16_t base, uint32_t baud)
{
	uint32_t divisor = baud < UART_CLOCK ? UART_CLOCK / baud : 1;

	io_out8(base + UART_LINE_CONTROL, UART_8N1 | UART_DIVISOR);
	io_out8(base + UART_DATA, (uint8_t)divisor);
	io_out8(base + UART_DIVISOR_HIGH, (uint8_t)(divisor >> 8));
	io_out8(base + UART_LINE_CONTROL, UART_8N1);
}

static void put_one(struct console *console, char c)
{
	if (console->text) {
		if (console->room > 1) {
			*console->text++ = c;
			*console->text = '\0';
			console->room--;
		}
		return;
	}
	if (console->flags & PURG_CONSOLE_VGA)
		vga_put(console, c);
	if (console->flags & PURG_CONSOLE_SERIAL) {
		if (c == '\n')
			serial_put(console, '\r');
		serial_put(console, c);
	}
}

void console_open(struct console *console, const struct purgatory_params *params)
{
	console->flags = params->flags;
	console->serial_base = params->serial_base;
	console->column = 0;
	console->text = NULL;
	console->room = 0;
	if (params->flags & PURG_RESET_VGA)
		vga_reset();
	if ((params->flags & PURG_CONSOLE_SERIAL) && params->serial_baud)
		serial_speed(params->serial_base, params->serial_baud);
}

void console_open_text(struct console *console, char *text, uint32_t size)
{
	console->flags = 0;
	console->serial_base = 0;
	console->column = 0;
	console->text = text;
	console->room = size;
	*text = '\0';
}

void console_put(struct console *console, const char *text)
{
	while (*text)
		put_one(console, *text++);
}

static char hex_digit(uint32_t value)
{
	return (char)(value < 10 ? '0' + value : 'a' + value - 10);
}

void console_put_hex(struct console *console, uint64_t value)
{
	int shift = 60;

	console_put(console, "0x");
	while (shift && !(value >> shift & 0xf))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put_one(console, hex_digit(value >> shift & 0xf));
}

void console_put_bytes(struct console *console, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		put_one(console, hex_digit(bytes[i] >> 4));
		put_one(console, hex_digit(bytes[i] & 0xf));
	}
}
