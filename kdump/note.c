/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our note of the hand-off area, from bytes to values. Knows the records of kexec/handoff.h; does
 * not know what is done with them. Every byte is hostile.
 */
#include <stdio.h>

#include "kexec/handoff.h"
#include "note.h"

#define RECORD_HEADER_BYTES 8
#define LENT_BYTES          16
#define MEMMAP_BYTES        24
#define KERNEL_BYTES        16
#define HANDOFF_MAX         (UINT64_C(64) << 20) /* headers and notes: no machine has so many */
#define LENT_MAX            1024 /* ranges of D: no loader makes more than segments */

static int parse_entry(struct span data, struct jump_note *note, struct error *err)
{
	const uint8_t *p = data.data;

	if (data.size < NOTE_ENTRY_BYTES)
		return error_set(err, "its entry record has %zu bytes instead of %u", data.size,
				 (unsigned)NOTE_ENTRY_BYTES);
	note->version = le32_get(p + NOTE_ENTRY_VERSION);
	if (note->version != NOTE_VERSION)
		return error_set(err,
				 "it has version %u, this program knows %u: use the program that "
				 "wrote it, or a newer one",
				 note->version, NOTE_VERSION);
	note->machine = le32_get(p + NOTE_ENTRY_MACHINE);
	note->in = le64_get(p + NOTE_ENTRY_IN);
	note->out = le64_get(p + NOTE_ENTRY_OUT);
	note->raw = le64_get(p + NOTE_ENTRY_RAW);
	note->cr3 = le64_get(p + NOTE_ENTRY_CR3);
	note->cpu = le32_get(p + NOTE_ENTRY_CPU);
	note->phys_bits = le32_get(p + NOTE_ENTRY_PHYS_BITS);
	note->gdtr_base = le64_get(p + NOTE_ENTRY_GDTR_BASE);
	note->gdtr_limit = le32_get(p + NOTE_ENTRY_GDTR_LIMIT);
	note->cpus = le32_get(p + NOTE_ENTRY_CPUS);
	note->handoff.start = le64_get(p + NOTE_ENTRY_HANDOFF);
	note->handoff.end = le64_get(p + NOTE_ENTRY_HANDOFF + 8);
	note->page_offset = le64_get(p + NOTE_ENTRY_PAGE_OFFSET);
	if (note->handoff.start >= note->handoff.end || note->handoff.start % PAGE_BYTES ||
	    note->handoff.end % PAGE_BYTES || range_bytes(note->handoff) > HANDOFF_MAX)
		return error_set(err, "its hand-off area 0x%llx-0x%llx is damaged",
				 (unsigned long long)note->handoff.start,
				 (unsigned long long)note->handoff.end);
	return 0;
}

static int parse_lent(struct span data, struct jump_note *note, struct error *err)
{
	if (!data.size || data.size % LENT_BYTES || data.size / LENT_BYTES > LENT_MAX)
		return error_set(err, "its record of lent memory has %zu bytes", data.size);
	for (size_t at = 0; at < data.size; at += LENT_BYTES) {
		struct range r = { le64_get(data.data + at), le64_get(data.data + at + 8) };

		if (r.start >= r.end || r.start % PAGE_BYTES || r.end % PAGE_BYTES ||
		    range_set_overlaps(&note->lent, r))
			return error_set(err, "its lent memory 0x%llx-0x%llx is damaged",
					 (unsigned long long)r.start, (unsigned long long)r.end);
		if (range_set_add(&note->lent, r, err))
			return -1;
	}
	return 0;
}

static int parse_memmap(struct span data, struct jump_note *note, struct error *err)
{
	if (data.size % MEMMAP_BYTES)
		return error_set(err, "its memory map has %zu bytes", data.size);
	for (size_t at = 0; at < data.size; at += MEMMAP_BYTES) {
		struct range r = { le64_get(data.data + at), le64_get(data.data + at + 8) };

		if (r.start >= r.end)
			return error_set(err, "its memory map's entry 0x%llx-0x%llx is damaged",
					 (unsigned long long)r.start, (unsigned long long)r.end);
		if (memmap_add(&note->firmware, r, le32_get(data.data + at + 16), err))
			return -1;
	}
	return 0;
}

