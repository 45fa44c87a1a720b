/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec/efi.c: the texts in which a kernel tells of EFI firmware, and the bytes the next kernel
 * reads. Offsets are numbers here, as the boot protocol and the UEFI specification have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "efi.h"
#include "efi_tables.h"
#include "machine.h"

#define RUNTIME (UINT64_C(1) << 63) /* EFI_MEMORY_RUNTIME */

static struct error err;

static struct span text(const char *string)
{
	return (struct span){ (const uint8_t *)string, strlen(string) };
}

static struct efi_region_texts good(void)
{
	return (struct efi_region_texts){ text("0x5\n"), text("0x1f8ee000\n"),
					  text("0xfffffffeff000000\n"), text("0x100\n"),
					  text("0x800000000002600f\n") };
}

static void a_region_is_read(void **state)
{
	struct efi_region_texts texts = good();
	struct efi_region region;

	(void)state;
	assert_int_equal(efi_region_parse(&texts, &region), 0);
	assert_int_equal(region.type, 5);
	assert_int_equal(region.physical, 0x1f8ee000);
	assert_true(region.virtual == UINT64_C(0xfffffffeff000000));
	assert_int_equal(region.pages, 0x100);
	assert_true(region.attribute == UINT64_C(0x800000000002600f));
}

static void damaged_regions_are_refused(void **state)
{
	static const char *const bad[] = { "", "0x", "x", "0x1 0x2", "0x10000000000000000" };
	struct efi_region region = { .pages = 77 };
	struct efi_region_texts texts;

	(void)state;
	for (size_t field = 0; field < 5; field++)
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			texts = good();
			*(struct span *)((char *)&texts + field * sizeof(struct span)) =
				text(bad[i]);
			assert_int_equal(efi_region_parse(&texts, &region), -1);
		}
	texts = good();
	texts.type = text("0x100000000");
	assert_int_equal(efi_region_parse(&texts, &region), -1);
	texts = good();
	texts.pages = text("0x0");
	assert_int_equal(efi_region_parse(&texts, &region), -1);
	texts.pages = text("0xfffffffffffff"); /* its end wraps */
	assert_int_equal(efi_region_parse(&texts, &region), -1);
	assert_int_equal(region.pages, 77);
}

static void lines_are_regions(void **state)
{
	struct efi efi = { 0 };

	(void)state;
	assert_int_equal(efi_region_lines(text("0x5 0x1000 0xff000 0x1 0xf\n\n0x6 0x2000 0xfe000 "
					       "0x2 0x8000000000000001"),
					  &efi, &err),
			 0);
	assert_int_equal(efi.region_count, 2);
	assert_int_equal(efi.regions[1].physical, 0x2000);
	assert_int_equal(efi_region_lines(text("0x5 0x1000 0xff000 0x1\n"), &efi, &err), -1);
	assert_non_null(strstr(err.text, "runtime map"));
	efi_done(&efi);
	assert_int_equal(efi.region_count, 0);
}

static void tables_are_found(void **state)
{
	struct efi efi = { 0 };

	(void)state;
	efi_parse_systab(text("ACPI=0x2\nACPI20=0x7f\nSMBIOS3=0x3\nSMBIOS=0x1"), &efi);
	assert_int_equal(efi.acpi, 2);
	assert_int_equal(efi.acpi20, 0x7f);
	assert_int_equal(efi.smbios3, 3);
	assert_int_equal(efi.smbios, 1);
	efi_parse_systab(text("ACPI20=zz\n"), &efi);
	assert_int_equal(efi.acpi | efi.acpi20 | efi.smbios, 0);
}

static void a_map_has_an_end(void **state)
{
	struct efi_region region = { .pages = 1 };
	struct efi efi = { 0 };

	(void)state;
	for (unsigned i = 0; i < EFI_REGIONS_MAX; i++)
		assert_int_equal(efi_region_add(&efi, &region, &err), 0);
	assert_int_equal(efi_region_add(&efi, &region, &err), -1);
	efi_done(&efi);
}

