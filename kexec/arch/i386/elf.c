/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loaders "elf-x86" and "elf-x86_64": ELF files, each PT_LOAD at its physical address, entered in
 * the mode of their machine. What the program finds in its registers is --args-...: nothing (none),
 * ELF boot notes (elf), or the boot_params a Linux kernel expects (linux). Does not know how ELF
 * headers are read.
 */
#include <elf.h>

#include "boot_params.h"
#include "elf_image.h"
#include "x86.h"
#include "linux.h"

#define MIB         UINT64_C(0x100000)
#define FIRST_PLACE UINT64_C(0x3000) /* the first pages belong to the BIOS */
#define ROOM_ALIGN  (2 * MIB)
#define MACHINE_486 6 /* EM_486, which newer headers left out */

/* Boot notes: magic in eax, address in ebx; magic again, size, checksum, count, then ELF notes. */
#define BOOT_NOTES_MAGIC  UINT32_C(0x0e1fb007)
#define BOOT_NOTES_HEADER 12
#define BOOT_NOTE_HEADER  12
#define BOOT_PROGRAM      "kexec"

/* What a vmlinux, which has no setup header, is told of one. */
#define VMLINUX_PROTOCOL      PROTOCOL_2_09
#define VMLINUX_CMDLINE_CHARS 2047
#define VMLINUX_ROOT_DEV      0x300 /* what stood there when disks were /dev/hda */

enum boot_note { BOOT_NOTE_LOADER = 2, BOOT_NOTE_LOADER_VERSION = 3, BOOT_NOTE_CMDLINE = 4 };

typedef unsigned long long ull;

/* One loader for each machine. */
struct elf_way {
	uint16_t machine, other_machine; /* EM_* */
	const char *name;
	bool wide;           /* entered in 64-bit mode */
	uint64_t memory_end; /* of the program */
	uint64_t near_end;   /* of what is placed around it; a kernel's initrd, too */
};

static const struct elf_way way_32 = {
	EM_386, MACHINE_486, "the i386", false, FOUR_GIB, LINUX_LOW_MEMORY_END,
};
static const struct elf_way way_64 = {
	EM_X86_64, EM_X86_64, "x86_64", true, X86_64_MEMORY_END, FOUR_GIB,
};

static const struct elf_way *way_of(const struct elf_image *elf)
{
	return elf->machine == EM_X86_64 ? &way_64 : &way_32;
}

static enum elf_args args_of(const struct request *request)
{
	return request->elf_args == ELF_ARGS_DEFAULT ? ELF_ARGS_ELF : request->elf_args;
}

static int check_kind(const struct elf_image *elf, const struct elf_way *way, struct error *err)
{
	const struct elf_load *last = &elf->loads[elf->count - 1];

	if (elf->machine != way->machine && elf->machine != way->other_machine)
		return error_set(err, "ELF machine %u at 0x%zx is not %s", elf->machine,
				 offsetof(Elf32_Ehdr, e_machine), way->name);
	if (elf->type != ET_EXEC && elf->type != ET_DYN && elf->type != ET_CORE)
		return error_set(err, "ELF type %u at 0x%zx is neither a program nor a core",
				 elf->type, offsetof(Elf32_Ehdr, e_type));
	if (last->at.end > way->memory_end)
		return error_set(err, "the load at 0x%llx-0x%llx lies above %s",
				 (ull)last->at.start, (ull)last->at.end - 1,
				 way->wide ? "all memory" : "4 GiB");
	return 0;
}

static int probe(struct span image, const struct elf_way *way, struct error *err)
{
	struct arena arena = { NULL };
	struct elf_image elf;
	int result = elf_image_parse(image, &arena, &elf, err) || check_kind(&elf, way, err);

	arena_done(&arena);
	return result ? -1 : 0;
}

static int probe_32(struct span image, struct error *err)
{
	return probe(image, &way_32, err);
}

static int probe_64(struct span image, struct error *err)
{
	return probe(image, &way_64, err);
}

/* What is damaged in other ELF files is told by the other loader. */
static bool looks_like_64(struct span image)
{
	size_t at = offsetof(Elf64_Ehdr, e_machine);

	return elf_image_is(image) && bytes_fit(image.size, at, 2) &&
	       le16_get(image.data + at) == EM_X86_64;
}

static bool is_kernel(const struct request *request)
{
	return args_of(request) == ELF_ARGS_LINUX;
}

