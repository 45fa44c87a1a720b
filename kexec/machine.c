/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes the snapshot: has the files of /proc and /sys, below a root prefix, read, and hands their
 * bytes to the parsers. Decides only which source counts when there are several; knows nothing of
 * plans.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "edd_read.h"
#include "efi_read.h"
#include "kernel_read.h"
#include "machine.h"
#include "machine_parse.h"
#include "machine_reader.h"
#include "rsdp_read.h"
#include "screen_read.h"

#define SMBIOS_FOLDER "sys/firmware/dmi/tables/"

#define PERSONALITY_ASK 0xffffffff /* personality(2): tell, do not change */

/* The recorded form is one line, release|version|machine. */
static int recorded_uname(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span content, line, rest;
	const uint8_t *first, *second;
	int result = reader_file(reader, "uname", &content);

	if (result)
		return reader_error(reader, "uname", result);
	line = text_trim(content);
	first = memchr(line.data, '|', line.size);
	second = first ? memchr(first + 1, '|', line.size - (size_t)(first + 1 - line.data)) : NULL;
	if (second) {
		rest = (struct span){ second + 1, line.size - (size_t)(second + 1 - line.data) };
		text_copy((struct span){ line.data, (size_t)(first - line.data) }, machine->release,
			  sizeof(machine->release));
		text_copy((struct span){ first + 1, (size_t)(second - first - 1) },
			  machine->version, sizeof(machine->version));
		text_copy(rest, machine->arch, sizeof(machine->arch));
	} else {
		result = error_set(reader->err, "'%s/uname' is not release|version|machine",
				   reader->root);
	}
	reader_content_done(&content);
	return result;
}

static int step_uname(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	int before = personality(PERSONALITY_ASK);
	struct utsname names;
	int result;

	if (!reader_is_live(reader))
		return recorded_uname(reader);
	/* Under setarch(8) a 64-bit kernel calls itself i686; the truth is wanted. */
	if ((before & PER_MASK) == PER_LINUX32)
		personality(PER_LINUX);
	result = uname(&names);
	if ((before & PER_MASK) == PER_LINUX32)
		personality((unsigned long)before);
	if (result)
		return error_set(reader->err, "cannot tell the running kernel: %s",
				 strerror(errno));
	text_copy(text_of(names.release), machine->release, sizeof(machine->release));
	text_copy(text_of(names.version), machine->version, sizeof(machine->version));
	text_copy(text_of(names.machine), machine->arch, sizeof(machine->arch));
	return 0;
}

static int step_cmdline(const struct reader *reader)
{
	struct span content = { NULL, 0 }, line;
	int result = reader_file(reader, "proc/cmdline", &content);

	if (result && result != -ENOENT)
		return reader_error(reader, "proc/cmdline", result);
	line = text_trim(content);
	reader->machine->cmdline = malloc(line.size + 1);
	if (reader->machine->cmdline)
		text_copy(line, reader->machine->cmdline, line.size + 1);
	reader_content_done(&content);
	return reader->machine->cmdline ? 0 : error_no_memory(reader->err);
}

static int step_boot_params(const struct reader *reader)
{
	static const char path[] = "sys/kernel/boot_params/data";
	struct span content;
	int result = reader_binary(reader, path, &content);

	if (result == -ENOENT)
		return 0;
	if (result)
		return reader_error(reader, path, result);
	if (content.size < BOOT_PARAMS_BYTES) {
		result = error_set(reader->err, "'%s/%s' has %zu bytes, want %d", reader->root,
				   path, content.size, BOOT_PARAMS_BYTES);
		reader_content_done(&content);
		return result;
	}
	content.size = BOOT_PARAMS_BYTES;
	reader->machine->boot_params = content;
	return 0;
}

/* One folder of /sys/firmware/memmap. 0, 1 when it cannot be read, or -1. */
static int firmware_folder(const struct reader *reader, const char *name)
{
	static const char *const files[3] = { "start", "end", "type" };
	struct span texts[3] = { 0 };
	struct range at;
	char path[PATH_MAX], type[64];
	int result = 0;

	for (unsigned i = 0; i < 3 && !result; i++) {
		snprintf(path, sizeof(path), "sys/firmware/memmap/%s/%s", name, files[i]);
		result = reader_file(reader, path, &texts[i]) ? 1 : 0;
	}
	if (!result && firmware_range(texts[0], texts[1], &at))
		result = error_set(reader->err, "'%s/sys/firmware/memmap/%s' is damaged",
				   reader->root, name);
	if (!result) {
		text_copy(text_trim(texts[2]), type, sizeof(type));
		result = memmap_add(&reader->machine->firmware, at, memmap_type_of(type),
				    reader->err);
	}
	for (unsigned i = 0; i < 3; i++)
		reader_content_done(&texts[i]);
	return result;
}

