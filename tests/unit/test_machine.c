/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The snapshot of the machine: the recorded machines, folders with damage, and the running one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "machine.h"
#include "machine_parse.h"

static struct error err;

static const char *recorded(const char *name)
{
	static char root[1024];
	const char *srcdir = getenv("srcdir");

	snprintf(root, sizeof(root), "%s/tests/data/machines/%s", srcdir ? srcdir : ".", name);
	return root;
}

static void read_recorded(const char *name, struct machine *machine)
{
	if (machine_read(recorded(name), MACHINE_WANT_JUMP, machine, &err))
		fail_msg("%s: %s", name, err.text);
}

static void test_recorded_pc(void **state)
{
	struct machine machine;
	struct machine_edd edd = { 0 };

	(void)state;
	read_recorded("pc-bios-512", &machine);
	assert_string_equal(machine.arch, "i686");
	assert_string_equal(machine.release, "6.1.192");
	assert_string_equal(machine.version, "#1 SMP @0");
	assert_string_equal(machine.cmdline, "console=ttyS0 quiet panic=-1 root=/dev/vda1");
	assert_int_equal(strlen(machine.boot_id), MACHINE_BOOT_ID_CHARS);
	assert_int_equal(machine.cpu, 0);
	assert_int_equal(machine.cpu_count, 1);
	assert_int_equal(machine.firmware.count, 6);
	assert_int_equal(machine.ram.count, 2);
	assert_int_equal(machine.ram.items[0].start, 0x1000);
	assert_int_equal(machine.ram.items[0].end, 0x9f000);
	assert_int_equal(machine.ram.items[1].end, 0x1ffe0000);
	assert_int_equal(machine.crash.count, 0);
	assert_int_equal(machine.page_offset, 0xc0000000);
	assert_int_equal(machine.boot_params.size, BOOT_PARAMS_BYTES);
	assert_int_equal(machine.rsdp, 0xf59d0);
	assert_true(machine.gdtr.known);
	assert_int_equal(machine.gdtr.base, 0xff801000);
	assert_int_equal(machine.gdtr.limit, 0xff);
	assert_int_equal(machine.random[31], 31);
	assert_int_equal(machine.random[32], 0);
	assert_int_equal(machine.note_count, 0);
	/* The driver's texts give the bytes that the boot loader left. */
	assert_int_equal(machine.edd.count, 1);
	assert_int_equal(machine.edd.signatures[0], 0xdeadbeef);
	boot_params_edd(machine.boot_params, &edd);
	assert_memory_equal(&machine.edd, &edd, sizeof(edd));
	machine_done(&machine);
	assert_null(machine.cmdline);
}

static void test_recorded_others(void **state)
{
	struct machine machine;

	(void)state;
	read_recorded("pc-bios-3072-pae", &machine);
	assert_int_equal(machine.cpu, CPU_PAE | CPU_UMIP | CPU_NX);
	assert_int_equal(machine.cpu_count, 2);
	assert_int_equal(machine.gdtr.base & 0xfff, 0);
	machine_done(&machine);

	read_recorded("pc-256", &machine);
	assert_int_equal(machine.cpu_count, 2);
	assert_int_equal(machine.ram.items[1].end, 0xffe0000);
	machine_done(&machine);

	read_recorded("pc-crash-512", &machine);
	assert_int_equal(machine.cpu, CPU_UMIP);
	assert_int_equal(machine.crash.count, 1);
	assert_int_equal(machine.crash.items[0].start, 0x19000000);
	assert_int_equal(machine.crash.items[0].end, 0x1f000000);
	machine_done(&machine);

	read_recorded("efi-pc-512", &machine);
	assert_int_equal(machine.efi.region_count, 7);
	assert_int_equal(machine.efi.regions[0].type, 11);
	assert_true(machine.efi.regions[6].virtual == UINT64_C(0xfffffffefb400000));
	assert_int_equal(machine.efi.fw_vendor, 0x1f52aa18);
	assert_int_equal(machine.efi.runtime, 0x1f5ebb98);
	assert_int_equal(machine.efi.tables, 0x1f5ebc98);
	assert_int_equal(machine.efi.smbios, 0x1f520000);
	assert_int_equal(machine.rsdp, 0x1f77d014);
	assert_true(efi_can_hand_over(&machine));
	machine_done(&machine);

	read_recorded("efi-many-ranges", &machine);
	assert_int_equal(machine.cpu, CPU_PAE | CPU_UMIP);
	assert_int_equal(machine.firmware.count, 159);
	assert_int_equal(machine.boot_params.size, 0);
	assert_int_equal(machine.rsdp, 0x7f800014);
	assert_int_equal(machine.rsdp_copy_bytes, 0);
	machine_read_tables(recorded("efi-many-ranges"), &machine);
	assert_int_equal(machine.rsdp_copy_bytes, 36);
	assert_memory_equal(machine.rsdp_copy, "RSD PTR ", 8);
	assert_int_equal(machine.page_offset, 0xc0000000);
	machine_done(&machine);
}

