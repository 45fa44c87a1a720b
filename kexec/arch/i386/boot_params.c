/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fills the block of memory that tells a Linux kernel about its machine: zero page, command line,
 * setup_data. Pure bytes in, bytes out: does not know images, nor where things are placed and why.
 */
#include "boot_params.h"

#include <string.h>

#include "efi_tables.h"

#define MIB            UINT64_C(0x100000)
#define EDD_INFO_BYTES 82
#define CMDLINE_OFFSET BOOT_PARAMS_BYTES /* the command line follows the zero page */

/* Offsets of the parts behind the zero page. */
struct layout {
	size_t e820_extra; /* entries that the table has no room for and the chain takes */
	/* Byte offsets; extension is only there with e820_extra, the next two with block.efi, dtb
	 * with that. */
	size_t extension, efi, efi_map, dtb, seed, end;
	size_t efi_bytes, efi_regions; /* of the data in the chain; of the map */
};

static size_t round_up(size_t bytes)
{
	return (bytes + 15) & ~(size_t)15;
}

/* Tables made for the kernel go behind efi_setup_data, as a part of the chain: nobody's memory. */
static void lay_out_efi(const struct boot_block *block, struct layout *l)
{
	l->efi_bytes = EFI_SETUP_BYTES;
	l->efi_regions = block->machine->efi.region_count;
	if (block->efi == BOOT_EFI_TABLES) {
		l->efi_bytes += EFI_TABLES_BYTES;
		l->efi_regions = efi_ram_count(block->given);
	}
}

static struct layout lay_out(const struct boot_block *block)
{
	size_t count = block->given->count;
	size_t extra = count > E820_TABLE_MAX ? count - E820_TABLE_MAX : 0;
	struct layout l = { 0 };

	l.extension = round_up(CMDLINE_OFFSET + strlen(block->cmdline) + 1);
	l.end = l.extension;
	if (block->protocol < PROTOCOL_2_09)
		return l;
	l.e820_extra = extra;
	l.efi = l.extension;
	if (extra)
		l.efi = round_up(l.extension + SETUP_DATA_BYTES + extra * E820_ENTRY_BYTES);
	l.dtb = l.efi;
	if (block->efi != BOOT_EFI_NONE) {
		lay_out_efi(block, &l);
		l.efi_map = l.efi + SETUP_DATA_BYTES + l.efi_bytes;
		l.dtb = round_up(l.efi_map + l.efi_regions * EFI_REGION_BYTES);
	}
	l.seed = l.dtb;
	if (block->dtb.size)
		l.seed = round_up(l.dtb + SETUP_DATA_BYTES + block->dtb.size);
	l.end = l.seed + SETUP_DATA_BYTES + RNG_SEED_BYTES;
	return l;
}

size_t boot_block_bytes(const struct boot_block *block)
{
	return lay_out(block).end;
}

static void fill_edd(const struct machine_edd *edd, uint8_t *page)
{
	uint32_t count = edd->count < MACHINE_EDD_MAX ? edd->count : MACHINE_EDD_MAX;
	uint32_t signatures = edd->signature_count < MACHINE_EDD_SIGS_MAX ? edd->signature_count
									  : MACHINE_EDD_SIGS_MAX;

	page[BP_EDDBUF_ENTRIES] = (uint8_t)count;
	for (uint32_t i = 0; i < count; i++)
		memcpy(page + BP_EDDBUF + i * EDD_INFO_BYTES, edd->info[i], EDD_INFO_BYTES);
	page[BP_EDD_MBR_SIG_BUF_ENTRIES] = (uint8_t)signatures;
	for (uint32_t i = 0; i < signatures; i++)
		le32_put(page + BP_EDD_MBR_SIG_BUFFER + 4 * i, edd->signatures[i]);
}

void boot_header_fill(const struct boot_block *block, size_t cmdline, uint8_t *page)
{
	page[BP_TYPE_OF_LOADER] = LOADER_KEXEC;
	page[BP_LOADFLAGS] &= (uint8_t) ~(LOADFLAG_KASLR | LOADFLAG_SEGMENTS | LOADFLAG_HEAP);
	le32_put(page + BP_CODE32_START, (uint32_t)block->code32_start);
	le32_put(page + BP_RAMDISK_IMAGE, (uint32_t)block->initrd.start);
	le32_put(page + BP_RAMDISK_SIZE, (uint32_t)range_bytes(block->initrd));
	if (block->protocol >= PROTOCOL_2_02) {
		le32_put(page + BP_CMD_LINE_PTR, (uint32_t)(block->address + cmdline));
	} else {
		le16_put(page + BP_CL_MAGIC, CL_MAGIC);
		le16_put(page + BP_CL_OFFSET, (uint16_t)cmdline);
	}
}

/* What the setup header of the image says stays, but for what a loader has to fill in. */
static void fill_header(const struct boot_block *block, uint8_t *page)
{
	size_t room = SETUP_HEADER_END - SETUP_HEADER_START;
	size_t bytes = block->header.size < room ? block->header.size : room;
	uint64_t cmdline = block->address + CMDLINE_OFFSET;

	memcpy(page + SETUP_HEADER_START, block->header.data, bytes);
	boot_header_fill(block, CMDLINE_OFFSET, page);
	le32_put(page + BP_EXT_RAMDISK_IMAGE, (uint32_t)(block->initrd.start >> 32));
	le32_put(page + BP_EXT_RAMDISK_SIZE, (uint32_t)(range_bytes(block->initrd) >> 32));
	le32_put(page + BP_EXT_CMD_LINE_PTR, (uint32_t)(cmdline >> 32));
}

