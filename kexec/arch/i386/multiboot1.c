/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first version of Multiboot in bytes: the header in the image, the information in memory
 * (Multiboot Specification 0.6.96, 3.1 and 3.3). Does not know where anything goes.
 */
#include "multiboot.h"

#include <string.h>

#define HEADER_MAGIC  UINT32_C(0x1badb002)
#define EAX_MAGIC     UINT32_C(0x2badb002)
#define SEARCH_BYTES  8192
#define HEADER_BYTES  12 /* magic, flags, checksum */
#define ADDRESSES     12
#define ADDRESSES_END 32

/* Flags of the header. The low half must be understood. */
#define ALIGN_MODULES UINT32_C(0x1) /* they always are */
#define WANT_MEMORY   UINT32_C(0x2) /* it is always told */
#define WANT_SCREEN   UINT32_C(0x4)
#define HAS_ADDRESSES UINT32_C(0x10000)
#define MUST_KNOW     UINT32_C(0xffff)

/* The information: byte offsets, and the flags for what is there. */
enum {
	INFO_FLAGS = 0,
	INFO_LOWER_KIB = 4,
	INFO_UPPER_KIB = 8,
	INFO_CMDLINE = 16,
	INFO_MODULE_COUNT = 20,
	INFO_MODULES = 24,
	INFO_MAP_BYTES = 44,
	INFO_MAP = 48,
	INFO_LOADER = 64,
	INFO_SCREEN = 88, /* u64 address, then u32 pitch, width, height */
	INFO_SCREEN_BITS = 108,
	INFO_SCREEN_TYPE = 109,
	INFO_SCREEN_COLOURS = 110,
	INFO_BYTES = 120, /* 116, and what makes it a multiple of 8 */
};

enum {
	HAS_MEMORY = 1 << 0,
	HAS_CMDLINE = 1 << 2,
	HAS_MODULES = 1 << 3,
	HAS_MAP = 1 << 6,
	HAS_LOADER = 1 << 9,
	HAS_SCREEN = 1 << 12,
};

#define MODULE_BYTES 16 /* start, end, text, 0 */
#define ENTRY_BYTES  24 /* the size of the rest, start, length, type */

static int64_t find(struct span image)
{
	size_t end = image.size < SEARCH_BYTES ? image.size : SEARCH_BYTES;

	for (size_t at = 0; bytes_fit(end, at, HEADER_BYTES); at += 4) {
		const uint8_t *p = image.data + at;

		if (le32_get(p) == HEADER_MAGIC &&
		    le32_get(p) + le32_get(p + 4) + le32_get(p + 8) == 0)
			return (int64_t)at;
	}
	return -1;
}

static int parse(struct span image, const struct multiboot_facts *facts,
		 struct multiboot_header *header, struct error *err)
{
	int64_t found = find(image);
	const uint8_t *p = image.data + found;
	uint32_t flags, unknown;

	(void)facts;
	*header = (struct multiboot_header){ 0 };
	if (found < 0)
		return error_set(
			err, "no multiboot header (0x%x and its checksum) in the first %u bytes",
			HEADER_MAGIC, SEARCH_BYTES);
	flags = le32_get(p + 4);
	unknown = flags & MUST_KNOW & ~(ALIGN_MODULES | WANT_MEMORY | WANT_SCREEN);
	if (unknown)
		return error_set(
			err,
			"the multiboot header at 0x%llx asks for what this loader does not "
			"know: flags 0x%x",
			(unsigned long long)found, unknown);
	header->wants_screen = flags & WANT_SCREEN;
	header->has_addresses = flags & HAS_ADDRESSES;
	if (!header->has_addresses)
		return 0;
	if (!bytes_fit(image.size, (uint64_t)found, ADDRESSES_END))
		return error_set(err,
				 "truncated: the addresses in the multiboot header at 0x%llx go "
				 "past the end of the file at 0x%zx",
				 (unsigned long long)found, image.size);
	p += ADDRESSES;
	header->addresses = (struct multiboot_addresses){
		.offset = (uint64_t)found,
		.header = le32_get(p),
		.load = le32_get(p + 4),
		.load_end = le32_get(p + 8),
		.bss_end = le32_get(p + 12),
	};
	header->has_entry = true;
	header->entry = le32_get(p + 16);
	return 0;
}

