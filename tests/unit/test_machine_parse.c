/* SPDX-License-Identifier: GPL-2.0-only */
/* The texts and bytes that describe a machine, each parser by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kcore_parse.h"
#include "machine_parse.h"

static struct error err;

static struct span text(const char *string)
{
	return (struct span){ (const uint8_t *)string, strlen(string) };
}

static const struct span nothing = { NULL, 0 };

static uint64_t number(const char *string, unsigned base)
{
	uint64_t value = 0x5a5a;

	return text_number(text(string), base, &value) ? 0x5a5a : value;
}

static void test_numbers(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(number("0x9fbff\n", 16), 0x9fbff);
	assert_int_equal(number("  ffFF", 16), 0xffff);
	assert_int_equal(number("10", 10), 10);
	assert_true(number("ffffffffffffffff", 16) == UINT64_MAX);
	assert_true(number("18446744073709551615", 10) == UINT64_MAX);
	assert_int_equal(text_number(text("18446744073709551616"), 10, &value), -1);
	assert_int_equal(text_number(text("10000000000000000"), 16, &value), -1);
	assert_int_equal(text_number(text("a"), 10, &value), -1);
	assert_int_equal(text_number(text("-1"), 10, &value), -1);
	assert_int_equal(text_number(text("0x"), 16, &value), -1);
	assert_int_equal(text_number(text("1 2"), 10, &value), -1);
	assert_int_equal(text_number(text(""), 10, &value), -1);
	assert_int_equal(text_number(nothing, 10, &value), -1);
}

static void test_hex(void **state)
{
	uint8_t bytes[4];
	size_t count;

	(void)state;
	assert_int_equal(text_hex(text(" 00 fF\n10"), bytes, 4, &count), 0);
	assert_int_equal(count, 3);
	assert_memory_equal(bytes, "\0\377\20", 3);
	assert_int_equal(text_hex(nothing, bytes, 4, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(text_hex(text("0"), bytes, 4, &count), -1);
	assert_int_equal(text_hex(text("0 0"), bytes, 4, &count), -1);
	assert_int_equal(text_hex(text("0g"), bytes, 4, &count), -1);
	assert_int_equal(text_hex(text("0001020304"), bytes, 4, &count), -1);
}

static void test_words_and_fields(void **state)
{
	struct span value;
	char copy[4];

	(void)state;
	assert_true(text_has_word(text("quiet add_efi_memmap ro"), "add_efi_memmap"));
	assert_true(text_has_word(text("add_efi_memmap\n"), "add_efi_memmap"));
	assert_false(text_has_word(text("no_add_efi_memmap add_efi_memmap=1"), "add_efi_memmap"));
	assert_false(text_has_word(nothing, "add_efi_memmap"));

	assert_int_equal(text_field(text("flags\t\t: fpu umip\n"), "flags", &value), 0);
	assert_true(text_equals(value, "fpu umip"));
	assert_int_equal(text_field(text("ACPI20=0x1\nACPI=0x2\n"), "ACPI", &value), 0);
	assert_true(text_equals(value, "0x2"));
	assert_int_equal(text_field(text("flags2 : a\nflags"), "flags", &value), -1);
	assert_int_equal(text_field(nothing, "flags", &value), -1);

	text_copy(text("abcdef"), copy, sizeof(copy));
	assert_string_equal(copy, "abc");
	text_copy(nothing, copy, sizeof(copy));
	assert_string_equal(copy, "");
}

static void test_small_texts(void **state)
{
	struct machine_note note;
	uint32_t count = 99;
	bool pae;

	(void)state;
	assert_int_equal(cpu_list_count(text("0\n"), &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(cpu_list_count(text("0-3,6,8-9"), &count), 0);
	assert_int_equal(count, 7);
	assert_int_equal(cpu_list_count(text("3-0"), &count), -1);
	assert_int_equal(cpu_list_count(text("0-99999999999"), &count), -1);
	assert_int_equal(cpu_list_count(text("0,,1"), &count), -1);
	assert_int_equal(cpu_list_count(nothing, &count), -1);

	assert_int_equal(meminfo_bytes(text("MemTotal:  513564 kB\n"), "MemTotal"), 525889536);
	assert_int_equal(meminfo_bytes(text("MemTotal: 99999999999999999999 kB\n"), "MemTotal"), 0);
	assert_int_equal(meminfo_bytes(text("MemTotal: 18446744073709551615 kB\n"), "MemTotal"), 0);
	assert_int_equal(meminfo_bytes(text("MemTotal:\n"), "MemTotal"), 0);
	assert_int_equal(cpuinfo_phys_bits(
				 text("address sizes\t: 40 bits physical, 48 bits virtual\n")),
			 40);
	assert_int_equal(cpuinfo_phys_bits(text("address sizes\t: 9 bits physical\n")), 0);
	assert_int_equal(cpuinfo_phys_bits(text("flags : pae\n")), 0);

	assert_int_equal(vmcoreinfo_place(text("0x1f510000 1024\n"), &note), 0);
	assert_true(note.address == 0x1f510000 && note.bytes == 0x1024);
	assert_int_equal(vmcoreinfo_place(text("0x1f510000\n"), &note), -1);
	assert_int_equal(vmcoreinfo_place(text("x 1024\n"), &note), -1);
	assert_int_equal(vmcoreinfo_place(text("ffffffffffffff00 1024\n"), &note), -1);

	assert_true(paging_from_meminfo(text("DirectMap4k: 1 kB\nDirectMap4M: 2 kB\n"), &pae));
	assert_false(pae);
	assert_true(paging_from_meminfo(text("DirectMap2M: 2 kB\n"), &pae));
	assert_true(pae);
	assert_false(paging_from_meminfo(text("MemTotal: 2 kB\n"), &pae));

	assert_true(iomem_hidden(text("00000000-00000000 : System RAM\n")));
	assert_false(iomem_hidden(text("00000000-00000fff : Reserved\n")));
	assert_false(iomem_hidden(nothing));
}

static void test_symbols(void **state)
{
	struct kernel_symbol symbols[] = { { .name = "_text" }, { .name = "gdt_page" } };

	(void)state;
	kallsyms_line(text("c1000000 T _text\n"), symbols, 2);
	kallsyms_line(text("c2000000 T _text\n"), symbols, 2);
	kallsyms_line(text("f8000000 d gdt_page\t[evil]\n"), symbols, 2);
	kallsyms_line(text("zz d gdt_page\n"), symbols, 2);
	kallsyms_line(text("gdt_page\n"), symbols, 2);
	assert_true(symbols[0].found);
	assert_int_equal(symbols[0].address, 0xc1000000);
	assert_false(symbols[1].found);
}

static void test_firmware_texts(void **state)
{
	struct memmap map = { 0 };
	struct range at;

	(void)state;
	assert_int_equal(firmware_range(text("0x0\n"), text("0x9fbff\n"), &at), 0);
	assert_int_equal(at.end, 0x9fc00);
	assert_int_equal(firmware_range(text("0x1"), text("0x0"), &at), -1);
	assert_int_equal(firmware_range(text("0x0"), text("0xffffffffffffffff"), &at), -1);
	assert_int_equal(firmware_range(text("0x0"), nothing, &at), -1);

	assert_int_equal(firmware_lines(text("0x0 0xfff System RAM\n\n0x1000 0x1fff ACPI Tables"),
					&map, &err),
			 0);
	assert_int_equal(map.count, 2);
	assert_int_equal(map.entries[0].type, MEMORY_RAM);
	assert_int_equal(map.entries[1].type, MEMORY_ACPI);
	assert_int_equal(firmware_lines(text("0x0\n"), &map, &err), -1);
	memmap_done(&map);
}

static void test_boot_params(void **state)
{
	uint8_t zero[BOOT_PARAMS_BYTES] = { 0 };
	struct span span = { zero, sizeof(zero) };
	struct memmap map = { 0 };
	struct machine_edd edd = { 0 };

	(void)state;
	zero[0x1e8] = 3;
	le64_put(zero + 0x2d0 + 8, 0x9fc00);
	zero[0x2d0 + 16] = 1;
	/* One that wraps and one that is empty are left out. */
	le64_put(zero + 0x2d0 + 20, UINT64_MAX - 10);
	le64_put(zero + 0x2d0 + 28, 100);
	assert_int_equal(boot_params_map(span, &map, &err), 0);
	assert_int_equal(map.count, 1);
	assert_int_equal(map.entries[0].at.end, 0x9fc00);
	memmap_done(&map);

	zero[0x1e8] = 129;
	assert_int_equal(boot_params_map(span, &map, &err), -1);
	span.size = 100;
	assert_int_equal(boot_params_map(span, &map, &err), -1);
	boot_params_edd(span, &edd);
	assert_int_equal(edd.count, 0);

	memset(zero, 0xff, sizeof(zero));
	span.size = sizeof(zero);
	boot_params_edd(span, &edd);
	assert_int_equal(edd.count, MACHINE_EDD_MAX);
	assert_int_equal(edd.signature_count, MACHINE_EDD_SIGS_MAX);
	assert_int_equal(edd.signatures[15], 0xffffffff);
}

