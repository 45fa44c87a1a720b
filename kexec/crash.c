/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plans what surrounds a crash kernel: the ELF core header that becomes its /proc/vmcore, the copy
 * of low memory, its memory map and its parameters (Linux, Documentation/admin-guide/kdump). Does
 * not know image types, nor how the kernel itself is placed.
 */
#include "crash.h"

#include <elf.h>

#include "cmdline.h"
#include "confine.h"
#include "core_header.h"

#define MIB               UINT64_C(0x100000)
#define SIZE_STEP         (16 * MIB) /* what a recommended crashkernel= is rounded up to */
#define COREHDR_BYTES_MAX (16 * MIB) /* 8192 processors and 65536 memory ranges take less */

typedef unsigned long long ull;

struct range crash_region(const struct machine *machine)
{
	const struct range_set *crash = &machine->crash;

	if (!crash->count)
		return (struct range){ 0, 0 };
	return range_whole_pages(crash->items[crash->count - 1]);
}

static void put_note(struct core_writer *w, const struct machine_note *note)
{
	core_put_part(w,
		      &(struct core_part){ .type = PT_NOTE,
					   .at = { note->address, note->address + note->bytes } });
}

static void put_load(struct core_writer *w, const struct machine *machine, struct range at,
		     uint64_t offset)
{
	core_put_part(w, &(struct core_part){ PT_LOAD, at, core_linear_address(machine, at.start),
					      offset });
}

static bool has_backup(const struct plan *plan)
{
	return range_bytes(plan->crash.source) != 0;
}

/* The running kernel's RAM without the crash kernel's and what is copied. */
static int dumped_ram(const struct machine *machine, const struct plan *plan, struct range_set *ram,
		      struct error *err)
{
	if (range_set_copy(ram, &machine->ram, err) ||
	    range_set_remove(ram, plan->crash.source, err))
		return -1;
	for (size_t i = 0; i < machine->crash.count; i++)
		if (range_set_remove(ram, machine->crash.items[i], err))
			return -1;
	return 0;
}

static size_t note_parts(const struct machine *machine)
{
	return machine->cpu_note_count + (machine->vmcoreinfo_note.bytes != 0);
}

/* Whether the image of the running kernel has an address of its own, apart from the linear map. */
static bool has_text_part(const struct machine *machine)
{
	return machine->cpu & CPU_LONG_MODE && machine->kernel_address &&
	       range_bytes(machine->kernel);
}

static void write_header(const struct machine *machine, const struct arch *arch,
			 const struct plan *plan, const struct range_set *ram,
			 struct core_writer *w)
{
	core_put_header(w, arch->elf_machine, 0,
			note_parts(machine) + has_text_part(machine) + has_backup(plan) +
				ram->count);
	for (unsigned i = 0; i < machine->cpu_note_count; i++)
		put_note(w, &machine->cpu_notes[i]);
	if (machine->vmcoreinfo_note.bytes)
		put_note(w, &machine->vmcoreinfo_note);
	if (has_text_part(machine))
		core_put_part(w, &(struct core_part){ PT_LOAD, machine->kernel,
						      machine->kernel_address, 0 });
	if (has_backup(plan))
		put_load(w, machine, plan->crash.source, plan->crash.target);
	for (size_t i = 0; i < ram->count; i++)
		put_load(w, machine, ram->items[i], 0);
}

static int place_backup(const struct machine *machine, struct plan *plan, struct error *err)
{
	struct place want = { .align = PAGE_BYTES, .top_down = true };
	struct segment *segment;

	plan->crash.source = memmap_low_ram(&machine->ram);
	want.size = range_bytes(plan->crash.source);
	if (!want.size)
		return 0;
	segment = plan_place(plan, "backup", (struct span){ NULL, 0 }, &want, err);
	if (!segment)
		return -1;
	plan->crash.target = segment->at.start;
	return 0;
}

/* Only a 32-bit kernel has the choice. */
static bool is_elf32(const struct request *request, const struct machine *machine,
		     struct plan *plan)
{
	if (request->core_class != CORE_CLASS_ELF32)
		return false;
	if (!(machine->cpu & CPU_LONG_MODE))
		return true;
	plan_note(plan, "--elf32-core-headers: the core of a 64-bit kernel is ELF64 all the same");
	return false;
}