static int check_request(const struct request *request, const struct elf_image *elf,
			 struct error *err)
{
	enum elf_args args = args_of(request);
	uint64_t entry = request->entry_given ? request->entry : elf->entry;

	if (args != ELF_ARGS_LINUX && request->initrd.size)
		return error_set(err, "an initrd is only for a kernel: give --args-linux");
	if (args == ELF_ARGS_NONE && request->given & REQUEST_CMDLINE)
		return error_set(err, "with --args-none nothing takes a command line");
	if (args != ELF_ARGS_NONE && elf->type == ET_CORE)
		return error_set(err, "a core of a whole machine takes nothing: give --args-none");
	if (!elf_image_holds(elf, entry))
		return error_set(err,
				 "the entry 0x%llx lies in none of the loads (0x%llx-0x%llx); "
				 "--entry gives another",
				 (ull)entry, (ull)elf->loads[0].at.start,
				 (ull)elf->loads[elf->count - 1].at.end - 1);
	return 0;
}

/* How many segments are needed beside the program's. */
static size_t other_segments(const struct request *request)
{
	bool preserve = request->mode == REQUEST_PRESERVE;

	switch (args_of(request)) {
	case ELF_ARGS_NONE:
		return 1 + preserve; /* purgatory, hand-off area */
	case ELF_ARGS_LINUX:
		return 2 + (request->initrd.size != 0) + (preserve ? 3 : 0); /* low, backup */
	default:
		return 2 + preserve; /* boot notes */
	}
}

/* A note without an owner, as the boot notes have them. */
static uint8_t *put_note(uint8_t *at, enum boot_note type, const char *text)
{
	size_t bytes = strlen(text) + 1;

	le32_put(at, 0);
	le32_put(at + 4, (uint32_t)bytes);
	le32_put(at + 8, type);
	memcpy(at + BOOT_NOTE_HEADER, text, bytes);
	return at + BOOT_NOTE_HEADER + align_up(bytes, 4);
}

