/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: the other texts and tables in which a kernel describes its machine (kexec/
 * machine_parse.h). The first byte chooses which.
 */
#include "fuzz.h"
#include "machine_parse.h"
#include "rsdp.h"
#include "smbios.h"
#include "tests/unit/root_pointer.h"

enum {
	KIND_MEMINFO,
	KIND_CPUINFO,
	KIND_CPU_LIST,
	KIND_SYSTAB,
	KIND_IOMEM,
	KIND_BOOT_PARAMS,
	KIND_EDD,
	KIND_KALLSYMS,
	KIND_HEX,
	KIND_VMCOREINFO,
	KIND_SCREEN,
	KIND_NOTE,
	KIND_RSDP,
	KIND_SMBIOS,
	KINDS
};

/* Reads every byte of what a parser handed out. */
static void touch(struct span text)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < text.size; i++)
		sum ^= text.data[i];
	(void)sum;
}

static void parse_meminfo(struct span text)
{
	bool pae;

	meminfo_bytes(text, "MemTotal");
	meminfo_bytes(text, "MemAvailable");
	paging_from_meminfo(text, &pae);
}

static void parse_fields(struct span text)
{
	static const char *const keys[] = { "flags", "OSRELEASE", "CONFIG_X86_PAE",
					    "SYMBOL(swapper_pg_dir)",
					    "NUMBER(pgtable_l5_enabled)" };
	char copy[16];
	struct span value;
	uint64_t number;

	FUZZ_CHECK(cpuinfo_phys_bits(text) <= 64);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (text_field(text, keys[i], &value))
			continue;
		touch(value);
		text_has_word(value, "umip");
		text_number(value, 16, &number);
		text_number(value, 10, &number);
		text_copy(value, copy, sizeof(copy));
		FUZZ_CHECK(strlen(copy) < sizeof(copy));
	}
}

static void parse_boot_params(struct span bytes)
{
	struct memmap map = { 0 };
	struct machine_edd edd = { 0 };
	struct error err;

	if (!boot_params_map(bytes, &map, &err))
		FUZZ_CHECK(!memmap_sort(&map, &err));
	for (size_t i = 0; i < map.count; i++)
		FUZZ_CHECK(map.entries[i].at.start < map.entries[i].at.end);
	boot_params_edd(bytes, &edd);
	FUZZ_CHECK(edd.count <= MACHINE_EDD_MAX && edd.signature_count <= MACHINE_EDD_SIGS_MAX);
	memmap_done(&map);
}

static void parse_edd(struct span input)
{
	struct edd_texts texts = { .device = 0x80 };
	uint8_t info[MACHINE_EDD_BYTES];

	texts.version = fuzz_part(&input, '|');
	texts.extensions = fuzz_part(&input, '|');
	texts.max_cylinder = fuzz_part(&input, '|');
	texts.max_head = fuzz_part(&input, '|');
	texts.sectors_per_track = fuzz_part(&input, '|');
	texts.raw_data = input;
	edd_info_bytes(&texts, info);
}

static void parse_kallsyms(struct span text)
{
	struct kernel_symbol symbols[] = { { .name = "gdt_page" }, { .name = "_text" } };
	struct span line;

	while (text_line(&text, &line))
		kallsyms_line(line, symbols, 2);
}

static void parse_hex(struct span text)
{
	uint8_t bytes[64];
	size_t count = 0;
	struct range at;
	struct span start;

	if (!text_hex(text, bytes, sizeof(bytes), &count))
		FUZZ_CHECK(count <= sizeof(bytes));
	start = fuzz_part(&text, '|');
	if (!firmware_range(start, text, &at))
		FUZZ_CHECK(at.start < at.end);
}

/* Whatever a driver says, what is told lies in the frame buffer. */
static void parse_screen(struct span text)
{
	struct machine machine = { 0 };
	uint8_t info[SCREEN_INFO_BYTES] = { 0 };
	struct span list = fuzz_part(&text, '|');

	screen_parse_list(list, &machine.screen);
	if (screen_parse_recorded(text, &machine.screen) || !*machine.screen.driver ||
	    screen_info_fill(&machine, false, info))
		return;
	FUZZ_CHECK((uint64_t)le16_get(info + SCREEN_HEIGHT) * le16_get(info + SCREEN_LINE_BYTES) <=
		   machine.screen.bytes);
	FUZZ_CHECK(info[SCREEN_TYPE] == SCREEN_TYPE_VESA);
}

/* The last byte of both sums is put right where the signature begins. */
static void put_rsdp_right(uint8_t *memory, size_t size)
{
	for (size_t at = 0; bytes_fit(size, at, RSDP_BYTES_MAX); at += RSDP_ALIGN) {
		uint8_t *p = memory + at;

		if (memcmp(p, "RSD ", 4) != 0)
			continue;
		memcpy(p + 4, "PTR ", 4);
		p[8] = (uint8_t)(p[8] + root_pointer_missing(p, RSDP_1_BYTES));
		p[32] = (uint8_t)(p[32] + root_pointer_missing(p, RSDP_BYTES_MAX));
	}
}

static void parse_rsdp(struct span input)
{
	bool as_it_is = fuzz_u8(&input) & 1;
	uint8_t *memory = fuzz_copy(input);
	struct span found;

	if (!as_it_is)
		put_rsdp_right(memory, input.size);
	found = rsdp_find((struct span){ memory, input.size });
	if (found.size) {
		FUZZ_CHECK(found.data >= memory && !((found.data - memory) % RSDP_ALIGN));
		FUZZ_CHECK(bytes_fit(input.size, (uint64_t)(found.data - memory), found.size));
		FUZZ_CHECK(found.size == RSDP_1_BYTES || found.size == RSDP_BYTES_MAX);
	}
	free(memory);
}

