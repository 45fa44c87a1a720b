/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of the hand-off area's core header: ELF64 ET_CORE, program headers, our note and a copy
 * of VMCOREINFO. Written so that every reader of cores takes it as it is: one PT_NOTE first, the
 * program headers right behind the ELF header, 4-byte note alignment, p_align 0. Knows nothing of
 * how a jump is planned or how pages are placed.
 */
#include <elf.h>
#include <stdio.h>

#include "handoff.h"

#define RECORD_HEADER_BYTES 8
#define NOTE_HEADER_BYTES   12
#define MEMMAP_RECORD_BYTES 24
#define LENT_RECORD_BYTES   16
/* vmcore.c reads the name size of the next note before it checks the end: leave a zero terminator.
 */
#define NOTE_TERMINATOR_BYTES 64
/* PT_LOADs beyond A's RAM ranges: each segment of D can split one range, and H has one of its own.
 */
#define EXTRA_LOADS (PLAN_SEGMENTS_MAX + 1)

static const char owner[8] = NOTE_OWNER;
static const char vmcoreinfo_owner[12] = "VMCOREINFO";

/* A cursor over the core pages; place == NULL only measures. */
struct writer {
	uint8_t *place;
	size_t used;
};

static void put_bytes(struct writer *w, const void *data, size_t size, size_t align)
{
	size_t padded = (size_t)align_up(size, align);

	if (w->place) {
		memset(w->place + w->used, 0, padded);
		if (size)
			memcpy(w->place + w->used, data, size);
	}
	w->used += padded;
}

static void put32(struct writer *w, uint32_t value)
{
	uint8_t bytes[4];

	le32_put(bytes, value);
	put_bytes(w, bytes, sizeof(bytes), 4);
}

static void put64(struct writer *w, uint64_t value)
{
	uint8_t bytes[8];

	le64_put(bytes, value);
	put_bytes(w, bytes, sizeof(bytes), 4);
}

static void put_record(struct writer *w, enum note_tag tag, uint16_t flags, size_t length)
{
	put32(w, (uint32_t)tag | (uint32_t)flags << 16);
	put32(w, (uint32_t)length);
}

static void put_text_record(struct writer *w, enum note_tag tag, const char *a, const char *b)
{
	char text[256];
	size_t length;

	snprintf(text, sizeof(text), "%s%s%s", a, *b ? "\n" : "", b);
	length = strlen(text);
	put_record(w, tag, 0, length);
	put_bytes(w, text, length, 8);
}

static void put_entry_record(struct writer *w, const struct machine *machine, uint16_t elf_machine,
			     const struct plan_jump *jump)
{
	uint8_t data[NOTE_ENTRY_BYTES] = { 0 };

	le32_put(data + NOTE_ENTRY_VERSION, NOTE_VERSION);
	le32_put(data + NOTE_ENTRY_MACHINE, elf_machine);
	le64_put(data + NOTE_ENTRY_IN, jump->in);
	le64_put(data + NOTE_ENTRY_OUT, jump->out);
	le32_put(data + NOTE_ENTRY_CPU, machine->cpu);
	le64_put(data + NOTE_ENTRY_GDTR_BASE, machine->gdtr.base);
	le32_put(data + NOTE_ENTRY_GDTR_LIMIT, machine->gdtr.limit);
	le32_put(data + NOTE_ENTRY_CPUS, machine->cpu_count);
	le64_put(data + NOTE_ENTRY_HANDOFF, jump->handoff.start);
	le64_put(data + NOTE_ENTRY_HANDOFF + 8, jump->handoff.end);
	le64_put(data + NOTE_ENTRY_PAGE_OFFSET, machine->page_offset);
	put_record(w, NOTE_ENTRY, NOTE_RECORD_CRITICAL, sizeof(data));
	put_bytes(w, data, sizeof(data), 8);
}

static void put_descriptor(struct writer *w, const struct machine *machine, uint16_t elf_machine,
			   const struct plan_jump *jump, const struct range_set *lent)
{
	put_entry_record(w, machine, elf_machine, jump);
	put_record(w, NOTE_LENT, NOTE_RECORD_CRITICAL, lent->count * LENT_RECORD_BYTES);
	for (size_t i = 0; i < lent->count; i++) {
		put64(w, lent->items[i].start);
		put64(w, lent->items[i].end);
	}
	put_record(w, NOTE_MEMMAP, 0, machine->firmware.count * MEMMAP_RECORD_BYTES);
	for (size_t i = 0; i < machine->firmware.count; i++) {
		put64(w, machine->firmware.entries[i].at.start);
		put64(w, machine->firmware.entries[i].at.end);
		put32(w, machine->firmware.entries[i].type);
		put32(w, 0);
	}
	put_text_record(w, NOTE_RELEASE, machine->release, machine->version);
	put_text_record(w, NOTE_BOOT_ID, machine->boot_id, "");
}

static void put_note_header(struct writer *w, const char *name, size_t name_bytes, size_t bytes,
			    uint32_t type)
{
	put32(w, (uint32_t)name_bytes);
	put32(w, (uint32_t)bytes);
	put32(w, type);
	put_bytes(w, name, name_bytes, 4);
}

