/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI firmware handed on: parses what sysfs tells of it, and writes what boot_params and setup_data
 * hold. Does not read files, nor know where the bytes are placed.
 */
#include "efi.h"

#include <stdlib.h>

#include "machine.h"
#include "machine_parse.h"
#include "range.h"

#define INFO_IN_BOOT_PARAMS 0x1c0
#define ATTRIBUTE_RUNTIME   (UINT64_C(1) << 63) /* EFI_MEMORY_RUNTIME */

/* struct efi_info. */
enum {
	INFO_SIGNATURE = 0, /* "EL64", "EL32" */
	INFO_SYSTAB = 4,
	INFO_MEMDESC_SIZE = 8,
	INFO_MEMDESC_VERSION = 12,
	INFO_MEMMAP = 16,
	INFO_MEMMAP_SIZE = 20,
	INFO_SYSTAB_HI = 24,
	INFO_MEMMAP_HI = 28,
};

/* struct efi_memory_descriptor. */
enum {
	REGION_TYPE = 0,
	REGION_PHYSICAL = 8,
	REGION_VIRTUAL = 16,
	REGION_PAGES = 24,
	REGION_ATTRIBUTE = 32,
};

/* struct efi_setup_data. */
enum {
	SETUP_FW_VENDOR = 0,
	SETUP_RUNTIME = 8,
	SETUP_TABLES = 16,
	SETUP_SMBIOS = 24,
};

static const uint8_t *info_of(const struct machine *machine)
{
	if (machine->boot_params.size < BOOT_PARAMS_BYTES)
		return NULL;
	return machine->boot_params.data + INFO_IN_BOOT_PARAMS;
}

static bool is_signed(const uint8_t *info, const char *signature)
{
	return info && !memcmp(info + INFO_SIGNATURE, signature, 4);
}

unsigned efi_word_bytes(const struct machine *machine)
{
	const uint8_t *info = info_of(machine);

	if (is_signed(info, "EL64"))
		return 8;
	return is_signed(info, "EL32") ? 4 : 0;
}

bool efi_is_firmware(const struct machine *machine)
{
	return efi_word_bytes(machine) || machine->efi.tables;
}

bool efi_can_hand_over(const struct machine *machine)
{
	const struct efi *efi = &machine->efi;

	return efi_word_bytes(machine) == 8 && machine->cpu & CPU_LONG_MODE && efi->region_count &&
	       efi->fw_vendor && efi->tables;
}

static bool is_region(const struct efi_region *region)
{
	return region->pages && region->pages <= (UINT64_MAX - region->physical) / PAGE_BYTES;
}

int efi_region_parse(const struct efi_region_texts *texts, struct efi_region *region)
{
	struct efi_region parsed = { 0 };
	uint64_t type;

	if (text_number(texts->type, 16, &type) || type > UINT32_MAX ||
	    text_number(texts->physical, 16, &parsed.physical) ||
	    text_number(texts->virtual, 16, &parsed.virtual) ||
	    text_number(texts->pages, 16, &parsed.pages) ||
	    text_number(texts->attribute, 16, &parsed.attribute))
		return -1;
	parsed.type = (uint32_t)type;
	if (!is_region(&parsed))
		return -1;
	*region = parsed;
	return 0;
}

/* A line "NAME=0x..."; 0 where there is none. */
static uint64_t table_in(struct span systab, const char *name)
{
	struct span value;
	uint64_t number;

	return text_field(systab, name, &value) || text_number(value, 16, &number) ? 0 : number;
}

void efi_parse_systab(struct span text, struct efi *efi)
{
	efi->acpi20 = table_in(text, "ACPI20");
	efi->acpi = table_in(text, "ACPI");
	efi->smbios3 = table_in(text, "SMBIOS3");
	efi->smbios = table_in(text, "SMBIOS");
}

int efi_region_add(struct efi *efi, const struct efi_region *region, struct error *err)
{
	struct efi_region *grown;

	if (efi->region_count == EFI_REGIONS_MAX)
		return error_set(err, "the EFI runtime map has more than %d regions",
				 EFI_REGIONS_MAX);
	grown = realloc(efi->regions, (efi->region_count + 1) * sizeof(*grown));
	if (!grown)
		return error_no_memory(err);
	efi->regions = grown;
	grown[efi->region_count++] = *region;
	return 0;
}