static void parse_smbios(struct span input)
{
	uint8_t *entry_point = fuzz_copy(input);
	struct smbios smbios = { 0 };

	if (smbios_version((struct span){ entry_point, input.size }, &smbios))
		FUZZ_CHECK(!smbios.major && !smbios.minor);
	free(entry_point);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	struct machine_note note;
	uint32_t count;

	switch (fuzz_u8(&input) % KINDS) {
	case KIND_MEMINFO:
		parse_meminfo(input);
		break;
	case KIND_CPU_LIST:
		if (!cpu_list_count(input, &count))
			FUZZ_CHECK(count && count <= UINT16_MAX);
		break;
	case KIND_NOTE:
		if (!vmcoreinfo_place(input, &note))
			FUZZ_CHECK(note.address + note.bytes >= note.address);
		break;
	case KIND_SYSTAB:
		efi_parse_systab(input, &(struct efi){ 0 });
		break;
	case KIND_IOMEM:
		iomem_hidden(input);
		break;
	case KIND_BOOT_PARAMS:
		parse_boot_params(input);
		break;
	case KIND_EDD:
		parse_edd(input);
		break;
	case KIND_KALLSYMS:
		parse_kallsyms(input);
		break;
	case KIND_SCREEN:
		parse_screen(input);
		break;
	case KIND_HEX:
		parse_hex(input);
		break;
	case KIND_RSDP:
		parse_rsdp(input);
		break;
	case KIND_SMBIOS:
		parse_smbios(input);
		break;
	default:
		parse_fields(input);
		break;
	}
	return 0;
}

static const struct {
	uint8_t kind;
	const char *text;
} texts[] = {
	{ KIND_MEMINFO,
	  "MemTotal:        503384 kB\nMemFree: 1 kB\nMemAvailable:  18014398509481984 "
	  "kB\nDirectMap4k: 8184 kB\nDirectMap2M: 516096 kB\n" },
	{ KIND_CPUINFO, "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vme pse umip\n"
			"address sizes\t: 43 bits physical, 48 bits virtual\n" },
	{ KIND_CPU_LIST, "0-3,6,8-65535\n" },
	{ KIND_SYSTAB, "ACPI20=0x7ffe014\nACPI=0x7ffe000\nSMBIOS=0xf0000\n" },
	{ KIND_IOMEM, "00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n" },
	{ KIND_EDD, "0x30|Fixed disk access\nEnhanced Disk Drive support\n|1023|254|63|"
		    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789" },
	{ KIND_KALLSYMS, "c1000000 T _text\nc1ff0000 D gdt_page\nf8000000 t gdt_page\t[mod]\n" },
	{ KIND_NOTE, "0x1f510000 1024\n" },
	{ KIND_SMBIOS, "_SM3_ssabcdefghijklmnopq" },
	{ KIND_SMBIOS, "_SM_slabcdefghijklmnopqrstuvwxy" },
	{ KIND_HEX, "00 11 2233\n44FF|0x9fbff" },
	{ KIND_SCREEN,
	  "1 other\n0 i915drmfb\n|0x80000000 4096000 5120 1280 800 32\n8 16\n8 8\n8 0\n"
	  "8 24\n" },
	{ KIND_VMCOREINFO, "OSRELEASE=6.1.0\nSYMBOL(swapper_pg_dir)=c1a00000\nCONFIG_X86_PAE=y\n"
			   "NUMBER(pgtable_l5_enabled)=1\n" },
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

/* As many entries as are said to be there; only the first three hold something. */
static size_t seed_boot_params(uint8_t ranges, uint8_t disks, uint8_t *buffer, size_t capacity)
{
	uint8_t bytes[1 + BOOT_PARAMS_BYTES] = { KIND_BOOT_PARAMS }, *zero = bytes + 1;
	size_t used = 0;

	zero[0x1e8] = ranges;
	for (unsigned i = 0; i < 3; i++) {
		le64_put(zero + 0x2d0 + (size_t)i * 20, i * 0x80000);
		le64_put(zero + 0x2d0 + (size_t)i * 20 + 8, 0x90000);
		zero[0x2d0 + i * 20 + 16] = (uint8_t)(i + 1);
	}
	zero[0x1e9] = zero[0x1ea] = disks;
	fuzz_append(buffer, capacity, &used, bytes, sizeof(bytes));
	return used;
}

/* Of ACPI 1.0, or of 2.0 with the length behind the first sum. */
static size_t seed_rsdp(uint8_t revision, uint8_t *buffer, size_t capacity)
{
	uint8_t bytes[2 + RSDP_ALIGN + RSDP_BYTES_MAX] = { KIND_RSDP }, *p = bytes + 2 + RSDP_ALIGN;
	size_t used = 0;

	memcpy(p, "RSD PTR ", 8);
	p[15] = revision;
	le32_put(p + 20, RSDP_BYTES_MAX);
	fuzz_append(buffer, capacity, &used, bytes, sizeof(bytes));
	return used;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	if (n < TEXTS)
		return fuzz_seed_text(texts[n].kind, texts[n].text, buffer, capacity);
	switch (n - TEXTS) {
	case 0:
		return seed_boot_params(3, 2, buffer, capacity);
	case 1:
		return seed_boot_params(UINT8_MAX, UINT8_MAX, buffer, capacity);
	case 2:
		return seed_rsdp(0, buffer, capacity);
	case 3:
		return seed_rsdp(2, buffer, capacity);
	default:
		return 0;
	}
}