/* Whether all that the header names has a 32-bit address. Sets are in address order. */
static int check_elf32(const struct machine *machine, const struct range_set *ram,
		       struct error *err)
{
	uint64_t end = ram->count ? ram->items[ram->count - 1].end : 0;

	for (unsigned i = 0; i < machine->cpu_note_count; i++)
		if (end < machine->cpu_notes[i].address + machine->cpu_notes[i].bytes)
			end = machine->cpu_notes[i].address + machine->cpu_notes[i].bytes;
	if (end < machine->vmcoreinfo_note.address + machine->vmcoreinfo_note.bytes)
		end = machine->vmcoreinfo_note.address + machine->vmcoreinfo_note.bytes;
	return end <= UINT32_MAX ? 0
				 : error_set(err,
					     "this machine has memory at 0x%llx, which an ELF32 "
					     "core cannot name: leave --elf32-core-headers out",
					     (ull)end - 1);
}

/* What a kernel needs that rewrites the header when memory or processors come and go. */
static int check_hotplug(const struct request *request, const struct machine *machine,
			 struct error *err)
{
	if (!request->hotplug)
		return 0;
	if (!machine->corehdr_bytes)
		return error_set(err, "--hotplug: the running kernel does not keep a loaded crash "
				      "kernel up to date (Linux 6.5 and later do, with "
				      "CONFIG_CRASH_HOTPLUG): leave it out, and load again "
				      "whenever processors or memory have changed");
	if (machine->corehdr_bytes > COREHDR_BYTES_MAX)
		return error_set(err,
				 "--hotplug: the running kernel asks for a core header of "
				 "0x%llx bytes",
				 (ull)machine->corehdr_bytes);
	if (request->core_class == CORE_CLASS_ELF32 && !(machine->cpu & CPU_LONG_MODE))
		return error_set(err, "--hotplug: the running kernel writes an ELF64 core header: "
				      "leave --elf32-core-headers out");
	return 0;
}

static int place_header(const struct request *request, const struct machine *machine,
			const struct arch *arch, struct plan *plan, struct error *err)
{
	struct place want = { .align = PAGE_BYTES, .top_down = true };
	struct range_set ram = { 0 };
	struct core_writer w = { .elf32 = is_elf32(request, machine, plan) };
	struct segment *segment = NULL;

	if (!note_parts(machine))
		plan_note(plan, "the running kernel does not tell where it writes its notes: is "
				"this root? The dump will have no registers");
	if (dumped_ram(machine, plan, &ram, err) || (w.elf32 && check_elf32(machine, &ram, err)))
		goto out;
	if (ram.count + note_parts(machine) + 2 >= UINT16_MAX) {
		error_set(err, "this machine has too many memory ranges (%zu) for a core header",
			  ram.count);
		goto out;
	}
	write_header(machine, arch, plan, &ram, &w);
	want.size = w.used;
	w.place = arena_alloc(&plan->arena, w.used);
	w.used = 0;
	if (!w.place) {
		error_no_memory(err);
		goto out;
	}
	write_header(machine, arch, plan, &ram, &w);
	plan->crash.updated = request->hotplug;
	if (request->hotplug && want.size < machine->corehdr_bytes)
		want.size = machine->corehdr_bytes;
	segment = plan_place(plan, "elfcorehdr", (struct span){ w.place, w.used }, &want, err);
	if (segment) {
		segment->hashed = !request->hotplug; /* the digest would not match any more */
		plan->crash.elfcorehdr = segment->at.start;
	}
out:
	range_set_done(&ram);
	return segment ? 0 : -1;
}

/* Its map: the reservations without what must stay, and low memory, are RAM. */
static int restrict_map(const struct machine *machine, struct plan *plan, struct error *err)
{
	struct range_set ram = { 0 };
	int result = range_set_copy(&ram, &machine->crash, err);

	range_set_whole_pages(&ram);
	if (!result)
		result = range_set_add(&ram, plan->crash.source, err);
	for (unsigned i = 0; i < plan->segment_count && !result; i++)
		result = range_set_remove(&ram, plan->segments[i].at, err);
	if (!result)
		result = memmap_confine(&machine->firmware, &ram, &plan->given, err);
	range_set_done(&ram);
	return result;
}

