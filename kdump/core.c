/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading ELF cores of either class through a callback. Parses once into plain values; every sum of
 * two untrusted numbers is checked first. Knows nothing of images, our note, or kernels.
 */
#include <elf.h>
#include <stdlib.h>

#include "core.h"

#define NOTE_HEADER_BYTES 12
#define HEADERS_AT_ONCE   512
#define PAGE              4096u

static int core_read(const struct core *core, uint64_t offset, void *buffer, size_t size,
		     struct error *err)
{
	if (!bytes_fit(core->source.size, offset, size))
		return error_set(err,
				 "the file ends at 0x%llx, but 0x%zx bytes at 0x%llx are needed: "
				 "it was cut short or is damaged",
				 (unsigned long long)core->source.size, size,
				 (unsigned long long)offset);
	return core->source.read(core->source.context, offset, buffer, size, err);
}

/* Where the program headers are, and how many. */
struct table {
	uint64_t offset, count;
	size_t entry_bytes;
};

static int refuse_header(struct error *err, const char *what, unsigned is, unsigned must)
{
	return error_set(err, "not a core this program reads: %s is %u, must be %u", what, is,
			 must);
}

/* More than 65,534 program headers: their number is in the first section header. */
static int extended_count(const struct core *core, const uint8_t *header, uint64_t *count,
			  struct error *err)
{
	uint8_t section[sizeof(Elf64_Shdr)];
	uint64_t offset = core->is64 ? le64_get(header + offsetof(Elf64_Ehdr, e_shoff))
				     : le32_get(header + offsetof(Elf32_Ehdr, e_shoff));
	size_t bytes = core->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	if (!offset)
		return error_set(err, "the header says that there are more than 65534 program "
				      "headers, but no section header tells how many");
	if (core_read(core, offset, section, bytes, err))
		return error_prefix(err, "section header: ");
	*count = le32_get(section + (core->is64 ? offsetof(Elf64_Shdr, sh_info)
						: offsetof(Elf32_Shdr, sh_info)));
	return 0;
}

static int read_ident(struct core *core, uint8_t header[sizeof(Elf64_Ehdr)], struct error *err)
{
	size_t bytes;

	if (core_read(core, 0, header, EI_NIDENT, err))
		return error_prefix(err, "ELF header: ");
	if (memcmp(header, ELFMAG, SELFMAG))
		return error_set(err, "not an ELF file: it starts with %02x %02x %02x %02x",
				 header[0], header[1], header[2], header[3]);
	if (header[EI_CLASS] != ELFCLASS32 && header[EI_CLASS] != ELFCLASS64)
		return refuse_header(err, "ELF class", header[EI_CLASS], ELFCLASS64);
	if (header[EI_DATA] != ELFDATA2LSB)
		return refuse_header(err, "byte order", header[EI_DATA], ELFDATA2LSB);
	if (header[EI_VERSION] != EV_CURRENT)
		return refuse_header(err, "ELF version", header[EI_VERSION], EV_CURRENT);
	core->is64 = header[EI_CLASS] == ELFCLASS64;
	bytes = core->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (core_read(core, 0, header, bytes, err))
		return error_prefix(err, "ELF header: ");
	return 0;
}

