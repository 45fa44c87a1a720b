/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loaders "multiboot-x86" and "multiboot2-x86": kernels with a Multiboot header, ELF or by the
 * addresses in the header, with their modules, entered in 32-bit protected mode. The header and the
 * information for the kernel are read and written by multiboot1.c and multiboot2.c; this file
 * decides where things go.
 */
#include "multiboot.h"

#include <elf.h>
#include <string.h>

#include "boot_params.h"
#include "elf_image.h"
#include "x86.h"

#define MIB         UINT64_C(0x100000)
#define FIRST_PLACE UINT64_C(0x3000) /* the first pages belong to the BIOS */
#define LOWER_END   UINT64_C(0xa0000)
#define MACHINE_486 6 /* EM_486, which newer headers left out */
#define OTHERS      3 /* segments beside the kernel's: modules, information, purgatory */

#define VGA_TEXT_MEMORY UINT64_C(0xb8000)

/* Real-mode memory above the BIOS data and below its extended data. */
static const struct range low_block = { 0x10000, 0x9f000 };

typedef unsigned long long ull;

uint32_t multiboot_memory_type(uint32_t type)
{
	return type >= MEMORY_RAM && type <= MEMORY_UNUSABLE ? type : MEMORY_RESERVED;
}

void multiboot_put_colours(const struct multiboot_screen *screen, uint8_t *to)
{
	const struct multiboot_colour colours[] = { screen->red, screen->green, screen->blue };

	if (screen->type != MULTIBOOT_SCREEN_RGB)
		return;
	for (unsigned i = 0; i < 3; i++) {
		to[2 * i] = colours[i].position;
		to[2 * i + 1] = colours[i].bits;
	}
}

static struct multiboot_colour colour_at(const uint8_t *p)
{
	return (struct multiboot_colour){ .position = p[1], .bits = p[0] };
}

/* What a Linux kernel would be told. */
static struct multiboot_screen screen_of(const struct machine *machine)
{
	struct multiboot_screen screen = { .type = MULTIBOOT_NO_SCREEN };
	uint8_t p[SCREEN_INFO_BYTES] = { 0 };

	if (machine->boot_params.size < BOOT_PARAMS_BYTES && !*machine->screen.driver)
		return screen;
	screen_info_fill(machine, false, p);
	if (p[SCREEN_TYPE] == SCREEN_TYPE_VESA || p[SCREEN_TYPE] == SCREEN_TYPE_EFI) {
		if (le16_get(p + SCREEN_DEPTH) < 15 || !le16_get(p + SCREEN_WIDTH))
			return screen; /* a palette nobody knows */
		screen = (struct multiboot_screen){
			.type = MULTIBOOT_SCREEN_RGB,
			.address = le32_get(p + SCREEN_BASE) |
				   (uint64_t)le32_get(p + SCREEN_BASE_HI) << 32,
			.pitch = le16_get(p + SCREEN_LINE_BYTES),
			.width = le16_get(p + SCREEN_WIDTH),
			.height = le16_get(p + SCREEN_HEIGHT),
			.bits = (uint8_t)le16_get(p + SCREEN_DEPTH),
			.red = colour_at(p + SCREEN_COLORS),
			.green = colour_at(p + SCREEN_COLORS + 2),
			.blue = colour_at(p + SCREEN_COLORS + 4),
		};
	} else if (p[SCREEN_TYPE] == SCREEN_TYPE_TEXT && p[SCREEN_COLS]) {
		screen = (struct multiboot_screen){
			.type = MULTIBOOT_SCREEN_TEXT,
			.address = VGA_TEXT_MEMORY,
			.pitch = p[SCREEN_COLS] * 2u,
			.width = p[SCREEN_COLS],
			.height = p[SCREEN_LINES],
			.bits = 16,
		};
	}
	return screen;
}

/* KiB of RAM from address 0 to the first hole. Some firmware keeps the first page for itself. */
static uint32_t lower_kib(const struct memmap *map)
{
	uint64_t end = memmap_ram_end(map, PAGE_BYTES);

	if (end == PAGE_BYTES)
		end = 0;
	return (uint32_t)((end < LOWER_END ? end : LOWER_END) / 1024);
}

/* KiB of RAM from 1 MiB to the first hole. */
static uint32_t upper_kib(const struct memmap *map)
{
	uint64_t kib = (memmap_ram_end(map, MIB) - MIB) / 1024;

	return kib < UINT32_MAX ? (uint32_t)kib : UINT32_MAX;
}

