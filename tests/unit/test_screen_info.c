/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec/screen_info.c: who drives the screen decides what the next kernel is told of it. Offsets
 * are numbers here, as linux/screen_info.h has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"
#include "screen_info.h"

static struct span text(const char *string)
{
	return (struct span){ (const uint8_t *)string, strlen(string) };
}

/* A machine whose kernel was told of EFI's frame buffer, 1280 x 800 at 2 GiB. */
static void make_machine(struct machine *machine, uint8_t old[BOOT_PARAMS_BYTES])
{
	memset(old, 0x5a, BOOT_PARAMS_BYTES);
	memset(old, 0, 64);
	old[0x0f] = 0x70;
	le16_put(old + 0x12, 1280);
	le16_put(old + 0x14, 800);
	le16_put(old + 0x16, 32);
	le32_put(old + 0x18, 0x80000000);
	le32_put(old + 0x20, 0xa33f);
	*machine = (struct machine){ .boot_params = { old, BOOT_PARAMS_BYTES } };
}

/* A driver that tells of 1024 x 768 pixels at 72 GiB. */
static void use_driver(struct machine *machine, const char *name)
{
	machine->screen = (struct screen){
		.base = UINT64_C(0x12e0000000),
		.bytes = 4096 * 768 + 1,
		.line_bytes = 4096,
		.width = 1024,
		.height = 768,
		.depth = 32,
		.red = { 8, 16 },
		.green = { 8, 8 },
		.blue = { 8, 0 },
		.reserved = { 8, 24 },
	};
	strcpy(machine->screen.driver, name);
}

static void what_the_firmware_set_up_stays(void **state)
{
	static const char *const drivers[] = { "", "EFI VGA", "VESA VGA", "simple",
					       "simpledrmdrmfb" };
	uint8_t old[BOOT_PARAMS_BYTES], info[64];
	struct machine machine;

	(void)state;
	make_machine(&machine, old);
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (*drivers[i])
			use_driver(&machine, drivers[i]);
		memset(info, 0, sizeof(info));
		assert_null(screen_info_fill(&machine, false, info));
		assert_memory_equal(info, old, 0x20);
		assert_int_equal(le32_get(info + 0x20), 0); /* the old command line */
		assert_memory_equal(info + 0x24, old + 0x24, 0x40 - 0x24);
	}
}

static void a_driver_that_tells(void **state)
{
	uint8_t old[BOOT_PARAMS_BYTES], info[64] = { 0 };
	struct machine machine;

	(void)state;
	make_machine(&machine, old);
	use_driver(&machine, "i915drmfb");
	assert_null(screen_info_fill(&machine, false, info));
	assert_int_equal(info[0x0f], 0x23);
	assert_int_equal(le16_get(info + 0x12), 1024);
	assert_int_equal(le16_get(info + 0x14), 768);
	assert_int_equal(le16_get(info + 0x16), 32);
	assert_int_equal(le32_get(info + 0x18), 0xe0000000);
	assert_int_equal(le32_get(info + 0x1c), 49); /* 64 KiB each */
	assert_int_equal(le16_get(info + 0x24), 4096);
	assert_memory_equal(info + 0x26, "\010\020\010\010\010\000\010\030", 8);
	assert_int_equal(le32_get(info + 0x36), 2); /* the base has an upper half */
	assert_int_equal(le32_get(info + 0x3a), 0x12);

	memcpy(old + 0x1c0, "EL64", 4); /* on EFI firmware the size is in bytes */
	machine.screen.base = 0xd0000000;
	memset(info, 0, sizeof(info));
	assert_null(screen_info_fill(&machine, false, info));
	assert_int_equal(info[0x0f], 0x70);
	assert_int_equal(le32_get(info + 0x1c), 4096 * 768 + 1);
	assert_int_equal(le32_get(info + 0x36), 0);

	memset(info, 0, sizeof(info));
	assert_null(screen_info_fill(&machine, true, info)); /* --reuse-video-type */
	assert_int_equal(le32_get(info + 0x18), 0x80000000);
}