static int read_header(struct core *core, struct table *table, struct error *err)
{
	uint8_t h[sizeof(Elf64_Ehdr)] = { 0 };
	unsigned type, entry_bytes;

	if (read_ident(core, h, err))
		return -1;
	type = le16_get(h + offsetof(Elf64_Ehdr, e_type)); /* the same offset in both classes */
	if (type != ET_CORE)
		return refuse_header(err, "ELF type", type, ET_CORE);
	core->machine = le16_get(h + offsetof(Elf64_Ehdr, e_machine));
	if (core->is64) {
		core->entry = le64_get(h + offsetof(Elf64_Ehdr, e_entry));
		table->offset = le64_get(h + offsetof(Elf64_Ehdr, e_phoff));
		table->count = le16_get(h + offsetof(Elf64_Ehdr, e_phnum));
		entry_bytes = le16_get(h + offsetof(Elf64_Ehdr, e_phentsize));
		table->entry_bytes = sizeof(Elf64_Phdr);
	} else {
		core->entry = le32_get(h + offsetof(Elf32_Ehdr, e_entry));
		table->offset = le32_get(h + offsetof(Elf32_Ehdr, e_phoff));
		table->count = le16_get(h + offsetof(Elf32_Ehdr, e_phnum));
		entry_bytes = le16_get(h + offsetof(Elf32_Ehdr, e_phentsize));
		table->entry_bytes = sizeof(Elf32_Phdr);
	}
	if (entry_bytes != table->entry_bytes)
		return refuse_header(err, "the size of a program header", entry_bytes,
				     (unsigned)table->entry_bytes);
	if (table->count == PN_XNUM && extended_count(core, h, &table->count, err))
		return -1;
	if (!table->count || table->count > CORE_HEADERS_MAX)
		return error_set(err, "%llu program headers: a core has 1 to %u",
				 (unsigned long long)table->count, CORE_HEADERS_MAX);
	if (!bytes_fit(core->source.size, table->offset, table->count * table->entry_bytes))
		return error_set(err,
				 "%llu program headers at 0x%llx do not fit into the file of "
				 "0x%llx bytes: it was cut short or is damaged",
				 (unsigned long long)table->count,
				 (unsigned long long)table->offset,
				 (unsigned long long)core->source.size);
	core->headers_end = table->offset + table->count * table->entry_bytes;
	return 0;
}

static uint32_t parse_load(const struct core *core, const uint8_t *p, struct core_load *load)
{
	if (core->is64) {
		load->flags = le32_get(p + offsetof(Elf64_Phdr, p_flags));
		load->offset = le64_get(p + offsetof(Elf64_Phdr, p_offset));
		load->vaddr = le64_get(p + offsetof(Elf64_Phdr, p_vaddr));
		load->paddr = le64_get(p + offsetof(Elf64_Phdr, p_paddr));
		load->file_bytes = le64_get(p + offsetof(Elf64_Phdr, p_filesz));
		load->memory_bytes = le64_get(p + offsetof(Elf64_Phdr, p_memsz));
	} else {
		load->flags = le32_get(p + offsetof(Elf32_Phdr, p_flags));
		load->offset = le32_get(p + offsetof(Elf32_Phdr, p_offset));
		load->vaddr = le32_get(p + offsetof(Elf32_Phdr, p_vaddr));
		load->paddr = le32_get(p + offsetof(Elf32_Phdr, p_paddr));
		load->file_bytes = le32_get(p + offsetof(Elf32_Phdr, p_filesz));
		load->memory_bytes = le32_get(p + offsetof(Elf32_Phdr, p_memsz));
		if (load->vaddr == UINT32_MAX)
			load->vaddr = CORE_VADDR_UNKNOWN;
	}
	if (!load->vaddr)
		load->vaddr = CORE_VADDR_UNKNOWN;
	return le32_get(p); /* p_type */
}

static int add_load(struct core *core, size_t *capacity, const struct core_load *load,
		    uint32_t type, struct error *err)
{
	size_t count = core->load_count + core->kept_count;
	unsigned long long index = count;

	if (type == PT_LOAD && core->kept_count)
		return error_set(err, "PT_LOAD %llu stands behind memory that is not shown", index);
	if (core->kept_count == CORE_KEPT_MAX)
		return error_set(err, "more than %d pieces of memory that is not shown: damaged",
				 CORE_KEPT_MAX);
	if (!bytes_fit(UINT64_MAX, load->paddr, load->memory_bytes) ||
	    !bytes_fit(UINT64_MAX, load->offset, load->file_bytes))
		return error_set(err,
				 "PT_LOAD %llu wraps: offset 0x%llx, address 0x%llx, sizes 0x%llx "
				 "and 0x%llx",
				 index, (unsigned long long)load->offset,
				 (unsigned long long)load->paddr,
				 (unsigned long long)load->file_bytes,
				 (unsigned long long)load->memory_bytes);
	if (load->file_bytes > load->memory_bytes)
		return error_set(err, "PT_LOAD %llu holds 0x%llx bytes for 0x%llx bytes of memory",
				 index, (unsigned long long)load->file_bytes,
				 (unsigned long long)load->memory_bytes);
	if (count == *capacity) {
		size_t more = *capacity ? *capacity * 2 : 64;
		struct core_load *grown = realloc(core->loads, more * sizeof(*grown));

		if (!grown)
			return error_no_memory(err);
		core->loads = grown;
		*capacity = more;
	}
	core->loads[count] = *load;
	if (type == PT_LOAD)
		core->load_count++;
	else
		core->kept_count++;
	return 0;
}