/* A 64-bit kernel on 64-bit firmware with two regions. */
static void make_machine(struct machine *machine, uint8_t boot_params[BOOT_PARAMS_BYTES])
{
	static struct efi_region regions[] = {
		{ 5, 0x1f8ee000, UINT64_C(0xfffffffeff000000), 0x100, UINT64_C(1) << 63 | 0xf },
		{ 6, 0x1f9ee000, UINT64_C(0xfffffffefe000000), 0x80, UINT64_C(1) << 63 | 0xf },
	};

	*machine = (struct machine){
		.cpu = CPU_LONG_MODE | CPU_PAE,
		.boot_params = { boot_params, BOOT_PARAMS_BYTES },
		.efi = { regions, 2, 0x1fb5b018, 0x1f9ecb98, 0x1fa7e018, 0x1f7dd000, 0, 0, 0 },
	};
	memset(boot_params, 0, BOOT_PARAMS_BYTES);
	memcpy(boot_params + 0x1c0, "EL64", 4);
	le32_put(boot_params + 0x1c4, 0x1f9ec018);
	le32_put(boot_params + 0x1c8, 48);
	le32_put(boot_params + 0x1cc, 1);
	le32_put(boot_params + 0x1d8, 0x12);
}

static void who_can_hand_over(void **state)
{
	static const uint8_t bios[BOOT_PARAMS_BYTES];
	uint8_t boot_params[BOOT_PARAMS_BYTES];
	struct machine machine;

	(void)state;
	make_machine(&machine, boot_params);
	assert_true(efi_is_firmware(&machine));
	assert_true(efi_can_hand_over(&machine));
	machine.cpu = CPU_PAE;
	assert_false(efi_can_hand_over(&machine));
	make_machine(&machine, boot_params);
	machine.efi.region_count = 0; /* noefi, or efi=noruntime */
	assert_false(efi_can_hand_over(&machine));
	make_machine(&machine, boot_params);
	machine.efi.tables = 0;
	assert_false(efi_can_hand_over(&machine));
	assert_true(efi_is_firmware(&machine));
	make_machine(&machine, boot_params);
	boot_params[0x1c2] = '3'; /* 32-bit firmware */
	boot_params[0x1c3] = '2';
	assert_false(efi_can_hand_over(&machine));
	assert_true(efi_is_firmware(&machine));
	machine = (struct machine){ .cpu = CPU_LONG_MODE };
	assert_false(efi_is_firmware(&machine));
	machine.boot_params = (struct span){ bios, sizeof(bios) };
	assert_false(efi_is_firmware(&machine));
	assert_false(efi_can_hand_over(&machine));
}

static void the_next_kernel_reads(void **state)
{
	uint8_t boot_params[BOOT_PARAMS_BYTES], info[32] = { 0 }, map[80] = { 0 },
						setup[96] = { 0 };
	struct machine machine;

	(void)state;
	make_machine(&machine, boot_params);
	efi_fill_info(&machine, &(struct efi_places){ .map = UINT64_C(0x300011120), .regions = 2 },
		      info);
	assert_memory_equal(info, "EL64", 4);
	assert_int_equal(le32_get(info + 4), 0x1f9ec018);
	assert_int_equal(le32_get(info + 8),
			 40); /* the descriptors that follow, not the old ones */
	assert_int_equal(le32_get(info + 12), 1);
	assert_int_equal(le32_get(info + 16), 0x11120);
	assert_int_equal(le32_get(info + 20), 80);
	assert_int_equal(le32_get(info + 24), 0x12);
	assert_int_equal(le32_get(info + 28), 3);
	efi_fill_map(&machine.efi, map);
	assert_int_equal(le32_get(map), 5);
	assert_int_equal(le32_get(map + 4), 0);
	assert_int_equal(le64_get(map + 40 + 8), 0x1f9ee000);
	assert_true(le64_get(map + 40 + 16) == UINT64_C(0xfffffffefe000000));
	assert_int_equal(le64_get(map + 40 + 24), 0x80);
	assert_true(le64_get(map + 40 + 32) == UINT64_C(0x800000000000000f));
	efi_fill_setup(&machine.efi, setup);
	assert_int_equal(le64_get(setup), 0x1fb5b018);
	assert_int_equal(le64_get(setup + 8), 0x1f9ecb98);
	assert_int_equal(le64_get(setup + 16), 0x1fa7e018);
	assert_int_equal(le64_get(setup + 24), 0x1f7dd000);
	for (size_t i = 32; i < sizeof(setup); i++)
		assert_int_equal(setup[i], 0);
}

