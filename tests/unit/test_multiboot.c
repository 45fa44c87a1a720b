/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loaders "multiboot-x86" and "multiboot2-x86": headers that contradict the file or ask for
 * what nobody has are refused with what and where; what the kernel is told is read back byte by
 * byte.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/i386/boot_params.h"
#include "load_test.h"
#include "root_pointer.h"

#define MIB  UINT64_C(0x100000)
#define HEAD 0x1100 /* of the header in the ELF file */

/* As a header's words. */
#define WORDS(...) (const uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4

static uint8_t boot_params[BOOT_PARAMS_BYTES];
static struct request_module modules[2];
static uint8_t module_bytes[8192];

static const struct image_elf program = {
	.entry = 0x200010,
	.count = 2,
	.loads = { { 0x200000, 0x1800, 0x1800 }, { 0x202000, 0x3000, 0x234 } },
};

static void use_elf(struct load_test *f)
{
	take(f, image_elf(&program));
}

static void use_elf_1(struct load_test *f, uint32_t flags)
{
	use_elf(f);
	image_put_multiboot(&f->image, HEAD, flags, NULL, 0);
}

static void use_elf_2(struct load_test *f, const uint32_t *words, size_t count)
{
	use_elf(f);
	image_put_multiboot2(&f->image, HEAD, words, count);
}

/* A file that is no ELF file, with addresses in a header of the first version at 0x20. */
static void use_raw(struct load_test *f, const uint32_t *addresses, size_t count)
{
	take(f, image_raw(20000));
	image_put_multiboot(&f->image, 0x20, 0x10000, addresses, count);
}

/* Two modules: 5000 bytes of 'a', and 100 of 'b' on the page behind them. */
static void use_modules(struct load_test *f)
{
	memset(module_bytes, 'a', 5000);
	memset(module_bytes + 8192 - 100, 'b', 100);
	modules[0] = (struct request_module){ 0, 4000, "one x=1" };
	modules[1] = (struct request_module){ 4096, 100, "two" };
	f->request.modules = (struct span){ module_bytes, 4196 };
	f->request.module_list = modules;
	f->request.module_count = 2;
	f->request.given |= REQUEST_MODULES;
}

/* The bytes at a physical address of a segment. */
static const uint8_t *at(struct load_test *f, uint64_t address)
{
	const struct segment *s = segment_at(f, address);

	assert_true(address - s->at.start < s->data.size);
	return s->data.data + (address - s->at.start);
}

static const uint8_t *information(struct load_test *f)
{
	return at(f, params_of(f).ebx);
}

static void test_header_is_found(void **state)
{
	struct load_test *f = *state;

	use_elf_1(f, 0);
	made(f, "multiboot-x86");
	take(f, image_raw(20000));
	image_put_multiboot(&f->image, 8192 - 32, 0x10000,
			    WORDS(0x101fe0, 0x100000, 0, 0, 0x100000));
	made(f, "multiboot-x86");
	take(f, image_raw(20000));
	image_put_multiboot(&f->image, 8192 - 8, 0x10000,
			    WORDS(0x101ff8, 0x100000, 0, 0, 0x100000));
	refused(f, "none of");
	use_elf(f);
	image_put_multiboot(&f->image, HEAD + 2, 0, NULL, 0);
	made(f, "elf-x86");
	use_elf_1(f, 0);
	f->image.data[HEAD + 8] ^= 1;
	made(f, "elf-x86");
	take(f, image_raw(32));
	image_put_multiboot(&f->image, 8, 0x10000, WORDS(1, 2));
	refused(f, "truncated: the addresses in the multiboot header at 0x8");
}

static void test_features_nobody_knows(void **state)
{
	struct load_test *f = *state;

	f->request.type = "multiboot-x86";
	use_elf_1(f, 0xfffe0000 | 0xffff);
	refused(f, "flags 0xfff8");
	use_elf_1(f, 0xfffe0007);
	made(f, "multiboot-x86");
}

