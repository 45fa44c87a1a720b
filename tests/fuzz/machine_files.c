/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: a recorded machine as a folder of files (kexec/machine.h, kexec/state.h). The input
 * replaces files of a PC by others or takes them away. Whatever is read, its maps are in order, and
 * what is planned on it keeps the rules.
 */
#define _GNU_SOURCE /* nftw() */
#include "folder.h"
#include "machine.h"
#include "plan_rules.h"
#include "state.h"

#define GONE 0xff /* as the upper byte of a file's size */

static const struct file {
	const char *name, *text; /* NULL: it is not there */
} files[] = {
	{ "uname", "6.1.0|#1 SMP|x86_64\n" },
	{ "proc/iomem", "00001000-0009fbff : System RAM\n00100000-07fdffff : System RAM\n"
			"  01000000-01ffffff : Kernel code\n04000000-04ffffff : Crash kernel\n" },
	{ "sys/firmware/memmap.txt", "0x0 0x9fbff System RAM\n0x100000 0x7fdffff System RAM\n" },
	{ "sys/firmware/memmap/0/start", NULL },
	{ "sys/firmware/memmap/0/end", NULL },
	{ "sys/firmware/memmap/0/type", NULL },
	{ "proc/cmdline", "root=/dev/vda1 quiet\n" },
	{ "proc/meminfo", "MemTotal: 126848 kB\nMemAvailable: 90000 kB\n" },
	{ "proc/cpuinfo", "flags : fpu la57 umip\naddress sizes : 40 bits physical\n" },
	{ "proc/fb", "0 EFI VGA\n" },
	{ "fb0.txt", "0x80000000 4096000 5120 1280 800 32\n8 16\n8 8\n8 0\n8 24\n" },
	{ "proc/kallsyms", "ffffffff81000000 T _text\n" },
	{ "proc/kcore.hex", NULL },
	{ "proc/sys/kernel/random/boot_id", "67d591fb-ce7b-4092-9bf2-e2180f65a9d8\n" },
	{ "sys/kernel/boot_params/data", NULL },
	{ "sys/kernel/boot_params/data.hex", NULL },
	{ "sys/devices/system/cpu/online", "0-1\n" },
	{ "sys/devices/system/cpu/cpu0/crash_notes", "7fd0000\n" },
	{ "sys/devices/system/cpu/cpu0/crash_notes_size", "520\n" },
	{ "sys/devices/system/cpu/cpu1/crash_notes", "7fc0000\n" },
	{ "sys/firmware/efi/runtime-map/0/type", NULL },
	{ "sys/firmware/efi/runtime-map/0/phys_addr", NULL },
	{ "sys/firmware/efi/runtime-map/0/virt_addr", NULL },
	{ "sys/firmware/efi/runtime-map/0/num_pages", NULL },
	{ "sys/firmware/efi/runtime-map/0/attribute", NULL },
	{ "sys/firmware/edd/int13_dev80/raw_data.hex", NULL },
	{ "sys/firmware/edd/int13_dev80/version", "0x30\n" },
	{ "sys/firmware/edd/int13_dev80/extensions", "Fixed disk access\n" },
	{ "sys/firmware/edd/int13_dev80/mbr_signature", "0x12345678\n" },
	{ "sys/firmware/efi/fw_vendor", "0x7ea0000\n" },
	{ "sys/firmware/efi/config_table", "0x7ea1000\n" },
	{ "sys/firmware/efi/systab", "ACPI20=0x7ffe014\nSMBIOS=0xf0000\n" },
	{ "sys/firmware/efi/runtime-map.txt", NULL },
	{ "sys/kernel/vmcoreinfo", "0x7f51000 1024\n" },
	{ "sys/kernel/crash_elfcorehdr_size", "4096\n" },
	{ "vmcoreinfo", "OSRELEASE=6.1.0\nNUMBER(pgtable_l5_enabled)=1\n" },
	{ "gdtr", "fffffe0000001000 7f\n" },
	{ "rsdp.hex", NULL },
	{ "sys/firmware/dmi/tables/smbios_entry_point", NULL },
	{ "sys/firmware/dmi/tables/DMI", "tables\n" },
	{ "random", "00112233445566778899aabbccddeeff" },
	{ "sys/kernel/kexec_loaded", "0\n" },
	{ "sys/kernel/kexec_crash_size", "16777216\n" },
	{ "sys/kernel/security/lockdown", "none [integrity] confidentiality\n" },
	{ "proc/self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n" },
	{ "proc/sys/kernel/kexec_load_disabled", "0\n" },
	{ "proc/sys/kernel/kexec_load_limit_panic", "-1\n" },
};