/* The machine's kind (Intel MID, Xen, lguest ...) does not change with the kernel. */
static void fill_subarch(const struct boot_block *block, uint8_t *page)
{
	const struct span *old = &block->machine->boot_params;

	if (block->protocol < PROTOCOL_2_07 || old->size < BOOT_PARAMS_BYTES)
		return;
	memcpy(page + BP_HARDWARE_SUBARCH, old->data + BP_HARDWARE_SUBARCH, 4);
	memcpy(page + BP_HARDWARE_SUBARCH_DATA, old->data + BP_HARDWARE_SUBARCH_DATA, 8);
}

static void put_entry(uint8_t *to, const struct memmap_entry *entry)
{
	le64_put(to, entry->at.start);
	le64_put(to + 8, range_bytes(entry->at));
	le32_put(to + 16, entry->type);
}

static void fill_memory(const struct memmap *map, uint8_t *page)
{
	uint64_t kib = (memmap_ram_end(map, MIB) - MIB) / 1024;
	size_t count = map->count < E820_TABLE_MAX ? map->count : E820_TABLE_MAX;

	le16_put(page + BP_EXT_MEM_K, (uint16_t)(kib < UINT16_MAX ? kib : UINT16_MAX));
	le32_put(page + BP_ALT_MEM_K, (uint32_t)(kib < UINT32_MAX ? kib : UINT32_MAX));
	page[BP_E820_ENTRIES] = (uint8_t)count;
	for (size_t i = 0; i < count; i++)
		put_entry(page + BP_E820_TABLE + i * E820_ENTRY_BYTES, &map->entries[i]);
}

static uint8_t *setup_data(uint8_t *at, uint64_t next, uint32_t type, size_t bytes)
{
	le64_put(at, next);
	le32_put(at + 8, type);
	le32_put(at + 12, (uint32_t)bytes);
	return at + SETUP_DATA_BYTES;
}

static void fill_efi(const struct boot_block *block, const struct layout *l, uint8_t *bytes)
{
	const struct machine *machine = block->machine;
	struct efi_places places = { .map = block->address + l->efi_map,
				     .regions = l->efi_regions };
	uint8_t *setup =
		setup_data(bytes + l->efi, block->address + l->dtb, SETUP_EFI, l->efi_bytes);

	bytes[BP_SECURE_BOOT] = machine->boot_params.data[BP_SECURE_BOOT];
	if (block->efi == BOOT_EFI_TABLES) {
		places.systab = block->address + l->efi + SETUP_DATA_BYTES + EFI_SETUP_BYTES;
		efi_tables_fill(machine, places.systab, setup + EFI_SETUP_BYTES, setup);
		efi_ram_fill(block->given, bytes + l->efi_map);
	} else {
		efi_fill_setup(&machine->efi, setup);
		efi_fill_map(&machine->efi, bytes + l->efi_map);
	}
	efi_fill_info(machine, &places, bytes + BP_EFI_INFO);
}

/* The chain: the rest of the memory map, EFI and device tree, if there are any, then the seed. */
static void fill_chain(const struct boot_block *block, const struct layout *l, uint8_t *bytes)
{
	uint8_t *data;

	le64_put(bytes + BP_SETUP_DATA, block->address + l->extension);
	if (l->e820_extra) {
		data = setup_data(bytes + l->extension, block->address + l->efi, SETUP_E820_EXT,
				  l->e820_extra * E820_ENTRY_BYTES);
		for (size_t i = 0; i < l->e820_extra; i++)
			put_entry(data + i * E820_ENTRY_BYTES,
				  &block->given->entries[E820_TABLE_MAX + i]);
	}
	if (block->efi != BOOT_EFI_NONE)
		fill_efi(block, l, bytes);
	if (block->dtb.size) {
		data = setup_data(bytes + l->dtb, block->address + l->seed, SETUP_DTB,
				  block->dtb.size);
		memcpy(data, block->dtb.data, block->dtb.size);
	}
	data = setup_data(bytes + l->seed, 0, SETUP_RNG_SEED, RNG_SEED_BYTES);
	memcpy(data, block->machine->random, RNG_SEED_BYTES);
}

void boot_block_fill(const struct boot_block *block, uint8_t *bytes)
{
	struct layout l = lay_out(block);

	screen_info_fill(block->machine, block->reuse_video, bytes + BP_SCREEN_INFO);
	fill_header(block, bytes);
	fill_edd(&block->machine->edd, bytes);
	fill_memory(block->given, bytes);
	fill_subarch(block, bytes);
	le64_put(bytes + BP_ACPI_RSDP_ADDR, block->machine->rsdp);
	memcpy(bytes + CMDLINE_OFFSET, block->cmdline, strlen(block->cmdline) + 1);
	if (block->protocol >= PROTOCOL_2_09)
		fill_chain(block, &l, bytes);
}

_Static_assert(BP_E820_TABLE + E820_TABLE_MAX * E820_ENTRY_BYTES == 0xcd0, "zero page");
_Static_assert(BP_EDDBUF + MACHINE_EDD_MAX * EDD_INFO_BYTES == 0xeec, "zero page");
_Static_assert(RNG_SEED_BYTES <= MACHINE_RANDOM_BYTES, "enough random bytes");