static void test_addresses_that_cannot_be(void **state)
{
	static const struct {
		uint32_t addresses[5]; /* header, load, load end, bss end, entry */
		const char *words;
	} cases[] = {
		{ { 0x100020, 0x100021, 0, 0, 0x100020 }, "begin before the file" },
		{ { 0x100020, 0xfffff, 0, 0, 0x100020 }, "begin before the file" },
		{ { 0x100020, 0x100000, 0x100000, 0, 0x100020 }, "that is nothing" },
		{ { 0x100020, 0x100000, 0x104e21, 0, 0x100020 }, "truncated: 0x4e21 bytes at 0x0" },
		{ { 0x100020, 0x100000, 0x104e20, 0x104e1f, 0x100020 },
		  "the bss ends at 0x104e1f" },
		{ { 0x100020, 0x100000, 0, 0, 0x104e20 },
		  "the entry 0x104e20 that the multiboot header gives" },
		{ { 0x100020, 0x100000, 0, 0x20000000, 0x100020 }, "not all of it is RAM" },
	};
	struct load_test *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		use_raw(f, cases[i].addresses, 5);
		refused(f, cases[i].words);
	}
	take(f, image_raw(20000));
	image_put_multiboot(&f->image, 0x20, 0x0, NULL, 0);
	refused(f, "no ELF file, and its multiboot header has no addresses");
}

/* Zero ends mean: to the end of the file, no bss. */
static void test_addresses(void **state)
{
	struct load_test *f = *state;
	struct segment *kernel;

	use_raw(f, WORDS(0x100020, 0x100010, 0, 0, 0x100020));
	made(f, "multiboot-x86");
	kernel = plan_segment(&f->plan, "kernel");
	assert_int_equal(kernel->at.start, 0x100000);
	assert_int_equal(kernel->at.end, 0x105000);
	assert_memory_equal(kernel->data.data + 0x10, f->image.data + 0x10, 20000 - 0x10);
	assert_int_equal(params_of(f).entry, 0x100020);
	use_raw(f, WORDS(0x100020, 0x100000, 0x101000, 0x110000, 0x10ffff));
	made(f, "multiboot-x86");
	kernel = plan_segment(&f->plan, "kernel");
	assert_int_equal(kernel->at.end, 0x110000);
	assert_int_equal(kernel->data.size, 0x1000);
}

/* p_vaddr of the first program header, in ELF32. */
#define P_VADDR 0x3c

static void test_elf(void **state)
{
	struct image_elf wide = program;
	struct load_test *f = *state;

	use_elf_1(f, 0);
	le32_put(f->image.data + P_VADDR, 0xc0200000);
	le32_put(f->image.data + 0x18, 0xc0200010);
	made(f, "multiboot-x86");
	assert_int_equal(params_of(f).entry, 0x200010);
	wide.elf_class = ELFCLASS64;
	wide.machine = EM_X86_64;
	take(f, image_elf(&wide));
	image_put_multiboot(&f->image, HEAD, 0, NULL, 0);
	made(f, "multiboot-x86");
	assert_int_equal(params_of(f).entry, 0x200010);
	wide.entry = 0x300000;
	take(f, image_elf(&wide));
	image_put_multiboot(&f->image, HEAD, 0, NULL, 0);
	refused(f, "the entry 0x300000 lies in nothing");
	wide.entry = wide.loads[0].address = UINT64_C(0x100000000);
	take(f, image_elf(&wide));
	image_put_multiboot(&f->image, HEAD, 0, NULL, 0);
	refused(f, "above 4 GiB");
	wide = program;
	wide.machine = EM_ARM;
	take(f, image_elf(&wide));
	image_put_multiboot(&f->image, HEAD, 0, NULL, 0);
	refused(f, "neither the i386 nor x86_64");
	wide.machine = EM_386;
	wide.type = ET_CORE;
	take(f, image_elf(&wide));
	image_put_multiboot(&f->image, HEAD, 0, NULL, 0);
	f->request.type = "multiboot-x86";
	refused(f, "ELF type 4 is no program");
}

