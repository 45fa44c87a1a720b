/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second version of Multiboot in bytes: tags in the image's header, tags in the information in
 * memory (Multiboot2 Specification 2.0, 3.1 and 3.6). Does not know where anything goes.
 */
#include "multiboot.h"

#include <string.h>

#define HEADER_MAGIC UINT32_C(0xe85250d6)
#define EAX_MAGIC    UINT32_C(0x36d76289)
#define SEARCH_BYTES 32768
#define HEADER_BYTES 16 /* magic, architecture, length, checksum */
#define ARCH_I386    0
#define TAG_BYTES    8 /* u16 type, u16 flags, u32 size */
#define OPTIONAL     0x1
#define WHOLE_FILE   UINT32_MAX /* as the load address: from the beginning of the file on */

/* Tags of the header. */
enum {
	ASK_END = 0,
	ASK_INFORMATION = 1,
	ASK_ADDRESSES = 2,
	ASK_ENTRY = 3,
	ASK_CONSOLE = 4,
	ASK_SCREEN = 5,
	ASK_ALIGNED_MODULES = 6, /* they always are */
	/* The next three are about an entry before the firmware is left, which is long past. */
	ASK_BOOT_SERVICES = 7,
	ASK_ENTRY_EFI32 = 8,
	ASK_ENTRY_EFI64 = 9,
	ASK_RELOCATE = 10,
};

#define CONSOLE_REQUIRED UINT32_C(0x1)

/* Tags of the information. */
enum {
	TELL_END = 0,
	TELL_CMDLINE = 1,
	TELL_LOADER = 2,
	TELL_MODULE = 3,
	TELL_MEMORY = 4,
	TELL_MAP = 6,
	TELL_SCREEN = 8,
	TELL_EFI_32 = 11,
	TELL_EFI_64 = 12,
	TELL_SMBIOS = 13,
	TELL_RSDP_1 = 14,
	TELL_RSDP_2 = 15,
	TELL_EFI_MAP = 17,
	TELL_EFI_SERVICES = 18,
	TELL_EFI_IMAGE_32 = 19,
	TELL_EFI_IMAGE_64 = 20,
	TELL_LOAD_BASE = 21,
};

#define SMBIOS_HEAD_BYTES 8  /* version, then zeros */
#define ENTRY_BYTES       24 /* start, length, type, 0 */

typedef unsigned long long ull;

static int64_t find(struct span image)
{
	size_t end = image.size < SEARCH_BYTES ? image.size : SEARCH_BYTES;

	for (size_t at = 0; bytes_fit(end, at, HEADER_BYTES); at += 8) {
		const uint8_t *p = image.data + at;

		if (le32_get(p) == HEADER_MAGIC &&
		    le32_get(p) + le32_get(p + 4) + le32_get(p + 8) + le32_get(p + 12) == 0)
			return (int64_t)at;
	}
	return -1;
}

/* Whether the kernel can be told this. There may be nothing to be told, which is no refusal. */
static bool can_tell(uint32_t type)
{
	static const uint32_t types[] = { TELL_CMDLINE, TELL_LOADER,   TELL_MODULE, TELL_MEMORY,
					  TELL_MAP,     TELL_SCREEN,   TELL_SMBIOS, TELL_RSDP_1,
					  TELL_RSDP_2,  TELL_LOAD_BASE };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i] == type)
			return true;
	return false;
}

/* Of what this loader does not have. */
static const char *why_not(uint32_t type)
{
	switch (type) {
	case TELL_EFI_32:
	case TELL_EFI_64:
		return "EFI's system table is good for nobody who comes later: it holds addresses "
		       "of the first kernel";
	case TELL_EFI_MAP:
	case TELL_EFI_SERVICES:
	case TELL_EFI_IMAGE_32:
	case TELL_EFI_IMAGE_64:
		return "EFI's boot services ended when the first kernel started";
	default:
		return "this loader does not have it";
	}
}

static int take_information(const uint8_t *tag, bool optional, struct multiboot_header *header,
			    struct error *err)
{
	uint32_t size = le32_get(tag + 4);

	for (uint32_t at = TAG_BYTES; size - at >= 4; at += 4) {
		uint32_t type = le32_get(tag + at);

		if (type == TELL_SMBIOS)
			header->wants_smbios = true;
		if (!optional && !can_tell(type))
			return error_set(err, "the kernel insists on information of type %u: %s",
					 type, why_not(type));
	}
	return 0;
}

static void take_addresses(const uint8_t *tag, uint64_t offset, struct multiboot_header *header)
{
	struct multiboot_addresses *a = &header->addresses;

	header->has_addresses = true;
	*a = (struct multiboot_addresses){
		.offset = offset,
		.header = le32_get(tag + 8),
		.load = le32_get(tag + 12),
		.load_end = le32_get(tag + 16),
		.bss_end = le32_get(tag + 20),
	};
	if (a->load == WHOLE_FILE)
		a->load = a->header - (uint32_t)offset;
}