#define FILES (sizeof(files) / sizeof(files[0]))

static void put_original(const struct file *file)
{
	char path[FOLDER_PATH];

	fuzz_path(file->name, path);
	if (file->text)
		fuzz_put_file(file->name,
			      (struct span){ (const uint8_t *)file->text, strlen(file->text) });
	else
		unlink(path);
}

/* Pieces of a byte that chooses the file, its size, and so many bytes. */
static void put_others(struct span input, bool changed[FILES])
{
	while (input.size) {
		size_t file = fuzz_u8(&input) % FILES, bytes = fuzz_u16(&input);
		struct span content = { input.data, bytes };
		char path[FOLDER_PATH];

		changed[file] = true;
		if (bytes >> 8 == GONE) {
			fuzz_path(files[file].name, path);
			unlink(path);
			continue;
		}
		if (content.size > input.size)
			content.size = input.size;
		input.data += content.size;
		input.size -= content.size;
		fuzz_put_file(files[file].name, content);
	}
}

static void check_machine(const struct machine *machine)
{
	FUZZ_CHECK(machine->cmdline && machine->cpu_count);
	FUZZ_CHECK(machine->edd.count <= MACHINE_EDD_MAX &&
		   machine->edd.signature_count <= MACHINE_EDD_SIGS_MAX);
	for (size_t i = 1; i < machine->firmware.count; i++)
		FUZZ_CHECK(machine->firmware.entries[i - 1].at.start <=
			   machine->firmware.entries[i].at.start);
	for (size_t i = 0; i < machine->ram.count; i++)
		FUZZ_CHECK(machine->ram.items[i].start < machine->ram.items[i].end &&
			   (!i || machine->ram.items[i - 1].end <= machine->ram.items[i].start));
}

/* A kernel of today on this machine. */
static void plan_on(const struct machine *machine, enum request_mode mode)
{
	struct image_bzimage fields = image_modern;
	struct request request = {
		.mode = mode, .image_name = "image", .cmdline = "a=1", .no_checks = true
	};
	struct image image;
	struct plan plan;

	if (!arch_find(machine->arch))
		return;
	fields.payload_bytes = 4096;
	fields.xloadflags = 0x7f;
	image = image_bzimage(&fields);
	request.image = image_span(&image);
	fuzz_plan(&request, machine, &plan);
	plan_done(&plan);
	free(image.data);
}

static void ask_state(void)
{
	const char *root = fuzz_folder();
	char level[32], boot_id[MACHINE_BOOT_ID_CHARS + 1];

	FUZZ_CHECK(state_loaded(root) <= 1 && state_crash_loaded(root) <= 1);
	if (state_lockdown(root, level, sizeof(level)))
		FUZZ_CHECK(strlen(level) < sizeof(level));
	state_crash_bytes(root);
	state_load_disabled(root);
	state_load_limit_reached(root, true);
	state_may_boot(root);
	state_boot_id(root, boot_id);
	FUZZ_CHECK(strlen(boot_id) < sizeof(boot_id));
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool changed[FILES] = { true }, made;
	struct error err = { "" };
	struct machine machine;

	for (size_t i = 0; i < FILES; i++)
		if (!made || changed[i])
			put_original(&files[i]);
	made = true;
	memset(changed, 0, sizeof(changed));
	put_others((struct span){ data, size }, changed);
	ask_state();
	if (machine_read(fuzz_folder(), MACHINE_WANT_JUMP | MACHINE_WANT_CRASH, &machine, &err)) {
		FUZZ_CHECK(*err.text);
		return 0;
	}
	fuzz_accepted = true;
	machine_read_tables(fuzz_folder(), &machine);
	check_machine(&machine);
	plan_on(&machine, REQUEST_BOOT);
	plan_on(&machine, REQUEST_PRESERVE);
	machine_done(&machine);
	return 0;
}