/* Offsets in the information of the first version. */
enum { FLAGS = 0, LOWER = 4, UPPER = 8, CMDLINE = 16, MODULES = 20, MAP = 44, LOADER = 64 };

static const char *text_at(struct load_test *f, const uint8_t *pointer)
{
	return (const char *)at(f, le32_get(pointer));
}

static void test_information_1(void **state)
{
	struct load_test *f = *state;
	const uint8_t *info, *p;

	use_elf_1(f, 3);
	use_modules(f);
	f->request.cmdline = "a=1 b";
	f->request.given |= REQUEST_CMDLINE;
	made(f, "multiboot-x86");
	assert_int_equal(params_of(f).eax, 0x2badb002);
	info = information(f);
	assert_int_equal(le32_get(info + FLAGS), 1 << 0 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9);
	assert_int_equal(le32_get(info + LOWER), 0x9fc00 / 1024);
	assert_int_equal(le32_get(info + UPPER), (511 * MIB - 0x20000) / 1024);
	assert_string_equal(text_at(f, info + CMDLINE), "/boot/image a=1 b");
	assert_string_equal(text_at(f, info + LOADER), "kexec " PACKAGE_VERSION);

	assert_int_equal(le32_get(info + MODULES), 2);
	p = at(f, le32_get(info + MODULES + 4));
	assert_int_equal(le32_get(p) % 4096, 0);
	assert_int_equal(le32_get(p + 4) - le32_get(p), 4000);
	assert_string_equal(text_at(f, p + 8), "one x=1");
	assert_memory_equal(at(f, le32_get(p)), module_bytes, 4000);
	assert_int_equal(le32_get(p + 16), le32_get(p) + 4096);
	assert_int_equal(le32_get(p + 20), le32_get(p) + 4196);
	assert_string_equal(text_at(f, p + 24), "two");

	assert_int_equal(le32_get(info + MAP), f->machine.firmware.count * 24);
	p = at(f, le32_get(info + MAP + 4)) + 3 * 24;
	assert_int_equal(le32_get(p), 20);
	assert_int_equal(le64_get(p + 4), MIB);
	assert_int_equal(le64_get(p + 12), 511 * MIB - 0x20000);
	assert_int_equal(le32_get(p + 20), 1);
}

/* Only the numbers of the specification are told, and a name with a blank would be two words. */
static void test_translations(void **state)
{
	struct range pmem = { 0x100000000, 0x140000000 };
	struct load_test *f = *state;
	const uint8_t *info;

	assert_int_equal(memmap_add(&f->machine.firmware, pmem, MEMORY_PMEM, &f->err), 0);
	f->request.image_name = "/my kernels/xen";
	use_elf_1(f, 3);
	made(f, "multiboot-x86");
	info = information(f);
	assert_string_equal(text_at(f, info + CMDLINE), "kernel");
	assert_int_equal(le32_get(at(f, le32_get(info + MAP + 4)) + le32_get(info + MAP) - 4), 2);
}

/* Firmware may keep the first page; the rest of low memory is still there. */
static void test_lower_memory(void **state)
{
	struct range page_0 = { 0, 0x1000 }, low = { 0, 0xa0000 };
	struct load_test *f = *state;

	use_elf_1(f, 3);
	assert_int_equal(memmap_set(&f->machine.firmware, page_0, MEMORY_RESERVED, &f->err), 0);
	made(f, "multiboot-x86");
	assert_int_equal(le32_get(information(f) + LOWER), 0x9fc00 / 1024);
	assert_int_equal(memmap_set(&f->machine.firmware, low, MEMORY_RESERVED, &f->err), 0);
	made(f, "multiboot-x86");
	assert_int_equal(le32_get(information(f) + LOWER), 0);
}

