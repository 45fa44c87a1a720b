/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads /proc/fb and asks /dev/fb0. Knows the structures of linux/fb.h; does not know what the next
 * kernel is told.
 */
#include "screen_read.h"

#include <fcntl.h>
#include <linux/fb.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct screen_color color_of(const struct fb_bitfield *field)
{
	return (struct screen_color){ (uint8_t)field->length, (uint8_t)field->offset };
}

/* Pixels of a colour each, one after the other: all that screen_info can describe. */
static bool is_plain(const struct fb_fix_screeninfo *fixed, const struct fb_var_screeninfo *mode)
{
	return fixed->type == FB_TYPE_PACKED_PIXELS &&
	       (fixed->visual == FB_VISUAL_TRUECOLOR || fixed->visual == FB_VISUAL_DIRECTCOLOR) &&
	       !mode->xoffset && !mode->yoffset;
}

static void ask_device(struct screen *screen)
{
	struct fb_fix_screeninfo fixed = { 0 };
	struct fb_var_screeninfo mode = { 0 };
	int fd = open("/dev/fb0", O_RDONLY | O_CLOEXEC);
	bool answered;

	if (fd < 0)
		return;
	answered = !ioctl(fd, FBIOGET_FSCREENINFO, &fixed) &&
		   !ioctl(fd, FBIOGET_VSCREENINFO, &mode) && is_plain(&fixed, &mode);
	close(fd);
	if (!answered)
		return;
	screen->base = fixed.smem_start;
	screen->bytes = fixed.smem_len;
	screen->line_bytes = fixed.line_length;
	screen->width = mode.xres;
	screen->height = mode.yres;
	screen->depth = mode.bits_per_pixel;
	screen->red = color_of(&mode.red);
	screen->green = color_of(&mode.green);
	screen->blue = color_of(&mode.blue);
	screen->reserved = color_of(&mode.transp);
}

int screen_read(const struct reader *reader)
{
	struct screen *screen = &reader->machine->screen;
	struct span content;
	int failed = 0;

	if (reader_file(reader, "proc/fb", &content))
		return 0;
	screen_parse_list(content, screen);
	reader_content_done(&content);
	if (!*screen->driver)
		return 0;
	if (reader_is_live(reader)) {
		ask_device(screen);
		return 0;
	}
	if (reader_file(reader, "fb0.txt", &content))
		return 0;
	if (screen_parse_recorded(content, screen))
		failed = error_set(reader->err, "'%s/fb0.txt' does not describe a frame buffer",
				   reader->root);
	reader_content_done(&content);
	return failed;
}
