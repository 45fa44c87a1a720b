/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loader "uki": unified kernel images (the UAPI group's specification of that name), PE files with
 * a bzImage, its initrd and its command line in sections. Takes them apart; the kernel is a request
 * of its own. EFI zboot images, which look alike, are told apart here.
 */
#include "arch/i386/bzimage.h"
#include "arch/i386/x86.h"
#include "pe.h"

#define ZBOOT_MAGIC_AT 4
#define PART_ALIGN     4 /* archives of an initrd begin at multiples of this */
#define PARTS_MAX      3

/* The sections that matter to the kernel; empty where there is none. */
struct uki {
	struct span linux_image, microcode, initrd, cmdline;
};

static bool is_zboot(struct span image)
{
	return bytes_fit(image.size, ZBOOT_MAGIC_AT, 4) && !memcmp(image.data, "MZ", 2) &&
	       !memcmp(image.data + ZBOOT_MAGIC_AT, "zimg", 4);
}

static struct span *place_of(struct uki *uki, const char *name)
{
	if (!strcmp(name, ".linux"))
		return &uki->linux_image;
	if (!strcmp(name, ".ucode"))
		return &uki->microcode;
	if (!strcmp(name, ".initrd"))
		return &uki->initrd;
	return !strcmp(name, ".cmdline") ? &uki->cmdline : NULL;
}

/* Sections behind ".profile" are alternatives to those before: the first profile is taken. */
static int find_sections(const struct pe *pe, struct uki *uki, struct error *err)
{
	for (unsigned i = 0; i < pe->section_count; i++) {
		struct span data, *place;
		char name[9];

		if (pe_section(pe, i, name, &data, err))
			return -1;
		if (!strcmp(name, ".profile") && uki->linux_image.size)
			return 0;
		place = place_of(uki, name);
		if (place && !place->size)
			*place = data;
	}
	return 0;
}

static int parse(struct span image, struct uki *uki, struct error *err)
{
	struct pe pe;

	*uki = (struct uki){ { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	if (pe_open(image, &pe, err))
		return -1;
	if (is_zboot(image))
		return error_set(err,
				 "an EFI zboot image (machine 0x%x): Linux packs kernels of other "
				 "architectures so, those for x86 are bzImages",
				 pe.machine);
	if (find_sections(&pe, uki, err))
		return -1;
	if (!uki->linux_image.size)
		return error_set(err, "a PE image without a section .linux");
	if (pe.machine != PE_MACHINE_X86_64 && pe.machine != PE_MACHINE_386)
		return error_set(err, "for another architecture (machine 0x%x)", pe.machine);
	if (!bzimage_looks_like(uki->linux_image))
		return error_set(err, "the section .linux holds no bzImage");
	return 0;
}

static int probe(struct span image, struct error *err)
{
	struct uki uki;

	return parse(image, &uki, err);
}

/* A PE image with a kernel inside, whatever is wrong with it; kernels themselves are PE images,
 * too. */
static bool looks_like(struct span image)
{
	struct error unused;
	struct uki uki;

	if (is_zboot(image))
		return true;
	return !bzimage_looks_like(image) && (!parse(image, &uki, &unused) || uki.linux_image.size);
}

/* Text up to a zero, control characters made blanks, none at its ends; as the stub of systemd does.
 */
static const char *cmdline_text(struct span text, struct arena *arena)
{
	char *copy = arena_alloc(arena, text.size + 1);
	size_t chars = 0, start = 0;

	if (!copy)
		return NULL;
	while (chars < text.size && text.data[chars]) {
		uint8_t c = text.data[chars];

		copy[chars++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	while (chars && copy[chars - 1] == ' ')
		chars--;
	copy[chars] = '\0';
	while (copy[start] == ' ')
		start++;
	return copy + start;
}

/* One after the other in memory of the arena; a single one stays where it is. */
static int join(const struct span *parts, struct arena *arena, struct span *joined,
		struct error *err)
{
	const struct span *only = NULL;
	uint64_t total = 0, at = 0;
	unsigned count = 0;
	uint8_t *bytes;

	for (unsigned i = 0; i < PARTS_MAX; i++) {
		if (!parts[i].size)
			continue;
		only = &parts[i];
		count++;
		total = align_up(total, PART_ALIGN) + parts[i].size;
	}
	if (count <= 1) {
		*joined = only ? *only : (struct span){ NULL, 0 };
		return 0;
	}
	bytes = total <= SIZE_MAX / 2 ? arena_alloc(arena, (size_t)total) : NULL;
	if (!bytes)
		return error_no_memory(err);
	*joined = (struct span){ bytes, (size_t)total };
	for (unsigned i = 0; i < PARTS_MAX; i++) {
		if (!parts[i].size)
			continue;
		at = align_up(at, PART_ALIGN);
		memcpy(bytes + at, parts[i].data, parts[i].size);
		at += parts[i].size;
	}
	return 0;
}

/*
 * The kernel inside with its own initrd before any other, and with its own command line unless the
 * user gave one: what the stub in a UKI does when it is started with one.
 */
static int unwrap(const struct request *request, struct arena *arena, struct request *inner,
		  struct error *err)
{
	struct uki uki;
	struct span parts[PARTS_MAX];

	if (parse(request->image, &uki, err))
		return -1;
	inner->image = uki.linux_image;
	parts[0] = uki.microcode;
	parts[1] = uki.initrd;
	parts[2] = request->initrd;
	if (join(parts, arena, &inner->initrd, err))
		return -1;
	if (request->given & REQUEST_CMDLINE)
		return 0;
	inner->cmdline = cmdline_text(uki.cmdline, arena);
	return inner->cmdline ? 0 : error_no_memory(err);
}

const struct loader loader_uki = {
	.name = "uki",
	.accepts = BZIMAGE_OPTIONS,
	.probe = probe,
	.looks_like = looks_like,
	.unwrap = unwrap,
};