/* The one load that the addresses of a header describe. */
static int take_addresses(struct span image, const struct multiboot_header *header,
			  struct arena *arena, struct elf_image *kernel, struct error *err)
{
	const struct multiboot_addresses *a = &header->addresses;
	uint64_t before = (uint64_t)a->header - a->load, bytes, end;

	if (a->load > a->header || before > a->offset)
		return error_set(err,
				 "the header at 0x%llx belongs at address 0x%x, so the image would "
				 "begin before the file: it is loaded from 0x%x on",
				 (ull)a->offset, a->header, a->load);
	bytes = a->load_end ? (uint64_t)a->load_end - a->load : image.size - (a->offset - before);
	if (a->load_end && a->load_end <= a->load)
		return error_set(err, "the image is loaded from 0x%x to 0x%x: that is nothing",
				 a->load, a->load_end);
	if (!bytes_fit(image.size, a->offset - before, bytes))
		return error_set(err,
				 "truncated: 0x%llx bytes at 0x%llx are to be loaded, the file "
				 "ends at 0x%zx",
				 (ull)bytes, (ull)(a->offset - before), image.size);
	end = a->load + bytes;
	if (a->bss_end && a->bss_end < end)
		return error_set(err, "the bss ends at 0x%x, inside of what is loaded up to 0x%llx",
				 a->bss_end, (ull)end);
	if (a->bss_end)
		end = a->bss_end;
	kernel->loads = arena_alloc(arena, sizeof(*kernel->loads));
	if (!kernel->loads)
		return error_no_memory(err);
	kernel->loads[0] = (struct elf_load){
		.at = { a->load, end },
		.vaddr = a->load,
		.offset = a->offset - before,
		.file_bytes = bytes,
	};
	kernel->count = 1;
	kernel->file = image;
	return 0;
}

/* An entry that is a virtual address becomes the physical one of the same byte. */
static void make_entry_physical(struct elf_image *kernel)
{
	for (size_t i = 0; i < kernel->count; i++) {
		const struct elf_load *load = &kernel->loads[i];

		if (kernel->entry >= load->vaddr &&
		    kernel->entry - load->vaddr < range_bytes(load->at)) {
			kernel->entry = kernel->entry - load->vaddr + load->at.start;
			return;
		}
	}
}

static int take_elf(struct span image, struct arena *arena, struct elf_image *kernel,
		    struct error *err)
{
	if (!elf_image_is(image))
		return error_set(err, "it is no ELF file, and its multiboot header has no "
				      "addresses to load it by");
	if (elf_image_parse(image, arena, kernel, err))
		return -1;
	if (kernel->machine != EM_386 && kernel->machine != MACHINE_486 &&
	    kernel->machine != EM_X86_64)
		return error_set(err, "ELF machine %u is neither the i386 nor x86_64",
				 kernel->machine);
	if (kernel->type != ET_EXEC && kernel->type != ET_DYN)
		return error_set(err, "ELF type %u is no program", kernel->type);
	make_entry_physical(kernel);
	return 0;
}

static struct range extent(const struct elf_image *kernel)
{
	return (struct range){ kernel->loads[0].at.start, kernel->loads[kernel->count - 1].at.end };
}

/* What is to be loaded, and where it is entered. */
static int take_kernel(struct span image, const struct multiboot_header *header,
		       struct arena *arena, struct elf_image *kernel, struct error *err)
{
	*kernel = (struct elf_image){ .file = image };
	if (header->has_addresses ? take_addresses(image, header, arena, kernel, err)
				  : take_elf(image, arena, kernel, err))
		return -1;
	if (header->has_entry)
		kernel->entry = header->entry;
	if (extent(kernel).end > FOUR_GIB)
		return error_set(err, "the kernel lies above 4 GiB (up to 0x%llx)",
				 (ull)extent(kernel).end - 1);
	if (!header->has_entry && !header->has_addresses && !elf_image_holds(kernel, kernel->entry))
		return error_set(err,
				 "the entry 0x%llx lies in nothing that is loaded (0x%llx-0x%llx)",
				 (ull)kernel->entry, (ull)extent(kernel).start,
				 (ull)extent(kernel).end - 1);
	if (!elf_image_holds(kernel, kernel->entry))
		return error_set(err,
				 "the entry 0x%llx that the multiboot header gives lies in nothing "
				 "that is loaded (0x%llx-0x%llx)",
				 (ull)kernel->entry, (ull)extent(kernel).start,
				 (ull)extent(kernel).end - 1);
	return 0;
}

