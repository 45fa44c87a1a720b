/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places initrd, boot_params and purgatory around a Linux kernel and sets the registers of the boot
 * protocol, the same for 32 and 64 bits. Does not know in which file the kernel came, nor what a
 * jump adds.
 */
#include "linux.h"

#include "boot_params.h"
#include "cmdline.h"
#include "efi_tables.h"
#include "real_mode.h"
#include "x86.h"
#include "initrd.h"

#define MIB UINT64_C(0x100000)

/* Real-mode memory above the BIOS data and below its extended data: what the protocol suggests. */
static const struct range low_block = { 0x10000, 0x9f000 };
/* Protocols before 2.02 look for the command line relative to this address. */
#define OLD_BLOCK       UINT64_C(0x90000)
#define OLD_BLOCK_END   UINT64_C(0xa0000)
#define PURGATORY_START UINT64_C(0x3000) /* the first pages belong to the BIOS */
/* Working memory of a kernel that has booted from an initrd and saves memory or talks to a disk. */
#define ROOM_TO_WORK (48 * MIB)
/* boot_params with the longest command line and memory map, and purgatory: more than they take. */
#define SURROUNDINGS_BYTES 0x10000

/* Big-endian numbers in a device tree, read as little-endian ones. */
#define DTB_MAGIC_SWAPPED 0xedfe0dd0
#define DTB_HEADER_BYTES  40

static int check_cmdline(const struct linux_kernel *kernel, const char *cmdline, struct error *err)
{
	size_t chars = strlen(cmdline);

	if (chars <= kernel->cmdline_chars)
		return 0;
	return error_set(err,
			 "the command line has %zu characters, this kernel takes %lu; shorten it",
			 chars, (unsigned long)kernel->cmdline_chars);
}

/* What is left out might be the memory the kernel itself lies in. */
static int check_map(const struct linux_kernel *kernel, const struct memmap *map, struct error *err)
{
	if (kernel->protocol >= PROTOCOL_2_09 || map->count <= E820_TABLE_MAX)
		return 0;
	return error_set(
		err,
		"this machine's memory map has %zu entries, a kernel of boot protocol %u.%02u "
		"reads %d; use a newer kernel",
		map->count, kernel->protocol >> 8, kernel->protocol & 0xff, E820_TABLE_MAX);
}

/* A flattened device tree (Devicetree specification, chapter 5), as long as it says. */
static int check_dtb(const struct linux_kernel *kernel, struct span dtb, struct error *err)
{
	if (!dtb.size)
		return 0;
	if (dtb.size < DTB_HEADER_BYTES || le32_get(dtb.data) != DTB_MAGIC_SWAPPED)
		return error_set(err, "--dtb: no device tree: no 0xd00dfeed at 0x0");
	if (kernel->setup.size || kernel->protocol < PROTOCOL_2_09)
		return error_set(err, "--dtb: a kernel %s cannot be handed a device tree",
				 kernel->setup.size ? "entered in real mode"
						    : "of boot protocol 2.08 or older");
	return 0;
}

static int place_initrd(const struct request *request, const struct linux_kernel *kernel,
			struct plan *plan, struct range *at, struct error *err)
{
	uint64_t end =
		kernel->initrd_end < kernel->memory_end ? kernel->initrd_end : kernel->memory_end;
	const struct place places[] = {
		{ .within = { kernel->end, end }, .top_down = true },
		{ .within = { MIB, end }, .top_down = true },
		{ .within = { kernel->end, kernel->far_end } },
		{ .within = { MIB, kernel->far_end } },
	};
	struct segment *segment;

	*at = (struct range){ 0, 0 };
	if (!request->initrd.size)
		return 0;
	segment = plan_place_any(plan, "initrd", request->initrd.size, places, 4);
	if (!segment)
		return error_set(err,
				 "no free memory of 0x%llx bytes for the initrd below 0x%llx%s",
				 (unsigned long long)request->initrd.size,
				 (unsigned long long)(kernel->far_end ? kernel->far_end : end),
				 plan->limit_given ? "; raise --mem-max or lower --mem-min" : "");
	segment->data = request->initrd;
	segment->hashed = true;
	*at = (struct range){ segment->at.start, segment->at.start + request->initrd.size };
	return 0;
}

