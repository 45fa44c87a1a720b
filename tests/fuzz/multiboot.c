/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: Multiboot headers of both versions, through the whole planning of a load on a
 * made-up PC. The first bytes choose what is asked for; the rest is the file, in which magic number
 * and checksum are put right, since no mutation would find them. What the kernel is told must lie
 * in memory that is loaded.
 */
#include "arch/i386/boot_params.h"
#include "fuzz.h"
#include "plan_rules.h"
#include "purgatory/abi.h"
#include "rsdp.h"
#include "screen_info.h"
#include "tests/unit/pc.h"

#define CASE_BYTES   4
#define MODULES      2
#define MODULE_BYTES 5000

/* Bits of byte 0. */
enum {
	CASE_VERSION_2 = 1,
	CASE_64 = 2,
	CASE_MODULES = 4,
	CASE_SCREEN = 8,
	CASE_AS_IT_IS = 16, /* leave magic and checksum alone */
	CASE_LIMIT = 32,
	CASE_TEXT = 64, /* the screen, if there is one, shows text */
	CASE_TABLES = 128,
};

static const char *const names[] = { "multiboot-x86", "multiboot2-x86" };

static void put_right(uint8_t *file, size_t size, size_t at, bool second)
{
	uint32_t magic = second ? 0xe85250d6 : 0x1badb002, sum;

	if (!bytes_fit(size, at, 16))
		return;
	le32_put(file + at, magic);
	sum = magic + le32_get(file + at + 4) + (second ? le32_get(file + at + 8) : 0);
	le32_put(file + at + (second ? 12 : 8), 0 - sum);
}

static void make_machine(uint8_t how, uint8_t boot_params[BOOT_PARAMS_BYTES],
			 struct machine *machine)
{
	pc_init(machine, 64);
	if (how & CASE_64) {
		strcpy(machine->arch, "x86_64");
		machine->cpu = CPU_LONG_MODE | CPU_PAE;
	}
	if (how & CASE_SCREEN) {
		memset(boot_params, 0x20, BOOT_PARAMS_BYTES);
		boot_params[SCREEN_TYPE] = how & CASE_TEXT ? SCREEN_TYPE_TEXT : SCREEN_TYPE_EFI;
		machine->boot_params = (struct span){ boot_params, BOOT_PARAMS_BYTES };
	}
	if (how & CASE_TABLES) {
		/* of ACPI 1.0, or of 2.0 */
		machine->rsdp_copy_bytes = how & CASE_64 ? RSDP_BYTES_MAX : RSDP_1_BYTES;
		machine->smbios = (struct smbios){ 3, 1, { (const uint8_t *)"SMBIOS tables", 13 } };
	}
}

/* The bytes at an address, which must be loaded. */
static const uint8_t *loaded(const struct plan *plan, uint64_t address, uint64_t bytes)
{
	for (unsigned i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		if (address >= s->at.start && bytes_fit(s->data.size, address - s->at.start, bytes))
			return s->data.data + (address - s->at.start);
	}
	FUZZ_CHECK(!"loaded");
	return NULL;
}

static void check_text(const struct plan *plan, uint32_t address)
{
	while (*loaded(plan, address, 1))
		address++;
}

static void check_module(const struct plan *plan, const uint8_t *p)
{
	FUZZ_CHECK(le32_get(p) % PAGE_BYTES == 0);
	loaded(plan, le32_get(p), le32_get(p + 4) - le32_get(p));
}

static void check_version_1(const struct plan *plan, const uint8_t *info)
{
	uint32_t flags = le32_get(info);

	check_text(plan, le32_get(info + 16));
	check_text(plan, le32_get(info + 64));
	loaded(plan, le32_get(info + 48), le32_get(info + 44));
	if (flags & 8)
		for (uint32_t i = 0; i < le32_get(info + 20); i++) {
			const uint8_t *p = loaded(plan, le32_get(info + 24) + 16 * i, 16);

			check_module(plan, p);
			check_text(plan, le32_get(p + 8));
		}
}

static void check_version_2(const struct plan *plan, uint64_t address)
{
	uint32_t end = le32_get(loaded(plan, address, 8)), at = 8, bytes;
	const uint8_t *p;

	do {
		p = loaded(plan, address + at, 8);
		bytes = le32_get(p + 4);
		FUZZ_CHECK(bytes >= 8);
		loaded(plan, address + at, bytes);
		if (le32_get(p) == 3)
			check_module(plan, p + 8);
		at += (bytes + 7) & ~UINT32_C(7);
	} while (le32_get(p));
	FUZZ_CHECK(at == end);
}

