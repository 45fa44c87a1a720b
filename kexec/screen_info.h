/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen, handed on from kernel to kernel as struct screen_info at the head of boot_params
 * (include/uapi/linux/screen_info.h of Linux). Who drives it now decides what the next kernel can
 * be told. Pure: values and texts in, bytes out.
 */
#ifndef KEXEC_SCREEN_INFO_H
#define KEXEC_SCREEN_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

#define SCREEN_INFO_BYTES 64

/* Byte offsets in struct screen_info. */
enum {
	SCREEN_MODE = 0x06,         /* u8 */
	SCREEN_COLS = 0x07,         /* u8 */
	SCREEN_LINES = 0x0e,        /* u8 */
	SCREEN_TYPE = 0x0f,         /* u8 SCREEN_TYPE_* */
	SCREEN_POINTS = 0x10,       /* u16 */
	SCREEN_WIDTH = 0x12,        /* u16 */
	SCREEN_HEIGHT = 0x14,       /* u16 */
	SCREEN_DEPTH = 0x16,        /* u16 */
	SCREEN_BASE = 0x18,         /* u32 */
	SCREEN_BYTES = 0x1c,        /* u32, in 64 KiB with SCREEN_TYPE_VESA */
	SCREEN_OLD_CMDLINE = 0x20,  /* u32, which is no part of it */
	SCREEN_LINE_BYTES = 0x24,   /* u16 */
	SCREEN_COLORS = 0x26,       /* u8 size, position: red, green, blue, unused bits */
	SCREEN_PAGES = 0x32,        /* u16 */
	SCREEN_CAPABILITIES = 0x36, /* u32 */
	SCREEN_BASE_HI = 0x3a,      /* u32 */
};

enum { SCREEN_TYPE_TEXT = 0x01, SCREEN_TYPE_VESA = 0x23, SCREEN_TYPE_EFI = 0x70 };

#define SCREEN_DRIVER_CHARS 16

/* Bits of a colour in a pixel. */
struct screen_color {
	uint8_t size, position;
};

/* The running kernel's first frame buffer, as its fbdev driver tells of it. */
struct screen {
	char driver[SCREEN_DRIVER_CHARS + 1]; /* "EFI VGA", "i915drmfb"; "" = there is none */
	/* What FBIOGET_FSCREENINFO and FBIOGET_VSCREENINFO say; all zero where they cannot be
	 * asked. */
	uint64_t base; /* physical address of what is shown; 0 = hidden */
	uint32_t bytes, line_bytes;
	uint32_t width, height, depth; /* pixels; bits of a pixel */
	struct screen_color red, green, blue, reserved;
};

struct machine;

/* The name of frame buffer 0 in /proc/fb into screen->driver. */
void screen_parse_list(struct span text, struct screen *screen);

/*
 * The recorded form of the ioctls: a line of numbers "base bytes line width height depth", one of
 * "size position" for each of red, green, blue and the unused bits. 0, or -1 when it is damaged.
 */
int screen_parse_recorded(struct span text, struct screen *screen);

/*
 * Write struct screen_info into SCREEN_INFO_BYTES zeroed bytes. reuse: tell what the running kernel
 * was told, whatever became of it. Returns what is wrong with the screen of the next kernel as a
 * constant text, NULL if nothing is.
 */
const char *screen_info_fill(const struct machine *machine, bool reuse, uint8_t *info);

#endif