static int no_block(size_t bytes, bool fixed, struct error *err)
{
	return error_set(err, "no free memory of 0x%zx bytes for boot_params%s", bytes,
			 fixed ? " at 0x90000, where a kernel of this age expects them" : "");
}

/* In the place of boot_params: the setup code, which makes them. */
static int place_setup(const struct linux_kernel *kernel, struct boot_block *block,
		       struct plan *plan, struct error *err)
{
	const struct place low = { .within = low_block };
	const struct place old = { .within = { OLD_BLOCK, OLD_BLOCK_END } };
	bool fixed = block->protocol < PROTOCOL_2_02;
	struct segment *segment;
	size_t bytes;
	uint8_t *data;

	if (real_mode_bytes(block, kernel->setup, &bytes, err))
		return -1;
	data = arena_alloc(&plan->arena, bytes);
	if (!data)
		return error_no_memory(err);
	segment = plan_place_any(plan, "setup", bytes, fixed ? &old : &low, 1);
	if (!segment || (fixed && segment->at.start != OLD_BLOCK))
		return no_block(bytes, fixed, err);
	block->address = segment->at.start;
	real_mode_fill(block, kernel->setup, data);
	segment->data = (struct span){ data, bytes };
	segment->hashed = true;
	return 0;
}

static int place_block(const struct linux_kernel *kernel, struct boot_block *block,
		       struct plan *plan, struct error *err)
{
	const struct place places[] = {
		{ .within = low_block },
		{ .within = { MIB, kernel->memory_end } },
		{ .within = { PURGATORY_START, MIB } },
		{ .within = { MIB, kernel->far_end } },
	};
	const struct place old = { .within = { OLD_BLOCK, OLD_BLOCK_END } };
	bool fixed = block->protocol < PROTOCOL_2_02;
	size_t bytes = boot_block_bytes(block);
	uint8_t *data = arena_alloc(&plan->arena, bytes);
	struct segment *segment;

	if (!data)
		return error_no_memory(err);
	segment = fixed ? plan_place_any(plan, "boot_params", bytes, &old, 1)
			: plan_place_any(plan, "boot_params", bytes, places, 4);
	if (!segment || (fixed && segment->at.start != OLD_BLOCK))
		return no_block(bytes, fixed, err);
	block->address = segment->at.start;
	boot_block_fill(block, data);
	segment->data = (struct span){ data, bytes };
	segment->hashed = true;
	return 0;
}

/* Below the kernel where there is room; only a 64-bit hand-over can be made from above 4 GiB. */
static int place_purgatory(const struct request *request, const struct machine *machine,
			   const struct linux_kernel *kernel, struct plan *plan, struct error *err)
{
	const uint64_t ends[] = { kernel->load < FOUR_GIB ? kernel->load : FOUR_GIB,
				  FOUR_GIB - PAGE_BYTES, kernel->wide ? X86_64_MEMORY_END : 0 };
	int result = -1;

	for (unsigned i = 0; i < 3 && result && ends[i]; i++) {
		struct place want = { .size = PAGE_BYTES,
				      .align = PAGE_BYTES,
				      .within = { PURGATORY_START, ends[i] } };

		result = x86_purgatory_place(request, machine, plan, &want, err);
	}
	return result;
}

/*
 * A kernel that is jumped to shares the machine with another one that will go on using the
 * firmware: it is left alone.
 */
static enum boot_efi hands_efi_over(const struct request *request, const struct machine *machine,
				    const struct linux_kernel *kernel)
{
	if (kernel->setup.size || kernel->protocol < PROTOCOL_2_09 || request->no_efi ||
	    request->mode == REQUEST_PRESERVE)
		return BOOT_EFI_NONE;
	if (kernel->takes_efi && efi_can_hand_over(machine))
		return BOOT_EFI_SERVICES;
	return efi_tables_known(machine) ? BOOT_EFI_TABLES : BOOT_EFI_NONE;
}

