/* SPDX-License-Identifier: GPL-2.0-only */
/* Judging an image against this machine, and choosing how to restore it; see resume_choose.h. */
#include "resume_choose.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "confine.h"
#include "loader.h"
#include "plan.h"

typedef unsigned long long ull;

#define MIB     UINT64_C(0x100000)
#define NOTHING 0 /* in a map: no entry there */

static const char why_direct[] = "this kernel keeps to memory that was lent to it";

static const char *const way_names[] = {
	[RESTORE_AUTO] = "auto",
	[RESTORE_DIRECT] = "direct",
	[RESTORE_CLASSIC] = "classic",
	[RESTORE_TWO_HOP] = "two-hop",
};

const char *restore_way_name(enum restore_way way)
{
	return way_names[way];
}

int restore_way_of(const char *name, enum restore_way *way)
{
	for (unsigned i = 0; i < sizeof(way_names) / sizeof(way_names[0]); i++)
		if (!strcmp(name, way_names[i])) {
			*way = (enum restore_way)i;
			return 0;
		}
	return -1;
}

/* The type at an address, and up to where it stays the same. */
static uint32_t type_at(const struct memmap *map, uint64_t address, uint64_t *until)
{
	*until = UINT64_MAX;
	for (size_t i = 0; i < map->count; i++) {
		struct range at = map->entries[i].at;

		if (address >= at.start && address < at.end) {
			*until = at.end;
			return map->entries[i].type;
		}
		if (at.start > address && at.start < *until)
			*until = at.start;
	}
	return NOTHING;
}

/* Whether all RAM of the map lies in D: a kernel that was told to keep to it. */
static bool is_confined(const struct memmap *map, const struct range_set *lent)
{
	bool has_ram = false;

	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].type != MEMORY_RAM)
			continue;
		has_ram = true;
		if (!range_set_contains(lent, map->entries[i].at))
			return false;
	}
	return has_ram;
}

static const char *type_text(uint32_t type)
{
	return type == NOTHING ? "nothing" : memmap_type_name(type);
}

/* What to do about a map that differs from the image's. */
static const char *map_advice(const struct machine *machine)
{
	return machine->firmware_is_iomem
		       ? "here it is /proc/iomem's map, not that of /sys/firmware/memmap: is sysfs "
			 "mounted?"
		       : "some firmware moves its tables from boot to boot: try again after a "
			 "reboot";
}

/*
 * The first difference between A's map and this machine's that matters. Where this kernel was told
 * that only D is RAM, A's other RAM may be reserved here.
 */
static int compare_maps(const struct memmap *there, const struct machine *machine,
			const struct range_set *lent, struct error *err)
{
	const struct memmap *here = &machine->firmware;
	bool confined = is_confined(here, lent);
	uint64_t next;

	for (uint64_t at = 0; at < UINT64_MAX; at = next) {
		uint64_t until_there, until_here;
		uint32_t was = type_at(there, at, &until_there);
		uint32_t is = type_at(here, at, &until_here);

		next = until_there < until_here ? until_there : until_here;
		if (was == is ||
		    (confined && memmap_is_confined_type((struct range){ at, next }, was, is)))
			continue;
		return error_set(err,
				 "the memory of this machine is not laid out as the image's was: "
				 "0x%llx-0x%llx was %s, here it is %s; %s",
				 (ull)at, (ull)next - 1, type_text(was), type_text(is),
				 map_advice(machine));
	}
	return 0;
}

static int check_memory(const struct resume_image *image, const struct machine *machine,
			struct error *err)
{
	const struct jump_note *note = &image->note;
	struct range_set ram = { 0 };
	int result = -1;

	if (!note->firmware.count)
		return 0;
	if (compare_maps(&note->firmware, machine, &note->lent, err) ||
	    memmap_of_type(&note->firmware, MEMORY_RAM, &ram, err))
		goto out;
	for (size_t i = 0; i < image->stored.count; i++)
		if (!range_set_contains(&ram, image->stored.items[i])) {
			error_set(err,
				  "it holds 0x%llx-0x%llx, which is not all memory on its own "
				  "map: damaged",
				  (ull)image->stored.items[i].start,
				  (ull)image->stored.items[i].end - 1);
			goto out;
		}
	result = 0;
out:
	range_set_done(&ram);
	return result;
}

static const char *machine_text(uint16_t machine)
{
	return machine == EM_386 ? "i386" : machine == EM_X86_64 ? "x86_64" : "unknown";
}

