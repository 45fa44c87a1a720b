/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF header, program headers and notes of an image to be written. Reads the notes of a core, which
 * are hostile; where the state slots and the data lie is image.c's affair.
 */
#include <elf.h>

#include "core.h"
#include "image_head.h"
#include "kexec/handoff.h"

#define NOTE_HEADER_BYTES   12
#define RECORD_HEADER_BYTES 8

static const char owner[8] = NOTE_OWNER;

static uint64_t notes_offset(size_t load_count)
{
	uint64_t end = sizeof(Elf64_Ehdr) + ((uint64_t)load_count + 1) * sizeof(Elf64_Phdr);

	return load_count + 1 >= PN_XNUM ? align_up(end, 8) + sizeof(Elf64_Shdr) : end;
}

uint64_t image_head_bytes(size_t load_count, size_t notes_bytes)
{
	return notes_offset(load_count) + notes_bytes;
}

uint64_t image_header_region(size_t load_count, size_t notes_bytes)
{
	return align_up(image_head_bytes(load_count, notes_bytes) + IMAGE_SLOTS * IMAGE_SLOT_BYTES,
			IMAGE_HEADER_STEP);
}

static void put_phdr(uint8_t *p, uint32_t type, const struct image_load *load)
{
	le32_put(p + offsetof(Elf64_Phdr, p_type), type);
	le32_put(p + offsetof(Elf64_Phdr, p_flags), type == PT_NOTE ? 0 : PF_R | PF_W | PF_X);
	le64_put(p + offsetof(Elf64_Phdr, p_offset), load->offset);
	le64_put(p + offsetof(Elf64_Phdr, p_vaddr), load->vaddr);
	le64_put(p + offsetof(Elf64_Phdr, p_paddr), load->paddr);
	le64_put(p + offsetof(Elf64_Phdr, p_filesz), load->file_bytes);
	le64_put(p + offsetof(Elf64_Phdr, p_memsz), load->memory_bytes);
}

static void put_ehdr(const struct image_head *head, uint8_t *p)
{
	uint64_t count = (uint64_t)head->load_count + 1;

	memcpy(p, ELFMAG, SELFMAG);
	p[EI_CLASS] = ELFCLASS64;
	p[EI_DATA] = ELFDATA2LSB;
	p[EI_VERSION] = EV_CURRENT;
	le16_put(p + offsetof(Elf64_Ehdr, e_type), ET_CORE);
	le16_put(p + offsetof(Elf64_Ehdr, e_machine), head->machine);
	le32_put(p + offsetof(Elf64_Ehdr, e_version), EV_CURRENT);
	le64_put(p + offsetof(Elf64_Ehdr, e_entry), head->entry);
	le64_put(p + offsetof(Elf64_Ehdr, e_phoff), sizeof(Elf64_Ehdr));
	le16_put(p + offsetof(Elf64_Ehdr, e_ehsize), sizeof(Elf64_Ehdr));
	le16_put(p + offsetof(Elf64_Ehdr, e_phentsize), sizeof(Elf64_Phdr));
	le16_put(p + offsetof(Elf64_Ehdr, e_phnum), (uint16_t)(count < PN_XNUM ? count : PN_XNUM));
	if (count >= PN_XNUM) {
		uint64_t section = notes_offset(head->load_count) - sizeof(Elf64_Shdr);

		le64_put(p + offsetof(Elf64_Ehdr, e_shoff), section);
		le16_put(p + offsetof(Elf64_Ehdr, e_shentsize), sizeof(Elf64_Shdr));
		le16_put(p + offsetof(Elf64_Ehdr, e_shnum), 1);
		le64_put(p + section + offsetof(Elf64_Shdr, sh_size), 1);
		le32_put(p + section + offsetof(Elf64_Shdr, sh_info), (uint32_t)count);
	}
}

