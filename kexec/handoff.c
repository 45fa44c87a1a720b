/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of the hand-off area's core header: ELF64 ET_CORE, program headers, our note and a copy
 * of VMCOREINFO. Written so that every reader of cores takes it as it is: one PT_NOTE first, the
 * program headers right behind the ELF header, 4-byte note alignment, p_align 0. Knows nothing of
 * how a jump is planned or how pages are placed.
 */
#include <elf.h>
#include <stdio.h>

#include "core_header.h"
#include "handoff.h"

#define RECORD_HEADER_BYTES 8
#define NOTE_HEADER_BYTES   12
#define MEMMAP_RECORD_BYTES 24
#define LENT_RECORD_BYTES   16
#define KERNEL_RECORD_BYTES 16
/* vmcore.c reads the name size of the next note before it checks the end: leave a zero terminator.
 */
#define NOTE_TERMINATOR_BYTES 64
/* PT_LOADs beyond A's RAM ranges: each segment of D can split one range, and H has one of its own.
 */
#define EXTRA_LOADS (PLAN_SEGMENTS_MAX + 1)

static const char owner[8] = NOTE_OWNER;
static const char vmcoreinfo_owner[12] = "VMCOREINFO";

static void put_record(struct core_writer *w, enum note_tag tag, uint16_t flags, size_t length)
{
	core_put32(w, (uint32_t)tag | (uint32_t)flags << 16);
	core_put32(w, (uint32_t)length);
}

static void put_text_record(struct core_writer *w, enum note_tag tag, const char *a, const char *b)
{
	char text[256];
	size_t length;

	snprintf(text, sizeof(text), "%s%s%s", a, *b ? "\n" : "", b);
	length = strlen(text);
	put_record(w, tag, 0, length);
	core_put_bytes(w, text, length, 8);
}

static void put_entry_record(struct core_writer *w, const struct machine *machine,
			     uint16_t elf_machine, const struct plan_jump *jump)
{
	uint8_t data[NOTE_ENTRY_BYTES] = { 0 };

	le32_put(data + NOTE_ENTRY_VERSION, NOTE_VERSION);
	le32_put(data + NOTE_ENTRY_MACHINE, elf_machine);
	le64_put(data + NOTE_ENTRY_IN, jump->in);
	le64_put(data + NOTE_ENTRY_OUT, jump->out);
	le32_put(data + NOTE_ENTRY_CPU, machine->cpu);
	le32_put(data + NOTE_ENTRY_PHYS_BITS, machine->phys_bits);
	le64_put(data + NOTE_ENTRY_GDTR_BASE, machine->gdtr.base);
	le32_put(data + NOTE_ENTRY_GDTR_LIMIT, machine->gdtr.limit);
	le32_put(data + NOTE_ENTRY_CPUS, machine->cpu_count);
	le64_put(data + NOTE_ENTRY_HANDOFF, jump->handoff.start);
	le64_put(data + NOTE_ENTRY_HANDOFF + 8, jump->handoff.end);
	le64_put(data + NOTE_ENTRY_PAGE_OFFSET, machine->page_offset);
	put_record(w, NOTE_ENTRY, NOTE_RECORD_CRITICAL, sizeof(data));
	core_put_bytes(w, data, sizeof(data), 8);
}

static void put_descriptor(struct core_writer *w, const struct machine *machine,
			   uint16_t elf_machine, const struct plan_jump *jump,
			   const struct range_set *lent)
{
	put_entry_record(w, machine, elf_machine, jump);
	put_record(w, NOTE_LENT, NOTE_RECORD_CRITICAL, lent->count * LENT_RECORD_BYTES);
	for (size_t i = 0; i < lent->count; i++) {
		core_put64(w, lent->items[i].start);
		core_put64(w, lent->items[i].end);
	}
	put_record(w, NOTE_MEMMAP, 0, machine->firmware.count * MEMMAP_RECORD_BYTES);
	for (size_t i = 0; i < machine->firmware.count; i++) {
		core_put64(w, machine->firmware.entries[i].at.start);
		core_put64(w, machine->firmware.entries[i].at.end);
		core_put32(w, machine->firmware.entries[i].type);
		core_put32(w, 0);
	}
	put_text_record(w, NOTE_RELEASE, machine->release, machine->version);
	put_text_record(w, NOTE_BOOT_ID, machine->boot_id, "");
	if (range_bytes(machine->kernel)) {
		put_record(w, NOTE_KERNEL, 0, KERNEL_RECORD_BYTES);
		core_put64(w, machine->kernel.start);
		core_put64(w, machine->kernel.end);
	}
}