/* Length of the notes in front of padding or damage. */
static size_t notes_used(struct span notes)
{
	struct core_note note;
	size_t position = 0;

	while (core_notes_next(notes, &position, &note))
		;
	return position;
}

/* *left: what may still be read; thousands of PT_NOTEs may lie over the same empty bytes. */
static int add_notes(struct core *core, uint64_t offset, uint64_t bytes, uint64_t *left,
		     struct error *err)
{
	uint8_t *grown;

	if (bytes > *left)
		return error_set(err, "0x%llx bytes of notes: more than 0x%x are not believed",
				 (unsigned long long)bytes, CORE_NOTES_MAX);
	*left -= bytes;
	if (!bytes_fit(core->source.size, offset, bytes))
		return error_set(err,
				 "the notes at 0x%llx, 0x%llx bytes, do not fit into the file of "
				 "0x%llx bytes: it was cut short or is damaged",
				 (unsigned long long)offset, (unsigned long long)bytes,
				 (unsigned long long)core->source.size);
	if (!bytes)
		return 0;
	grown = realloc(core->notes, core->notes_bytes + (size_t)bytes);
	if (!grown)
		return error_no_memory(err);
	core->notes = grown;
	if (core_read(core, offset, grown + core->notes_bytes, (size_t)bytes, err))
		return error_prefix(err, "notes: ");
	core->notes_bytes += notes_used((struct span){ grown + core->notes_bytes, (size_t)bytes });
	if (core->headers_end < offset + bytes)
		core->headers_end = offset + bytes;
	return 0;
}

static int read_table(struct core *core, const struct table *table, struct error *err)
{
	uint8_t block[HEADERS_AT_ONCE * sizeof(Elf64_Phdr)];
	uint64_t notes_left = CORE_NOTES_MAX;
	size_t capacity = 0;

	for (uint64_t done = 0; done < table->count;) {
		uint64_t left = table->count - done;
		size_t now = left < HEADERS_AT_ONCE ? (size_t)left : HEADERS_AT_ONCE;

		if (core_read(core, table->offset + done * table->entry_bytes, block,
			      now * table->entry_bytes, err))
			return error_prefix(err, "program headers: ");
		for (size_t i = 0; i < now; i++) {
			struct core_load load;
			uint32_t type = parse_load(core, block + i * table->entry_bytes, &load);

			if ((type == PT_LOAD || type == CORE_PT_KEPT) &&
			    add_load(core, &capacity, &load, type, err))
				return -1;
			if (type == PT_NOTE &&
			    add_notes(core, load.offset, load.file_bytes, &notes_left, err))
				return -1;
		}
		done += now;
	}
	return 0;
}

int core_open(struct core *core, const struct core_source *source, struct error *err)
{
	struct table table;

	*core = (struct core){ .source = *source };
	if (read_header(core, &table, err) || read_table(core, &table, err) ||
	    core_index_build(core, err)) {
		core_done(core);
		return -1;
	}
	return 0;
}

void core_done(struct core *core)
{
	core_index_done(core);
	free(core->loads);
	free(core->notes);
	core->loads = NULL;
	core->notes = NULL;
	core->load_count = core->kept_count = core->notes_bytes = 0;
}

int core_check_complete(const struct core *core, struct error *err)
{
	for (size_t i = 0; i < core->load_count + core->kept_count; i++) {
		const struct core_load *load = &core->loads[i];

		if (load->file_bytes &&
		    !bytes_fit(core->source.size, load->offset, load->file_bytes))
			return error_set(err,
					 "the file was cut short: it has 0x%llx bytes, PT_LOAD "
					 "%zu ends at 0x%llx",
					 (unsigned long long)core->source.size, i,
					 (unsigned long long)(load->offset + load->file_bytes));
	}
	return 0;
}

static size_t padded(uint32_t size)
{
	return ((size_t)size + 3) & ~(size_t)3;
}