/* The Internet checksum (RFC 1071) over an even number of bytes. */
static uint16_t checksum(const uint8_t *bytes, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i += 2)
		sum += le16_get(bytes + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static int place_notes(struct plan *plan, uint64_t *address, struct error *err)
{
	const char *texts[] = { BOOT_PROGRAM, PACKAGE_VERSION, plan->cmdline };
	static const enum boot_note types[] = { BOOT_NOTE_LOADER, BOOT_NOTE_LOADER_VERSION,
						BOOT_NOTE_CMDLINE };
	size_t bytes = BOOT_NOTES_HEADER;
	struct place want = { .align = PAGE_BYTES, .within = { FIRST_PLACE, FOUR_GIB } };
	struct segment *segment;
	uint8_t *block, *at;

	for (unsigned i = 0; i < 3; i++)
		bytes += BOOT_NOTE_HEADER + align_up(strlen(texts[i]) + 1, 4);
	want.size = bytes;
	block = arena_alloc(&plan->arena, bytes);
	if (!block)
		return error_no_memory(err);
	at = block + BOOT_NOTES_HEADER;
	for (unsigned i = 0; i < 3; i++)
		at = put_note(at, types[i], texts[i]);
	le32_put(block, BOOT_NOTES_MAGIC);
	le32_put(block + 4, (uint32_t)bytes);
	le16_put(block + 10, 3);
	le16_put(block + 8, checksum(block, bytes));
	segment = plan_place(plan, "boot_notes", (struct span){ block, bytes }, &want, err);
	if (!segment)
		return -1;
	segment->hashed = true;
	*address = segment->at.start;
	return 0;
}

static int plan_program(const struct request *request, const struct machine *machine,
			const struct elf_image *elf, struct plan *plan, struct error *err)
{
	const struct elf_way *way = way_of(elf);
	struct place want = { .size = PAGE_BYTES,
			      .align = PAGE_BYTES,
			      .within = { FIRST_PLACE, FOUR_GIB } };
	struct purgatory_state state = {
		.entry = request->entry_given ? request->entry : elf->entry,
		.leave_long_mode = !way->wide && machine->cpu & CPU_LONG_MODE,
	};

	if (args_of(request) == ELF_ARGS_NONE) {
		plan->cmdline = NULL;
	} else {
		state.eax = BOOT_NOTES_MAGIC;
		if (place_notes(plan, &state.ebx, err))
			return -1;
	}
	if (x86_purgatory_place(request, machine, plan, &want, err))
		return -1;
	purgatory_hand_over(plan, &state);
	return 0;
}

/* A setup header for a kernel whose file has none. */
static uint8_t *make_header(const struct elf_way *way, struct arena *arena)
{
	uint8_t *page = arena_alloc(arena, SETUP_HEADER_END);

	if (!page)
		return NULL;
	le16_put(page + BP_ROOT_FLAGS, 1);
	le16_put(page + BP_ROOT_DEV, VMLINUX_ROOT_DEV);
	le16_put(page + BP_BOOT_FLAG, BOOT_FLAG);
	memcpy(page + BP_HEADER, "HdrS", 4);
	le16_put(page + BP_VERSION, VMLINUX_PROTOCOL);
	page[BP_LOADFLAGS] = LOADFLAG_HIGH;
	le32_put(page + BP_INITRD_ADDR_MAX, (uint32_t)(way->near_end - 1));
	le32_put(page + BP_CMDLINE_SIZE, VMLINUX_CMDLINE_CHARS);
	return page;
}

static int plan_linux(const struct request *request, const struct machine *machine,
		      const struct elf_image *elf, struct plan *plan, struct error *err)
{
	const struct elf_way *way = way_of(elf);
	uint8_t *header = make_header(way, &plan->arena);
	struct linux_kernel kernel = {
		.protocol = VMLINUX_PROTOCOL,
		.cmdline_chars = VMLINUX_CMDLINE_CHARS,
		.initrd_end = way->near_end,
		.wide = way->wide,
		.memory_end = way->near_end,
		.load = elf->loads[0].at.start,
		.entry = request->entry_given ? request->entry : elf->entry,
		.end = align_up(elf->loads[elf->count - 1].at.end, PAGE_BYTES),
	};

	if (!header)
		return error_no_memory(err);
	kernel.header =
		(struct span){ header + SETUP_HEADER_START, SETUP_HEADER_END - SETUP_HEADER_START };
	return linux_place(request, machine, &kernel, plan, err);
}

static int plan_elf(const struct request *request, const struct machine *machine, struct plan *plan,
		    struct error *err)
{
	struct elf_image elf;

	if (elf_image_parse(request->image, &plan->arena, &elf, err) ||
	    check_kind(&elf, way_of(&elf), err) ||
	    x86_check_mode(request, machine, way_of(&elf)->wide, err) ||
	    check_request(request, &elf, err) ||
	    x86_loads_place(is_kernel(request) ? "kernel" : "program", &elf,
			    other_segments(request), plan, err))
		return -1;
	if (is_kernel(request))
		return plan_linux(request, machine, &elf, plan, err);
	return plan_program(request, machine, &elf, plan, err);
}

/* The loads cannot be moved: the region starts right below them and has the room behind them. */
static int room(const struct request *request, const struct machine *machine, struct place *want,
		struct error *err)
{
	struct arena arena = { NULL };
	struct elf_image elf;
	uint64_t start, end;

	(void)machine;
	if (elf_image_parse(request->image, &arena, &elf, err)) {
		arena_done(&arena);
		return -1;
	}
	start = align_down(elf.loads[0].at.start, ROOM_ALIGN);
	end = elf.loads[elf.count - 1].at.end;
	arena_done(&arena);
	if (start < MIB + ROOM_ALIGN)
		return error_set(
			err,
			"this kernel cannot be moved: it lies at 0x%llx, where there is no room "
			"below it",
			(ull)start);
	start -= ROOM_ALIGN;
	want->size = align_up(end - start + linux_room_bytes(request), MIB);
	want->align = ROOM_ALIGN;
	want->within = (struct range){ start, start + want->size };
	want->top_down = false;
	return 0;
}

const struct loader loader_elf_x86 = {
	.name = "elf-x86",
	.accepts = REQUEST_CMDLINE | REQUEST_INITRD | REQUEST_ELF_ARGS | REQUEST_REUSE_VIDEO,
	.probe = probe_32,
	.looks_like = elf_image_is,
	.is_kernel = is_kernel,
	.plan = plan_elf,
	.room = room,
};

const struct loader loader_elf_x86_64 = {
	.name = "elf-x86_64",
	.accepts = REQUEST_CMDLINE | REQUEST_INITRD | REQUEST_ELF_ARGS | REQUEST_REUSE_VIDEO,
	.probe = probe_64,
	.looks_like = looks_like_64,
	.is_kernel = is_kernel,
	.plan = plan_elf,
	.room = room,
};