static int take_relocate(const uint8_t *tag, struct multiboot_header *header, struct error *err)
{
	uint32_t align = le32_get(tag + 16);

	header->is_relocatable = true;
	header->relocate.min = le32_get(tag + 8);
	header->relocate.end = (uint64_t)le32_get(tag + 12) + 1;
	header->relocate.align = align ? align : 1;
	header->relocate.preference = le32_get(tag + 20);
	if (align & (align - 1))
		return error_set(err, "the kernel's alignment 0x%x is no power of two", align);
	if (header->relocate.min >= header->relocate.end)
		return error_set(err,
				 "the kernel may be loaded from 0x%llx to 0x%llx: that is nowhere",
				 (ull)header->relocate.min, (ull)header->relocate.end - 1);
	return 0;
}

static int take_console(const uint8_t *tag, const struct multiboot_facts *facts,
			struct multiboot_header *header, struct error *err)
{
	header->wants_screen = true;
	if (le32_get(tag + 8) & CONSOLE_REQUIRED && facts->screen.type == MULTIBOOT_NO_SCREEN)
		return error_set(err, "the kernel insists on a screen, and none is known");
	return 0;
}

/* The smallest size of a tag whose contents are looked at. */
static uint32_t least_bytes(unsigned type)
{
	static const uint32_t bytes[] = {
		[ASK_ADDRESSES] = 24,
		[ASK_ENTRY] = 12,
		[ASK_CONSOLE] = 12,
		[ASK_RELOCATE] = 24,
	};

	return type < sizeof(bytes) / sizeof(bytes[0]) && bytes[type] ? bytes[type] : TAG_BYTES;
}

static int take_tag(const uint8_t *tag, uint64_t header_offset, const struct multiboot_facts *facts,
		    struct multiboot_header *header, struct error *err)
{
	bool optional = le16_get(tag + 2) & OPTIONAL;

	switch (le16_get(tag)) {
	case ASK_INFORMATION:
		return take_information(tag, optional, header, err);
	case ASK_ADDRESSES:
		take_addresses(tag, header_offset, header);
		return 0;
	case ASK_ENTRY:
		header->has_entry = true;
		header->entry = le32_get(tag + 8);
		return 0;
	case ASK_CONSOLE:
		return optional ? 0 : take_console(tag, facts, header, err);
	case ASK_SCREEN:
		header->wants_screen = header->wants_screen || !optional;
		return 0;
	case ASK_RELOCATE:
		return take_relocate(tag, header, err);
	case ASK_ALIGNED_MODULES:
	case ASK_BOOT_SERVICES:
	case ASK_ENTRY_EFI32:
	case ASK_ENTRY_EFI64:
		return 0;
	default:
		return optional ? 0
				: error_set(err,
					    "the kernel insists on tag %u of the header, which "
					    "this loader does not know",
					    le16_get(tag));
	}
}

static int take_tags(struct span tags, uint64_t header_offset, const struct multiboot_facts *facts,
		     struct multiboot_header *header, struct error *err)
{
	uint64_t at = 0;

	for (;;) {
		const uint8_t *tag = tags.data + at;
		uint64_t where = header_offset + HEADER_BYTES + at;
		uint32_t size;

		if (!bytes_fit(tags.size, at, TAG_BYTES))
			return error_set(err,
					 "the tags of the multiboot header end at 0x%llx without "
					 "an end tag",
					 (ull)where);
		if (le16_get(tag) == ASK_END)
			return 0;
		size = le32_get(tag + 4);
		if (size < least_bytes(le16_get(tag)) || !bytes_fit(tags.size, at, size))
			return error_set(err,
					 "the tag %u at 0x%llx of the multiboot header has the "
					 "size 0x%x",
					 le16_get(tag), (ull)where, size);
		if (take_tag(tag, header_offset, facts, header, err))
			return -1;
		at = align_up(at + size, 8);
	}
}

static int parse(struct span image, const struct multiboot_facts *facts,
		 struct multiboot_header *header, struct error *err)
{
	size_t end = image.size < SEARCH_BYTES ? image.size : SEARCH_BYTES;
	int64_t found = find(image);
	const uint8_t *p = image.data + found;
	uint32_t bytes;

	*header = (struct multiboot_header){ 0 };
	if (found < 0)
		return error_set(
			err, "no multiboot2 header (0x%x and its checksum) in the first %u bytes",
			HEADER_MAGIC, SEARCH_BYTES);
	if (le32_get(p + 4) != ARCH_I386)
		return error_set(err,
				 "the multiboot2 header at 0x%llx is for architecture %u, not "
				 "for i386 (%u)",
				 (ull)found, le32_get(p + 4), ARCH_I386);
	bytes = le32_get(p + 8);
	if (bytes < HEADER_BYTES || !bytes_fit(end, (uint64_t)found, bytes))
		return error_set(
			err,
			"the multiboot2 header at 0x%llx has 0x%x bytes: it must end within "
			"the first 0x%zx",
			(ull)found, bytes, end);
	return take_tags((struct span){ p + HEADER_BYTES, bytes - HEADER_BYTES }, (uint64_t)found,
			 facts, header, err);
}

/* Writes where to is not NULL, counts in any case. */
struct writer {
	uint8_t *to;
	size_t at;
};