static void test_edd(void **state)
{
	static const uint8_t raw[75] = { 0x1e };
	struct edd_texts texts = { .device = 0x81, .raw_data = { raw, 30 } };
	uint8_t info[MACHINE_EDD_BYTES];

	(void)state;
	texts.version = text("0x30\n");
	texts.extensions = text("Fixed disk access\nEnhanced Disk Drive support\n");
	texts.max_cylinder = text("1023\n");
	texts.max_head = text("254\n");
	assert_int_equal(edd_info_bytes(&texts, info), 0);
	assert_memory_equal(info, "\x81\x30\x05\x00\xff\x03\xfe\x00\x1e", 9);
	texts.raw_data.size = 75;
	assert_int_equal(edd_info_bytes(&texts, info), -1);
	texts.raw_data.size = 0;
	assert_int_equal(edd_info_bytes(&texts, info), -1);
}

static void test_vmcoreinfo_note(void **state)
{
	uint8_t notes[64] = { 5, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 'C', 'O', 'R', 'E' };
	uint8_t *own = notes + 24;
	struct span found;

	(void)state;
	own[0] = 11;
	own[4] = 8;
	memcpy(own + 12, "VMCOREINFO", 10);
	memcpy(own + 24, "A=1\n\0\0\0", 8);
	assert_int_equal(vmcoreinfo_note((struct span){ notes, sizeof(notes) }, &found), 0);
	assert_true(text_equals(found, "A=1\n"));
	for (size_t size = 0; size < 24 + 24 + 8; size++) {
		uint8_t *cut = malloc(size + !size);

		assert_non_null(cut);
		memcpy(cut, notes, size);
		assert_int_equal(vmcoreinfo_note((struct span){ cut, size }, &found), -1);
		free(cut);
	}
	memset(notes, 0xff, sizeof(notes));
	assert_int_equal(vmcoreinfo_note((struct span){ notes, sizeof(notes) }, &found), -1);
	memset(notes, 0, sizeof(notes));
	assert_int_equal(vmcoreinfo_note((struct span){ notes, sizeof(notes) }, &found), -1);
	/* A name of almost 4 GiB. */
	le32_put(notes, 0xfffffff0);
	assert_int_equal(vmcoreinfo_note((struct span){ notes, sizeof(notes) }, &found), -1);
}