static void use_screen(struct load_test *f, uint8_t type)
{
	uint8_t *p = boot_params;

	p[SCREEN_TYPE] = type;
	p[SCREEN_COLS] = 80;
	p[SCREEN_LINES] = 25;
	le16_put(p + SCREEN_WIDTH, 1024);
	le16_put(p + SCREEN_HEIGHT, 768);
	le16_put(p + SCREEN_DEPTH, 32);
	le32_put(p + SCREEN_BASE, 0xe0000000);
	le32_put(p + SCREEN_BASE_HI, 0x12);
	le16_put(p + SCREEN_LINE_BYTES, 4096);
	memcpy(p + SCREEN_COLORS, (uint8_t[]){ 8, 16, 8, 8, 8, 0 }, 6);
	f->machine.boot_params = (struct span){ p, BOOT_PARAMS_BYTES };
}

/* Address, pitch, width, height, bits, type: the same bytes in both versions. */
static void check_screen(const uint8_t *p, bool text)
{
	assert_int_equal(le64_get(p), text ? UINT64_C(0xb8000) : UINT64_C(0x12e0000000));
	assert_int_equal(le32_get(p + 8), text ? 160 : 4096);
	assert_int_equal(le32_get(p + 12), text ? 80 : 1024);
	assert_int_equal(le32_get(p + 16), text ? 25 : 768);
	assert_int_equal(p[20], text ? 16 : 32);
	assert_int_equal(p[21], text ? 2 : 1);
}

static void test_screen_1(void **state)
{
	static const uint8_t colours[] = { 16, 8, 8, 8, 0, 8 };
	struct load_test *f = *state;

	use_elf_1(f, 4);
	made(f, "multiboot-x86");
	assert_int_equal(f->plan.note_count, 1);
	assert_non_null(strstr(f->plan.notes[0], "none is known"));
	for (unsigned i = 0; i < 3; i++) {
		static const uint8_t types[] = { 0x23, 0x70, 1 };

		use_screen(f, types[i]);
		made(f, "multiboot-x86");
		assert_int_equal(f->plan.note_count, 0);
		assert_true(le32_get(information(f)) & 1 << 12);
		check_screen(information(f) + 88, types[i] == 1);
		if (types[i] != 1)
			assert_memory_equal(information(f) + 110, colours, 6);
	}
}

/* The tag of a type in the information of the second version; NULL if there is none. */
static const uint8_t *find_tag(struct load_test *f, uint32_t type)
{
	const uint8_t *p = information(f);
	uint32_t bytes = le32_get(p);

	assert_int_equal(bytes, plan_segment(&f->plan, "multiboot_info")->data.size);
	assert_int_equal(le32_get(p + 4), 0);
	for (uint32_t at_tag = 8;; at_tag = (at_tag + le32_get(p + at_tag + 4) + 7) & ~7u) {
		assert_true(at_tag + 8 <= bytes);
		if (le32_get(p + at_tag) == type)
			return p + at_tag;
		if (!le32_get(p + at_tag)) {
			assert_int_equal(at_tag + 8, bytes);
			return NULL;
		}
	}
}

