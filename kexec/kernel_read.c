/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads /proc/kallsyms, /proc/kcore and what /sys tells of notes. Decides only which source counts
 * when there are several; does not know how a core header or a way back is made of it.
 */
#include "kernel_read.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "gdtr.h"
#include "kcore.h"
#include "machine_parse.h"

#define CPU_NOTES_MAX  8192 /* NR_CPUS of x86 */
#define OLD_NOTE_BYTES 1024 /* what kernels reserved that do not say how much */

/* The virtual address of the kernel's image; 0 if it is not told. */
static uint64_t text_address(const struct reader *reader)
{
	struct kernel_symbol text = { .name = "_text" };
	struct error ignored;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/proc/kallsyms", reader->root) >= (int)sizeof(path) ||
	    kallsyms_read(path, &text, 1, &ignored) || !text.found)
		return 0;
	return text.address;
}

/* The linear map by where the image is: on i386 it lies inside. */
static void page_offset_from_text(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	uint64_t text;

	if (machine->cpu & CPU_LONG_MODE || !range_bytes(machine->kernel))
		return;
	text = machine->kernel_address ? machine->kernel_address : text_address(reader);
	if (text >= machine->kernel.start && text)
		machine->page_offset = text - machine->kernel.start;
}

/* /sys/devices/system/cpu/cpuN/crash_notes: an address, and its size in a file of its own, which
 * kernels before 3.7 do not have. */
static bool cpu_note(const struct reader *reader, unsigned cpu, struct machine_note *note)
{
	char path[PATH_MAX];
	struct span content;
	bool found = false;

	note->bytes = OLD_NOTE_BYTES;
	snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/crash_notes", cpu);
	if (!reader_file(reader, path, &content)) {
		found = !text_number(text_trim(content), 16, &note->address) && note->address;
		reader_content_done(&content);
	}
	snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/crash_notes_size", cpu);
	if (found && !reader_file(reader, path, &content)) {
		found = !text_number(text_trim(content), 10, &note->bytes) && note->bytes;
		reader_content_done(&content);
	}
	return found;
}

static int add_cpu_note(const struct reader *reader, struct machine_note note)
{
	struct machine *machine = reader->machine;
	size_t bytes = (machine->cpu_note_count + 1) * sizeof(note);
	struct machine_note *grown = realloc(machine->cpu_notes, bytes);

	if (!grown)
		return error_no_memory(reader->err);
	machine->cpu_notes = grown;
	grown[machine->cpu_note_count++] = note;
	return 0;
}

/* Which processors there are: offline ones, too. */
static void list_cpus(const struct reader *reader, bool listed[CPU_NOTES_MAX])
{
	char path[PATH_MAX];
	const struct dirent *entry;
	uint64_t cpu;
	DIR *folder;

	if (snprintf(path, sizeof(path), "%s/sys/devices/system/cpu", reader->root) >=
	    (int)sizeof(path))
		return;
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "cpu", 3) &&
		    !text_number(text_of(entry->d_name + 3), 10, &cpu) && cpu < CPU_NOTES_MAX)
			listed[cpu] = true;
	if (folder)
		closedir(folder);
}

/* By their numbers: readers of cores take the first note for the first processor, and so on. */
static int cpu_notes(const struct reader *reader)
{
	bool listed[CPU_NOTES_MAX] = { false };
	struct machine_note note;

	list_cpus(reader, listed);
	for (unsigned cpu = 0; cpu < CPU_NOTES_MAX; cpu++)
		if (listed[cpu] && cpu_note(reader, cpu, &note) && add_cpu_note(reader, note))
			return -1;
	return 0;
}

/* What a kernel that is started by a crash is told of this one. */
int kernel_read_crash(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span content;

	if (!(reader->want & MACHINE_WANT_CRASH))
		return 0;
	if (cpu_notes(reader))
		return -1;
	machine->kernel_address = text_address(reader);
	if (!reader_file(reader, "sys/kernel/crash_elfcorehdr_size", &content)) {
		if (text_number(text_trim(content), 10, &machine->corehdr_bytes))
			machine->corehdr_bytes = 0;
		reader_content_done(&content);
	}
	if (reader_file(reader, "sys/kernel/vmcoreinfo", &content))
		return 0;
	if (vmcoreinfo_place(content, &machine->vmcoreinfo_note))
		machine->vmcoreinfo_note = (struct machine_note){ 0, 0 };
	reader_content_done(&content);
	return 0;
}

