/* SPDX-License-Identifier: GPL-2.0-only */
/* Cores for tests. Aborts when memory is short: tests need no better. */
#include <elf.h>
#include <stdlib.h>

#include "core_builder.h"
#include "kexec/handoff.h"

static void *room(struct builder *b, size_t size)
{
	if (b->capacity - b->size < size) {
		b->capacity = (b->size + size) * 2;
		b->data = realloc(b->data, b->capacity);
		if (!b->data)
			abort();
	}
	memset(b->data + b->size, 0, size);
	b->size += size;
	return b->data + b->size - size;
}

void builder_put(struct builder *b, const void *data, size_t size, size_t align)
{
	void *to = room(b, (size_t)align_up(size, align));

	if (size && data)
		memcpy(to, data, size);
}

void builder_note(struct builder *b, const char *owner, uint32_t type, struct span data)
{
	uint8_t header[12];

	le32_put(header, (uint32_t)strlen(owner) + 1);
	le32_put(header + 4, (uint32_t)data.size);
	le32_put(header + 8, type);
	builder_put(b, header, sizeof(header), 4);
	builder_put(b, owner, strlen(owner) + 1, 4);
	builder_put(b, data.data, data.size, 4);
}

void builder_record(struct builder *b, uint16_t tag, uint16_t flags, struct span data)
{
	uint8_t header[8];

	le16_put(header, tag);
	le16_put(header + 2, flags);
	le32_put(header + 4, (uint32_t)data.size);
	builder_put(b, header, sizeof(header), 8);
	builder_put(b, data.data, data.size, 8);
}

void builder_done(struct builder *b)
{
	free(b->data);
	*b = (struct builder){ 0 };
}

void builder_page(uint64_t paddr, uint8_t page[4096])
{
	uint64_t x = paddr * UINT64_C(0x9e3779b97f4a7c15) + 1;

	memset(page, 0, 4096);
	if (paddr / 0x10000 % 3 == 1)
		return;
	for (unsigned i = 0; i < 4096; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		le64_put(page + i, x);
	}
}

static void put_header(uint8_t *p, const struct builder_core *core, size_t count, uint64_t section)
{
	uint16_t short_count = (uint16_t)(count < PN_XNUM ? count : PN_XNUM);

	memcpy(p, ELFMAG, SELFMAG);
	p[EI_CLASS] = core->elf32 ? ELFCLASS32 : ELFCLASS64;
	p[EI_DATA] = ELFDATA2LSB;
	p[EI_VERSION] = EV_CURRENT;
	le16_put(p + 16, ET_CORE);
	le16_put(p + 18, core->machine);
	le32_put(p + 20, EV_CURRENT);
	if (core->elf32) {
		le32_put(p + offsetof(Elf32_Ehdr, e_entry), (uint32_t)core->entry);
		le32_put(p + offsetof(Elf32_Ehdr, e_phoff), sizeof(Elf32_Ehdr));
		le32_put(p + offsetof(Elf32_Ehdr, e_shoff), (uint32_t)section);
		le16_put(p + offsetof(Elf32_Ehdr, e_phentsize), sizeof(Elf32_Phdr));
		le16_put(p + offsetof(Elf32_Ehdr, e_phnum), short_count);
	} else {
		le64_put(p + offsetof(Elf64_Ehdr, e_entry), core->entry);
		le64_put(p + offsetof(Elf64_Ehdr, e_phoff), sizeof(Elf64_Ehdr));
		le64_put(p + offsetof(Elf64_Ehdr, e_shoff), section);
		le16_put(p + offsetof(Elf64_Ehdr, e_phentsize), sizeof(Elf64_Phdr));
		le16_put(p + offsetof(Elf64_Ehdr, e_phnum), short_count);
	}
}

static void put_program_header(struct builder *b, bool elf32, uint32_t type,
			       const struct core_load *load)
{
	Elf64_Phdr h64 = { type,        load->flags,      load->offset,       load->vaddr,
			   load->paddr, load->file_bytes, load->memory_bytes, 0 };
	Elf32_Phdr h32 = { type,
			   (uint32_t)load->offset,
			   (uint32_t)load->vaddr,
			   (uint32_t)load->paddr,
			   (uint32_t)load->file_bytes,
			   (uint32_t)load->memory_bytes,
			   load->flags,
			   0 };

	if (elf32)
		builder_put(b, &h32, sizeof(h32), 4);
	else
		builder_put(b, &h64, sizeof(h64), 8);
}