/* Begin a tag with so many bytes behind its type and size; NULL when only counting. */
static uint8_t *tag(struct writer *w, uint32_t type, size_t bytes)
{
	uint8_t *p = w->to ? w->to + w->at : NULL;

	if (p) {
		le32_put(p, type);
		le32_put(p + 4, (uint32_t)(TAG_BYTES + bytes));
		p += TAG_BYTES;
	}
	w->at = (size_t)align_up(w->at + TAG_BYTES + bytes, 8);
	return p;
}

static void tell_text(struct writer *w, uint32_t type, const char *text)
{
	uint8_t *p = tag(w, type, strlen(text) + 1);

	if (p)
		memcpy(p, text, strlen(text) + 1);
}

static void tell_modules(struct writer *w, const struct multiboot_facts *facts)
{
	for (size_t i = 0; i < facts->request->module_count; i++) {
		const struct request_module *module = &facts->request->module_list[i];
		uint64_t start = facts->modules_at + module->offset;
		uint8_t *p = tag(w, TELL_MODULE, 8 + strlen(module->text) + 1);

		if (!p)
			continue;
		le32_put(p, (uint32_t)start);
		le32_put(p + 4, (uint32_t)(start + module->bytes));
		memcpy(p + 8, module->text, strlen(module->text) + 1);
	}
}

static void tell_memory(struct writer *w, const struct multiboot_facts *facts)
{
	const struct memmap *map = facts->map;
	uint8_t *p = tag(w, TELL_MEMORY, 8);

	if (p) {
		le32_put(p, facts->lower_kib);
		le32_put(p + 4, facts->upper_kib);
	}
	p = tag(w, TELL_MAP, 8 + map->count * ENTRY_BYTES);
	if (!p)
		return;
	le32_put(p, ENTRY_BYTES); /* then the version of an entry, 0 */
	p += 8;
	for (size_t i = 0; i < map->count; i++, p += ENTRY_BYTES) {
		le64_put(p, map->entries[i].at.start);
		le64_put(p + 8, range_bytes(map->entries[i].at));
		le32_put(p + 16, multiboot_memory_type(map->entries[i].type));
	}
}

static void tell_screen(struct writer *w, const struct multiboot_screen *screen)
{
	uint8_t *p;

	if (screen->type == MULTIBOOT_NO_SCREEN)
		return;
	p = tag(w, TELL_SCREEN, screen->type == MULTIBOOT_SCREEN_RGB ? 30 : 24);
	if (!p)
		return;
	le64_put(p, screen->address);
	le32_put(p + 8, screen->pitch);
	le32_put(p + 12, screen->width);
	le32_put(p + 16, screen->height);
	p[20] = screen->bits;
	p[21] = screen->type;
	multiboot_put_colours(screen, p + 24);
}

/* Those that know ACPI 1.0 only look for the first of the two. */
static void tell_rsdp(struct writer *w, const struct machine *machine)
{
	uint8_t *p;

	if (!machine->rsdp_copy_bytes)
		return;
	p = tag(w, TELL_RSDP_1, RSDP_1_BYTES);
	if (p)
		memcpy(p, machine->rsdp_copy, RSDP_1_BYTES);
	if (machine->rsdp_copy_bytes <= RSDP_1_BYTES)
		return;
	p = tag(w, TELL_RSDP_2, machine->rsdp_copy_bytes);
	if (p)
		memcpy(p, machine->rsdp_copy, machine->rsdp_copy_bytes);
}

/* Nobody wants this who does not ask for it. */
static void tell_smbios(struct writer *w, const struct multiboot_facts *facts)
{
	const struct smbios *smbios = &facts->machine->smbios;
	uint8_t *p;

	if (!facts->wants_smbios || !smbios->tables.size)
		return;
	p = tag(w, TELL_SMBIOS, SMBIOS_HEAD_BYTES + smbios->tables.size);
	if (!p)
		return;
	p[0] = smbios->major;
	p[1] = smbios->minor;
	memcpy(p + SMBIOS_HEAD_BYTES, smbios->tables.data, smbios->tables.size);
}

static size_t inform(const struct multiboot_facts *facts, uint64_t at, uint8_t *to)
{
	struct writer w = { to, 8 }; /* behind the total size and a 0 */
	uint8_t *p;

	(void)at; /* nothing in here points into it */
	tell_text(&w, TELL_CMDLINE, facts->cmdline);
	tell_text(&w, TELL_LOADER, MULTIBOOT_LOADER_NAME);
	tell_modules(&w, facts);
	tell_memory(&w, facts);
	tell_screen(&w, &facts->screen);
	tell_rsdp(&w, facts->machine);
	tell_smbios(&w, facts);
	if (facts->is_relocatable) {
		p = tag(&w, TELL_LOAD_BASE, 4);
		if (p)
			le32_put(p, (uint32_t)facts->load_base);
	}
	tag(&w, TELL_END, 0);
	if (to)
		le32_put(to, (uint32_t)w.at);
	return w.at;
}

const struct multiboot_version multiboot_version_2 = {
	.magic = EAX_MAGIC,
	.tells_rsdp = true,
	.find = find,
	.parse = parse,
	.inform = inform,
};