static void move(struct elf_image *kernel, uint64_t start)
{
	uint64_t by = start - extent(kernel).start; /* may wrap: so does adding it */

	for (size_t i = 0; i < kernel->count; i++) {
		kernel->loads[i].at.start += by;
		kernel->loads[i].at.end += by;
	}
	kernel->entry += by;
}

/* Where a relocatable kernel goes: where it was linked to if that is free, else as it prefers. */
static int relocate(const struct multiboot_header *header, const struct plan *plan,
		    struct elf_image *kernel, struct error *err)
{
	struct range at = extent(kernel);
	struct range pages = { align_down(at.start, PAGE_BYTES), align_up(at.end, PAGE_BYTES) };
	struct place want = {
		.size = align_up(at.end - at.start, PAGE_BYTES),
		.align = header->relocate.align > PAGE_BYTES ? header->relocate.align : PAGE_BYTES,
		.within = { header->relocate.min, header->relocate.end },
		.top_down = header->relocate.preference == MULTIBOOT_HIGHEST,
	};
	uint64_t start;

	if (header->relocate.preference == MULTIBOOT_ANYWHERE && range_contains(want.within, at) &&
	    !(at.start % want.align) && range_set_contains(&plan->free, pages))
		return 0;
	if (range_set_find(&plan->free, &want, &start))
		return error_set(err,
				 "no free memory of 0x%llx bytes for the kernel between 0x%llx and "
				 "0x%llx, where its multiboot header wants it%s",
				 (ull)want.size, (ull)want.within.start, (ull)want.within.end - 1,
				 plan->limit_given ? "; give a wider --mem-min and --mem-max" : "");
	move(kernel, start);
	return 0;
}

/* All modules in one piece: kernels that take the memory behind the last one for free are right. */
static int place_modules(const struct request *request, uint64_t behind, struct plan *plan,
			 uint64_t *at, struct error *err)
{
	const struct place places[] = {
		{ .within = { behind, FOUR_GIB } },
		{ .within = { MIB, FOUR_GIB } },
	};
	struct segment *segment;

	*at = 0;
	if (!request->module_count)
		return 0;
	segment = plan_place_any(plan, "modules", request->modules.size, places, 2);
	if (!segment)
		return error_set(err,
				 "no free memory of 0x%llx bytes below 4 GiB for the modules%s",
				 (ull)request->modules.size,
				 plan->limit_given ? "; give a wider --mem-min and --mem-max" : "");
	segment->data = request->modules;
	segment->hashed = true;
	*at = segment->at.start;
	return 0;
}

static int place_information(const struct multiboot_version *version,
			     const struct multiboot_facts *facts, uint64_t behind,
			     struct plan *plan, uint64_t *at, struct error *err)
{
	const struct place places[] = {
		{ .within = low_block },
		{ .within = { behind, FOUR_GIB } },
		{ .within = { FIRST_PLACE, FOUR_GIB } },
	};
	size_t bytes = version->inform(facts, 0, NULL);
	uint8_t *data = arena_alloc(&plan->arena, bytes);
	struct segment *segment;

	if (!data)
		return error_no_memory(err);
	segment = plan_place_any(plan, "multiboot_info", bytes, places, 3);
	if (!segment)
		return error_set(err,
				 "no free memory of 0x%zx bytes below 4 GiB for what the kernel is "
				 "told",
				 bytes);
	*at = segment->at.start;
	version->inform(facts, *at, data);
	segment->data = (struct span){ data, bytes };
	segment->hashed = true;
	return 0;
}

/* Kernels expect the name of the file first. A name with a blank would end in the wrong place. */
static const char *whole_cmdline(const struct request *request, struct arena *arena)
{
	const char *name = request->image_name;

	if (name[strcspn(name, " \t")])
		name = "kernel";
	return arena_printf(arena, "%s%s%s", name, *request->cmdline ? " " : "", request->cmdline);
}

static void gather_facts(const struct request *request, const struct machine *machine,
			 const struct memmap *map, struct multiboot_facts *facts)
{
	*facts = (struct multiboot_facts){
		.cmdline = "",
		.request = request,
		.map = map,
		.lower_kib = lower_kib(map),
		.upper_kib = upper_kib(map),
		.screen = screen_of(machine),
		.machine = machine,
	};
}