bool core_notes_next(struct span notes, size_t *position, struct core_note *note)
{
	uint32_t name_bytes, data_bytes;
	const uint8_t *p;
	size_t left;

	if (!bytes_fit(notes.size, *position, NOTE_HEADER_BYTES))
		return false;
	p = notes.data + *position;
	left = notes.size - *position;
	name_bytes = le32_get(p);
	data_bytes = le32_get(p + 4);
	note->type = le32_get(p + 8);
	if (!name_bytes && !data_bytes && !note->type)
		return false;
	left -= NOTE_HEADER_BYTES;
	p += NOTE_HEADER_BYTES;
	if (name_bytes > left || padded(name_bytes) > left)
		return false;
	note->owner = "";
	if (name_bytes && name_bytes <= CORE_OWNER_MAX && !p[name_bytes - 1])
		note->owner = (const char *)p;
	left -= padded(name_bytes);
	p += padded(name_bytes);
	if (data_bytes > left)
		return false;
	note->data = (struct span){ p, data_bytes };
	/* The last note's padding may be missing. */
	left -= padded(data_bytes) < left ? padded(data_bytes) : left;
	*position = notes.size - left;
	return true;
}

bool core_note_find(const struct core *core, const char *owner, uint32_t type, struct span *data)
{
	struct span notes = { core->notes, core->notes_bytes };
	struct core_note note;
	size_t position = 0;

	while (core_notes_next(notes, &position, &note)) {
		if (note.type != type || strcmp(note.owner, owner))
			continue;
		*data = note.data;
		return true;
	}
	return false;
}

/* Part of one PT_LOAD; what lies behind its file bytes is zero. */
static int read_load(const struct core *core, const struct core_load *load, uint64_t inside,
		     void *buffer, size_t size, struct error *err)
{
	size_t stored = 0;

	if (inside < load->file_bytes)
		stored = load->file_bytes - inside < size ? (size_t)(load->file_bytes - inside)
							  : size;
	if (stored && core_read(core, load->offset + inside, buffer, stored, err))
		return -1;
	memset((uint8_t *)buffer + stored, 0, size - stored);
	return 0;
}

const struct core_load *core_kept_at(const struct core *core, uint64_t paddr)
{
	for (size_t i = 0; i < core->kept_count; i++) {
		const struct core_load *load = &core->loads[core->load_count + i];

		if (paddr >= load->paddr && paddr - load->paddr < load->memory_bytes)
			return load;
	}
	return NULL;
}

static int read_memory(const struct core *core, bool kept_counts, uint64_t paddr, void *buffer,
		       size_t size, struct error *err)
{
	uint8_t *to = buffer;

	while (size) {
		const struct core_load *load = kept_counts ? core_kept_at(core, paddr) : NULL;
		uint64_t inside;
		size_t now =
			PAGE - paddr % PAGE; /* another PT_LOAD may count from the next page on */

		if (!load)
			load = core_load_at(core, paddr);
		if (!load)
			return error_set(err, "No program header covering physical address 0x%llx",
					 (unsigned long long)paddr);
		inside = paddr - load->paddr;
		if (now > load->memory_bytes - inside)
			now = (size_t)(load->memory_bytes - inside);
		if (now > size)
			now = size;
		if (read_load(core, load, inside, to, now, err))
			return -1;
		to += now;
		size -= now;
		paddr += now;
	}
	return 0;
}

int core_read_physical(const struct core *core, uint64_t paddr, void *buffer, size_t size,
		       struct error *err)
{
	return read_memory(core, false, paddr, buffer, size, err);
}

int core_read_kept(const struct core *core, uint64_t paddr, void *buffer, size_t size,
		   struct error *err)
{
	return read_memory(core, true, paddr, buffer, size, err);
}

static bool translate(const struct core *core, uint64_t page_offset, uint64_t vaddr,
		      uint64_t *paddr)
{
	if (core_virtual_to_physical(core, vaddr, paddr))
		return true;
	if (!page_offset || vaddr < page_offset)
		return false;
	*paddr = vaddr - page_offset;
	return true;
}

int core_read_virtual(const struct core *core, uint64_t page_offset, uint64_t vaddr, void *buffer,
		      size_t size, struct error *err)
{
	uint8_t *to = buffer;

	while (size) {
		size_t now = PAGE - vaddr % PAGE;
		uint64_t paddr;

		if (!translate(core, page_offset, vaddr, &paddr))
			return error_set(err, "No program header covering vaddr 0x%llx found",
					 (unsigned long long)vaddr);
		if (now > size)
			now = size;
		if (core_read_physical(core, paddr, to, now, err))
			return -1;
		to += now;
		size -= now;
		vaddr += now;
	}
	return 0;
}