static void test_information_2(void **state)
{
	struct load_test *f = *state;
	const uint8_t *tag;

	use_elf_2(f, WORDS(1, 16, 4, 6, 0, 8));
	use_modules(f);
	use_screen(f, 0x70);
	f->request.cmdline = "a=1 b";
	f->request.given |= REQUEST_CMDLINE;
	made(f, "multiboot2-x86");
	assert_int_equal(params_of(f).eax, 0x36d76289);
	assert_int_equal(params_of(f).ebx % 8, 0);
	assert_string_equal((const char *)find_tag(f, 1) + 8, "/boot/image a=1 b");
	assert_string_equal((const char *)find_tag(f, 2) + 8, "kexec " PACKAGE_VERSION);
	tag = find_tag(f, 3);
	assert_int_equal(le32_get(tag + 4), 16 + 8);
	assert_int_equal(le32_get(tag + 12) - le32_get(tag + 8), 4000);
	assert_string_equal((const char *)tag + 16, "one x=1");
	assert_memory_equal(at(f, le32_get(tag + 8)), module_bytes, 4000);
	assert_string_equal((const char *)tag + 24 + 16, "two");
	tag = find_tag(f, 4);
	assert_int_equal(le32_get(tag + 8), 0x9fc00 / 1024);
	assert_int_equal(le32_get(tag + 12), (511 * MIB - 0x20000) / 1024);
	tag = find_tag(f, 6);
	assert_int_equal(le32_get(tag + 4), 16 + 24 * f->machine.firmware.count);
	assert_int_equal(le32_get(tag + 8), 24);
	assert_int_equal(le64_get(tag + 16 + 3 * 24), MIB);
	assert_int_equal(le64_get(tag + 16 + 3 * 24 + 8), 511 * MIB - 0x20000);
	assert_int_equal(le32_get(tag + 16 + 3 * 24 + 16), 1);
	check_screen(find_tag(f, 8) + 8, false);
	assert_null(find_tag(f, 21));
}

static void put_rsdp(struct load_test *f, uint8_t revision)
{
	uint8_t *p = f->machine.rsdp_copy;

	root_pointer_fill(p, revision);
	f->machine.rsdp_copy_bytes = (uint32_t)rsdp_bytes((struct span){ p, RSDP_BYTES_MAX });
}

static void test_root_pointer(void **state)
{
	struct load_test *f = *state;
	uint8_t bios[256] = { 0 };
	struct span found;

	use_elf_2(f, WORDS(1, 16, 14, 15, 0, 8));
	made(f, "multiboot2-x86");
	assert_null(find_tag(f, 14));
	put_rsdp(f, 0);
	made(f, "multiboot2-x86");
	assert_int_equal(le32_get(find_tag(f, 14) + 4), 8 + 20);
	assert_memory_equal(find_tag(f, 14) + 8, f->machine.rsdp_copy, 20);
	assert_null(find_tag(f, 15));
	put_rsdp(f, 2);
	made(f, "multiboot2-x86");
	assert_memory_equal(find_tag(f, 14) + 8, f->machine.rsdp_copy, 20);
	assert_int_equal(le32_get(find_tag(f, 15) + 4), 8 + 36);
	assert_memory_equal(find_tag(f, 15) + 8, f->machine.rsdp_copy, 36);

	memcpy(bios + 0x20, f->machine.rsdp_copy, 36);
	found = rsdp_find((struct span){ bios, sizeof(bios) });
	assert_ptr_equal(found.data, bios + 0x20);
	assert_int_equal(found.size, 36);
	assert_int_equal(rsdp_find((struct span){ bios, 0x20 + 35 }).size, 0);
	bios[0x20 + 35] ^= 1; /* only the checksum of the longer one is wrong */
	assert_int_equal(rsdp_find((struct span){ bios, sizeof(bios) }).size, 0);
	bios[0x20 + 35] ^= 1;
	memmove(bios + 0x28, bios + 0x20, 36);
	assert_int_equal(rsdp_find((struct span){ bios, sizeof(bios) }).size, 0);
}