#define CHANGES 5

/* boot_params of a machine that 64-bit firmware started. */
static const char efi_page[BOOT_PARAMS_BYTES] = { [0x1c0] = 'E', 'L', '6', '4' };

/* The headers of a 64-bit kernel's core: its image, linear memory, and addresses without memory. */
static const char kcore_hex[] =
	"7f454c4602010100000000000000000004003e0001000000000000000000000040000000"
	"000000000000000000000000000000004000380003000000000000000100000007000000"
	"001000000000000000000081ffffffff0000000100000000000000010000000000000001"
	"00000000001000000000000001000000070000000020000000000000001000008088ffff"
	"001000000000000000e009000000000000e0090000000000001000000000000001000000"
	"0700000000300000000000000000000000c9ffffffffffffffffffff0010000000000000"
	"00100000000000000010000000000000";

static const struct {
	const char *name, *text; /* NULL: it is taken away */
} changes[][CHANGES] = {
	{ { "uname", "6.1.0|#1 SMP|i686" }, { "gdtr", "ffc01000 ff" }, { "vmcoreinfo", "A=1\n" } },
	{ { "proc/iomem", "00000000-00000000 : System RAM\n" }, { "proc/fb", "0 i915drmfb\n" } },
	{ { "sys/firmware/efi/runtime-map.txt", "0x5 0x7f00000 0xfffffffeff000000 0x100 0xf\n" },
	  { "sys/firmware/edd/int13_dev80/raw_data.hex", "00112233445566778899aabbccddeeff" } },
	{ { "rsdp.hex", "52534420505452204100000000000000ffffffff" } },
	{ { "sys/firmware/memmap.txt", NULL },
	  { "sys/firmware/memmap/0/start", "0x100000" },
	  { "sys/firmware/memmap/0/end", "0x7ffffff" },
	  { "sys/firmware/memmap/0/type", "System RAM" } },
	{ { "sys/firmware/efi/runtime-map/0/type", "0x5" },
	  { "sys/firmware/efi/runtime-map/0/phys_addr", "0x7f00000" },
	  { "sys/firmware/efi/runtime-map/0/virt_addr", "0xfffffffeff000000" },
	  { "sys/firmware/efi/runtime-map/0/num_pages", "0x10" },
	  { "sys/firmware/efi/runtime-map/0/attribute", "0xf" } },
	{ { "proc/kcore.hex", kcore_hex },
	  { "sys/firmware/dmi/tables/smbios_entry_point", "_SM3_ssabcdefghijklmnopq" } },
	{ { "sys/kernel/boot_params/data", efi_page },
	  { "sys/firmware/memmap.txt", NULL },
	  { "proc/iomem", "00000000-00000000 : System RAM\n" } },
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	size_t used = 0;

	if (n >= sizeof(changes) / sizeof(changes[0]))
		return 0;
	for (size_t i = 0; i < CHANGES && changes[n][i].name; i++) {
		const char *text = changes[n][i].text;
		size_t bytes = !text ? 0 : text == efi_page ? sizeof(efi_page) : strlen(text);
		uint8_t head[3] = { 0 };

		while (strcmp(files[head[0]].name, changes[n][i].name) != 0)
			head[0]++;
		le16_put(head + 1, text ? (uint16_t)bytes : GONE << 8);
		fuzz_append(buffer, capacity, &used, head, sizeof(head));
		fuzz_append(buffer, capacity, &used, text, bytes);
	}
	return used;
}