/* All of /sys/firmware/memmap. 0, 1 when it is not there or cannot be read, or -1. */
static int firmware_folders(const struct reader *reader)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int result = 0;
	DIR *folder;

	if (snprintf(path, sizeof(path), "%s/sys/firmware/memmap", reader->root) >=
	    (int)sizeof(path))
		return 1;
	folder = opendir(path);
	if (!folder)
		return 1;
	while (!result && (entry = readdir(folder)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			result = firmware_folder(reader, entry->d_name);
	closedir(folder);
	if (!result && !reader->machine->firmware.count)
		result = 1;
	if (result > 0)
		memmap_done(&reader->machine->firmware);
	return result;
}

static int firmware_map(const struct reader *reader)
{
	struct span content;
	int result;

	if (reader_is_live(reader) || reader_file(reader, "sys/firmware/memmap.txt", &content))
		return firmware_folders(reader);
	result = firmware_lines(content, &reader->machine->firmware, reader->err);
	reader_content_done(&content);
	return result;
}

/* What /proc/iomem says about the running kernel; its map counts where the firmware's is not there.
 */
static int take_iomem(const struct reader *reader, struct span text, bool whole_map)
{
	struct machine *machine = reader->machine;
	struct iomem iomem = { 0 };
	int result = iomem_parse((const char *)text.data, text.size, &iomem, reader->err);

	if (result)
		return error_prefix(reader->err, "'%s/proc/iomem': ", reader->root);
	machine->kernel = iomem.kernel;
	machine->firmware_is_iomem = whole_map;
	if (whole_map)
		result = memmap_copy(&machine->firmware, &iomem.map, reader->err);
	if (!result)
		result = range_set_copy(&machine->ram, &iomem.ram, reader->err);
	if (!result)
		result = range_set_copy(&machine->crash, &iomem.crash, reader->err);
	iomem_done(&iomem);
	return result;
}

/* Without root /proc/iomem has no addresses: good enough to plan with is what the firmware said. */
static int ram_from_firmware(const struct reader *reader, bool have_firmware)
{
	struct machine *machine = reader->machine;
	struct range_set ram = { 0 };
	int result = 0;

	if (!have_firmware) {
		if (!machine->boot_params.size)
			return error_set(reader->err,
					 "'%s/proc/iomem' hides its addresses: run as root",
					 reader->root);
		if (boot_params_map(machine->boot_params, &machine->firmware, reader->err))
			return -1;
	}
	reader_note(
		reader,
		"not root: the memory map is the firmware's, what the kernel keeps is not known");
	if (memmap_sort(&machine->firmware, reader->err) ||
	    memmap_of_type(&machine->firmware, MEMORY_RAM, &ram, reader->err))
		result = -1;
	for (size_t i = 0; i < ram.count && !result; i++)
		result = range_set_add(&machine->ram, range_whole_pages(ram.items[i]), reader->err);
	/* The kernel takes these two away whatever the firmware says (trim_bios_range). */
	if (!result)
		result = range_set_remove(&machine->ram, (struct range){ 0, PAGE_BYTES },
					  reader->err);
	if (!result)
		result = range_set_remove(&machine->ram, (struct range){ 0xa0000, 0x100000 },
					  reader->err);
	range_set_done(&ram);
	return result;
}

static int step_maps(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span iomem = { NULL, 0 };
	bool have_firmware;
	int result;

	/* With add_efi_memmap the kernel's own map knows more than the one it was handed. */
	result = text_has_word(text_of(machine->cmdline), "add_efi_memmap") ? 1
									    : firmware_map(reader);
	if (result < 0)
		return -1;
	have_firmware = !result;
	result = reader_file(reader, "proc/iomem", &iomem);
	if (result)
		return reader_error(reader, "proc/iomem", result);
	if (iomem_hidden(iomem))
		result = ram_from_firmware(reader, have_firmware);
	else
		result = take_iomem(reader, iomem, !have_firmware);
	reader_content_done(&iomem);
	return result ? -1 : memmap_sort(&machine->firmware, reader->err);
}

static int step_meminfo(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span content;
	bool pae = false;

	if (reader_file(reader, "proc/meminfo", &content))
		return 0;
	machine->total_bytes = meminfo_bytes(content, "MemTotal");
	machine->available_bytes = meminfo_bytes(content, "MemAvailable");
	if (paging_from_meminfo(content, &pae) && pae)
		machine->cpu |= CPU_PAE;
	reader_content_done(&content);
	return 0;
}

/* What the kernel says in /proc/cpuinfo about how it runs: it hides what it does not use. */
static const struct {
	const char *flag;
	uint32_t needs, means; /* enum cpu_flag bits */
} cpu_flags[] = {
	{ "umip", 0, CPU_UMIP },
	{ "nx", CPU_PAE, CPU_NX },
	{ "la57", CPU_LONG_MODE, CPU_LA57 },
	{ "tdx_guest", CPU_LONG_MODE, CPU_ENCRYPTED },
};

static int step_cpu(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span content, flags;

	machine->cpu_count = 1;
	if (!reader_file(reader, "sys/devices/system/cpu/online", &content)) {
		if (cpu_list_count(content, &machine->cpu_count))
			machine->cpu_count = 1;
		reader_content_done(&content);
	}
	if (!strcmp(machine->arch, "x86_64"))
		machine->cpu |= CPU_LONG_MODE | CPU_PAE;
	if (reader_file(reader, "proc/cpuinfo", &content))
		return 0;
	if (!text_field(content, "flags", &flags))
		for (size_t i = 0; i < sizeof(cpu_flags) / sizeof(cpu_flags[0]); i++)
			if ((machine->cpu & cpu_flags[i].needs) == cpu_flags[i].needs &&
			    text_has_word(flags, cpu_flags[i].flag))
				machine->cpu |= cpu_flags[i].means;
	machine->phys_bits = cpuinfo_phys_bits(content);
	reader_content_done(&content);
	return 0;
}

static int step_rsdp(const struct reader *reader)
{
	struct machine *machine = reader->machine;

	if (machine->boot_params.size)
		machine->rsdp = le64_get(machine->boot_params.data + 0x70);
	if (!machine->rsdp)
		machine->rsdp = machine->efi.acpi20 ? machine->efi.acpi20 : machine->efi.acpi;
	return 0;
}

static int step_random(const struct reader *reader)
{
	uint8_t *random = reader->machine->random;
	struct span content;
	size_t count = 0;
	int result;

	if (reader_is_live(reader)) {
		if (getrandom(random, MACHINE_RANDOM_BYTES, 0) != MACHINE_RANDOM_BYTES)
			return error_set(reader->err, "no random numbers from the kernel");
		return 0;
	}
	result = reader_file(reader, "random", &content);
	if (result)
		return result == -ENOENT ? 0 : reader_error(reader, "random", result);
	if (text_hex(content, random, MACHINE_RANDOM_BYTES, &count))
		result = error_set(reader->err, "'%s/random' is not up to %d bytes in hex",
				   reader->root, MACHINE_RANDOM_BYTES);
	reader_content_done(&content);
	return result;
}

static int step_boot_id(const struct reader *reader)
{
	struct span content;

	if (!reader_file(reader, "proc/sys/kernel/random/boot_id", &content)) {
		text_copy(text_trim(content), reader->machine->boot_id,
			  sizeof(reader->machine->boot_id));
		reader_content_done(&content);
	}
	return 0;
}

int machine_read(const char *root, uint32_t want, struct machine *machine, struct error *err)
{
	/* In this order: later steps use what earlier ones found. */
	static int (*const steps[])(const struct reader *) = {
		step_uname,         step_cmdline,
		step_boot_params,   step_maps,
		step_meminfo,       step_cpu,
		edd_read,           efi_read,
		step_rsdp,          screen_read,
		step_random,        step_boot_id,
		kernel_read_crash,  kernel_read_vmcoreinfo,
		kernel_read_paging, kernel_read_gdtr,
	};
	const struct reader reader = { root, want, machine, err };

	memset(machine, 0, sizeof(*machine));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i](&reader)) {
			machine_done(machine);
			return -1;
		}
	}
	return 0;
}

static void read_smbios(const struct reader *reader)
{
	struct smbios *smbios = &reader->machine->smbios;
	struct span entry_point;
	int failed;

	if (reader_binary(reader, SMBIOS_FOLDER "smbios_entry_point", &entry_point))
		return;
	failed = smbios_version(entry_point, smbios);
	reader_content_done(&entry_point);
	if (failed || reader_binary(reader, SMBIOS_FOLDER "DMI", &smbios->tables))
		smbios->tables = (struct span){ NULL, 0 };
}

void machine_read_tables(const char *root, struct machine *machine)
{
	struct error unused;
	const struct reader reader = { root, 0, machine, &unused };

	rsdp_read(&reader);
	read_smbios(&reader);
}

void machine_done(struct machine *machine)
{
	free(machine->cmdline);
	memmap_done(&machine->firmware);
	range_set_done(&machine->ram);
	range_set_done(&machine->crash);
	free(machine->cpu_notes);
	efi_done(&machine->efi);
	reader_content_done(&machine->boot_params);
	reader_content_done(&machine->smbios.tables);
	reader_content_done(&machine->vmcoreinfo);
	memset(machine, 0, sizeof(*machine));
}