/* Where the parts lie behind the table. */
struct layout {
	size_t modules, map, texts, end;
};

static struct layout lay_out(const struct multiboot_facts *facts)
{
	const struct request *request = facts->request;
	struct layout l = { .modules = INFO_BYTES };

	l.map = l.modules + request->module_count * MODULE_BYTES;
	l.texts = l.map + facts->map->count * ENTRY_BYTES;
	l.end = l.texts + strlen(facts->cmdline) + 1 + sizeof(MULTIBOOT_LOADER_NAME);
	for (size_t i = 0; i < request->module_count; i++)
		l.end += strlen(request->module_list[i].text) + 1;
	return l;
}

/* Put a text at *next, go behind it, and return its physical address. */
static uint32_t put_text(uint8_t *to, uint64_t at, size_t *next, const char *text)
{
	size_t here = *next, bytes = strlen(text) + 1;

	memcpy(to + here, text, bytes);
	*next += bytes;
	return (uint32_t)(at + here);
}

static void put_map(const struct memmap *map, uint8_t *to)
{
	for (size_t i = 0; i < map->count; i++, to += ENTRY_BYTES) {
		const struct memmap_entry *e = &map->entries[i];

		le32_put(to, ENTRY_BYTES - 4);
		le64_put(to + 4, e->at.start);
		le64_put(to + 12, range_bytes(e->at));
		le32_put(to + 20, multiboot_memory_type(e->type));
	}
}

static void put_screen(const struct multiboot_screen *screen, uint8_t *to)
{
	le64_put(to + INFO_SCREEN, screen->address);
	le32_put(to + INFO_SCREEN + 8, screen->pitch);
	le32_put(to + INFO_SCREEN + 12, screen->width);
	le32_put(to + INFO_SCREEN + 16, screen->height);
	to[INFO_SCREEN_BITS] = screen->bits;
	to[INFO_SCREEN_TYPE] = screen->type;
	multiboot_put_colours(screen, to + INFO_SCREEN_COLOURS);
}

static size_t inform(const struct multiboot_facts *facts, uint64_t at, uint8_t *to)
{
	const struct request *request = facts->request;
	struct layout l = lay_out(facts);
	uint32_t flags = HAS_MEMORY | HAS_CMDLINE | HAS_MAP | HAS_LOADER;
	size_t next = l.texts;

	if (!to)
		return l.end;
	le32_put(to + INFO_LOWER_KIB, facts->lower_kib);
	le32_put(to + INFO_UPPER_KIB, facts->upper_kib);
	le32_put(to + INFO_CMDLINE, put_text(to, at, &next, facts->cmdline));
	le32_put(to + INFO_LOADER, put_text(to, at, &next, MULTIBOOT_LOADER_NAME));
	le32_put(to + INFO_MAP, (uint32_t)(at + l.map));
	le32_put(to + INFO_MAP_BYTES, (uint32_t)(facts->map->count * ENTRY_BYTES));
	put_map(facts->map, to + l.map);
	for (size_t i = 0; i < request->module_count; i++) {
		const struct request_module *module = &request->module_list[i];
		uint64_t start = facts->modules_at + module->offset;
		uint8_t *p = to + l.modules + i * MODULE_BYTES;

		le32_put(p, (uint32_t)start);
		le32_put(p + 4, (uint32_t)(start + module->bytes));
		le32_put(p + 8, put_text(to, at, &next, module->text));
		flags |= HAS_MODULES;
	}
	if (flags & HAS_MODULES) {
		le32_put(to + INFO_MODULE_COUNT, (uint32_t)request->module_count);
		le32_put(to + INFO_MODULES, (uint32_t)(at + l.modules));
	}
	if (facts->screen.type != MULTIBOOT_NO_SCREEN) {
		put_screen(&facts->screen, to);
		flags |= HAS_SCREEN;
	}
	le32_put(to + INFO_FLAGS, flags);
	return l.end;
}

const struct multiboot_version multiboot_version_1 = {
	.magic = EAX_MAGIC,
	.find = find,
	.parse = parse,
	.inform = inform,
};

_Static_assert(INFO_SCREEN_COLOURS + 6 <= INFO_BYTES && INFO_BYTES % 8 == 0, "information");
