/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: what a crash kernel is told of a machine (kexec/crash.h, kexec/core_header.h). The
 * first byte chooses what is asked for; then follow records of a byte and two numbers: the
 * machine's memory, reservations and notes. The kernel is always the same.
 */
#include <elf.h>

#include "crash.h"
#include "fuzz.h"
#include "tests/unit/image_builder.h"

/* Bits of the first byte. */
enum {
	CASE_64 = 1,
	CASE_ELF32 = 2,
	CASE_HOTPLUG = 4,
	CASE_MEMMAP = 8,
	CASE_LINEAR = 16, /* the linear map is known */
};

enum { RECORD_RAM, RECORD_CRASH, RECORD_CPU, RECORD_INFO, RECORD_KERNEL, RECORD_FIRMWARE, RECORDS };

#define RECORD_BYTES 17
#define RECORDS_MAX  64
#define NOTES_COUNT  16
#define CORE_BYTES   UINT64_C(9152) /* what a kernel asks for */

struct fuzz_machine {
	struct machine machine;
	struct machine_note notes[NOTES_COUNT];
};

static void add_record(struct fuzz_machine *f, uint8_t kind, uint64_t start, uint64_t bytes)
{
	struct machine *machine = &f->machine;
	struct range at = { start, start + bytes };
	struct error err;

	if (!bytes || at.end < at.start)
		return;
	switch (kind % RECORDS) {
	case RECORD_RAM:
		if (range_set_add(&machine->ram, range_whole_pages(at), &err) ||
		    memmap_set(&machine->firmware, at, MEMORY_RAM, &err))
			abort();
		break;
	case RECORD_CRASH:
		if (range_set_add(&machine->crash, at, &err))
			abort();
		break;
	case RECORD_CPU:
		if (machine->cpu_note_count < NOTES_COUNT)
			f->notes[machine->cpu_note_count++] = (struct machine_note){ start, bytes };
		break;
	case RECORD_INFO:
		machine->vmcoreinfo_note = (struct machine_note){ start, bytes };
		break;
	case RECORD_KERNEL:
		machine->kernel = at;
		machine->kernel_address = start | UINT64_C(0xffffffff80000000);
		break;
	default:
		if (memmap_set(&machine->firmware, at, MEMORY_ACPI + kind % 2, &err))
			abort();
		machine->rsdp = start;
		break;
	}
}

static void make_machine(uint8_t how, struct span input, struct fuzz_machine *f)
{
	memset(f, 0, sizeof(*f));
	strcpy(f->machine.arch, how & CASE_64 ? "x86_64" : "i686");
	f->machine.cpu = how & CASE_64 ? CPU_LONG_MODE | CPU_PAE : 0;
	f->machine.corehdr_bytes = how & CASE_HOTPLUG ? CORE_BYTES : 0;
	if (how & CASE_LINEAR)
		f->machine.page_offset =
			how & CASE_64 ? UINT64_C(0xffff888000000000) : UINT64_C(0xc0000000);
	f->machine.cpu_notes = f->notes;
	for (unsigned i = 0; i < RECORDS_MAX && input.size; i++) {
		uint8_t kind = fuzz_u8(&input);
		uint64_t start = fuzz_u64(&input);

		add_record(f, kind, start, fuzz_u64(&input));
	}
}

static void machine_free(struct fuzz_machine *f)
{
	memmap_done(&f->machine.firmware);
	range_set_done(&f->machine.ram);
	range_set_done(&f->machine.crash);
}

static const Elf64_Phdr *widen(const uint8_t *from, Elf64_Phdr *to)
{
	Elf32_Phdr narrow;

	memcpy(&narrow, from, sizeof(narrow));
	*to = (Elf64_Phdr){ .p_type = narrow.p_type,
			    .p_offset = narrow.p_offset,
			    .p_vaddr = narrow.p_vaddr,
			    .p_paddr = narrow.p_paddr,
			    .p_filesz = narrow.p_filesz,
			    .p_memsz = narrow.p_memsz };
	return to;
}

/* A program header: bytes of the crashed kernel that will still be there. */
static void check_part(const struct fuzz_machine *f, const struct plan *plan,
		       const Elf64_Phdr *part)
{
	struct range at = { part->p_paddr, part->p_paddr + part->p_memsz };
	bool is_copy = part->p_offset == plan->crash.target && range_bytes(plan->crash.source);

	FUZZ_CHECK(part->p_filesz == part->p_memsz && at.end >= at.start);
	FUZZ_CHECK(part->p_type == PT_NOTE || part->p_type == PT_LOAD);
	if (part->p_type == PT_NOTE ||
	    (range_bytes(f->machine.kernel) && part->p_paddr == f->machine.kernel.start))
		return;
	FUZZ_CHECK(range_set_contains(&f->machine.ram, at));
	FUZZ_CHECK(is_copy || part->p_offset == part->p_paddr);
	FUZZ_CHECK(is_copy || !range_set_overlaps(&f->machine.crash, at));
}