/* x86_64: the image is mapped twice; the linear map is the lower one. */
static void test_kcore_64(void **state)
{
	uint8_t file[KCORE_HEADER_BYTES + 4 * 56] = "\177ELF\2\1\1";
	uint8_t *phdrs = file + KCORE_HEADER_BYTES;
	const uint64_t vaddr[4] = { 0, UINT64_C(0xffffc90000000000), UINT64_C(0xffffffff81000000),
				    UINT64_C(0xffff888000001000) };
	const uint64_t paddr[4] = { 0, UINT64_MAX, 0x1000000, 0x1000 };
	struct kcore_map map;
	struct range part;
	uint64_t value;

	(void)state;
	le16_put(file + 16, 4);
	le64_put(file + 32, 64);
	le16_put(file + 54, 56);
	le16_put(file + 56, 4);
	for (unsigned i = 0; i < 4; i++) {
		le32_put(phdrs + i * 56, i ? 1 : 4);
		le64_put(phdrs + i * 56 + 8, 0x10000 * i);
		le64_put(phdrs + i * 56 + 16, vaddr[i]);
		le64_put(phdrs + i * 56 + 24, paddr[i]);
		le64_put(phdrs + i * 56 + 32, 0x100000);
	}
	assert_int_equal(kcore_headers((struct span){ file, sizeof(file) - 1 }, &map, &err), -1);
	assert_int_equal(kcore_headers((struct span){ file, sizeof(file) }, &map, &err), 0);
	assert_int_equal(kcore_page_offset(&map, &value), 0);
	assert_true(value == UINT64_C(0xffff888000000000));
	assert_int_equal(kcore_at_virtual(&map, vaddr[3] + 0x10, 8, &value), 0);
	assert_int_equal(value, 0x30010);
	assert_int_equal(kcore_at_virtual(&map, vaddr[3] + 0xffffc, 8, &value), -1);
	assert_int_equal(kcore_at_virtual(&map, UINT64_MAX, 8, &value), -1);
	assert_int_equal(kcore_at_physical(&map, 0x1000, 8, &value), 0);
	assert_int_equal(value, 0x30000);
	assert_int_equal(kcore_to_physical(&map, vaddr[2] + 0x123, &value), 0);
	assert_int_equal(value, 0x1000123);
	assert_int_equal(kcore_to_physical(&map, vaddr[1], &value), -1);
	assert_int_equal(kcore_part(&map, vaddr[2], &part), 0);
	assert_true(part.start == 0x1000000 && part.end == 0x1100000);
	assert_int_equal(kcore_part(&map, vaddr[1], &part), -1); /* no physical address */
	assert_int_equal(kcore_part(&map, vaddr[2] + 1, &part), -1);

	/* Kernels before 4.11 have zeros: no physical address can be told. */
	for (unsigned i = 0; i < 4; i++)
		le64_put(phdrs + i * 56 + 24, 0);
	assert_int_equal(kcore_page_offset(&map, &value), -1);
	assert_int_equal(kcore_at_physical(&map, 0, 8, &value), -1);
	assert_int_equal(kcore_to_physical(&map, vaddr[2], &value), -1);
}