void image_head_fill(const struct image_head *head, uint8_t *buffer)
{
	struct image_load notes = {
		.offset = notes_offset(head->load_count),
		.file_bytes = head->notes.size,
		.memory_bytes = head->notes.size,
	};
	uint8_t *p = buffer + sizeof(Elf64_Ehdr);

	put_ehdr(head, buffer);
	put_phdr(p, PT_NOTE, &notes);
	for (size_t i = 0; i < head->load_count; i++)
		put_phdr(p += sizeof(Elf64_Phdr), head->loads[i].kept ? CORE_PT_KEPT : PT_LOAD,
			 &head->loads[i]);
	if (head->notes.size)
		memcpy(buffer + notes.offset, head->notes.data, head->notes.size);
}

/* A cursor that counts on when the buffer is full, so that the caller learns the size needed. */
struct writer {
	uint8_t *buffer;
	size_t capacity, used;
};

static void put(struct writer *w, const void *data, size_t size, size_t align)
{
	size_t whole = (size_t)align_up(size, align);

	if (whole && bytes_fit(w->capacity, w->used, whole)) {
		memset(w->buffer + w->used, 0, whole);
		if (size)
			memcpy(w->buffer + w->used, data, size);
	}
	w->used += whole;
}

static void put_note_header(struct writer *w, const char *name, size_t data_bytes, uint32_t type)
{
	uint8_t header[NOTE_HEADER_BYTES];
	size_t name_bytes = strlen(name) + 1;

	le32_put(header, (uint32_t)name_bytes);
	le32_put(header + 4, (uint32_t)data_bytes);
	le32_put(header + 8, type);
	put(w, header, sizeof(header), 4);
	put(w, name, name_bytes, 4);
}

/* The records of a descriptor without an older image record; whatever is damaged is left out. */
static void put_records(struct writer *w, struct span d)
{
	size_t at = 0;

	while (bytes_fit(d.size, at, RECORD_HEADER_BYTES)) {
		uint32_t length = le32_get(d.data + at + 4);

		if (!bytes_fit(d.size, at + RECORD_HEADER_BYTES, length))
			return;
		if (le16_get(d.data + at) != NOTE_IMAGE)
			put(w, d.data + at, RECORD_HEADER_BYTES + (size_t)length, 8);
		at += (size_t)align_up(RECORD_HEADER_BYTES + (uint64_t)length, 8);
	}
}

static void put_image_record(struct writer *w, const struct image_info *info)
{
	uint8_t bytes[RECORD_HEADER_BYTES + IMAGE_RECORD_BYTES];

	le16_put(bytes, NOTE_IMAGE);
	le16_put(bytes + 2, NOTE_RECORD_CRITICAL);
	le32_put(bytes + 4, IMAGE_RECORD_BYTES);
	image_info_fill(info, bytes + RECORD_HEADER_BYTES);
	put(w, bytes, sizeof(bytes), 8);
}

size_t image_notes_build(struct span notes, const struct image_info *info, uint8_t *buffer,
			 size_t capacity)
{
	struct writer w = { buffer, capacity, 0 }, measure = { NULL, 0, 0 };
	struct span descriptor = { NULL, 0 };
	struct core_note note;
	size_t position = 0;

	while (core_notes_next(notes, &position, &note))
		if (!descriptor.size && note.type == NOTE_TYPE && !strcmp(note.owner, owner))
			descriptor = note.data;
	put_records(&measure, descriptor);
	put_note_header(&w, owner, measure.used + RECORD_HEADER_BYTES + IMAGE_RECORD_BYTES,
			NOTE_TYPE);
	put_records(&w, descriptor);
	put_image_record(&w, info);
	position = 0;
	while (core_notes_next(notes, &position, &note)) {
		if (note.type == NOTE_TYPE && !strcmp(note.owner, owner))
			continue;
		put_note_header(&w, note.owner, note.data.size, note.type);
		put(&w, note.data.data, note.data.size, 4);
	}
	return w.used;
}