static void check_header(const struct fuzz_machine *f, const struct plan *plan, struct span bytes)
{
	bool narrow = bytes.size > EI_CLASS && bytes.data[EI_CLASS] == ELFCLASS32;
	size_t each = narrow ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
	size_t head = narrow ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);
	size_t count;

	FUZZ_CHECK(bytes.size >= head && !memcmp(bytes.data, ELFMAG, SELFMAG));
	count = le16_get(bytes.data +
			 (narrow ? offsetof(Elf32_Ehdr, e_phnum) : offsetof(Elf64_Ehdr, e_phnum)));
	FUZZ_CHECK(bytes.size == head + count * each);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *from = bytes.data + head + i * each;
		Elf64_Phdr part;

		if (narrow)
			widen(from, &part);
		else
			memcpy(&part, from, sizeof(part));
		check_part(f, plan, &part);
	}
}

static void check_plan(const struct fuzz_machine *f, struct plan *plan)
{
	struct range_set own = { 0 }, ram = { 0 };
	struct error err;

	FUZZ_CHECK(!range_set_copy(&own, &f->machine.crash, &err));
	for (unsigned i = 0; i < plan->segment_count; i++)
		FUZZ_CHECK(range_set_contains(&own, plan->segments[i].at));
	FUZZ_CHECK(!range_set_add(&own, plan->crash.source, &err));
	FUZZ_CHECK(!memmap_of_type(&plan->given, MEMORY_RAM, &ram, &err));
	for (size_t i = 0; i < ram.count; i++)
		FUZZ_CHECK(range_set_contains(&own, ram.items[i]));
	check_header(f, plan, plan_segment(plan, "elfcorehdr")->data);
	range_set_done(&own);
	range_set_done(&ram);
}

/* The same for every input. */
static struct span kernel_image(void)
{
	static struct image image;
	struct image_bzimage modern = image_modern;

	if (!image.data) {
		modern.xloadflags = 0x63; /* entered in 64-bit mode, anywhere */
		image = image_bzimage(&modern);
	}
	return image_span(&image);
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	uint8_t how = fuzz_u8(&input);
	struct request request = {
		.mode = REQUEST_CRASH,
		.image_name = "image",
		.image = kernel_image(),
		.cmdline = "quiet",
		.core_class = how & CASE_ELF32 ? CORE_CLASS_ELF32 : CORE_CLASS_DEFAULT,
		.hotplug = how & CASE_HOTPLUG,
		.memmap_cmdline = how & CASE_MEMMAP,
		.no_checks = true,
	};
	struct fuzz_machine f;
	struct plan plan;
	struct error err = { "" };

	make_machine(how, input, &f);
	fuzz_accepted = !plan_make(&request, &f.machine, arch_find(f.machine.arch), &plan, &err);
	if (fuzz_accepted)
		check_plan(&f, &plan);
	else
		FUZZ_CHECK(err.text[0]);
	plan_done(&plan);
	machine_free(&f);
	return 0;
}

static const struct {
	uint8_t kind;
	uint64_t start, bytes;
} pc[] = {
	{ RECORD_RAM, 0x1000, 0x9e000 },
	{ RECORD_RAM, 0x100000, 0x1fee0000 },
	{ RECORD_FIRMWARE, 0x1ffe0000, 0x20000 },
	{ RECORD_CRASH, 0x10000000, 0x8000000 },
	{ RECORD_CPU, 0x1f600400, 260 },
	{ RECORD_CPU, 0x1f610400, 260 },
	{ RECORD_INFO, 0x1f510000, 0x1024 },
	{ RECORD_KERNEL, 0x1000000, 0x800000 },
	/* on the larger one */
	{ RECORD_RAM, 0x100000000, 0x40000000 },
	{ RECORD_CRASH, 0x110000000, 0x10000000 },
};

#define SMALL_RECORDS 8

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static const uint8_t cases[] = { 0, CASE_ELF32, CASE_MEMMAP | CASE_LINEAR,
					 CASE_64 | CASE_LINEAR, CASE_64 | CASE_HOTPLUG };
	size_t used = 0, records = sizeof(pc) / sizeof(pc[0]);

	if (n >= sizeof(cases))
		return 0;
	if (!(cases[n] & CASE_64))
		records = SMALL_RECORDS;
	fuzz_append(buffer, capacity, &used, &cases[n], 1);
	for (size_t i = 0; i < records; i++) {
		uint8_t bytes[RECORD_BYTES] = { pc[i].kind };

		le64_put(bytes + 1, pc[i].start);
		le64_put(bytes + 9, pc[i].bytes);
		fuzz_append(buffer, capacity, &used, bytes, sizeof(bytes));
	}
	return used;
}