static void tables_in_ram_stay(void **state)
{
	struct efi_region regions[] = {
		{ .type = 3, .physical = 0, .pages = 1, .attribute = RUNTIME },
		{ .type = 4, .physical = 0x203000, .pages = 2, .attribute = RUNTIME },
		/* Half of it is RAM. */
		{ .type = 5, .physical = 0xff000, .pages = 2, .attribute = RUNTIME },
		/* What mixed mode maps besides. */
		{ .type = 7, .physical = 0x1000, .pages = 0x9f, .attribute = 0xf },
		{ .type = 1, .physical = 0x205000, .pages = 0x10, .attribute = 0xf },
	};
	struct efi efi = { .regions = regions, .region_count = 5 };
	struct range_set free_ram = { 0 };
	struct memmap map = { 0 };

	(void)state;
	assert_int_equal(memmap_add(&map, (struct range){ 0, 0xa0000 }, MEMORY_RAM, &err), 0);
	assert_int_equal(memmap_add(&map, (struct range){ 0xf0000, 0x100000 }, MEMORY_NVS, &err),
			 0);
	assert_int_equal(memmap_add(&map, (struct range){ 0x100000, 0x400000 }, MEMORY_RAM, &err),
			 0);
	assert_int_equal(memmap_of_type(&map, MEMORY_RAM, &free_ram, &err), 0);
	assert_int_equal(efi_keep(&efi, &free_ram, &err), 0);
	assert_int_equal(free_ram.count, 3);
	assert_int_equal(free_ram.items[0].start, 0x1000);
	assert_int_equal(free_ram.items[1].start, 0x101000);
	assert_int_equal(free_ram.items[1].end, 0x203000);
	assert_int_equal(free_ram.items[2].start, 0x205000);
	assert_int_equal(efi_reserve(&efi, &map, &err), 0);
	assert_int_equal(map.count, 7);
	assert_int_equal(map.entries[0].type, MEMORY_RESERVED);
	assert_int_equal(map.entries[0].at.end, 0x1000);
	assert_int_equal(map.entries[2].type, MEMORY_NVS); /* what is no RAM keeps its type */
	assert_int_equal(map.entries[2].at.end, 0x100000);
	assert_int_equal(map.entries[3].type, MEMORY_RESERVED);
	assert_int_equal(map.entries[3].at.end, 0x101000);
	assert_int_equal(map.entries[5].at.start, 0x203000);
	assert_int_equal(map.entries[5].type, MEMORY_RESERVED);
	range_set_done(&free_ram);
	memmap_done(&map);
}

static void make_tables(struct machine *machine, uint8_t boot_params[BOOT_PARAMS_BYTES])
{
	make_machine(machine, boot_params);
	machine->efi.acpi20 = 0x1f77d014;
	machine->efi.acpi = 0x1f77d000;
}

static void tables_are_told_where_they_are_known(void **state)
{
	uint8_t boot_params[BOOT_PARAMS_BYTES];
	struct machine machine;

	(void)state;
	make_tables(&machine, boot_params);
	assert_true(efi_tables_known(&machine));
	machine.efi.acpi20 = machine.efi.acpi = 0; /* no root, no systab */
	assert_false(efi_tables_known(&machine));
	machine.rsdp = 0x1f77d014;
	assert_true(efi_tables_known(&machine));
	machine.efi.smbios3 = UINT64_C(0x100000000); /* out of a 32-bit kernel's reach */
	assert_false(efi_tables_known(&machine));
	make_tables(&machine, boot_params);
	boot_params[0x1c0] = 0; /* a BIOS */
	assert_false(efi_tables_known(&machine));
}

/* The system table of 64-bit firmware, with a list of three. */
static void a_system_table_is_made(void **state)
{
	static const uint8_t smbios[] = { 0x31, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
					  0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };
	uint8_t boot_params[BOOT_PARAMS_BYTES], table[EFI_TABLES_BYTES] = { 0 }, setup[96] = { 0 };
	struct machine machine;

	(void)state;
	make_tables(&machine, boot_params);
	efi_tables_fill(&machine, 0x10000, table, setup);
	assert_memory_equal(table, "IBI SYST", 8);
	assert_int_equal(le32_get(table + 8) >> 16, 2);
	assert_int_equal(le32_get(table + 12), 120);
	assert_int_equal(le64_get(table + 24), 0x1fb5b018);
	assert_int_equal(le64_get(table + 88), 0); /* no services */
	assert_int_equal(le32_get(table + 104), 3);
	assert_int_equal(le64_get(table + 112), 0x10080);
	assert_int_equal(le32_get(table + 128), 0x8868e871);
	assert_int_equal(le64_get(table + 128 + 16), 0x1f77d014);
	assert_int_equal(le64_get(table + 152 + 16), 0x1f77d000);
	assert_memory_equal(table + 176, smbios, 16);
	assert_int_equal(le64_get(table + 176 + 16), 0x1f7dd000);
	assert_int_equal(le64_get(setup), 0x1fb5b018);
	assert_int_equal(le64_get(setup + 8), 0);
	assert_int_equal(le64_get(setup + 16), 0x10080);
	assert_int_equal(le64_get(setup + 24), 0); /* nothing to be mended */
}

