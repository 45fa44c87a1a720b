/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: kernel and program images, through the whole planning of a load on a made-up PC. The
 * first bytes choose what is asked for; the rest is the file. What is planned must keep the rules
 * of the system call.
 */
#include <elf.h>

#include "arch/i386/boot_params.h"
#include "fuzz.h"
#include "plan_rules.h"
#include "tests/unit/pc.h"

#define MIB         UINT64_C(0x100000)
#define LIMIT_UNIT  UINT64_C(0x10000)
#define CASE_BYTES  16
#define HASHED_MIB  128 /* on larger machines a plan may hold more than is quickly hashed */
#define CMDLINE_MAX 4096
#define DTB_UNITS   3 /* of 16 bytes: a header */

/* Bits of byte 0. */
enum {
	CASE_PRESERVE = 1,
	CASE_SHOWN = 2,
	CASE_ARGS = 4, /* two bits: enum elf_args */
	CASE_64 = 16,
	CASE_MODE = 32, /* PAE, or five-level paging */
	CASE_INITRD = 64,
	CASE_CHECKS = 128,
};

/* Bits of byte 1. */
enum {
	CASE_TYPE = 1, /* three bits: 0 = any, else the type with this number */
	CASE_CMDLINE = 8,
	CASE_ENTRY = 16,
	CASE_CRASH = 32,
	CASE_LONG_MAP = 64,
	CASE_BOOT_PARAMS = 128,
};

/* Bits of byte 15. */
enum { CASE_EFI = 1, CASE_DTB = 2 /* what is an initrd otherwise is a device tree */ };

static const char *const types[8] = {
	NULL, "bzImage", "elf-x86", "elf-x86_64", "bzImage64", "none", "bzImage", "elf-x86",
};

struct fuzz_case {
	uint8_t how, what;
	uint16_t limit_start, limit_size; /* in LIMIT_UNIT */
	uint16_t mib;
	uint32_t entry;
	uint8_t initrd;  /* times 16: so much of the end of the file */
	uint8_t cmdline; /* times 16: characters */
	uint8_t entry_mode;
	uint8_t more;
};

static void put_case(const struct fuzz_case *c, uint8_t *to)
{
	memset(to, 0, CASE_BYTES);
	to[0] = c->how;
	to[1] = c->what;
	le16_put(to + 2, c->limit_start);
	le16_put(to + 4, c->limit_size);
	le16_put(to + 6, c->mib);
	le32_put(to + 8, c->entry);
	to[12] = c->initrd;
	to[13] = c->cmdline;
	to[14] = c->entry_mode;
	to[15] = c->more;
}

static void take_case(struct span *input, struct fuzz_case *c)
{
	c->how = fuzz_u8(input);
	c->what = fuzz_u8(input);
	c->limit_start = fuzz_u16(input);
	c->limit_size = fuzz_u16(input);
	c->mib = fuzz_u16(input);
	c->entry = fuzz_u32(input);
	c->initrd = fuzz_u8(input);
	c->cmdline = fuzz_u8(input);
	c->entry_mode = fuzz_u8(input) % 3;
	c->more = fuzz_u8(input);
}

/* More than a zero page holds. */
static void make_long_map(struct machine *machine)
{
	struct error err;

	for (uint64_t i = 0; i < 300; i++) {
		uint64_t start = UINT64_C(0x200000000) + i * 0x10000;

		if (memmap_add(&machine->firmware, (struct range){ start, start + 0x8000 },
			       i % 3 ? MEMORY_RESERVED : MEMORY_ACPI, &err))
			abort();
	}
}

/* Started by 64-bit firmware, a region of which lies in RAM and one elsewhere. */
static void make_efi(struct machine *machine, uint8_t boot_params[BOOT_PARAMS_BYTES])
{
	static const struct efi_region regions[] = {
		{ .type = 6,
		  .physical = 8 * MIB,
		  .virtual = UINT64_C(0xfffffffeff000000),
		  .pages = 16 },
		{ .type = 11, .physical = UINT64_C(0xffe00000), .pages = 512 },
	};
	struct error err;

	memcpy(boot_params + BP_EFI_INFO, "EL64", 4);
	machine->efi.fw_vendor = machine->efi.tables = 0x1000;
	machine->efi.acpi20 = machine->efi.smbios3 = 0x2000;
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (efi_region_add(&machine->efi, &regions[i], &err))
			abort();
}

static void make_machine(const struct fuzz_case *c, uint8_t boot_params[BOOT_PARAMS_BYTES],
			 struct machine *machine)
{
	struct error err;