static void test_smbios(void **state)
{
	static uint8_t tables[] = { 127, 4, 0, 0, 0, 0 };
	struct load_test *f = *state;

	use_elf_2(f, WORDS(1, 16, 4, 13, 0, 8));
	made(f, "multiboot2-x86");
	assert_null(find_tag(f, 13)); /* none is known, which is no refusal */
	f->machine.smbios = (struct smbios){ 3, 2, { tables, sizeof(tables) } };
	made(f, "multiboot2-x86");
	assert_int_equal(le32_get(find_tag(f, 13) + 4), 16 + sizeof(tables));
	assert_int_equal(find_tag(f, 13)[8], 3);
	assert_int_equal(find_tag(f, 13)[9], 2);
	assert_memory_equal(find_tag(f, 13) + 16, tables, sizeof(tables));
	use_elf_2(f, WORDS(1, 16, 4, 6, 0, 8));
	made(f, "multiboot2-x86");
	assert_null(find_tag(f, 13)); /* nobody asked */
	f->machine.smbios = (struct smbios){ 0 };
}

static void test_smbios_versions(void **state)
{
	uint8_t entry[32] = "_SM_";
	struct smbios smbios = { 0 };

	(void)state;
	entry[6] = 2;
	entry[7] = 8;
	assert_int_equal(smbios_version((struct span){ entry, 31 }, &smbios), 0);
	assert_int_equal(smbios.major * 16 + smbios.minor, 0x28);
	assert_int_equal(smbios_version((struct span){ entry, 30 }, &smbios), -1);
	memcpy(entry, "_SM3_", 5);
	entry[7] = 3;
	entry[8] = 0;
	assert_int_equal(smbios_version((struct span){ entry, 24 }, &smbios), 0);
	assert_int_equal(smbios.major * 16 + smbios.minor, 0x30);
	assert_int_equal(smbios_version((struct span){ entry, 23 }, &smbios), -1);
	entry[1] = 'X';
	assert_int_equal(smbios_version((struct span){ entry, 32 }, &smbios), -1);
	assert_int_equal(smbios_version((struct span){ NULL, 0 }, &smbios), -1);
}

static void test_tags(void **state)
{
	struct load_test *f = *state;

	f->request.type = "multiboot2-x86";
	use_elf_2(f, WORDS(3, 12, 0x200100, 0, 6, 8, 7, 8, 9, 12, 5, 0, 0, 8));
	made(f, "multiboot2-x86");
	assert_int_equal(params_of(f).entry, 0x200100);
	use_elf_2(f, WORDS(99, 8, 0, 8));
	refused(f, "insists on tag 99");
	use_elf_2(f, WORDS(0x10000 | 99, 8, 0, 8));
	made(f, "multiboot2-x86");
	use_elf_2(f, WORDS(1, 16, 6, 17, 0, 8));
	refused(f, "insists on information of type 17");
	use_elf_2(f, WORDS(0x10001, 12, 17, 0, 0, 8));
	made(f, "multiboot2-x86");
	use_elf_2(f, WORDS(4, 12, 1, 0, 0, 8));
	refused(f, "insists on a screen");
	use_elf_2(f, WORDS(0x10004, 12, 1, 0, 0, 8));
	made(f, "multiboot2-x86");
	use_elf_2(f, WORDS(6, 8));
	refused(f, "without an end tag");
	use_elf_2(f, WORDS(6, 7, 0, 8));
	refused(f, "has the size 0x7");
	use_elf_2(f, WORDS(6, 0xfffffff8, 0, 8));
	refused(f, "has the size 0xfffffff8");
	use_elf_2(f, WORDS(2, 20, 0, 0, 0, 0, 0, 8));
	refused(f, "has the size 0x14");
	use_elf_2(f, WORDS(0, 8));
	le32_put(f->image.data + HEAD + 4, 4);
	le32_put(f->image.data + HEAD + 12, le32_get(f->image.data + HEAD + 12) - 4);
	refused(f, "architecture 4");
	use_elf_2(f, WORDS(0, 8));
	le32_put(f->image.data + HEAD + 8, 0x8000);
	le32_put(f->image.data + HEAD + 12, 0 - (0xe85250d6 + 0x8000));
	refused(f, "has 0x8000 bytes");
}