static int parse_kernel(struct span data, struct jump_note *note, struct error *err)
{
	struct range r;

	if (data.size != KERNEL_BYTES)
		return error_set(err, "its record of the kernel's place has %zu bytes", data.size);
	r = (struct range){ le64_get(data.data), le64_get(data.data + 8) };
	if (r.start >= r.end || r.end > UINT64_MAX - PAGE_BYTES)
		return error_set(err, "its kernel's place 0x%llx-0x%llx is damaged",
				 (unsigned long long)r.start, (unsigned long long)r.end);
	note->kernel =
		(struct range){ align_down(r.start, PAGE_BYTES), align_up(r.end, PAGE_BYTES) };
	return 0;
}

/* Text that is printed later: newlines stay, the rest must be plain. */
static void copy_text(char *to, size_t capacity, struct span data)
{
	size_t n = data.size < capacity - 1 ? data.size : capacity - 1;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = data.data[i];

		to[i] = (c >= 0x20 && c < 0x7f) || c == '\n' ? (char)c : '?';
	}
	to[n] = '\0';
}

static int parse_record(uint32_t tag, uint32_t flags, struct span data, struct jump_note *note,
			struct error *err)
{
	switch (tag) {
	case NOTE_ENTRY:
		return parse_entry(data, note, err);
	case NOTE_LENT:
		return parse_lent(data, note, err);
	case NOTE_MEMMAP:
		return parse_memmap(data, note, err);
	case NOTE_RELEASE:
		copy_text(note->release, sizeof(note->release), data);
		return 0;
	case NOTE_BOOT_ID:
		copy_text(note->boot_id, sizeof(note->boot_id), data);
		return 0;
	case NOTE_KERNEL:
		return parse_kernel(data, note, err);
	case NOTE_IMAGE:
		note->image = data;
		return 0;
	}
	if (flags & NOTE_RECORD_CRITICAL)
		return error_set(err,
				 "its record %u must be understood and is not known: use the "
				 "program that wrote it, or a newer one",
				 tag);
	return 0;
}

static int parse_records(struct span d, struct jump_note *note, struct error *err)
{
	uint64_t seen = 0;
	size_t at = 0;

	while (d.size - at >= RECORD_HEADER_BYTES) {
		const uint8_t *p = d.data + at;
		uint32_t tag = le16_get(p), flags = le16_get(p + 2), length = le32_get(p + 4);
		size_t left = d.size - at - RECORD_HEADER_BYTES;

		if (length > left)
			return error_set(err, "its record %u of 0x%x bytes does not fit", tag,
					 length);
		if (tag < 64 && seen >> tag & 1)
			return error_set(err, "its record %u is there twice", tag);
		if (tag < 64)
			seen |= UINT64_C(1) << tag;
		if (parse_record(tag, flags, (struct span){ p + RECORD_HEADER_BYTES, length }, note,
				 err))
			return -1;
		at += RECORD_HEADER_BYTES + length;
		at = (size_t)align_up(at, 8);
		if (at > d.size)
			break;
	}
	if (!(seen >> NOTE_ENTRY & 1) || !(seen >> NOTE_LENT & 1))
		return error_set(err, "it lacks the record of the %s",
				 seen >> NOTE_ENTRY & 1 ? "lent memory" : "entry");
	return 0;
}

static int check_entries(const struct jump_note *note, struct error *err)
{
	uint64_t start = note->handoff.start, bytes = range_bytes(note->handoff);

	if (!range_set_contains(&note->lent, note->handoff))
		return error_set(err, "its hand-off area 0x%llx is not in the lent memory",
				 (unsigned long long)start);
	if (note->in < start || note->in - start >= bytes || note->out < start ||
	    note->out - start >= bytes)
		return error_set(err,
				 "its entries 0x%llx and 0x%llx are not in the hand-off area "
				 "0x%llx-0x%llx",
				 (unsigned long long)note->in, (unsigned long long)note->out,
				 (unsigned long long)start, (unsigned long long)note->handoff.end);
	return 0;
}

int jump_note_parse(struct span descriptor, struct jump_note *note, struct error *err)
{
	*note = (struct jump_note){ 0 };
	if (parse_records(descriptor, note, err) || check_entries(note, err) ||
	    memmap_sort(&note->firmware, err)) {
		jump_note_done(note);
		return error_prefix(err, "the note cannot be used: ");
	}
	return 0;
}

void jump_note_done(struct jump_note *note)
{
	range_set_done(&note->lent);
	memmap_done(&note->firmware);
}

int jump_note_of_core(const struct core *core, struct jump_note *note, struct error *err)
{
	struct span descriptor;

	if (!core_note_find(core, NOTE_OWNER, NOTE_TYPE, &descriptor))
		return 0;
	return jump_note_parse(descriptor, note, err) ? -1 : 1;
}