static void a_driver_that_hides(void **state)
{
	static const uint8_t nothing[64];
	uint8_t old[BOOT_PARAMS_BYTES], info[64] = { 0 };
	struct machine machine;

	(void)state;
	make_machine(&machine, old);
	use_driver(&machine, "i915drmfb");
	machine.screen.base = 0;
	assert_non_null(strstr(screen_info_fill(&machine, false, info), "drm_leak_fbdev_smem"));
	assert_memory_equal(info, nothing, sizeof(info));
	use_driver(&machine, "i915drmfb");
	machine.screen.line_bytes = 4095; /* shorter than its pixels */
	assert_non_null(screen_info_fill(&machine, false, info));
	use_driver(&machine, "i915drmfb");
	machine.screen.bytes = 4096 * 768 - 1;
	assert_non_null(screen_info_fill(&machine, false, info));
	use_driver(&machine, "i915drmfb");
	machine.screen.width = UINT32_MAX;
	assert_non_null(screen_info_fill(&machine, false, info));
	assert_memory_equal(info, nothing, sizeof(info));
}

static void nothing_is_known(void **state)
{
	struct machine machine = { 0 };
	uint8_t info[64] = { 0 };

	(void)state;
	assert_null(screen_info_fill(&machine, false, info));
	assert_int_equal(info[0x06], 3);
	assert_int_equal(info[0x07], 80);
	assert_int_equal(info[0x0e], 25);
	assert_int_equal(info[0x0f], 1);
	/* efifb of a kernel that hides its boot_params */
	use_driver(&machine, "EFI VGA");
	memset(info, 0, sizeof(info));
	assert_null(screen_info_fill(&machine, false, info));
	assert_int_equal(le16_get(info + 0x12), 1024);
}

static void names_are_read(void **state)
{
	struct screen screen = { 0 };

	(void)state;
	screen_parse_list(text(""), &screen);
	assert_string_equal(screen.driver, "");
	screen_parse_list(text("1 second\n"), &screen);
	assert_string_equal(screen.driver, "");
	screen_parse_list(text("1 second\n0 EFI VGA\n"), &screen);
	assert_string_equal(screen.driver, "EFI VGA");
	screen_parse_list(text("0 a name that is longer than any\n"), &screen);
	assert_string_equal(screen.driver, "a name that is l");
}

static void records_are_read(void **state)
{
	struct screen screen = { 0 };

	(void)state;
	assert_int_equal(screen_parse_recorded(text("0x80000000 4096000 5120 1280 800 32\n8 16\n"
						    "8 8\n8 0\n8 24\n"),
					       &screen),
			 0);
	assert_int_equal(screen.base, 0x80000000);
	assert_int_equal(screen.bytes, 4096000);
	assert_int_equal(screen.line_bytes, 5120);
	assert_int_equal(screen.height, 800);
	assert_int_equal(screen.reserved.position, 24);
	assert_int_equal(screen_parse_recorded(text("1 2 3 4 5\n8 16\n8 8\n8 0\n8 24\n"), &screen),
			 -1);
	assert_int_equal(screen_parse_recorded(text("1 2 3 4 5 6\n8 16\n8 8\n8 0\n"), &screen), -1);
	assert_int_equal(screen_parse_recorded(text("1 0x100000000 3 4 5 6\n8 16\n8 8\n8 0\n8 0\n"),
					       &screen),
			 -1);
	assert_int_equal(screen_parse_recorded(text("1 2 3 4 5 6\n256 16\n8 8\n8 0\n8 0\n"),
					       &screen),
			 -1);
	assert_int_equal(screen.height, 800); /* written only on success */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_firmware_set_up_stays),
		cmocka_unit_test(a_driver_that_tells),
		cmocka_unit_test(a_driver_that_hides),
		cmocka_unit_test(nothing_is_known),
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(records_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
