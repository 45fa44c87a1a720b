/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides what the next kernel is told of the screen: what the firmware set up, as long as a driver
 * uses it as it is; what a driver shows instead, where it tells the address; else nothing.
 */
#include "screen_info.h"

#include "machine.h"
#include "machine_parse.h"

#define CAPABILITY_BASE_64  0x02
#define VESA_UNIT_BYTES     0x10000
#define BIOS_TEXT_MODE      3
#define LONGEST_LINE_BYTES  UINT16_MAX
#define LARGEST_SIDE_PIXELS UINT16_MAX

/* Drivers that use the frame buffer as the firmware set it up, and cannot change its mode. */
static const char *const firmware_drivers[] = {
	"EFI VGA",        "VESA VGA",    "simple", /* fbdev: efifb, vesafb, simplefb */
	"simpledrmdrmfb", "efidrmdrmfb", "vesadrmdrmfb",
};

static bool is_firmwares(const struct screen *screen)
{
	/* Names are cut where the driver's structure ends. */
	for (size_t i = 0; i < sizeof(firmware_drivers) / sizeof(firmware_drivers[0]); i++)
		if (!strncmp(screen->driver, firmware_drivers[i], SCREEN_DRIVER_CHARS - 1))
			return true;
	return false;
}

void screen_parse_list(struct span text, struct screen *screen)
{
	struct span line, word;

	while (text_line(&text, &line)) {
		if (!text_word(&line, &word) || !text_equals(word, "0"))
			continue;
		text_copy(text_trim(line), screen->driver, sizeof(screen->driver));
		return;
	}
}

static int take_numbers(struct span *text, uint64_t *numbers, unsigned count, uint64_t most)
{
	struct span line, word;

	if (!text_line(text, &line))
		return -1;
	for (unsigned i = 0; i < count; i++) {
		bool is_hex;

		if (!text_word(&line, &word))
			return -1;
		is_hex = word.size > 2 && word.data[0] == '0' && word.data[1] == 'x';
		if (text_number(word, is_hex ? 16 : 10, &numbers[i]) || (i && numbers[i] > most))
			return -1;
	}
	return 0;
}

int screen_parse_recorded(struct span text, struct screen *screen)
{
	struct screen_color colors[4];
	uint64_t n[6], color[2];

	if (take_numbers(&text, n, 6, UINT32_MAX))
		return -1;
	for (unsigned i = 0; i < 4; i++) {
		if (take_numbers(&text, color, 2, UINT8_MAX) || color[0] > UINT8_MAX)
			return -1;
		colors[i] = (struct screen_color){ (uint8_t)color[0], (uint8_t)color[1] };
	}
	screen->base = n[0];
	screen->bytes = (uint32_t)n[1];
	screen->line_bytes = (uint32_t)n[2];
	screen->width = (uint32_t)n[3];
	screen->height = (uint32_t)n[4];
	screen->depth = (uint32_t)n[5];
	screen->red = colors[0];
	screen->green = colors[1];
	screen->blue = colors[2];
	screen->reserved = colors[3];
	return 0;
}

/* What the running kernel was told. */
static bool copy_old(const struct machine *machine, uint8_t *info)
{
	if (machine->boot_params.size < SCREEN_INFO_BYTES)
		return false;
	memcpy(info, machine->boot_params.data, SCREEN_INFO_BYTES);
	memset(info + SCREEN_OLD_CMDLINE, 0, 4);
	return true;
}

/* The text mode every PC starts in. */
static void fill_text(uint8_t *info)
{
	info[SCREEN_MODE] = BIOS_TEXT_MODE;
	info[SCREEN_COLS] = 80;
	info[SCREEN_LINES] = 25;
	info[SCREEN_TYPE] = SCREEN_TYPE_TEXT;
	le16_put(info + SCREEN_POINTS, 16);
}

static void put_color(const struct screen_color *color, uint8_t *to)
{
	to[0] = color->size;
	to[1] = color->position;
}

/* Whether a driver tells where there is a picture that a kernel can draw in. */
static bool is_told(const struct screen *screen)
{
	return screen->base && screen->width && screen->height && screen->depth >= 8 &&
	       screen->width <= LARGEST_SIDE_PIXELS && screen->height <= LARGEST_SIDE_PIXELS &&
	       screen->depth <= 32 && screen->line_bytes <= LONGEST_LINE_BYTES &&
	       screen->red.size && screen->green.size && screen->blue.size &&
	       (uint64_t)screen->width * screen->depth <= (uint64_t)screen->line_bytes * 8 &&
	       (uint64_t)screen->height * screen->line_bytes <= screen->bytes;
}

static void fill_frame_buffer(const struct screen *screen, uint8_t type, uint8_t *info)
{
	const struct screen_color *colors[4] = { &screen->red, &screen->green, &screen->blue,
						 &screen->reserved };
	uint32_t unit = type == SCREEN_TYPE_VESA ? VESA_UNIT_BYTES : 1;

	info[SCREEN_TYPE] = type;
	le16_put(info + SCREEN_WIDTH, (uint16_t)screen->width);
	le16_put(info + SCREEN_HEIGHT, (uint16_t)screen->height);
	le16_put(info + SCREEN_DEPTH, (uint16_t)screen->depth);
	le16_put(info + SCREEN_LINE_BYTES, (uint16_t)screen->line_bytes);
	le16_put(info + SCREEN_PAGES, 1);
	le32_put(info + SCREEN_BASE, (uint32_t)screen->base);
	le32_put(info + SCREEN_BASE_HI, (uint32_t)(screen->base >> 32));
	le32_put(info + SCREEN_BYTES, screen->bytes / unit + (screen->bytes % unit != 0));
	if (screen->base >> 32)
		le32_put(info + SCREEN_CAPABILITIES, CAPABILITY_BASE_64);
	for (unsigned i = 0; i < 4; i++)
		put_color(colors[i], info + SCREEN_COLORS + 2 * i);
}

const char *screen_info_fill(const struct machine *machine, bool reuse, uint8_t *info)
{
	const struct screen *screen = &machine->screen;

	if (reuse || !*screen->driver || is_firmwares(screen)) {
		if (copy_old(machine, info))
			return NULL;
		if (reuse || !*screen->driver) {
			fill_text(info);
			return NULL;
		}
	}
	if (!is_told(screen))
		return "the driver of the screen does not tell where the picture is: the next "
		       "kernel's screen stays dark until its own driver runs (started with "
		       "drm_kms_helper.drm_leak_fbdev_smem=1 this kernel would tell)";
	fill_frame_buffer(screen, efi_is_firmware(machine) ? SCREEN_TYPE_EFI : SCREEN_TYPE_VESA,
			  info);
	return NULL;
}