static int plan_version(const struct multiboot_version *version, const struct request *request,
			const struct machine *machine, struct plan *plan, struct error *err)
{
	struct place want = { .size = PAGE_BYTES,
			      .align = PAGE_BYTES,
			      .within = { FIRST_PLACE, FOUR_GIB } };
	struct purgatory_state state = { .eax = version->magic,
					 .leave_long_mode = machine->cpu & CPU_LONG_MODE };
	struct multiboot_header header;
	struct multiboot_facts facts;
	struct elf_image kernel;
	uint64_t behind;

	gather_facts(request, machine, &plan->given, &facts);
	plan->cmdline = facts.cmdline = whole_cmdline(request, &plan->arena);
	if (!plan->cmdline)
		return error_no_memory(err);
	if (version->parse(request->image, &facts, &header, err) ||
	    take_kernel(request->image, &header, &plan->arena, &kernel, err) ||
	    (header.is_relocatable && relocate(&header, plan, &kernel, err)) ||
	    x86_loads_place("kernel", &kernel, OTHERS, plan, err))
		return -1;
	facts.is_relocatable = header.is_relocatable;
	facts.wants_smbios = header.wants_smbios;
	facts.load_base = extent(&kernel).start;
	behind = align_up(extent(&kernel).end, PAGE_BYTES);
	if (place_modules(request, behind, plan, &facts.modules_at, err) ||
	    place_information(version, &facts, behind, plan, &state.ebx, err) ||
	    x86_purgatory_place(request, machine, plan, &want, err))
		return -1;
	state.entry = request->entry_given ? request->entry : kernel.entry;
	purgatory_hand_over(plan, &state);
	if (version->tells_rsdp && machine->rsdp >= MIB && !machine->rsdp_copy_bytes)
		plan_note(plan,
			  "the ACPI root pointer at 0x%llx cannot be read ('/dev/mem' of the "
			  "running kernel hides it): the kernel is not told of it",
			  (ull)machine->rsdp);
	if (header.wants_screen && facts.screen.type == MULTIBOOT_NO_SCREEN)
		plan_note(plan,
			  "the kernel asks for a screen, but none is known: it is told of none");
	return 0;
}

/* What a kernel is made of, without a machine it could be told of. */
static int probe_version(const struct multiboot_version *version, struct span image,
			 struct error *err)
{
	const struct multiboot_facts unknown = { .screen.type = MULTIBOOT_SCREEN_TEXT };
	struct arena arena = { NULL };
	struct multiboot_header header;
	struct elf_image kernel;
	int failed = version->parse(image, &unknown, &header, err) ||
		     take_kernel(image, &header, &arena, &kernel, err);

	arena_done(&arena);
	return failed ? -1 : 0;
}

static bool is_kernel(const struct request *request)
{
	(void)request;
	return true;
}

static int probe_1(struct span image, struct error *err)
{
	return probe_version(&multiboot_version_1, image, err);
}

static bool looks_like_1(struct span image)
{
	return multiboot_version_1.find(image) >= 0;
}

static int plan_1(const struct request *request, const struct machine *machine, struct plan *plan,
		  struct error *err)
{
	return plan_version(&multiboot_version_1, request, machine, plan, err);
}

const struct loader loader_multiboot = {
	.name = "multiboot-x86",
	.accepts = REQUEST_CMDLINE | REQUEST_MODULES,
	.probe = probe_1,
	.looks_like = looks_like_1,
	.is_kernel = is_kernel,
	.plan = plan_1,
};

static int probe_2(struct span image, struct error *err)
{
	return probe_version(&multiboot_version_2, image, err);
}

static bool looks_like_2(struct span image)
{
	return multiboot_version_2.find(image) >= 0;
}

static int plan_2(const struct request *request, const struct machine *machine, struct plan *plan,
		  struct error *err)
{
	return plan_version(&multiboot_version_2, request, machine, plan, err);
}

const struct loader loader_multiboot2 = {
	.name = "multiboot2-x86",
	.accepts = REQUEST_CMDLINE | REQUEST_MODULES,
	.probe = probe_2,
	.looks_like = looks_like_2,
	.is_kernel = is_kernel,
	.plan = plan_2,
	.shows_tables = true,
};