/* What the headers of /proc/kcore say: its image has a part of its own on x86_64, up to its end. */
static void take_kcore(struct machine *machine, const struct kcore_map *map)
{
	if (kcore_page_offset(map, &machine->page_offset))
		machine->page_offset = 0;
	if (machine->cpu & CPU_LONG_MODE && machine->kernel_address)
		kcore_part(map, machine->kernel_address, &machine->kernel);
}

/* Of a recorded machine these headers are all there is. */
static void recorded_kcore(const struct reader *reader)
{
	struct kcore_map map;
	struct span headers;
	struct error ignored;

	if (reader_binary(reader, "proc/kcore", &headers))
		return;
	if (!kcore_headers(headers, &map, &ignored))
		take_kcore(reader->machine, &map);
	reader_content_done(&headers);
}

int kernel_read_vmcoreinfo(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct error ignored;
	struct kcore kcore;

	if (!(reader->want & (MACHINE_WANT_JUMP | MACHINE_WANT_CRASH)))
		return 0;
	if (!reader_is_live(reader)) {
		if (reader_file(reader, "vmcoreinfo", &machine->vmcoreinfo))
			machine->vmcoreinfo = (struct span){ NULL, 0 };
		recorded_kcore(reader);
	} else if (!kcore_open("/proc/kcore", &kcore, &ignored)) {
		kcore_vmcoreinfo(&kcore, &machine->vmcoreinfo, &ignored);
		take_kcore(machine, &kcore.map);
		kcore_close(&kcore);
	}
	if (!machine->vmcoreinfo.size && reader->want & MACHINE_WANT_JUMP)
		reader_note(reader, "no VMCOREINFO of the running kernel (needs root and "
				    "'/proc/kcore'): a snapshot will lack it");
	if (!machine->page_offset)
		page_offset_from_text(reader);
	return 0;
}

/* The running kernel's own word on its page tables counts more than what was concluded before. */
int kernel_read_paging(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span value;
	uint64_t number;

	if (!machine->vmcoreinfo.size)
		return 0;
	if (machine->cpu & CPU_LONG_MODE) {
		if (!text_field(machine->vmcoreinfo, "NUMBER(pgtable_l5_enabled)", &value) &&
		    !text_number(value, 10, &number) && number)
			machine->cpu |= CPU_LA57;
		/* The bit that marks a page as encrypted, as a signed number. */
		if (!text_field(machine->vmcoreinfo, "NUMBER(sme_mask)", &value) &&
		    !text_equals(value, "0"))
			machine->cpu |= CPU_ENCRYPTED;
		return 0;
	}
	machine->cpu &= ~(uint32_t)CPU_PAE;
	if (!text_field(machine->vmcoreinfo, "CONFIG_X86_PAE", &value))
		machine->cpu |= CPU_PAE;
	return 0;
}

static int recorded_gdtr(const struct reader *reader)
{
	struct machine_gdtr *gdtr = &reader->machine->gdtr;
	struct span content, rest, word;
	uint64_t base, limit;
	int result = reader_file(reader, "gdtr", &content);

	if (result) {
		snprintf(gdtr->why, sizeof(gdtr->why), "the recorded machine has no file 'gdtr'");
		return 0;
	}
	rest = content;
	if (!text_word(&rest, &word) || text_number(word, 16, &base) || !text_word(&rest, &word) ||
	    text_number(word, 16, &limit) || limit > UINT16_MAX) {
		result = error_set(reader->err, "'%s/gdtr' is not base and limit in hex",
				   reader->root);
	} else {
		*gdtr = (struct machine_gdtr){ true, base, (uint16_t)limit, "recorded", "" };
	}
	reader_content_done(&content);
	return result;
}

int kernel_read_gdtr(const struct reader *reader)
{
	if (!(reader->want & MACHINE_WANT_JUMP))
		return 0;
	if (!reader_is_live(reader))
		return recorded_gdtr(reader);
	gdtr_find(GDTR_ALL, reader->machine, &reader->machine->gdtr);
	return 0;
}
