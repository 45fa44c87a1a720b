/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Back to VGA text mode 3 (80x25, 16 colours) from whatever mode a driver left, by the register
 * values every VGA documents for that mode. The font is not loaded anew: it survives in plane 2
 * unless a driver overwrote it.
 */
#include "console.h"
#include "io.h"

#define VGA_ATTRIBUTE  0x3c0
#define VGA_MISC_WRITE 0x3c2
#define VGA_SEQUENCER  0x3c4
#define VGA_DAC_MASK   0x3c6
#define VGA_GRAPHICS   0x3ce
#define VGA_CRTC       0x3d4
#define VGA_STATUS     0x3da
#define MISC_TEXT      0x67 /* colour addresses, 28 MHz clock, 400 lines */
#define CRTC_UNLOCK    0x11 /* its bit 7 write-protects registers 0 to 7 */
#define ATTRIBUTE_SHOW 0x20

static const uint8_t sequencer[] = { 0x03, 0x00, 0x03, 0x00, 0x02 };

static const uint8_t crtc[] = {
	0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
	0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
};

static const uint8_t graphics[] = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff };

static const uint8_t attribute[] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
	0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00,
};

static void indexed(uint16_t port, uint8_t index, uint8_t value)
{
	io_out8(port, index);
	io_out8(port + 1, value);
}

void vga_reset(void)
{
	io_out8(VGA_MISC_WRITE, MISC_TEXT);

	/* The clock may only change while the sequencer is in reset: register 0, bit 1 clear. */
	indexed(VGA_SEQUENCER, 0, 0x01);
	for (uint8_t i = 1; i < sizeof(sequencer); i++)
		indexed(VGA_SEQUENCER, i, sequencer[i]);
	indexed(VGA_SEQUENCER, 0, sequencer[0]);

	indexed(VGA_CRTC, CRTC_UNLOCK, crtc[CRTC_UNLOCK] & 0x7f);
	for (uint8_t i = 0; i < sizeof(crtc); i++)
		indexed(VGA_CRTC, i, crtc[i]);

	for (uint8_t i = 0; i < sizeof(graphics); i++)
		indexed(VGA_GRAPHICS, i, graphics[i]);

	/* Reading the status register makes the next write to the attribute port an index. */
	for (uint8_t i = 0; i < sizeof(attribute); i++) {
		io_in8(VGA_STATUS);
		io_out8(VGA_ATTRIBUTE, i);
		io_out8(VGA_ATTRIBUTE, attribute[i]);
	}
	io_in8(VGA_STATUS);
	io_out8(VGA_ATTRIBUTE, ATTRIBUTE_SHOW);
	io_out8(VGA_DAC_MASK, 0xff);
}