/* memmap=: the character between size and address says what it is. */
static int add_memmap(struct plan *plan, struct error *err)
{
	plan->cmdline = cmdline_add(&plan->arena, plan->cmdline, "memmap=exactmap");
	for (size_t i = 0; i < plan->given.count && plan->cmdline; i++) {
		const struct memmap_entry *e = &plan->given.entries[i];
		bool is_acpi = e->type == MEMORY_ACPI || e->type == MEMORY_NVS;
		const char *word;

		if (e->type != MEMORY_RAM && !is_acpi)
			continue;
		word = arena_printf(&plan->arena, "memmap=0x%llx%c0x%llx", (ull)range_bytes(e->at),
				    is_acpi ? '#' : '@', (ull)e->at.start);
		plan->cmdline = word ? cmdline_add(&plan->arena, plan->cmdline, word) : NULL;
	}
	return plan->cmdline ? 0 : error_no_memory(err);
}

static int add_parameters(const struct request *request, struct plan *plan, struct error *err)
{
	const char *word =
		arena_printf(&plan->arena, "elfcorehdr=0x%llx", (ull)plan->crash.elfcorehdr);

	plan->cmdline = word ? cmdline_add(&plan->arena, request->cmdline, word) : NULL;
	if (!plan->cmdline)
		return error_no_memory(err);
	return request->memmap_cmdline ? add_memmap(plan, err) : 0;
}

/* The kernel takes an image into its highest reservation only (kexec_core.c of Linux 6.1). */
static int check_reach(const struct request *request, const struct machine *machine,
		       const struct loader *loader, struct range region, struct error *err)
{
	struct place room;

	if (loader->room(request, machine, &room, err))
		return error_prefix(err, "'%s' is no crash kernel: ", request->image_name);
	if (range_bytes(range_intersect(region, room.within)))
		return 0;
	return error_set(
		err,
		"'%s' is no crash kernel here: it only runs between 0x%llx and 0x%llx, and "
		"crashkernel= reserved 0x%llx-0x%llx; %s",
		request->image_name, (ull)room.within.start, (ull)room.within.end - 1,
		(ull)region.start, (ull)region.end - 1,
		region.start > UINT32_MAX ? "boot the running kernel with crashkernel=SIZE, "
					    "without ',high'"
					  : "use a bzImage that can be moved there");
}

static int take_region(const struct request *request, const struct machine *machine,
		       const struct loader *loader, struct plan *plan, struct error *err)
{
	struct range region = crash_region(machine);

	if (!range_bytes(region))
		return error_set(err, CRASH_NOT_RESERVED);
	if (check_reach(request, machine, loader, region, err))
		return -1;
	plan->limit = range_intersect(plan->limit, region);
	if (!range_bytes(plan->limit))
		return error_set(err,
				 "the crashkernel= reservation 0x%llx-0x%llx lies outside of "
				 "--mem-min and --mem-max",
				 (ull)region.start, (ull)region.end - 1);
	return range_set_clip(&plan->free, plan->limit, err);
}

int crash_prepare(const struct request *request, const struct machine *machine,
		  const struct arch *arch, const struct loader *loader, struct plan *plan,
		  struct error *err)
{
	if (!loader->is_kernel(request) || !loader->room)
		return error_set(err,
				 "'%s': only a Linux kernel can be loaded for a crash; for an ELF "
				 "kernel (vmlinux) give --args-linux",
				 request->image_name);
	if (check_hotplug(request, machine, err) ||
	    take_region(request, machine, loader, plan, err) || place_backup(machine, plan, err) ||
	    place_header(request, machine, arch, plan, err) || restrict_map(machine, plan, err))
		return -1;
	return add_parameters(request, plan, err);
}

int crash_finish(const struct request *request, const struct machine *machine,
		 const struct loader *loader, int failed, struct plan *plan, struct error *err)
{
	uint64_t have = range_bytes(plan->limit), want;
	struct place room;
	struct error unused;

	if (loader->room(request, machine, &room, &unused))
		return failed;
	want = room.size + range_bytes(plan->crash.source) + MIB;
	want = (want + SIZE_STEP - 1) / SIZE_STEP * SIZE_STEP;
	if (have >= want)
		return failed;
	if (failed)
		return error_set(err,
				 "the crash kernel does not fit into the %llu MiB that are "
				 "reserved for it: boot this kernel with crashkernel=%lluM",
				 (ull)(have / MIB), (ull)(want / MIB));
	plan_note(plan,
		  "%llu MiB are reserved for the crash kernel, which may be too few to unpack its "
		  "initrd and work: crashkernel=%lluM would do",
		  (ull)(have / MIB), (ull)(want / MIB));
	return 0;
}