static void check_information(struct plan *plan)
{
	struct purgatory_params params;

	memcpy(&params, plan_segment(plan, "purgatory")->data.data, sizeof(params));
	if (params.eax == 0x2badb002)
		check_version_1(plan, loaded(plan, params.ebx, 120));
	else
		check_version_2(plan, params.ebx);
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct request_module list[MODULES] = {
		{ 0, 4096, "one a=1" },
		{ 4096, MODULE_BYTES - 4096, "two" },
	};
	static const uint8_t modules[MODULE_BYTES];
	struct span input = { data, size };
	uint8_t how = fuzz_u8(&input), boot_params[BOOT_PARAMS_BYTES];
	size_t offset = fuzz_u8(&input) * (size_t)8;
	struct request request = { .image_name = "image", .cmdline = "a=1" };
	struct machine machine;
	struct plan plan;
	uint8_t *file;

	request.limit.end = (uint64_t)fuzz_u16(&input) << 12;
	if (!(how & CASE_LIMIT))
		request.limit.end = 0;
	file = fuzz_copy(input);
	if (!(how & CASE_AS_IT_IS))
		put_right(file, input.size, offset, how & CASE_VERSION_2);
	request.image = (struct span){ file, input.size };
	request.type = names[how & CASE_VERSION_2];
	if (how & CASE_MODULES) {
		request.modules = (struct span){ modules, MODULE_BYTES };
		request.module_list = list;
		request.module_count = MODULES;
		request.given = REQUEST_MODULES;
	}
	make_machine(how, boot_params, &machine);
	fuzz_accepted = fuzz_plan(&request, &machine, &plan);
	if (fuzz_accepted)
		check_information(&plan);
	plan_done(&plan);
	pc_done(&machine);
	free(file);
	return 0;
}

#define WORDS_MAX 16

static const struct seed {
	uint8_t how, offset; /* in 8 bytes */
	uint32_t flags;      /* of version 1 */
	bool is_elf;
	size_t count;
	uint32_t words[WORDS_MAX];
} seeds[] = {
	{ CASE_MODULES, 4, 3, true, 0, { 0 } },
	{ CASE_64 | CASE_SCREEN, 4, 7, true, 0, { 0 } },
	{ CASE_MODULES, 4, 0x10003, false, 5, { 0x100020, 0x100000, 0, 0, 0x100040 } },
	{ 0, 6, 0x10000, false, 5, { 0x100030, 0x100010, 0x100800, 0x104000, 0x100040 } },
	{ CASE_VERSION_2 | CASE_MODULES, 4, 0, true, 8, { 1, 16, 4, 6, 6, 8, 0, 8 } },
	{ CASE_VERSION_2 | CASE_64 | CASE_SCREEN,
	  4,
	  0,
	  false,
	  16,
	  { 2, 24, 0x300020, 0x300000, 0, 0x310000, 3, 12, 0x300040, 0, 0x10004, 12, 3, 0, 0, 8 } },
	{ CASE_VERSION_2, 4, 0, true, 8, { 10, 24, 0x200000, 0x2ffffff, 0x10000, 2, 0, 8 } },
	{ CASE_VERSION_2 | CASE_LIMIT, 4, 0, true, 6, { 3, 12, 0x200020, 0, 0, 8 } },
	{ CASE_VERSION_2 | CASE_SCREEN | CASE_TEXT | CASE_TABLES,
	  4,
	  0,
	  true,
	  12,
	  { 4, 12, 1, 0, 5, 20, 80, 25, 0, 0, 0, 8 } },
	{ CASE_VERSION_2 | CASE_64 | CASE_TABLES, 4, 0, true, 6, { 1, 12, 13, 0, 0, 8 } },
};

/* The header lies in front of the ELF file's contents, behind its headers. */
size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static const struct image_elf program = { .entry = 0x200010,
						  .count = 1,
						  .loads = { { 0x200000, 0x1800, 0x400 } } };
	uint8_t head[CASE_BYTES] = { 0, 0, 0, 4 }; /* limit: 4 MiB */
	const struct seed *seed;
	struct image image;

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	seed = &seeds[n];
	image = seed->is_elf ? image_elf(&program) : image_raw(4096);
	head[0] = seed->how;
	head[1] = seed->is_elf ? 0x100 / 8 : seed->offset;
	if (seed->how & CASE_VERSION_2)
		image_put_multiboot2(&image, head[1] * 8u, seed->words, seed->count);
	else
		image_put_multiboot(&image, head[1] * 8u, seed->flags, seed->words, seed->count);
	return fuzz_seed_image(head, sizeof(head), image, buffer, capacity);
}
