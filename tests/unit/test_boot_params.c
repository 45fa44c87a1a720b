/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec/arch/i386/boot_params.c: the bytes of the zero page and what follows it. Offsets are
 * numbers here, as the boot protocol writes them, so that a wrong name cannot hide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/i386/boot_params.h"
#include "pc.h"

#define ADDRESS 0x10000

struct fixture {
	struct machine machine;
	struct memmap given;
	uint8_t header[0x290 - 0x1f1];
	uint8_t old[BOOT_PARAMS_BYTES];
	struct boot_block block;
	uint8_t *bytes;
	size_t size;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err;

	if (!f)
		return -1;
	pc_init(&f->machine, 512);
	if (memmap_copy(&f->given, &f->machine.firmware, &err))
		return -1;
	memset(f->header, 0x11, sizeof(f->header));
	for (size_t i = 0; i < sizeof(f->old); i++)
		f->old[i] = (uint8_t)(i * 3 + 1);
	f->block = (struct boot_block){
		.address = ADDRESS,
		.protocol = 0x20f,
		.header = { f->header, sizeof(f->header) },
		.cmdline = "root=/dev/ram0 quiet",
		.initrd = { 0x1e00000, 0x1e01234 },
		.code32_start = 0x1000000,
		.given = &f->given,
		.machine = &f->machine,
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	pc_done(&f->machine);
	memmap_done(&f->given);
	free(f->bytes);
	free(f);
	return 0;
}

static const uint8_t *fill(struct fixture *f)
{
	free(f->bytes);
	f->size = boot_block_bytes(&f->block);
	f->bytes = calloc(1, f->size);
	assert_non_null(f->bytes);
	boot_block_fill(&f->block, f->bytes);
	return f->bytes;
}

static void the_header_is_completed(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b;

	f->header[0x211 - 0x1f1] = 0xff;
	b = fill(f);
	assert_int_equal(b[0x1f1], 0x11);
	assert_int_equal(b[0x1ef], 0); /* the sentinel */
	assert_int_equal(b[0x210], 0xd0);
	assert_int_equal(b[0x211], 0x3d);
	assert_int_equal(le32_get(b + 0x214), 0x1000000);
	assert_int_equal(le32_get(b + 0x218), 0x1e00000);
	assert_int_equal(le32_get(b + 0x21c), 0x1234);
	assert_int_equal(le32_get(b + 0x228), ADDRESS + 4096);
	assert_string_equal((const char *)b + 4096, "root=/dev/ram0 quiet");
	assert_int_equal(b[0x26b], 0x11);
	assert_int_equal(b[0x28f], 0x11);
	assert_int_equal(b[0x290], 0);
}

static void a_header_is_bounded(void **state)
{
	static uint8_t large[0x1000];
	struct fixture *f = *state;
	const uint8_t *b;

	memset(large, 0x22, sizeof(large));
	f->block.header = (struct span){ large, sizeof(large) };
	b = fill(f);
	assert_int_equal(b[0x28f], 0x22);
	assert_int_equal(b[0x290], 0);
	assert_int_equal(le64_get(b + 0x2d0), 0);
	f->block.header.size = 0x50;
	b = fill(f);
	assert_int_equal(b[0x240], 0x22);
	assert_int_equal(b[0x241], 0);
}

static void old_protocols_find_the_command_line(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b;

	f->machine.boot_params = (struct span){ f->old, sizeof(f->old) };
	f->block.protocol = 0x201;
	b = fill(f);
	assert_int_equal(le16_get(b + 0x20), 0xa33f);
	assert_int_equal(le16_get(b + 0x22), 4096);
	assert_int_equal(le32_get(b + 0x228), 0x11111111);
	assert_int_equal(f->size, 4096 + 32);
	f->block.protocol = 0x202;
	b = fill(f);
	assert_int_equal(le32_get(b + 0x20), 0);
	assert_int_equal(le32_get(b + 0x228), ADDRESS + 4096);
}

static void memory_is_told(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b = fill(f);

	assert_int_equal(b[0x1e8], 6);
	assert_int_equal(le64_get(b + 0x2d0 + 3 * 20), 0x100000);
	assert_int_equal(le64_get(b + 0x2d0 + 3 * 20 + 8), 0x1fee0000);
	assert_int_equal(le32_get(b + 0x2d0 + 3 * 20 + 16), 1);
	assert_int_equal(le64_get(b + 0x2d0 + 5 * 20), 0xfffc0000);
	assert_int_equal(le32_get(b + 0x2d0 + 5 * 20 + 16), 2);
	assert_int_equal(le64_get(b + 0x2d0 + 6 * 20), 0);
	assert_int_equal(le32_get(b + 0x1e0), 0x1fee0000 / 1024);
	assert_int_equal(le16_get(b + 0x02), 0xffff);
}

/* 200 entries of a page each, every second one RAM. */
static void long_map(struct fixture *f)
{
	struct error err;

	f->given.count = 0;
	for (uint64_t i = 0; i < 200; i++)
		assert_int_equal(memmap_add(&f->given,
					    (struct range){ i * 0x1000, i * 0x1000 + 0x1000 },
					    1 + (uint32_t)(i & 1), &err),
				 0);
}

static void a_long_map_goes_on_behind(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b, *extension, *seed;

	long_map(f);
	b = fill(f);
	assert_int_equal(b[0x1e8], 128);
	assert_int_equal(le64_get(b + 0x2d0 + 127 * 20), 127 * 0x1000);
	assert_int_equal(le64_get(b + 0xcd0), 0);
	extension = b + (le64_get(b + 0x250) - ADDRESS);
	assert_int_equal(le32_get(extension + 8), 1);
	assert_int_equal(le32_get(extension + 12), 72 * 20);
	assert_int_equal(le64_get(extension + 16), 128 * 0x1000);
	assert_int_equal(le64_get(extension + 16 + 71 * 20), 199 * 0x1000);
	seed = b + (le64_get(extension) - ADDRESS);
	assert_int_equal(le64_get(seed), 0);
	assert_int_equal(le32_get(seed + 8), 9);
	assert_int_equal(le32_get(seed + 12), 32);
	assert_memory_equal(seed + 16, f->machine.random, 32);
	assert_ptr_equal(seed + 48, b + f->size);
}

static void a_long_map_is_cut_for_old_kernels(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b;

	long_map(f);
	f->block.protocol = 0x208;
	b = fill(f);
	assert_int_equal(b[0x1e8], 128);
	assert_int_equal(le64_get(b + 0x250), UINT64_C(0x1111111111111111));
	assert_int_equal(f->size, 4096 + 32);
}

static void the_seed_alone_is_a_chain(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b = fill(f);

	assert_int_equal(le64_get(b + 0x250), ADDRESS + 4096 + 32);
	assert_int_equal(le32_get(b + 4096 + 32 + 8), 9);
	assert_int_equal(f->size, 4096 + 32 + 48);
}

static void the_machine_is_described(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b;

	f->machine.boot_params = (struct span){ f->old, sizeof(f->old) };
	f->machine.rsdp = 0xf5a20;
	f->machine.edd.count = 9; /* more than there is room for */
	f->machine.edd.signature_count = 2;
	f->machine.edd.signatures[1] = 0xcafe0001;
	f->machine.edd.info[0][0] = 0x80;
	f->machine.edd.info[5][81] = 0x77;
	b = fill(f);
	assert_int_equal(b[0], f->old[0]);
	assert_int_equal(b[0x0f], f->old[0x0f]);
	assert_int_equal(b[0x3f], f->old[0x3f]);
	assert_int_equal(b[0x40], 0); /* apm_bios_info */
	assert_int_equal(b[0x80], 0); /* drive_info */
	assert_int_equal(le64_get(b + 0x70), 0xf5a20);
	assert_int_equal(le32_get(b + 0x23c), le32_get(f->old + 0x23c));
	assert_int_equal(le64_get(b + 0x240), le64_get(f->old + 0x240));
	assert_int_equal(b[0x1e9], 6);
	assert_int_equal(b[0x1ea], 2);
	assert_int_equal(le32_get(b + 0x294), 0xcafe0001);
	assert_int_equal(b[0xd00], 0x80);
	assert_int_equal(b[0xeeb], 0x77);
	f->block.protocol = 0x206;
	b = fill(f);
	assert_int_equal(le32_get(b + 0x23c), 0x11111111);
}

static void without_the_old_page_it_is_text_mode(void **state)
{
	const uint8_t *b = fill(*state);

	assert_int_equal(b[0x06], 3);
	assert_int_equal(b[0x07], 80);
	assert_int_equal(b[0x0e], 25);
	assert_int_equal(b[0x0f], 1);
	assert_int_equal(le16_get(b + 0x10), 16);
}

static void no_initrd_is_none(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b;

	f->block.initrd = (struct range){ 0, 0 };
	f->block.cmdline = "";
	b = fill(f);
	assert_int_equal(le32_get(b + 0x218), 0);
	assert_int_equal(le32_get(b + 0x21c), 0);
	assert_int_equal(b[4096], 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void efi_is_handed_over(void **state)
{
	static struct efi_region regions[2] = { { .type = 5, .pages = 1 }, { .type = 6 } };
	struct fixture *f = *state;
	const uint8_t *b, *data;
	uint64_t next;

	f->machine.boot_params = (struct span){ f->old, sizeof(f->old) };
	f->machine.efi = (struct efi){ regions, 2, 0x77, 0x78, 0x79, 0x7a, 0, 0, 0 };
	b = fill(f);
	assert_int_equal(le32_get(b + 0x1c0), 0); /* not the running kernel's */
	assert_int_equal(b[0x1ec], 0);
	f->block.efi = BOOT_EFI_SERVICES;
	b = fill(f);
	assert_memory_equal(b + 0x1c0, f->old + 0x1c0, 8);
	assert_int_equal(b[0x1ec], f->old[0x1ec]);
	assert_int_equal(le32_get(b + 0x1d4), 80);
	data = b + (le32_get(b + 0x1d0) - ADDRESS);
	assert_int_equal(le32_get(data), 5);
	assert_int_equal(le32_get(data + 40), 6);
	data = b + (le64_get(b + 0x250) - ADDRESS);
	assert_int_equal(le32_get(data + 8), 4); /* SETUP_EFI */
	assert_int_equal(le32_get(data + 12), 96);
	assert_int_equal(le64_get(data + 16), 0x77);
	assert_int_equal(le64_get(data + 16 + 24), 0x7a);
	next = le64_get(data);
	assert_true(next >= le32_get(b + 0x1d0) + 80);
	data = b + (next - ADDRESS);
	assert_int_equal(le32_get(data + 8), 9);
	assert_int_equal(le64_get(data), 0);
	assert_int_equal(f->size, next - ADDRESS + 16 + 32);
	f->machine.efi = (struct efi){ 0 };
}

/* The kernel is told of tables that were made for it, and of its RAM. */
static void tables_of_efi_are_handed_over(void **state)
{
	struct fixture *f = *state;
	const uint8_t *b, *data, *table;

	memcpy(f->old + 0x1c0, "EL64", 4);
	f->machine.boot_params = (struct span){ f->old, sizeof(f->old) };
	f->machine.efi = (struct efi){ .fw_vendor = 0x77, .acpi = 0x2000 };
	f->block.efi = BOOT_EFI_TABLES;
	b = fill(f);
	assert_memory_equal(b + 0x1c0, "EL64", 4);
	data = b + (le64_get(b + 0x250) - ADDRESS);
	assert_int_equal(le32_get(data + 8), 4); /* SETUP_EFI */
	table = b + (le32_get(b + 0x1c4) - ADDRESS);
	assert_true(table > data && table + 256 == data + 16 + le32_get(data + 12));
	assert_memory_equal(table, "IBI SYST", 8);
	assert_int_equal(le64_get(table + 112), le64_get(data + 16 + 16));
	assert_ptr_equal(b + (le32_get(b + 0x1d0) - ADDRESS), table + 256);
	assert_int_equal(le32_get(b + 0x1d4) % 40, 0);
	assert_true(le32_get(b + 0x1d4) != 0);
	assert_int_equal(le32_get(table + 256), 7);
	f->machine.efi = (struct efi){ 0 };
}

static void a_device_tree_is_in_the_chain(void **state)
{
	static const uint8_t tree[50] = "a device tree";
	struct fixture *f = *state;
	const uint8_t *b, *data;

	f->block.dtb = (struct span){ tree, sizeof(tree) };
	b = fill(f);
	data = b + (le64_get(b + 0x250) - ADDRESS);
	assert_int_equal(le32_get(data + 8), 2);
	assert_int_equal(le32_get(data + 12), 50);
	assert_memory_equal(data + 16, tree, 50);
	data = b + (le64_get(data) - ADDRESS);
	assert_int_equal(le32_get(data + 8), 9);
	assert_int_equal(f->size, data - b + 16 + 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_header_is_completed),
		T(efi_is_handed_over),
		T(tables_of_efi_are_handed_over),
		T(a_device_tree_is_in_the_chain),
		T(a_header_is_bounded),
		T(old_protocols_find_the_command_line),
		T(memory_is_told),
		T(a_long_map_goes_on_behind),
		T(a_long_map_is_cut_for_old_kernels),
		T(the_seed_alone_is_a_chain),
		T(the_machine_is_described),
		T(without_the_old_page_it_is_text_mode),
		T(no_initrd_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