/* A folder made by the test. */
struct folder {
	char root[40];
};

static void put(const struct folder *folder, const char *path, const char *content)
{
	char full[200];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", folder->root, path);
	for (char *slash = strchr(full + 5, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		assert_true(!mkdir(full, 0755) || errno == EEXIST);
		*slash = '/';
	}
	file = fopen(full, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static int set_up(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	assert_non_null(folder);
	strcpy(folder->root, "/tmp/test_machine.XXXXXX");
	assert_non_null(mkdtemp(folder->root));
	put(folder, "uname", "6.1|#1|i686\n");
	put(folder, "proc/iomem",
	    "00001000-0009fbff : System RAM\n00100000-0fffffff : System RAM\n");
	*state = folder;
	return 0;
}

static int tear_down(void **state)
{
	struct folder *folder = *state;
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", folder->root);
	assert_int_equal(system(command), 0);
	free(folder);
	return 0;
}

static void test_smallest_folder(void **state)
{
	struct folder *folder = *state;
	struct machine machine;

	assert_int_equal(machine_read(folder->root, MACHINE_WANT_JUMP, &machine, &err), 0);
	assert_string_equal(machine.cmdline, "");
	assert_int_equal(machine.firmware.count, 2);
	assert_int_equal(machine.page_offset, 0);
	assert_false(machine.gdtr.known);
	assert_true(machine.gdtr.why[0]);
	assert_int_equal(machine.note_count, 1);
	machine_done(&machine);
}

static void test_firmware_folders(void **state)
{
	struct folder *folder = *state;
	struct machine machine;

	put(folder, "sys/firmware/memmap/10/start", "0x100000\n");
	put(folder, "sys/firmware/memmap/10/end", "0xfffffff\n");
	put(folder, "sys/firmware/memmap/10/type", "System RAM\n");
	put(folder, "sys/firmware/memmap/9/start", "0x0\n");
	put(folder, "sys/firmware/memmap/9/end", "0xfff\n");
	put(folder, "sys/firmware/memmap/9/type", "ACPI Non-volatile Storage\n");
	assert_int_equal(machine_read(folder->root, 0, &machine, &err), 0);
	assert_int_equal(machine.firmware.count, 2);
	assert_int_equal(machine.firmware.entries[0].type, MEMORY_NVS);
	assert_int_equal(machine.firmware.entries[1].at.end, 0x10000000);
	machine_done(&machine);

	/* With this word the kernel's own map counts. */
	put(folder, "proc/cmdline", "quiet add_efi_memmap\n");
	assert_int_equal(machine_read(folder->root, 0, &machine, &err), 0);
	assert_int_equal(machine.firmware.entries[0].at.start, 0x1000);
	machine_done(&machine);

	put(folder, "proc/cmdline", "quiet\n");
	put(folder, "sys/firmware/memmap/9/end", "nonsense\n");
	assert_int_equal(machine_read(folder->root, 0, &machine, &err), -1);
	assert_non_null(strstr(err.text, "memmap/9"));
}

static void test_without_root(void **state)
{
	struct folder *folder = *state;
	struct machine machine;

	put(folder, "proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(machine_read(folder->root, 0, &machine, &err), -1);
	assert_non_null(strstr(err.text, "run as root"));

	put(folder, "sys/firmware/memmap.txt",
	    "0x0 0x9fbff System RAM\n0x100000 0xffffff System RAM");
	assert_int_equal(machine_read(folder->root, 0, &machine, &err), 0);
	assert_int_equal(machine.ram.count, 2);
	assert_int_equal(machine.ram.items[0].start, 0x1000);
	assert_int_equal(machine.ram.items[0].end, 0x9f000);
	assert_int_equal(machine.ram.items[1].end, 0x1000000);
	assert_int_equal(machine.note_count, 1);
	machine_done(&machine);
}

/* Where a processor's note lies says nothing about the processor's number. */
static void test_notes_by_processor(void **state)
{
	struct folder *folder = *state;
	struct machine machine;

	put(folder, "sys/devices/system/cpu/cpu10/crash_notes", "1000\n");
	put(folder, "sys/devices/system/cpu/cpu0/crash_notes", "3000\n");
	put(folder, "sys/devices/system/cpu/cpu0/crash_notes_size", "372\n");
	put(folder, "sys/devices/system/cpu/cpu2/crash_notes", "2000\n");
	put(folder, "sys/devices/system/cpu/cpu3/online", "0\n");
	put(folder, "sys/devices/system/cpu/cpu99999/crash_notes", "5000\n");
	put(folder, "sys/devices/system/cpu/cpufreq/crash_notes", "4000\n");
	put(folder, "sys/devices/system/cpu/cpu1x/crash_notes", "6000\n");
	assert_int_equal(machine_read(folder->root, MACHINE_WANT_CRASH, &machine, &err), 0);
	assert_int_equal(machine.cpu_note_count, 3);
	assert_int_equal(machine.cpu_notes[0].address, 0x3000);
	assert_int_equal(machine.cpu_notes[0].bytes, 372);
	assert_int_equal(machine.cpu_notes[1].address, 0x2000);
	assert_int_equal(machine.cpu_notes[1].bytes, 1024);
	assert_int_equal(machine.cpu_notes[2].address, 0x1000);
	machine_done(&machine);
}

static void test_damaged_folders(void **state)
{
	static const char *const damage[][2] = {
		{ "uname", "6.1|#1\n" },
		{ "uname", "" },
		{ "proc/iomem", "" },
		{ "proc/iomem", "zz\n" },
		{ "gdtr", "ff801000\n" },
		{ "gdtr", "ff801000 12345\n" },
		{ "random", "0g\n" },
		{ "sys/kernel/boot_params/data.hex", "00 01\n" },
		{ "sys/kernel/boot_params/data.hex", "0\n" },
	};
	struct machine machine;

	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		tear_down(state);
		set_up(state);
		put(*state, damage[i][0], damage[i][1]);
		if (!machine_read(((struct folder *)*state)->root, MACHINE_WANT_JUMP, &machine,
				  &err))
			fail_msg("accepted: %s '%s'", damage[i][0], damage[i][1]);
		assert_true(err.text[0]);
	}
	assert_int_equal(machine_read("/nowhere", 0, &machine, &err), -1);
	assert_string_equal(err.text, "cannot read '/nowhere/uname': No such file or directory");
}

static void test_running_machine(void **state)
{
	struct machine machine;

	(void)state;
	/* In a sandbox without /proc/iomem there may be none; a refusal has a reason. */
	if (machine_read("", MACHINE_WANT_JUMP, &machine, &err)) {
		assert_true(err.text[0]);
		skip();
	}
	assert_true(machine.ram.count > 0);
	assert_true(machine.cpu_count > 0);
	assert_true(machine.gdtr.known || machine.gdtr.why[0]);
	machine_done(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_pc),
		cmocka_unit_test(test_recorded_others),
		cmocka_unit_test_setup_teardown(test_smallest_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_firmware_folders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_without_root, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_notes_by_processor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_folders, set_up, tear_down),
		cmocka_unit_test(test_running_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
