/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the headers of ELF executables and cores through libelf, which knows the classes, and
 * believes nothing in them that the file's size or plain arithmetic contradicts. Does not know what
 * a program is for, nor where memory is.
 */
#include "elf_image.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/* No sane file has more; bounds the work for one that is not. */
#define HEADERS_MAX 1000000

typedef unsigned long long ull;

bool elf_image_is(struct span image)
{
	return image.size >= EI_NIDENT && !memcmp(image.data, ELFMAG, SELFMAG);
}

static int check_ident(struct span image, struct error *err)
{
	size_t header_bytes;

	if (!elf_image_is(image))
		return error_set(err, "no ELF file: no magic number at 0x0");
	if (image.data[EI_CLASS] != ELFCLASS32 && image.data[EI_CLASS] != ELFCLASS64)
		return error_set(err, "ELF class %u at 0x%x is not known", image.data[EI_CLASS],
				 EI_CLASS);
	if (image.data[EI_DATA] != ELFDATA2LSB)
		return error_set(err, "ELF byte order %u at 0x%x is not little endian",
				 image.data[EI_DATA], EI_DATA);
	header_bytes = image.data[EI_CLASS] == ELFCLASS64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (image.size < header_bytes)
		return error_set(
			err, "truncated: the ELF header has 0x%zx bytes, the file ends at 0x%zx",
			header_bytes, image.size);
	return 0;
}

/* The number of program headers; 65535 and more are kept in the first section header. */
static int count_headers(struct span image, const GElf_Ehdr *ehdr, uint64_t *count,
			 struct error *err)
{
	bool is64 = image.data[EI_CLASS] == ELFCLASS64;
	size_t bytes = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	size_t section = is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	size_t info = is64 ? offsetof(Elf64_Shdr, sh_info) : offsetof(Elf32_Shdr, sh_info);

	*count = ehdr->e_phnum;
	if (ehdr->e_phnum == PN_XNUM) {
		if (!bytes_fit(image.size, ehdr->e_shoff, section) || !ehdr->e_shoff)
			return error_set(err,
					 "the number of program headers should be in the section "
					 "header at 0x%llx, the file ends at 0x%zx",
					 (ull)ehdr->e_shoff, image.size);
		*count = le32_get(image.data + ehdr->e_shoff + info);
	}
	if (!*count)
		return error_set(err, "no program headers: nothing to load");
	if (*count > HEADERS_MAX)
		return error_set(err, "%llu program headers are more than any program has (%d)",
				 (ull)*count, HEADERS_MAX);
	if (ehdr->e_phentsize != bytes)
		return error_set(err, "program headers of %u bytes instead of %zu",
				 ehdr->e_phentsize, bytes);
	if (!bytes_fit(image.size, ehdr->e_phoff, *count * bytes))
		return error_set(err,
				 "truncated: %llu program headers at 0x%llx go past the end of the "
				 "file at 0x%zx",
				 (ull)*count, (ull)ehdr->e_phoff, image.size);
	return 0;
}

static int check_load(struct span image, size_t index, const GElf_Phdr *p, struct error *err)
{
	if (p->p_filesz > p->p_memsz)
		return error_set(
			err,
			"program header %zu: 0x%llx bytes in the file do not fit into 0x%llx "
			"bytes of memory",
			index, (ull)p->p_filesz, (ull)p->p_memsz);
	if (!bytes_fit(image.size, p->p_offset, p->p_filesz))
		return error_set(
			err,
			"program header %zu: 0x%llx bytes at 0x%llx go past the end of the "
			"file at 0x%zx",
			index, (ull)p->p_filesz, (ull)p->p_offset, image.size);
	/* less a page, so that the end can be rounded up */
	if (!bytes_fit(UINT64_MAX - PAGE_BYTES, p->p_paddr, p->p_memsz))
		return error_set(
			err,
			"program header %zu: 0x%llx bytes at address 0x%llx go past the end "
			"of memory",
			index, (ull)p->p_memsz, (ull)p->p_paddr);
	return 0;
}

static int compare_loads(const void *left, const void *right)
{
	const struct elf_load *a = left, *b = right;

	return a->at.start < b->at.start ? -1 : a->at.start > b->at.start;
}

static int check_overlap(const struct elf_image *elf, struct error *err)
{
	for (size_t i = 1; i < elf->count; i++)
		if (elf->loads[i].at.start < elf->loads[i - 1].at.end)
			return error_set(err,
					 "the loads at 0x%llx-0x%llx and 0x%llx-0x%llx overlap",
					 (ull)elf->loads[i - 1].at.start,
					 (ull)elf->loads[i - 1].at.end - 1,
					 (ull)elf->loads[i].at.start,
					 (ull)elf->loads[i].at.end - 1);
	return 0;
}

/*
 * Go through the headers: check each, count what is to be loaded, note it where there is room. The
 * file may be mapped, and change between two passes.
 */