static void test_kcore_hostile(void **state)
{
	uint8_t head[KCORE_HEADER_BYTES] = "\177ELF\2\1\1";
	struct span span = { head, sizeof(head) };
	struct kcore_map map;
	uint64_t value;

	(void)state;
	assert_int_equal(kcore_header((struct span){ head, 63 }, &map, &err), -1);
	assert_int_equal(kcore_header(span, &map, &err), -1);
	le16_put(head + 16, 4);
	le16_put(head + 54, 56);
	assert_int_equal(kcore_header(span, &map, &err), -1);
	le16_put(head + 56, 65535);
	assert_int_equal(kcore_header(span, &map, &err), 0);
	/* Fewer headers than were promised. */
	map.phdrs = (struct span){ head, 60 };
	assert_int_equal(kcore_at_virtual(&map, 0, 1, &value), -1);
	le64_put(head + 32, UINT64_MAX);
	assert_int_equal(kcore_header(span, &map, &err), -1);
	head[5] = 2;
	assert_int_equal(kcore_header(span, &map, &err), -1);
}

/* Page tables in 16 pages of memory. */
static int read_memory(void *context, uint64_t address, void *buffer, size_t bytes)
{
	const uint8_t *memory = context;

	if (!bytes_fit(16 * 4096, address, bytes))
		return -1;
	memcpy(buffer, memory + address, bytes);
	return 0;
}

static void test_paging(void **state)
{
	static uint8_t memory[16 * 4096];
	struct physical_reader reader = { read_memory, memory };
	uint64_t address = UINT64_C(0xfffffe0000001234), physical;

	(void)state;
	/* Four levels: 512 GiB, 1 GiB, 2 MiB, 4 KiB. */
	le64_put(memory + 0x1000 + (address >> 39 & 511) * 8, 0x2063);
	le64_put(memory + 0x2000 + (address >> 30 & 511) * 8, 0x3063);
	le64_put(memory + 0x3000 + (address >> 21 & 511) * 8, 0x4063);
	le64_put(memory + 0x4000 + (address >> 12 & 511) * 8, UINT64_C(0x8000000123456163));
	assert_int_equal(paging_walk(paging_format(CPU_LONG_MODE | CPU_PAE), &reader, 0x1000,
				     address, &physical),
			 0);
	assert_int_equal(physical, 0x123456234);
	/* Five levels: one table more in front. */
	le64_put(memory + 0x5000 + (address >> 48 & 511) * 8, 0x1063);
	assert_int_equal(paging_walk(paging_format(CPU_LONG_MODE | CPU_PAE | CPU_LA57), &reader,
				     0x5000, address, &physical),
			 0);
	assert_int_equal(physical, 0x123456234);
	/* Large pages of 2 MiB and 1 GiB. */
	le64_put(memory + 0x3000 + (address >> 21 & 511) * 8, 0x400000e3);
	assert_int_equal(paging_walk(paging_format(CPU_LONG_MODE), &reader, 0x1000, address,
				     &physical),
			 0);
	assert_int_equal(physical, 0x40001234);
	le64_put(memory + 0x2000 + (address >> 30 & 511) * 8, 0x800000e3);
	assert_int_equal(paging_walk(paging_format(CPU_LONG_MODE), &reader, 0x1000, address,
				     &physical),
			 0);
	assert_int_equal(physical, 0x80001234);
	/* 4 MiB pages of two-level tables. */
	le32_put(memory + 0x6000 + 0x300 * 4, 0x00c001e3);
	assert_int_equal(paging_walk(paging_format(0), &reader, 0x6000, 0xc0123456, &physical), 0);
	assert_int_equal(physical, 0xd23456);
	assert_int_equal(paging_walk(paging_format(0), &reader, 0x6000, 0xc0400000, &physical), -1);
	assert_int_equal(paging_walk(paging_format(0), &reader, UINT64_MAX - 4096, 0, &physical),
			 -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),          cmocka_unit_test(test_hex),
		cmocka_unit_test(test_words_and_fields), cmocka_unit_test(test_small_texts),
		cmocka_unit_test(test_symbols),          cmocka_unit_test(test_firmware_texts),
		cmocka_unit_test(test_boot_params),      cmocka_unit_test(test_edd),
		cmocka_unit_test(test_vmcoreinfo_note),  cmocka_unit_test(test_kcore_64),
		cmocka_unit_test(test_kcore_hostile),    cmocka_unit_test(test_paging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
