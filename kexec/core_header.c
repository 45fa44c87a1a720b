/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes ELF core headers of both classes. Knows the layout of ELF; does not know whose memory is
 * described, nor what the notes say.
 */
#include "core_header.h"

#include <elf.h>
#include <string.h>

#include "bytes.h"

void core_put_bytes(struct core_writer *w, const void *data, size_t size, size_t align)
{
	size_t padded = (size_t)align_up(size, align);

	if (w->place) {
		memset(w->place + w->used, 0, padded);
		if (size)
			memcpy(w->place + w->used, data, size);
	}
	w->used += padded;
}

void core_put32(struct core_writer *w, uint32_t value)
{
	uint8_t bytes[4];

	le32_put(bytes, value);
	core_put_bytes(w, bytes, sizeof(bytes), 4);
}

void core_put64(struct core_writer *w, uint64_t value)
{
	uint8_t bytes[8];

	le64_put(bytes, value);
	core_put_bytes(w, bytes, sizeof(bytes), 4);
}

static void put_header32(struct core_writer *w, uint16_t elf_machine, uint64_t entry, size_t parts)
{
	Elf32_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = elf_machine,
		.e_version = EV_CURRENT,
		.e_entry = (uint32_t)entry,
		.e_phoff = sizeof(Elf32_Ehdr),
		.e_ehsize = sizeof(Elf32_Ehdr),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = (uint16_t)parts,
	};

	core_put_bytes(w, &header, sizeof(header), 4);
}

void core_put_header(struct core_writer *w, uint16_t elf_machine, uint64_t entry, size_t parts)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = elf_machine,
		.e_version = EV_CURRENT,
		.e_entry = entry,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)parts,
	};

	if (w->elf32)
		put_header32(w, elf_machine, entry, parts);
	else
		core_put_bytes(w, &header, sizeof(header), 8);
}

void core_put_part(struct core_writer *w, const struct core_part *part)
{
	const Elf64_Phdr wide = {
		.p_type = part->type,
		.p_flags = part->type == PT_LOAD ? PF_R | PF_W | PF_X : 0,
		.p_offset = part->offset ? part->offset : part->at.start,
		.p_vaddr = part->virtual,
		.p_paddr = part->at.start,
		.p_filesz = range_bytes(part->at),
		.p_memsz = range_bytes(part->at),
	};
	const Elf32_Phdr narrow = {
		.p_type = wide.p_type,
		.p_flags = wide.p_flags,
		.p_offset = (uint32_t)wide.p_offset,
		.p_vaddr = (uint32_t)wide.p_vaddr,
		.p_paddr = (uint32_t)wide.p_paddr,
		.p_filesz = (uint32_t)wide.p_filesz,
		.p_memsz = (uint32_t)wide.p_memsz,
	};

	if (w->elf32)
		core_put_bytes(w, &narrow, sizeof(narrow), 4);
	else
		core_put_bytes(w, &wide, sizeof(wide), 8);
}

size_t core_headers_bytes(size_t parts)
{
	return sizeof(Elf64_Ehdr) + parts * sizeof(Elf64_Phdr);
}

uint64_t core_linear_address(const struct machine *machine, uint64_t physical)
{
	if (!machine->page_offset)
		return 0;
	if (!(machine->cpu & CPU_LONG_MODE) && machine->page_offset + physical > UINT32_MAX)
		return UINT64_MAX;
	return machine->page_offset + physical;
}