static int read_headers(Elf *handle, uint64_t headers, struct elf_image *elf, struct error *err)
{
	const size_t room = elf->count;
	GElf_Phdr p;

	elf->count = 0;
	for (size_t i = 0; i < headers; i++) {
		if (!gelf_getphdr(handle, (int)i, &p))
			return error_set(err, "program header %zu cannot be read", i);
		if (p.p_type == PT_INTERP)
			return error_set(err,
					 "program header %zu: a program for a dynamic linker "
					 "(PT_INTERP); link it statically",
					 i);
		if (p.p_type != PT_LOAD)
			continue;
		if (check_load(elf->file, i, &p, err))
			return -1;
		if (!p.p_memsz)
			continue;
		if (elf->loads && elf->count == room)
			return error_set(err, "the file changes while it is read");
		if (elf->loads)
			elf->loads[elf->count] = (struct elf_load){
				.at = { p.p_paddr, p.p_paddr + p.p_memsz },
				.vaddr = p.p_vaddr,
				.offset = p.p_offset,
				.file_bytes = p.p_filesz,
			};
		elf->count++;
	}
	return elf->count ? 0
			  : error_set(err, "no program header of type PT_LOAD: nothing to load");
}

static int parse_open(Elf *handle, struct arena *arena, struct elf_image *elf, struct error *err)
{
	uint64_t headers;
	GElf_Ehdr ehdr;

	if (!handle || elf_kind(handle) != ELF_K_ELF || !gelf_getehdr(handle, &ehdr))
		return error_set(err, "the ELF header cannot be read");
	if (count_headers(elf->file, &ehdr, &headers, err) ||
	    read_headers(handle, headers, elf, err))
		return -1;
	elf->type = ehdr.e_type;
	elf->machine = ehdr.e_machine;
	elf->entry = ehdr.e_entry;
	elf->loads = arena_alloc(arena, elf->count * sizeof(*elf->loads));
	if (!elf->loads)
		return error_no_memory(err);
	if (read_headers(handle, headers, elf, err))
		return -1;
	qsort(elf->loads, elf->count, sizeof(*elf->loads), compare_loads);
	return check_overlap(elf, err);
}

int elf_image_parse(struct span image, struct arena *arena, struct elf_image *elf,
		    struct error *err)
{
	Elf *handle;
	int result;

	*elf = (struct elf_image){ .file = image };
	if (check_ident(image, err))
		return -1;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return error_set(err, "libelf is older than its headers");
	/* libelf takes a char *, and only reads what was opened this way */
	handle = elf_memory((char *)(uintptr_t)image.data, image.size);
	result = parse_open(handle, arena, elf, err);
	elf_end(handle);
	return result;
}

static struct range pages_of(const struct elf_load *load)
{
	return (struct range){ align_down(load->at.start, PAGE_BYTES),
			       align_up(load->at.end, PAGE_BYTES) };
}

/* Whether next is the continuation of load, in memory as in the file. */
static bool continues(const struct elf_load *load, const struct elf_load *next)
{
	return load->file_bytes == range_bytes(load->at) && next->at.start == load->at.end &&
	       next->offset == load->offset + load->file_bytes;
}

int elf_image_pieces(const struct elf_image *elf, struct arena *arena, struct elf_pieces *pieces,
		     struct error *err)
{
	struct elf_piece *last = NULL;

	pieces->count = 0;
	pieces->items = arena_alloc(arena, elf->count * sizeof(*pieces->items));
	if (!pieces->items)
		return error_no_memory(err);
	for (size_t i = 0; i < elf->count; i++) {
		struct range pages = pages_of(&elf->loads[i]);

		if (last &&
		    (pages.start < last->at.end || continues(&elf->loads[i - 1], &elf->loads[i]))) {
			if (pages.end > last->at.end)
				last->at.end = pages.end;
			last->count++;
			continue;
		}
		last = &pieces->items[pieces->count++];
		*last = (struct elf_piece){ pages, i, 1 };
	}
	return 0;
}

static bool is_one_stretch(const struct elf_load *loads, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!continues(&loads[i - 1], &loads[i]))
			return false;
	return loads[0].at.start % PAGE_BYTES == 0;
}

int elf_piece_data(const struct elf_image *elf, const struct elf_piece *piece, struct arena *arena,
		   struct span *data, struct error *err)
{
	const struct elf_load *loads = elf->loads + piece->first;
	const struct elf_load *last = &loads[piece->count - 1];
	uint64_t bytes = last->at.start + last->file_bytes - piece->at.start;
	uint8_t *copy;

	if (bytes > SIZE_MAX / 2)
		return error_no_memory(err);
	if (is_one_stretch(loads, piece->count)) {
		*data = (struct span){ elf->file.data + loads[0].offset, (size_t)bytes };
		return 0;
	}
	copy = arena_alloc(arena, (size_t)bytes);
	if (!copy)
		return error_no_memory(err);
	for (size_t i = 0; i < piece->count; i++)
		if (loads[i].file_bytes)
			memcpy(copy + (loads[i].at.start - piece->at.start),
			       elf->file.data + loads[i].offset, (size_t)loads[i].file_bytes);
	*data = (struct span){ copy, (size_t)bytes };
	return 0;
}

bool elf_image_holds(const struct elf_image *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->count; i++)
		if (address >= elf->loads[i].at.start && address < elf->loads[i].at.end)
			return true;
	return false;
}