static void a_system_table_of_32_bits_is_made(void **state)
{
	uint8_t boot_params[BOOT_PARAMS_BYTES], table[EFI_TABLES_BYTES] = { 0 }, setup[96] = { 0 };
	struct machine machine;

	(void)state;
	make_tables(&machine, boot_params);
	memcpy(boot_params + 0x1c0, "EL32", 4);
	machine.efi.fw_vendor = 0;
	machine.efi.smbios3 = 0x1f7de000;
	assert_true(efi_tables_known(&machine));
	efi_tables_fill(&machine, 0x10000, table, setup);
	assert_memory_equal(table, "IBI SYST", 8);
	assert_int_equal(le32_get(table + 12), 72);
	assert_in_range(le32_get(table + 24), 0x10080 + 4 * 20, 0x10000 + sizeof(table) - 2);
	assert_int_equal(le16_get(table + (le32_get(table + 24) - 0x10000)), 0); /* "" */
	assert_int_equal(le32_get(table + 56), 0);
	assert_int_equal(le32_get(table + 64), 4);
	assert_int_equal(le32_get(table + 68), 0x10080);
	assert_int_equal(le32_get(table + 128 + 16), 0x1f77d014);
	assert_int_equal(le32_get(table + 148 + 16), 0x1f77d000);
	assert_int_equal(le32_get(table + 168), 0xf2fd1544);
	assert_int_equal(le32_get(table + 168 + 16), 0x1f7de000);
	assert_int_equal(le32_get(table + 188 + 16), 0x1f7dd000);
}

/* Whole pages of RAM only. */
static void ram_is_conventional_memory(void **state)
{
	uint8_t bytes[3 * EFI_REGION_BYTES] = { 0 };
	struct memmap map = { 0 };

	(void)state;
	assert_int_equal(memmap_add(&map, (struct range){ 0, 0x9fc00 }, MEMORY_RAM, &err), 0);
	assert_int_equal(memmap_add(&map, (struct range){ 0xf0000, 0x100000 }, MEMORY_RESERVED,
				    &err),
			 0);
	assert_int_equal(memmap_add(&map, (struct range){ 0x100000, 0x300000 }, MEMORY_RAM, &err),
			 0);
	assert_int_equal(memmap_add(&map, (struct range){ 0x300800, 0x301800 }, MEMORY_RAM, &err),
			 0);
	assert_int_equal(efi_ram_count(&map), 2);
	efi_ram_fill(&map, bytes);
	assert_int_equal(le32_get(bytes), 7);
	assert_int_equal(le64_get(bytes + 8), 0);
	assert_int_equal(le64_get(bytes + 24), 0x9f);
	assert_int_equal(le64_get(bytes + 32), 8);
	assert_int_equal(le64_get(bytes + 40 + 8), 0x100000);
	assert_int_equal(le64_get(bytes + 40 + 24), 0x200);
	assert_int_equal(le32_get(bytes + 80), 0);
	memmap_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_is_read),
		cmocka_unit_test(damaged_regions_are_refused),
		cmocka_unit_test(lines_are_regions),
		cmocka_unit_test(a_map_has_an_end),
		cmocka_unit_test(who_can_hand_over),
		cmocka_unit_test(the_next_kernel_reads),
		cmocka_unit_test(tables_in_ram_stay),
		cmocka_unit_test(tables_are_found),
		cmocka_unit_test(tables_are_told_where_they_are_known),
		cmocka_unit_test(a_system_table_is_made),
		cmocka_unit_test(a_system_table_of_32_bits_is_made),
		cmocka_unit_test(ram_is_conventional_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