int efi_region_lines(struct span text, struct efi *efi, struct error *err)
{
	struct span line;

	while (text_line(&text, &line)) {
		struct efi_region_texts texts;
		struct efi_region region;

		if (!text_trim(line).size)
			continue;
		if (!text_word(&line, &texts.type) || !text_word(&line, &texts.physical) ||
		    !text_word(&line, &texts.virtual) || !text_word(&line, &texts.pages) ||
		    !text_word(&line, &texts.attribute) || efi_region_parse(&texts, &region))
			return error_set(err, "a line of the EFI runtime map is not 'type physical "
					      "virtual pages attribute'");
		if (efi_region_add(efi, &region, err))
			return -1;
	}
	return 0;
}

void efi_done(struct efi *efi)
{
	free(efi->regions);
	*efi = (struct efi){ 0 };
}

/* Nothing where the next kernel needs none of it: a kernel in mixed mode maps all RAM for the
 * firmware. */
static struct range kept(const struct efi_region *region)
{
	if (!(region->attribute & ATTRIBUTE_RUNTIME))
		return (struct range){ 0, 0 };
	return (struct range){ region->physical, region->physical + region->pages * PAGE_BYTES };
}

int efi_keep(const struct efi *efi, struct range_set *free, struct error *err)
{
	for (size_t i = 0; i < efi->region_count; i++)
		if (range_set_remove(free, kept(&efi->regions[i]), err))
			return -1;
	return 0;
}

int efi_reserve(const struct efi *efi, struct memmap *map, struct error *err)
{
	struct range_set ram = { 0 };
	int result = memmap_of_type(map, MEMORY_RAM, &ram, err);

	for (size_t i = 0; i < efi->region_count && !result; i++)
		for (size_t j = 0; j < ram.count && !result; j++) {
			struct range at = range_intersect(kept(&efi->regions[i]), ram.items[j]);

			if (range_bytes(at))
				result = memmap_set(map, at, MEMORY_RESERVED, err);
		}
	range_set_done(&ram);
	return result;
}

void efi_fill_info(const struct machine *machine, const struct efi_places *places, uint8_t *info)
{
	const uint8_t *old = info_of(machine);

	memcpy(info + INFO_SIGNATURE, old + INFO_SIGNATURE, 4);
	memcpy(info + INFO_SYSTAB, old + INFO_SYSTAB, 4);
	memcpy(info + INFO_SYSTAB_HI, old + INFO_SYSTAB_HI, 4);
	if (places->systab) {
		le32_put(info + INFO_SYSTAB, (uint32_t)places->systab);
		le32_put(info + INFO_SYSTAB_HI, (uint32_t)(places->systab >> 32));
	}
	memcpy(info + INFO_MEMDESC_VERSION, old + INFO_MEMDESC_VERSION, 4);
	le32_put(info + INFO_MEMDESC_SIZE, EFI_REGION_BYTES);
	le32_put(info + INFO_MEMMAP, (uint32_t)places->map);
	le32_put(info + INFO_MEMMAP_HI, (uint32_t)(places->map >> 32));
	le32_put(info + INFO_MEMMAP_SIZE, (uint32_t)(places->regions * EFI_REGION_BYTES));
}

void efi_region_fill(const struct efi_region *region, uint8_t *to)
{
	le32_put(to + REGION_TYPE, region->type);
	le64_put(to + REGION_PHYSICAL, region->physical);
	le64_put(to + REGION_VIRTUAL, region->virtual);
	le64_put(to + REGION_PAGES, region->pages);
	le64_put(to + REGION_ATTRIBUTE, region->attribute);
}

void efi_fill_map(const struct efi *efi, uint8_t *map)
{
	for (size_t i = 0; i < efi->region_count; i++)
		efi_region_fill(&efi->regions[i], map + i * EFI_REGION_BYTES);
}

void efi_fill_setup(const struct efi *efi, uint8_t *setup)
{
	le64_put(setup + SETUP_FW_VENDOR, efi->fw_vendor);
	le64_put(setup + SETUP_RUNTIME, efi->runtime);
	le64_put(setup + SETUP_TABLES, efi->tables);
	le64_put(setup + SETUP_SMBIOS, efi->smbios);
}