	pc_init(machine, 16 + c->mib % 1008);
	if (c->how & CASE_64) {
		strcpy(machine->arch, "x86_64");
		machine->cpu = CPU_LONG_MODE | CPU_PAE | (c->how & CASE_MODE ? CPU_LA57 : 0);
		machine->gdtr.base = UINT64_C(0xfffffe0000001000);
		machine->gdtr.limit = 127;
		machine->page_offset = UINT64_C(0xffff888000000000);
	} else if (c->how & CASE_MODE) {
		machine->cpu = CPU_PAE;
	}
	if (c->what & CASE_CRASH &&
	    range_set_add(&machine->crash, (struct range){ 32 * MIB, 48 * MIB }, &err))
		abort();
	if (c->what & CASE_LONG_MAP)
		make_long_map(machine);
	if (c->what & CASE_BOOT_PARAMS) {
		memset(boot_params, 0x5a, BOOT_PARAMS_BYTES);
		machine->boot_params = (struct span){ boot_params, BOOT_PARAMS_BYTES };
		if (c->more & CASE_EFI)
			make_efi(machine, boot_params);
	}
}

static void make_request(const struct fuzz_case *c, struct span file, char *cmdline,
			 struct request *request)
{
	size_t tail = (size_t)c->initrd * 16 < file.size ? (size_t)c->initrd * 16 : file.size;

	memset(cmdline, 'x', (size_t)c->cmdline * 16);
	cmdline[c->what & CASE_CMDLINE ? (size_t)c->cmdline * 16 : 0] = '\0';
	*request = (struct request){
		.mode = c->how & CASE_PRESERVE ? REQUEST_PRESERVE : REQUEST_BOOT,
		.type = types[c->what / CASE_TYPE & 7],
		.image_name = "image",
		.image = file,
		.cmdline = cmdline,
		.elf_args = (enum elf_args)(c->how / CASE_ARGS & 3),
		.given = c->what & CASE_CMDLINE ? REQUEST_CMDLINE : 0,
		.entry_mode = (enum entry_mode)c->entry_mode,
		.entry = c->entry,
		.entry_given = c->what & CASE_ENTRY,
		.only_shown = c->how & CASE_SHOWN,
		.no_checks = !(c->how & CASE_CHECKS) || 16 + c->mib % 1008 > HASHED_MIB,
		.console = { .vga = true, .serial = true, .serial_base = 0x3f8 },
	};
	if (c->entry_mode)
		request->given |= REQUEST_ENTRY_MODE;
	if (c->how & CASE_ARGS * 3)
		request->given |= REQUEST_ELF_ARGS;
	if (c->how & CASE_INITRD && tail) {
		struct span end = { file.data + file.size - tail, tail };

		*(c->more & CASE_DTB ? &request->dtb : &request->initrd) = end;
		request->given |= c->more & CASE_DTB ? REQUEST_DTB : REQUEST_INITRD;
	}
	request->limit.start = c->limit_start * LIMIT_UNIT;
	if (c->limit_size)
		request->limit.end = request->limit.start + c->limit_size * LIMIT_UNIT;
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	uint8_t boot_params[BOOT_PARAMS_BYTES];
	char cmdline[CMDLINE_MAX];
	const struct arch *arch;
	struct machine machine;
	struct request request;
	struct fuzz_case c;
	struct plan plan;
	uint8_t *file;

	take_case(&input, &c);
	file = fuzz_copy(input);
	make_machine(&c, boot_params, &machine);
	make_request(&c, (struct span){ file, input.size }, cmdline, &request);
	arch = arch_find(machine.arch);
	for (unsigned i = 0; arch->loaders[i]; i++)
		if (arch->loaders[i]->by_file)
			arch->loaders[i]->by_file(request.image);
	fuzz_accepted = fuzz_plan(&request, &machine, &plan);
	plan_done(&plan);
	efi_done(&machine.efi);
	pc_done(&machine);
	free(file);
	return 0;
}

/* A kernel of a few pages, changed a little for each protocol. */
static struct image seed_kernel(uint16_t protocol, uint16_t xloadflags)
{
	struct image_bzimage fields = image_modern;
	struct image image;

	fields.protocol = protocol;
	fields.setup_sects = protocol == 0x20f ? 3 : 1;
	fields.payload_bytes = 4096 + 100;
	image = image_bzimage(&fields);
	if (protocol >= PROTOCOL_2_12)
		le16_put(image.data + BP_XLOADFLAGS, xloadflags);
	return image;
}

static struct image seed_program(uint8_t elf_class, uint16_t type, uint64_t address)
{
	struct image_elf fields = {
		.elf_class = elf_class,
		.type = type,
		.machine = elf_class == ELFCLASS64 ? EM_X86_64 : EM_386,
		.entry = address + 0x10,
		.count = 3,
		.loads = { { address, 0x1800, 0x1800 },
			   { address + 0x1800, 0x3000, 0x200 },
			   { address + 0x100000, 0x2000, 0 } },
	};