int resume_check_machine(const struct resume_image *image, const struct resume_machine *here,
			 struct error *err)
{
	const struct machine *machine = here->machine;
	uint16_t own = machine->cpu & CPU_LONG_MODE ? EM_X86_64 : EM_386;

	if (image->core.machine != own)
		return error_set(err,
				 "it is of a kernel for %s, this one is for %s; resume it from a "
				 "kernel for %s",
				 machine_text(image->core.machine), machine_text(own),
				 machine_text(image->core.machine));
	if ((machine->cpu | (image->has_note ? image->note.cpu : 0)) & CPU_ENCRYPTED)
		return error_set(err,
				 "memory is encrypted (SME, SEV or TDX) in %s: nothing can be put "
				 "back there; boot with mem_encrypt=off",
				 machine->cpu & CPU_ENCRYPTED ? "this kernel" : "its kernel");
	if (!image->has_note)
		return 0;
	if (image->note.cpu & CPU_PAE && !here->has_pae)
		return error_set(err,
				 "its kernel ran with PAE, which this processor does not have");
	if (image->note.cpu & CPU_NX && !here->has_nx)
		return error_set(err, "its page tables have NX bits, which this processor does not "
				      "know");
	if (image->note.phys_bits && machine->phys_bits &&
	    image->note.phys_bits != machine->phys_bits)
		return error_set(err,
				 "its kernel ran with %u bits of physical address, this processor "
				 "has %u",
				 image->note.phys_bits, machine->phys_bits);
	if ((image->note.cpu & CPU_LONG_MODE) &&
	    (image->note.cpu & CPU_LA57) != (machine->cpu & CPU_LA57))
		return error_set(err,
				 "its kernel ran %s five-level paging, this one runs %s; boot this "
				 "one %s no5lvl",
				 image->note.cpu & CPU_LA57 ? "with" : "without",
				 machine->cpu & CPU_LA57 ? "with" : "without",
				 machine->cpu & CPU_LA57 ? "with" : "without");
	return check_memory(image, machine, err);
}

/* What of the image lies in this kernel's RAM. */
static int find_own(const struct resume_image *image, const struct machine *machine,
		    struct range_set *own, struct error *err)
{
	for (size_t i = 0; i < image->stored.count; i++)
		for (size_t r = 0; r < machine->ram.count; r++)
			if (range_set_add(own,
					  range_intersect(image->stored.items[i],
							  machine->ram.items[r]),
					  err))
				return -1;
	return 0;
}

static int can_be_direct(const struct resume_image *image, const struct range_set *own,
			 struct error *err)
{
	for (size_t i = 0; i < own->count; i++)
		if (!image->has_note || !range_contains(image->note.handoff, own->items[i]))
			return error_set(err,
					 "this kernel itself uses 0x%llx-0x%llx, which the image "
					 "holds",
					 (ull)own->items[i].start, (ull)own->items[i].end - 1);
	return 0;
}

/* The narrowest gap between two ranges that may be filled with zeros; false if there is none. */
static bool narrowest_gap(const struct resume_image *image, const struct range_set *ranges,
			  struct range *gap)
{
	bool found = false;

	for (size_t i = 1; image->has_note && i < ranges->count; i++) {
		struct range g = { ranges->items[i - 1].end, ranges->items[i].start };

		if (!range_set_contains(&image->note.lent, g) ||
		    (found && range_bytes(g) >= range_bytes(*gap)))
			continue;
		*gap = g;
		found = true;
	}
	return found;
}

int resume_classic_ranges(const struct resume_image *image, struct range_set *ranges,
			  struct error *err)
{
	struct range gap;

	if (range_set_copy(ranges, &image->stored, err))
		return -1;
	while (ranges->count > PLAN_SEGMENTS_MAX && narrowest_gap(image, ranges, &gap))
		if (range_set_add(ranges, gap, err))
			return -1;
	if (ranges->count > PLAN_SEGMENTS_MAX)
		return error_set(err, "its memory lies in %zu pieces, kexec_load takes %d",
				 ranges->count, PLAN_SEGMENTS_MAX);
	return 0;
}

/*
 * The kernel looks through its list of pages once for each page that it cannot take at its own
 * place: quadratic. What overlaps free memory is what counts.
 */
static double classic_seconds(const struct resume_image *image, const struct resume_machine *here)
{
	double pages = (double)(range_set_bytes(&image->stored) / PAGE_BYTES);

	return pages * pages / 2 * here->entry_seconds;
}