static void test_addresses_2(void **state)
{
	struct load_test *f = *state;
	struct segment *kernel;

	take(f, image_raw(20000));
	image_put_multiboot2(&f->image, 0x40,
			     WORDS(2, 24, 0x300040, 0xffffffff, 0, 0x310000, 3, 12, 0x300100, 0, 0,
				   8));
	made(f, "multiboot2-x86");
	kernel = plan_segment(&f->plan, "kernel");
	assert_int_equal(kernel->at.start, 0x300000);
	assert_int_equal(kernel->at.end, 0x310000);
	assert_int_equal(kernel->data.size, 20000);
	assert_int_equal(params_of(f).entry, 0x300100);
}

static void relocated(struct load_test *f, uint32_t preference, uint64_t start)
{
	use_elf_2(f, WORDS(10, 24, 0x200000, 0xfffffff, 0x200000, preference, 0, 8));
	made(f, "multiboot2-x86");
	assert_int_equal(plan_segment(&f->plan, "kernel")->at.start, start);
	assert_int_equal(params_of(f).entry, start + 0x10);
	assert_int_equal(le32_get(find_tag(f, 21) + 8), start);
}

static void test_relocatable(void **state)
{
	struct range taken = { 2 * MIB, 3 * MIB };
	struct load_test *f = *state;

	f->request.type = "multiboot2-x86";
	relocated(f, 0, 2 * MIB);
	relocated(f, 1, 2 * MIB);
	relocated(f, 2, 254 * MIB);
	assert_int_equal(range_set_remove(&f->machine.ram, taken, &f->err), 0);
	relocated(f, 0, 4 * MIB);
	relocated(f, 1, 4 * MIB);
	relocated(f, 2, 254 * MIB);
	use_elf_2(f, WORDS(10, 24, 0x20000000, 0x2fffffff, 0x200000, 2, 0, 8));
	refused(f, "where its multiboot header wants it");
	use_elf_2(f, WORDS(10, 24, 0x200000, 0xfffffff, 0x180000, 2, 0, 8));
	refused(f, "0x180000 is no power of two");
	use_elf_2(f, WORDS(10, 24, 0x200000, 0x1fffff, 0, 2, 0, 8));
	refused(f, "that is nowhere");
	use_elf_2(f, WORDS(0, 8));
	refused(f, "not all of it is RAM");
}

/* Which of the two, where a file has both, is the architecture's choice, as it has always been. */
static void test_both_versions(void **state)
{
	struct load_test *f = *state;

	use_elf_1(f, 0);
	image_put_multiboot2(&f->image, HEAD + 0x100, WORDS(0, 8));
	made(f, "multiboot-x86");
	f->machine.cpu = CPU_LONG_MODE;
	strcpy(f->machine.arch, "x86_64");
	made(f, "multiboot2-x86");
	assert_true(params_of(f).flags & PURG_ENTER_32);
}

static void test_what_does_not_go_together(void **state)
{
	struct load_test *f = *state;

	use_modules(f);
	take(f, image_bzimage(&image_modern));
	refused(f, "bzImage does not take --module");
	use_elf_1(f, 0);
	f->request.mode = REQUEST_PRESERVE;
	refused(f, "can be booted, but not jumped to");
	f->request.mode = REQUEST_CRASH;
	refused(f, "only a Linux kernel can be loaded for a crash");
	f->request.mode = REQUEST_BOOT;
	f->request.modules.size = 600 * MIB;
	refused(f, "no free memory of 0x25800000 bytes below 4 GiB for the modules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_header_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(test_features_nobody_knows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addresses_that_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_elf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_information_1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_translations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lower_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_screen_1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_information_2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_root_pointer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_smbios, setup, teardown),
		cmocka_unit_test(test_smbios_versions),
		cmocka_unit_test_setup_teardown(test_tags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addresses_2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_relocatable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_both_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_does_not_go_together, setup, teardown),
	};

	return cmocka_run_group_tests_name("multiboot", tests, NULL, NULL);
}