/* noefi: a kernel that is told of tables must not look for services. */
static int forbid_services(const struct machine *machine, struct plan *plan,
			   struct boot_block *block, struct error *err)
{
	struct span unused;

	if (cmdline_find(plan->cmdline, "noefi", &unused))
		return 0;
	plan_note(
		plan,
		"the next kernel is told of EFI's tables only (noefi): its services, EFI variables "
		"among them, %s",
		efi_can_hand_over(machine)
			? "are for a 64-bit bzImage of Linux 3.14 or later"
			: "can only be handed from a 64-bit kernel that has them to another on "
			  "64-bit firmware");
	plan->cmdline = cmdline_add(&plan->arena, plan->cmdline, "noefi");
	block->cmdline = plan->cmdline;
	return plan->cmdline ? 0 : error_no_memory(err);
}

/* Who cannot ask EFI for the ACPI tables, nor knows the field for them, is told in a parameter.
 * Below 1 MiB a kernel finds them by itself. */
static int add_rsdp(const struct machine *machine, const struct linux_kernel *kernel,
		    struct plan *plan, struct boot_block *block, struct error *err)
{
	struct span unused;
	const char *word;

	if (kernel->protocol >= PROTOCOL_2_15 || machine->rsdp < MIB ||
	    cmdline_find(plan->cmdline, "acpi_rsdp", &unused))
		return 0;
	word = arena_printf(&plan->arena, "acpi_rsdp=0x%llx", (unsigned long long)machine->rsdp);
	plan->cmdline = word ? cmdline_add(&plan->arena, plan->cmdline, word) : NULL;
	block->cmdline = plan->cmdline;
	return plan->cmdline ? 0 : error_no_memory(err);
}

static void note_screen(const struct request *request, const struct machine *machine,
			struct plan *plan)
{
	uint8_t info[SCREEN_INFO_BYTES] = { 0 };
	const char *wrong = screen_info_fill(machine, request->reuse_video, info);

	if (wrong)
		plan_note(plan, "%s", wrong);
}

int linux_place(const struct request *request, const struct machine *machine,
		const struct linux_kernel *kernel, struct plan *plan, struct error *err)
{
	struct purgatory_state state = {
		.entry = kernel->entry,
		.leave_long_mode = !kernel->wide && machine->cpu & CPU_LONG_MODE,
	};
	struct boot_block block = {
		.protocol = kernel->protocol,
		.header = kernel->header,
		.cmdline = plan->cmdline,
		.code32_start = kernel->load,
		.given = &plan->given,
		.machine = machine,
		.dtb = request->dtb,
		.reuse_video = request->reuse_video,
		.efi = hands_efi_over(request, machine, kernel),
	};

	if ((block.efi == BOOT_EFI_TABLES && forbid_services(machine, plan, &block, err)) ||
	    (block.efi != BOOT_EFI_SERVICES && add_rsdp(machine, kernel, plan, &block, err)))
		return -1;
	if (x86_check_mode(request, machine, kernel->wide, err) ||
	    check_cmdline(kernel, plan->cmdline, err) || check_map(kernel, &plan->given, err) ||
	    check_dtb(kernel, request->dtb, err) ||
	    place_initrd(request, kernel, plan, &block.initrd, err) ||
	    (kernel->setup.size ? place_setup(kernel, &block, plan, err)
				: place_block(kernel, &block, plan, err)) ||
	    place_purgatory(request, machine, kernel, plan, err))
		return -1;
	if (!kernel->setup.size && request->mode != REQUEST_CRASH)
		note_screen(request, machine, plan);
	if (kernel->setup.size)
		real_mode_enter(block.address, kernel->protocol, &state);
	else
		state.esi = block.address;
	purgatory_hand_over(plan, &state);
	return 0;
}

uint64_t linux_room_bytes(const struct request *request)
{
	return request->initrd.size + initrd_unpacked_bytes(request->initrd) + ROOM_TO_WORK;
}

uint64_t linux_beside_bytes(const struct request *request, uint64_t from)
{
	return align_up(request->initrd.size, PAGE_BYTES) +
	       (from > low_block.start ? SURROUNDINGS_BYTES : 0);
}