/* Where what kexec_load can reach ends: with PAE a 32-bit kernel may have memory above that. */
static uint64_t loader_end(const struct machine *machine)
{
	const struct arch *arch = arch_find(machine->arch);

	return arch ? arch->memory_end : UINT64_MAX;
}

static int can_be_classic(const struct resume_image *image, const struct machine *machine,
			  struct error *err)
{
	struct range_set ranges = { 0 };
	uint64_t bytes, end;
	int result = resume_classic_ranges(image, &ranges, err);

	bytes = range_set_bytes(&ranges);
	end = ranges.count ? ranges.items[ranges.count - 1].end : 0;
	range_set_done(&ranges);
	if (result)
		return -1;
	if (!bytes)
		return error_set(err, "there is no memory in it");
	if (end > loader_end(machine))
		return error_set(err,
				 "kexec_load reaches memory below 0x%llx, the image has some up to "
				 "0x%llx",
				 (ull)loader_end(machine), (ull)end);
	if (machine->total_bytes && bytes > align_down(machine->total_bytes / 2, PAGE_BYTES))
		return error_set(err,
				 "kexec_load takes at most half of this kernel's memory (%llu of "
				 "%llu MiB), the image has %llu MiB",
				 (ull)(machine->total_bytes / 2 / MIB),
				 (ull)(machine->total_bytes / MIB), (ull)((bytes + MIB - 1) / MIB));
	return 0;
}

__attribute__((format(printf, 3, 4))) static int choose(struct resume_choice *choice,
							enum restore_way way, const char *why, ...)
{
	va_list args;

	va_start(args, why);
	vsnprintf(choice->why, sizeof(choice->why), why, args);
	va_end(args);
	choice->way = way;
	return 0;
}

/* A way that was asked for by name. */
static int take_asked(const struct resume_machine *here, enum restore_way asked,
		      const struct error reasons[], struct resume_choice *choice, struct error *err)
{
	const char *closed = asked == RESTORE_TWO_HOP ? here->no_hop : NULL;

	if (asked != RESTORE_TWO_HOP && *reasons[asked].text)
		closed = reasons[asked].text;
	if (closed)
		return error_set(err, "it cannot be restored the %s way: %s; try --restore=auto",
				 restore_way_name(asked), closed);
	return choose(choice, asked, "%s", asked == RESTORE_DIRECT ? why_direct : "asked for");
}

static int take_best(const struct resume_machine *here, const struct error reasons[],
		     struct resume_choice *choice, struct error *err)
{
	bool can_direct = !*reasons[RESTORE_DIRECT].text;
	bool can_classic = !*reasons[RESTORE_CLASSIC].text;

	if (can_direct)
		return choose(choice, RESTORE_DIRECT, "%s", why_direct);
	if (can_classic && (here->no_hop || choice->seconds <= CLASSIC_PATIENCE_SECONDS))
		return choose(choice, RESTORE_CLASSIC, "%llu MiB fit through kexec_load",
			      (ull)(choice->bytes / MIB));
	if (!here->no_hop && can_classic)
		return choose(choice, RESTORE_TWO_HOP, "kexec_load could take %.0f seconds",
			      choice->seconds);
	if (!here->no_hop)
		return choose(choice, RESTORE_TWO_HOP, "%s", reasons[RESTORE_CLASSIC].text);
	return error_set(err,
			 "no way to restore it is open: directly: %s; by kexec_load: %s; by a "
			 "second kernel: %s",
			 reasons[RESTORE_DIRECT].text, reasons[RESTORE_CLASSIC].text, here->no_hop);
}

int resume_choose(const struct resume_image *image, const struct resume_machine *here,
		  enum restore_way asked, struct resume_choice *choice, struct error *err)
{
	struct error reasons[RESTORE_TWO_HOP + 1] = { { "" } };

	*choice = (struct resume_choice){ .bytes = range_set_bytes(&image->stored) };
	if (find_own(image, here->machine, &choice->own, err))
		goto fail;
	can_be_direct(image, &choice->own, &reasons[RESTORE_DIRECT]);
	can_be_classic(image, here->machine, &reasons[RESTORE_CLASSIC]);
	choice->seconds = classic_seconds(image, here);
	if (asked == RESTORE_AUTO ? !take_best(here, reasons, choice, err)
				  : !take_asked(here, asked, reasons, choice, err))
		return 0;
fail:
	resume_choice_done(choice);
	return -1;
}

void resume_choice_done(struct resume_choice *choice)
{
	range_set_done(&choice->own);
}
