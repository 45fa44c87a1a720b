/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes an EFI system table; see efi_tables.h. Does not know where it is placed. */
#include "efi_tables.h"

#include "machine.h"

#define SIGNATURE  UINT64_C(0x5453595320494249) /* "IBI SYST" */
#define REVISION   UINT32_C(0x00020000)
#define GUID_BYTES 16
#define TABLES_AT  128 /* behind the system table */
#define NAME_AT    248
#define KINDS      4

#define TYPE_CONVENTIONAL 7
#define CACHED            8 /* EFI_MEMORY_WB */

/* Byte offsets in EFI_SYSTEM_TABLE of either word size; bytes of a pointer. */
struct form {
	uint8_t word, vendor, count, tables, size;
};

static const struct form form_32 = { 4, 24, 64, 68, 72 };
static const struct form form_64 = { 8, 24, 104, 112, 120 };

enum { HEADER_REVISION = 8, HEADER_SIZE = 12 };

/* Kernels take the first of two tables that are good for the same. */
static const uint8_t guids[KINDS][GUID_BYTES] = {
	/* EFI_ACPI_20_TABLE_GUID, ACPI_TABLE_GUID */
	{ 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11, 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88,
	  0x81 },
	{ 0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11, 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1,
	  0x4d },
	/* SMBIOS3_TABLE_GUID, SMBIOS_TABLE_GUID */
	{ 0x44, 0x15, 0xfd, 0xf2, 0x94, 0x97, 0x2c, 0x4a, 0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3,
	  0x94 },
	{ 0x31, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11, 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1,
	  0x4d },
};

/* Addresses in the order of guids; 0 = there is none. */
static void addresses(const struct machine *machine, uint64_t to[KINDS])
{
	const struct efi *efi = &machine->efi;

	to[0] = efi->acpi20 ? efi->acpi20 : machine->rsdp;
	to[1] = efi->acpi;
	to[2] = efi->smbios3;
	to[3] = efi->smbios;
}

bool efi_tables_known(const struct machine *machine)
{
	uint64_t at[KINDS], all = machine->efi.fw_vendor;

	addresses(machine, at);
	for (unsigned i = 0; i < KINDS; i++)
		all |= at[i];
	return efi_word_bytes(machine) && (at[0] || at[1]) && all <= UINT32_MAX;
}

static void put_word(const struct form *form, uint8_t *to, uint64_t value)
{
	le32_put(to, (uint32_t)value);
	if (form->word == 8)
		le32_put(to + 4, (uint32_t)(value >> 32));
}

void efi_tables_fill(const struct machine *machine, uint64_t at, uint8_t *to, uint8_t *setup)
{
	const struct form *form = efi_word_bytes(machine) == 8 ? &form_64 : &form_32;
	uint64_t vendor = machine->efi.fw_vendor ? machine->efi.fw_vendor : at + NAME_AT;
	uint8_t *entry = to + TABLES_AT;
	uint64_t table[KINDS];
	uint32_t count = 0;

	addresses(machine, table);
	for (unsigned i = 0; i < KINDS; i++) {
		if (!table[i])
			continue;
		memcpy(entry, guids[i], GUID_BYTES);
		put_word(form, entry + GUID_BYTES, table[i]);
		entry += GUID_BYTES + form->word;
		count++;
	}
	le64_put(to, SIGNATURE);
	le32_put(to + HEADER_REVISION, REVISION);
	le32_put(to + HEADER_SIZE, form->size);
	put_word(form, to + form->vendor, vendor);
	le32_put(to + form->count, count);
	put_word(form, to + form->tables, at + TABLES_AT);
	efi_fill_setup(&(struct efi){ .fw_vendor = vendor, .tables = at + TABLES_AT }, setup);
}

static struct range pages_of(const struct memmap_entry *entry)
{
	return entry->type == MEMORY_RAM ? range_whole_pages(entry->at) : (struct range){ 0, 0 };
}

size_t efi_ram_count(const struct memmap *map)
{
	size_t count = 0;

	for (size_t i = 0; i < map->count; i++)
		count += range_bytes(pages_of(&map->entries[i])) != 0;
	return count;
}

void efi_ram_fill(const struct memmap *map, uint8_t *to)
{
	for (size_t i = 0; i < map->count; i++) {
		struct range at = pages_of(&map->entries[i]);

		if (!range_bytes(at))
			continue;
		efi_region_fill(&(struct efi_region){ .type = TYPE_CONVENTIONAL,
						      .physical = at.start,
						      .pages = range_bytes(at) / PAGE_BYTES,
						      .attribute = CACHED },
				to);
		to += EFI_REGION_BYTES;
	}
}

_Static_assert(TABLES_AT + KINDS * (GUID_BYTES + 8) <= NAME_AT && NAME_AT < EFI_TABLES_BYTES,
	       "room");