static void put_note_header(struct core_writer *w, const char *name, size_t name_bytes,
			    size_t bytes, uint32_t type)
{
	core_put32(w, (uint32_t)name_bytes);
	core_put32(w, (uint32_t)bytes);
	core_put32(w, type);
	core_put_bytes(w, name, name_bytes, 4);
}

static void put_notes(struct core_writer *w, const struct machine *machine, uint16_t elf_machine,
		      const struct plan_jump *jump, const struct range_set *lent)
{
	struct core_writer measure = { .place = NULL };

	put_descriptor(&measure, machine, elf_machine, jump, lent);
	put_note_header(w, owner, strlen(NOTE_OWNER) + 1, measure.used, NOTE_TYPE);
	put_descriptor(w, machine, elf_machine, jump, lent);
	if (machine->vmcoreinfo.size) {
		put_note_header(w, vmcoreinfo_owner, strlen(vmcoreinfo_owner) + 1,
				machine->vmcoreinfo.size, 0);
		core_put_bytes(w, machine->vmcoreinfo.data, machine->vmcoreinfo.size, 4);
	}
	core_put_bytes(w, NULL, 0, 4);
}

int handoff_measure(const struct machine *machine, struct handoff_layout *layout, struct error *err)
{
	static const struct plan_jump no_jump;
	struct range filler[PLAN_SEGMENTS_MAX] = { { 0, 0 } };
	struct range_set lent = { filler, PLAN_SEGMENTS_MAX, PLAN_SEGMENTS_MAX };
	struct core_writer measure = { .place = NULL };

	if (machine->ram.count > UINT16_MAX - 1 - EXTRA_LOADS)
		return error_set(err,
				 "this machine has too many memory ranges (%zu) for a core header",
				 machine->ram.count);
	put_notes(&measure, machine, 0, &no_jump, &lent);
	layout->core_bytes =
		(size_t)align_up(core_headers_bytes(machine->ram.count + EXTRA_LOADS + 1) +
					 measure.used + NOTE_TERMINATOR_BYTES,
				 PAGE_BYTES);
	layout->total_bytes = layout->core_bytes + PAGE_BYTES;
	return 0;
}

static void put_headers(struct core_writer *w, const struct machine *machine, uint16_t elf_machine,
			const struct plan_jump *jump, const struct range_set *loads)
{
	core_put_header(w, elf_machine, jump->in, loads->count + 1);
	w->used += core_headers_bytes(1) -
		   core_headers_bytes(0); /* PT_NOTE: its size is not known yet */
	for (size_t i = 0; i < loads->count; i++) {
		struct range at = loads->items[i];

		core_put_part(w, &(struct core_part){ PT_LOAD, at,
						      core_linear_address(machine, at.start), 0 });
	}
}

int handoff_fill(const struct machine *machine, uint16_t elf_machine, struct plan *plan,
		 uint8_t *core, size_t core_bytes, uint64_t *note_raw, struct error *err)
{
	struct range_set lent = { 0 }, loads = { 0 };
	struct core_writer measure = { .place = NULL };
	struct core_writer w = { .place = core };
	struct core_writer note_header = { .place = core, .used = core_headers_bytes(0) };
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
	notes = core_headers_bytes(loads.count + 1);
	put_notes(&measure, machine, elf_machine, &plan->jump, &lent);
	if (notes + measure.used + NOTE_TERMINATOR_BYTES > core_bytes) {
		error_set(err, "the core header needs 0x%zx bytes, 0x%zx were set aside",
			  notes + measure.used + NOTE_TERMINATOR_BYTES, core_bytes);
		goto out;
	}
	put_headers(&w, machine, elf_machine, &plan->jump, &loads);
	put_notes(&w, machine, elf_machine, &plan->jump, &lent);
	core_put_part(&note_header,
		      &(struct core_part){
			      .type = PT_NOTE,
			      .at = { base + notes, base + w.used + NOTE_TERMINATOR_BYTES } });
	*note_raw = base + notes + NOTE_HEADER_BYTES + sizeof(owner) + RECORD_HEADER_BYTES +
		    NOTE_ENTRY_RAW;
	result = 0;
out:
	range_set_done(&lent);
	range_set_done(&loads);
	return result;
}