	return image_elf(&fields);
}

static const struct seed {
	uint16_t protocol; /* 0 = ELF */
	uint16_t xloadflags;
	uint16_t type; /* ELF */
	uint8_t elf_class;
	struct fuzz_case how;
} seeds[] = {
	{ .protocol = 0x20f,
	  .how = { CASE_CHECKS | CASE_INITRD, CASE_CMDLINE, .mib = 32, .initrd = 64,
		   .cmdline = 2 } },
	{ .protocol = 0x20f, .how = { CASE_PRESERVE, .mib = 240 } },
	{ .protocol = 0x20f,
	  .how = { CASE_PRESERVE, .limit_start = 0x100, .limit_size = 0x600, .mib = 240 } },
	{ .protocol = 0x20f, .xloadflags = 0x7f, .how = { CASE_64, .mib = 32 } },
	{ .protocol = 0x20f,
	  .xloadflags = 0x7f,
	  .how = { CASE_64 | CASE_MODE | CASE_PRESERVE, CASE_CMDLINE, .mib = 240, .cmdline = 1 } },
	{ .protocol = 0x20f,
	  .how = { CASE_CHECKS, CASE_CMDLINE, .mib = 32, .cmdline = 2,
		   .entry_mode = ENTRY_MODE_16 } },
	{ .protocol = 0x201, .how = { CASE_CHECKS, .mib = 32, .entry_mode = ENTRY_MODE_16 } },
	{ .protocol = 0x20f,
	  .xloadflags = 0x7f,
	  .how = { CASE_64, .mib = 32, .entry_mode = ENTRY_MODE_32 } },
	{ .protocol = 0x20f,
	  .xloadflags = 0x7f,
	  .how = { CASE_64, CASE_BOOT_PARAMS, .mib = 32, .more = CASE_EFI } },
	{ .protocol = 0x20f, .how = { 0, CASE_BOOT_PARAMS, .mib = 32, .more = CASE_EFI } },
	{ .protocol = 0x20f,
	  .how = { CASE_INITRD, 0, .mib = 32, .initrd = DTB_UNITS, .more = CASE_DTB } },
	{ .protocol = 0x20d, .how = { CASE_CHECKS, CASE_LONG_MAP | CASE_BOOT_PARAMS, .mib = 32 } },
	{ .protocol = 0x208,
	  .how = { CASE_CHECKS, CASE_CRASH | CASE_TYPE, .limit_size = 0x300, .mib = 32 } },
	{ .protocol = 0x204, .how = { 0, CASE_CMDLINE, .mib = 32, .cmdline = 3 } },
	{ .protocol = 0x200,
	  .how = { CASE_INITRD, CASE_CMDLINE, .mib = 32, .initrd = 9, .cmdline = 1 } },
	{ .type = ET_EXEC,
	  .elf_class = ELFCLASS32,
	  .how = { CASE_CHECKS, CASE_CMDLINE, .mib = 32 } },
	{ .type = ET_EXEC,
	  .elf_class = ELFCLASS32,
	  .how = { CASE_PRESERVE | CASE_ARGS * ELF_ARGS_NONE, CASE_ENTRY, .mib = 32,
		   .entry = 0x1000020 } },
	{ .type = ET_DYN,
	  .elf_class = ELFCLASS32,
	  .how = { CASE_ARGS * ELF_ARGS_LINUX | CASE_INITRD, .mib = 32, .initrd = 30 } },
	{ .type = ET_EXEC,
	  .elf_class = ELFCLASS32,
	  .how = { CASE_PRESERVE | CASE_ARGS * ELF_ARGS_LINUX, .mib = 240 } },
	{ .type = ET_EXEC,
	  .elf_class = ELFCLASS64,
	  .how = { CASE_64 | CASE_CHECKS | CASE_ARGS * ELF_ARGS_LINUX, .mib = 32 } },
	{ .type = ET_CORE,
	  .elf_class = ELFCLASS64,
	  .how = { CASE_64 | CASE_ARGS * ELF_ARGS_NONE, 3 * CASE_TYPE, .mib = 32 } },
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	uint8_t head[CASE_BYTES];
	const struct seed *seed;
	struct image image;

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	seed = &seeds[n];
	image = seed->protocol ? seed_kernel(seed->protocol, seed->xloadflags)
			       : seed_program(seed->elf_class, seed->type, 16 * MIB);
	if (seed->how.more & CASE_DTB)
		memcpy(image.data + image.size - DTB_UNITS * 16, "\xd0\x0d\xfe\xed", 4);
	put_case(&seed->how, head);
	return fuzz_seed_image(head, sizeof(head), image, buffer, capacity);
}
