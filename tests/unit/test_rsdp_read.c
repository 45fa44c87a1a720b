/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the root pointer of ACPI is looked for, in a file that stands for the memory of a machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"
#include "root_pointer.h"
#include "rsdp_read.h"

#define EBDA_POINTER 0x40e
#define EBDA         0x9fc00
#define EFI_SYSTAB   0x1f9ee018

static FILE *memory;
static struct machine machine;

static int set_up(void **state)
{
	(void)state;
	memory = tmpfile();
	machine = (struct machine){ 0 };
	return !memory;
}

static int tear_down(void **state)
{
	(void)state;
	return fclose(memory);
}

static void put(long at, const void *bytes, size_t count)
{
	assert_int_equal(fseek(memory, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, count, memory), count);
	assert_int_equal(fflush(memory), 0);
}

static void put_root_pointer(long at, uint8_t revision)
{
	uint8_t bytes[RSDP_BYTES_MAX];

	root_pointer_fill(bytes, revision);
	put(at, bytes, revision < 2 ? RSDP_1_BYTES : RSDP_BYTES_MAX);
}

static void put_ebda_pointer(uint16_t segment)
{
	const uint8_t bytes[] = { (uint8_t)segment, (uint8_t)(segment >> 8) };

	put(EBDA_POINTER, bytes, sizeof(bytes));
}

static unsigned found(void)
{
	rsdp_search(fileno(memory), &machine);
	return machine.rsdp_copy_bytes;
}

static void the_extended_bios_data_area_comes_first(void **state)
{
	(void)state;
	put_ebda_pointer(EBDA >> 4);
	put_root_pointer(EBDA + 1024 - 48, 2); /* the last place for a long one on 16 bytes */
	put_root_pointer(0xf59d0, 0);
	assert_int_equal(found(), RSDP_BYTES_MAX);
	assert_int_equal(machine.rsdp_copy[15], 2);
}

static void its_first_kilobyte_is_searched(void **state)
{
	(void)state;
	put_ebda_pointer(EBDA >> 4);
	put_root_pointer(EBDA + 1024, 2);
	assert_int_equal(found(), 0);
	put_root_pointer(0xffff0 - 16, 0);
	assert_int_equal(found(), RSDP_1_BYTES);
}

static void without_such_an_area_the_bios_is_searched(void **state)
{
	(void)state;
	put_ebda_pointer(0);
	put_root_pointer(0, 2); /* not at the address that no area has */
	put_root_pointer(0xe0000, 0);
	assert_int_equal(found(), RSDP_1_BYTES);
	assert_int_equal(machine.rsdp_copy[15], 0);
}

static void a_known_address_is_the_only_one(void **state)
{
	(void)state;
	put_root_pointer(0xe0000, 0);
	put_root_pointer(0x123450, 2);
	machine.rsdp = 0x123460;
	assert_int_equal(found(), 0);
	machine.rsdp = 0x123450;
	assert_int_equal(found(), RSDP_BYTES_MAX);
}

static void nothing_is_searched_on_efi(void **state)
{
	(void)state;
	put_root_pointer(0xe0000, 0);
	machine.efi.tables = EFI_SYSTAB;
	assert_int_equal(found(), 0);
}

static void memory_that_cannot_be_read_has_none(void **state)
{
	(void)state;
	assert_int_equal(found(), 0);
	put_ebda_pointer(0xffff); /* beyond the end */
	assert_int_equal(found(), 0);
	rsdp_search(-1, &machine);
	assert_int_equal(machine.rsdp_copy_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_extended_bios_data_area_comes_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(its_first_kilobyte_is_searched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_such_an_area_the_bios_is_searched, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_known_address_is_the_only_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_searched_on_efi, set_up, tear_down),
		cmocka_unit_test_setup_teardown(memory_that_cannot_be_read_has_none, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