static void put_notes(struct writer *w, const struct machine *machine, uint16_t elf_machine,
		      const struct plan_jump *jump, const struct range_set *lent)
{
	struct writer measure = { NULL, 0 };

	put_descriptor(&measure, machine, elf_machine, jump, lent);
	put_note_header(w, owner, strlen(NOTE_OWNER) + 1, measure.used, NOTE_TYPE);
	put_descriptor(w, machine, elf_machine, jump, lent);
	if (machine->vmcoreinfo.size) {
		put_note_header(w, vmcoreinfo_owner, strlen(vmcoreinfo_owner) + 1,
				machine->vmcoreinfo.size, 0);
		put_bytes(w, machine->vmcoreinfo.data, machine->vmcoreinfo.size, 4);
	}
	put_bytes(w, NULL, 0, 4);
}

static size_t headers_bytes(size_t loads)
{
	return sizeof(Elf64_Ehdr) + (loads + 1) * sizeof(Elf64_Phdr);
}

int handoff_measure(const struct machine *machine, struct handoff_layout *layout, struct error *err)
{
	static const struct plan_jump no_jump;
	struct range filler[PLAN_SEGMENTS_MAX] = { { 0, 0 } };
	struct range_set lent = { filler, PLAN_SEGMENTS_MAX, PLAN_SEGMENTS_MAX };
	struct writer measure = { NULL, 0 };

	if (machine->ram.count > UINT16_MAX - 1 - EXTRA_LOADS)
		return error_set(err,
				 "this machine has too many memory ranges (%zu) for a core header",
				 machine->ram.count);
	put_notes(&measure, machine, 0, &no_jump, &lent);
	layout->core_bytes = (size_t)align_up(headers_bytes(machine->ram.count + EXTRA_LOADS) +
						      measure.used + NOTE_TERMINATOR_BYTES,
					      PAGE_BYTES);
	layout->total_bytes = layout->core_bytes + PAGE_BYTES;
	return 0;
}

static void put_program_header(struct writer *w, uint32_t type, struct range at, uint64_t virtual)
{
	Elf64_Phdr header = {
		.p_type = type,
		.p_flags = type == PT_LOAD ? PF_R | PF_W | PF_X : 0,
		.p_offset = at.start,
		.p_vaddr = virtual,
		.p_paddr = at.start,
		.p_filesz = range_bytes(at),
		.p_memsz = range_bytes(at),
	};

	put_bytes(w, &header, sizeof(header), 8);
}

/* The linear map of a 32-bit kernel ends below 896 MiB; what lies above has no fixed address. */
static uint64_t linear_address(const struct machine *machine, uint64_t physical)
{
	if (!machine->page_offset)
		return 0;
	if (!(machine->cpu & CPU_LONG_MODE) && machine->page_offset + physical > UINT32_MAX)
		return UINT64_MAX;
	return machine->page_offset + physical;
}

static void put_headers(struct writer *w, const struct machine *machine, uint16_t elf_machine,
			const struct plan_jump *jump, const struct range_set *loads)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = elf_machine,
		.e_version = EV_CURRENT,
		.e_entry = jump->in,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)(loads->count + 1),
	};

	put_bytes(w, &header, sizeof(header), 8);
	w->used += sizeof(Elf64_Phdr); /* the PT_NOTE, written when its size is known */
	for (size_t i = 0; i < loads->count; i++)
		put_program_header(w, PT_LOAD, loads->items[i],
				   linear_address(machine, loads->items[i].start));
}

int handoff_fill(const struct machine *machine, uint16_t elf_machine, struct plan *plan,
		 uint8_t *core, size_t core_bytes, uint64_t *note_raw, struct error *err)
{
	struct range_set lent = { 0 }, loads = { 0 };
	struct writer measure = { NULL, 0 };
	struct writer w = { core, 0 }, note_header = { core, sizeof(Elf64_Ehdr) };
	uint64_t base = plan->jump.elfcorehdr;
	size_t notes;
	int result = -1;

	if (range_set_copy(&loads, &machine->ram, err))
		goto out;
	for (unsigned i = 0; i < plan->segment_count; i++)
		if (range_set_add(&lent, plan->segments[i].at, err) ||
		    range_set_remove(&loads, plan->segments[i].at, err))
			goto out;
	if (range_set_add(&loads, plan->jump.handoff, err))
		goto out;
	notes = headers_bytes(loads.count);
	put_notes(&measure, machine, elf_machine, &plan->jump, &lent);
	if (notes + measure.used + NOTE_TERMINATOR_BYTES > core_bytes) {
		error_set(err, "the core header needs 0x%zx bytes, 0x%zx were set aside",
			  notes + measure.used + NOTE_TERMINATOR_BYTES, core_bytes);
		goto out;
	}
	put_headers(&w, machine, elf_machine, &plan->jump, &loads);
	put_notes(&w, machine, elf_machine, &plan->jump, &lent);
	put_program_header(&note_header, PT_NOTE,
			   (struct range){ base + notes, base + w.used + NOTE_TERMINATOR_BYTES },
			   0);
	*note_raw = base + notes + NOTE_HEADER_BYTES + sizeof(owner) + RECORD_HEADER_BYTES +
		    NOTE_ENTRY_RAW;
	result = 0;
out:
	range_set_done(&lent);
	range_set_done(&loads);
	return result;
}
