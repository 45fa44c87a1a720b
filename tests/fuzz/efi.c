/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: what the running kernel tells of EFI firmware (kexec/efi.h): a folder of the runtime
 * map, its recorded form, boot_params; and what is made of it for the next kernel.
 */
#include "efi_tables.h"
#include "fuzz.h"
#include "machine.h"
#include "range.h"

enum { KIND_FOLDER, KIND_LINES, KINDS };

static void check_regions(const struct efi *efi)
{
	FUZZ_CHECK(efi->region_count <= EFI_REGIONS_MAX);
	for (size_t i = 0; i < efi->region_count; i++) {
		const struct efi_region *r = &efi->regions[i];

		FUZZ_CHECK(r->pages && r->physical + r->pages * PAGE_BYTES > r->physical);
	}
}

/* What is handed on holds the regions as they are. */
static void hand_over(const struct efi *efi, struct span head)
{
	uint8_t boot_params[BOOT_PARAMS_BYTES] = { 0 }, info[EFI_INFO_BYTES] = { 0 };
	uint8_t setup[EFI_SETUP_BYTES] = { 0 }, tables[EFI_TABLES_BYTES] = { 0 };
	uint8_t *map = calloc(efi->region_count + 1, EFI_REGION_BYTES);
	struct machine machine = {
		.cpu = CPU_LONG_MODE,
		.boot_params = { boot_params, BOOT_PARAMS_BYTES },
		.efi = *efi,
	};

	if (!map)
		abort();
	memcpy(boot_params + 0x1c0, head.data, head.size);
	machine.efi.fw_vendor = machine.efi.tables = 0x1000;
	FUZZ_CHECK(efi_is_firmware(&machine));
	if (efi_can_hand_over(&machine)) {
		efi_fill_info(&machine,
			      &(struct efi_places){ .map = 0x10000, .regions = efi->region_count },
			      info);
		efi_fill_map(efi, map);
		efi_fill_setup(efi, setup);
		FUZZ_CHECK(le32_get(info + 20) == efi->region_count * EFI_REGION_BYTES);
		FUZZ_CHECK(le64_get(map + 8) == efi->regions[0].physical);
	}
	machine.efi.acpi = 0x1000;
	machine.efi.smbios3 = le64_get(head.data);
	if (efi_tables_known(&machine)) {
		efi_tables_fill(&machine, 0x10000, tables, setup);
		FUZZ_CHECK(le64_get(setup + 16) > 0x10000);
	}
	free(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size }, head = input;
	struct efi efi = { 0 };
	struct error err;

	if (size < EFI_INFO_BYTES + 1)
		return 0;
	head.size = EFI_INFO_BYTES;
	input.data += head.size;
	input.size -= head.size;
	if (fuzz_u8(&input) % KINDS == KIND_FOLDER) {
		struct efi_region_texts texts;
		struct efi_region region;

		texts.type = fuzz_part(&input, '|');
		texts.physical = fuzz_part(&input, '|');
		texts.virtual = fuzz_part(&input, '|');
		texts.pages = fuzz_part(&input, '|');
		texts.attribute = input;
		if (!efi_region_parse(&texts, &region))
			FUZZ_CHECK(!efi_region_add(&efi, &region, &err));
	} else {
		efi_region_lines(input, &efi, &err);
	}
	check_regions(&efi);
	hand_over(&efi, head);
	efi_done(&efi);
	return 0;
}

static const struct {
	uint8_t kind;
	const char *text;
} seeds[] = {
	{ KIND_FOLDER, "0x5\n|0x1f8ee000\n|0xfffffffeff000000\n|0x100\n|0x800000000002600f\n" },
	{ KIND_LINES, "0x5 0x1f8ee000 0xfffffffeff000000 0x100 0x800000000002600f\n"
		      "0x6 0x1f9ee000 0xfffffffefe000000 0x80 0x800000000002600f\n" },
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static const uint8_t head[EFI_INFO_BYTES] = "EL64";
	uint8_t body[512];
	size_t used = 0, bytes;

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	bytes = fuzz_seed_text(seeds[n].kind, seeds[n].text, body, sizeof(body));
	fuzz_append(buffer, capacity, &used, head, sizeof(head));
	fuzz_append(buffer, capacity, &used, body, bytes);
	return used;
}