static void put_contents(struct builder *file, const struct core_load *load)
{
	for (uint64_t at = 0; at < load->file_bytes; at += 4096) {
		uint64_t left = load->file_bytes - at;
		uint8_t page[4096];

		builder_page(load->paddr + at, page);
		builder_put(file, page, left < 4096 ? (size_t)left : 4096, 1);
	}
}

void builder_core(struct builder *file, const struct builder_core *core)
{
	size_t count = core->load_count + 1;
	size_t header = core->elf32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);
	size_t entry = core->elf32 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
	size_t section_bytes = core->elf32 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
	uint64_t section = count >= PN_XNUM ? header + count * entry : 0;
	size_t notes = header + count * entry + (section ? section_bytes : 0);
	struct core_load note = { .offset = notes,
				  .file_bytes = core->notes.size,
				  .memory_bytes = core->notes.size };
	uint64_t offset = align_up(notes + core->notes.size, 4096);

	builder_put(file, NULL, header, 1);
	put_header(file->data, core, count, section);
	put_program_header(file, core->elf32, PT_NOTE, &note);
	for (size_t i = 0; i < core->load_count; i++) {
		struct core_load load = core->loads[i];

		load.offset = offset;
		put_program_header(file, core->elf32,
				   i < core->load_count - core->kept_count ? PT_LOAD : CORE_PT_KEPT,
				   &load);
		offset = align_up(offset + load.file_bytes, 4096);
	}
	if (section) {
		uint8_t *p = room(file, section_bytes);

		le32_put(p + (core->elf32 ? offsetof(Elf32_Shdr, sh_info)
					  : offsetof(Elf64_Shdr, sh_info)),
			 (uint32_t)count);
	}
	builder_put(file, core->notes.data, core->notes.size, 1);
	for (size_t i = 0; i < core->load_count; i++) {
		if (core->loads[i].file_bytes)
			room(file, (size_t)(align_up(file->size, 4096) - file->size));
		put_contents(file, &core->loads[i]);
	}
}

void builder_descriptor(struct builder *b, const struct builder_jump *jump)
{
	uint8_t entry[NOTE_ENTRY_BYTES] = { 0 }, lent[BUILDER_LENT_MAX * 16];
	static const char release[] = "6.1.0\n#1 SMP test", boot_id[] = "0123456789ab";

	le32_put(entry + NOTE_ENTRY_VERSION, NOTE_VERSION);
	le32_put(entry + NOTE_ENTRY_MACHINE, jump->machine ? jump->machine : EM_386);
	le64_put(entry + NOTE_ENTRY_IN, jump->handoff.start + 0x1100);
	le64_put(entry + NOTE_ENTRY_OUT, jump->handoff.start + 0x1000);
	le64_put(entry + NOTE_ENTRY_RAW, jump->raw);
	le32_put(entry + NOTE_ENTRY_CPU, jump->cpu);
	le64_put(entry + NOTE_ENTRY_HANDOFF, jump->handoff.start);
	le64_put(entry + NOTE_ENTRY_HANDOFF + 8, jump->handoff.end);
	le64_put(entry + NOTE_ENTRY_PAGE_OFFSET, jump->page_offset);
	for (unsigned i = 0; i < jump->lent_count; i++) {
		le64_put(lent + (size_t)i * 16, jump->lent[i].start);
		le64_put(lent + (size_t)i * 16 + 8, jump->lent[i].end);
	}
	builder_record(b, NOTE_ENTRY, NOTE_RECORD_CRITICAL, (struct span){ entry, sizeof(entry) });
	builder_record(b, NOTE_LENT, NOTE_RECORD_CRITICAL,
		       (struct span){ lent, (size_t)jump->lent_count * 16 });
	builder_record(b, NOTE_RELEASE, 0,
		       (struct span){ (const uint8_t *)release, sizeof(release) - 1 });
	builder_record(b, NOTE_BOOT_ID, 0,
		       (struct span){ (const uint8_t *)boot_id, sizeof(boot_id) - 1 });
}

static int read_bytes(void *context, uint64_t offset, void *buffer, size_t size, struct error *err)
{
	const struct builder *b = context;

	if (!bytes_fit(b->size, offset, size))
		return error_set(err, "test source read past its end");
	memcpy(buffer, b->data + offset, size);
	return 0;
}

struct core_source builder_source(const struct builder *b)
{
	return (struct core_source){ read_bytes, (void *)(uintptr_t)b, b->size };
}
