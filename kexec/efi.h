/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI firmware handed on from kernel to kernel. Its runtime services take the addresses they are
 * called at once, at the first boot; who comes later must map them just so (Linux, "SETUP_EFI" in
 * Documentation/arch/x86/boot.rst and arch/x86/platform/efi). What the running kernel tells of
 * them, and the bytes the next one reads. Pure: texts and values in, bytes out.
 */
#ifndef KEXEC_EFI_H
#define KEXEC_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "memmap.h"
#include "range.h"

#define EFI_INFO_BYTES   32 /* struct efi_info, in boot_params */
#define EFI_SETUP_BYTES  96 /* struct efi_setup_data */
#define EFI_REGION_BYTES 40 /* struct efi_memory_descriptor, version 1 */
#define EFI_REGIONS_MAX  1024

/* A run of pages that runtime services use. */
struct efi_region {
	uint32_t type; /* of the UEFI specification */
	uint64_t physical, virtual, pages, attribute;
};

/* What the running kernel knows of its firmware. */
struct efi {
	struct efi_region *regions; /* free() it */
	size_t region_count;
	uint64_t fw_vendor, runtime, tables; /* physical addresses in the system table */
	uint64_t smbios;                     /* 0 = none, as the next ones */
	uint64_t smbios3, acpi20, acpi;
};

struct machine;

/* Whether the running kernel was started by EFI, whatever it made of that. */
bool efi_is_firmware(const struct machine *machine);

/* Bytes of a pointer of the firmware, 4 or 8; 0 where the running kernel was not told of any. */
unsigned efi_word_bytes(const struct machine *machine);

/*
 * Whether the firmware's services can be handed to a 64-bit kernel: both it and the running kernel
 * are 64-bit, and all of efi is known. 32-bit kernels take over no services that were moved before:
 * efi_tables.h is for them.
 */
bool efi_can_hand_over(const struct machine *machine);

/* The five files of a folder of /sys/firmware/efi/runtime-map. */
struct efi_region_texts {
	struct span type, physical, virtual, pages, attribute;
};

/* 0, or -1 where that is no region: a number that is none, no pages, an end that wraps. */
int efi_region_parse(const struct efi_region_texts *texts, struct efi_region *region);

/* Lines "type physical virtual pages attribute": how runtime-map is recorded in one file. */
int efi_region_lines(struct span text, struct efi *efi, struct error *err);

/* Where tables lie, by the text of /sys/firmware/efi/systab. */
void efi_parse_systab(struct span text, struct efi *efi);

/* Append a region. */
int efi_region_add(struct efi *efi, const struct efi_region *region, struct error *err);

void efi_done(struct efi *efi);

/*
 * Some regions of the map are not the services' own but tables that lie in what the memory map
 * calls RAM, and that the next kernel reads again: take them out of free, out of the RAM of map.
 * The running kernel gives them the attribute of the services' regions (EFI_MEMORY_RUNTIME).
 */
int efi_keep(const struct efi *efi, struct range_set *free, struct error *err);
int efi_reserve(const struct efi *efi, struct memmap *map, struct error *err);

/* Where the next kernel finds what struct efi_info tells of. */
struct efi_places {
	uint64_t systab; /* 0 = where it was for the running kernel */
	uint64_t map;
	size_t regions; /* in the map */
};

/* Write struct efi_info; a region of a map; all of the map; struct efi_setup_data. All into zeroed
 * memory: EFI_INFO_BYTES, EFI_REGION_BYTES for each region, EFI_SETUP_BYTES. */
void efi_fill_info(const struct machine *machine, const struct efi_places *places, uint8_t *info);
void efi_region_fill(const struct efi_region *region, uint8_t *to);
void efi_fill_map(const struct efi *efi, uint8_t *map);
void efi_fill_setup(const struct efi *efi, uint8_t *setup);

#endif
