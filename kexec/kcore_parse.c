/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of /proc/kcore (ELF core of both classes, fs/proc/kcore.c of Linux) and of x86 page
 * tables. Pure functions over untrusted bytes; knows no file.
 */
#include <elf.h>

#include "kcore_parse.h"
#include "machine.h"

#define NOTE_HEADER_BYTES 12
#define ENTRY_PRESENT     0x1
#define ENTRY_LARGE       0x80

/* From here up x86_64 maps its image, below its linear map. */
#define X86_64_IMAGE UINT64_C(0xffffffff80000000)

struct kcore_segment {
	uint32_t type;
	uint64_t offset, vaddr, paddr, bytes;
};

size_t kcore_phdr_bytes(const struct kcore_map *map)
{
	return map->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

int kcore_header(struct span head, struct kcore_map *map, struct error *err)
{
	struct kcore_map found = { 0 };
	const uint8_t *p = head.data;
	unsigned entry_bytes;

	if (head.size < KCORE_HEADER_BYTES || memcmp(p, ELFMAG, SELFMAG) != 0 ||
	    p[EI_DATA] != ELFDATA2LSB || (p[EI_CLASS] != ELFCLASS32 && p[EI_CLASS] != ELFCLASS64) ||
	    le16_get(p + offsetof(Elf64_Ehdr, e_type)) != ET_CORE)
		return error_set(err, "no little-endian ELF core");
	found.wide = p[EI_CLASS] == ELFCLASS64;
	if (found.wide) {
		found.offset = le64_get(p + offsetof(Elf64_Ehdr, e_phoff));
		entry_bytes = le16_get(p + offsetof(Elf64_Ehdr, e_phentsize));
		found.count = le16_get(p + offsetof(Elf64_Ehdr, e_phnum));
	} else {
		found.offset = le32_get(p + offsetof(Elf32_Ehdr, e_phoff));
		entry_bytes = le16_get(p + offsetof(Elf32_Ehdr, e_phentsize));
		found.count = le16_get(p + offsetof(Elf32_Ehdr, e_phnum));
	}
	if (entry_bytes != kcore_phdr_bytes(&found) || !found.count || found.offset > INT32_MAX)
		return error_set(err, "%u program headers of %u bytes at 0x%llx", found.count,
				 entry_bytes, (unsigned long long)found.offset);
	*map = found;
	return 0;
}

int kcore_headers(struct span beginning, struct kcore_map *map, struct error *err)
{
	struct kcore_map found;
	size_t bytes;

	if (kcore_header(beginning, &found, err))
		return -1;
	bytes = found.count * kcore_phdr_bytes(&found);
	if (!bytes_fit(beginning.size, found.offset, bytes))
		return error_set(err, "the program headers are missing");
	found.phdrs = (struct span){ beginning.data + found.offset, bytes };
	*map = found;
	return 0;
}

/* Addresses are widened so that "none" (all ones) is the same in both classes. */
static uint64_t widen(uint32_t value)
{
	return value == UINT32_MAX ? UINT64_MAX : value;
}

static bool segment_get(const struct kcore_map *map, unsigned index, struct kcore_segment *segment)
{
	size_t bytes = kcore_phdr_bytes(map);
	const uint8_t *p;

	if (index >= map->count || !bytes_fit(map->phdrs.size, (uint64_t)index * bytes, bytes))
		return false;
	p = map->phdrs.data + index * bytes;
	segment->type = le32_get(p);
	if (map->wide) {
		segment->offset = le64_get(p + offsetof(Elf64_Phdr, p_offset));
		segment->vaddr = le64_get(p + offsetof(Elf64_Phdr, p_vaddr));
		segment->paddr = le64_get(p + offsetof(Elf64_Phdr, p_paddr));
		segment->bytes = le64_get(p + offsetof(Elf64_Phdr, p_filesz));
	} else {
		segment->offset = le32_get(p + offsetof(Elf32_Phdr, p_offset));
		segment->vaddr = le32_get(p + offsetof(Elf32_Phdr, p_vaddr));
		segment->paddr = widen(le32_get(p + offsetof(Elf32_Phdr, p_paddr)));
		segment->bytes = le32_get(p + offsetof(Elf32_Phdr, p_filesz));
	}
	return true;
}

/* Where address lies in a part of the file that starts at start; 0 or -1. */
static int offset_in(const struct kcore_segment *segment, uint64_t start, uint64_t address,
		     uint64_t bytes, uint64_t *offset)
{
	if (address < start || !bytes_fit(segment->bytes, address - start, bytes) ||
	    segment->offset > UINT64_MAX - (address - start))
		return -1;
	*offset = segment->offset + (address - start);
	return 0;
}

int kcore_at_virtual(const struct kcore_map *map, uint64_t address, uint64_t bytes,
		     uint64_t *offset)
{
	struct kcore_segment segment;

	for (unsigned i = 0; segment_get(map, i, &segment); i++)
		if (segment.type == PT_LOAD &&
		    !offset_in(&segment, segment.vaddr, address, bytes, offset))
			return 0;
	return -1;
}

/*
 * Since 4.11 p_paddr is the physical address, or all ones where there is none; before it was 0
 * everywhere. Some part (vmalloc) always has none: its mark shows that the others can be believed.
 */
static bool tells_physical(const struct kcore_map *map)
{
	struct kcore_segment segment;

	for (unsigned i = 0; segment_get(map, i, &segment); i++)
		if (segment.type == PT_LOAD && segment.paddr == UINT64_MAX)
			return true;
	return false;
}

int kcore_at_physical(const struct kcore_map *map, uint64_t address, uint64_t bytes,
		      uint64_t *offset)
{
	struct kcore_segment segment;

	if (!tells_physical(map))
		return -1;
	for (unsigned i = 0; segment_get(map, i, &segment); i++)
		if (segment.type == PT_LOAD && segment.paddr != UINT64_MAX &&
		    !offset_in(&segment, segment.paddr, address, bytes, offset))
			return 0;
	return -1;
}

int kcore_to_physical(const struct kcore_map *map, uint64_t address, uint64_t *physical)
{
	struct kcore_segment segment;

	if (!tells_physical(map))
		return -1;
	for (unsigned i = 0; segment_get(map, i, &segment); i++) {
		if (segment.type != PT_LOAD || segment.paddr == UINT64_MAX ||
		    address < segment.vaddr || address - segment.vaddr >= segment.bytes ||
		    segment.paddr > UINT64_MAX - (address - segment.vaddr))
			continue;
		*physical = segment.paddr + (address - segment.vaddr);
		return 0;
	}
	return -1;
}

int kcore_page_offset(const struct kcore_map *map, uint64_t *page_offset)
{
	struct kcore_segment segment;

	if (!tells_physical(map))
		return -1;
	for (unsigned i = 0; segment_get(map, i, &segment); i++) {
		if (segment.type != PT_LOAD || segment.vaddr < segment.paddr ||
		    (map->wide && segment.vaddr >= X86_64_IMAGE))
			continue;
		*page_offset = segment.vaddr - segment.paddr;
		return 0;
	}
	return -1;
}

int kcore_part(const struct kcore_map *map, uint64_t address, struct range *physical)
{
	struct kcore_segment segment;

	if (!tells_physical(map))
		return -1;
	for (unsigned i = 0; segment_get(map, i, &segment); i++) {
		if (segment.type != PT_LOAD || segment.vaddr != address || !segment.bytes ||
		    segment.bytes > UINT64_MAX - segment.paddr)
			continue;
		*physical = (struct range){ segment.paddr, segment.paddr + segment.bytes };
		return 0;
	}
	return -1;
}

int kcore_notes(const struct kcore_map *map, uint64_t *offset, uint64_t *bytes)
{
	struct kcore_segment segment;

	for (unsigned i = 0; segment_get(map, i, &segment); i++) {
		if (segment.type != PT_NOTE)
			continue;
		*offset = segment.offset;
		*bytes = segment.bytes;
		return 0;
	}
	return -1;
}

int vmcoreinfo_note(struct span notes, struct span *text)
{
	static const char owner[] = "VMCOREINFO";

	while (notes.size >= NOTE_HEADER_BYTES) {
		uint64_t name_bytes = le32_get(notes.data);
		uint64_t data_bytes = le32_get(notes.data + 4);
		uint64_t data_at = NOTE_HEADER_BYTES + align_up(name_bytes, 4);
		uint64_t next = data_at + align_up(data_bytes, 4);

		if (!bytes_fit(notes.size, data_at, data_bytes))
			return -1;
		if (name_bytes == sizeof(owner) &&
		    !memcmp(notes.data + NOTE_HEADER_BYTES, owner, sizeof(owner))) {
			*text = (struct span){ notes.data + data_at, (size_t)data_bytes };
			while (text->size && !text->data[text->size - 1])
				text->size--;
			return text->size ? 0 : -1;
		}
		if (next > notes.size)
			return -1;
		notes = (struct span){ notes.data + next, notes.size - (size_t)next };
	}
	return -1;
}

const struct paging *paging_format(uint32_t cpu)
{
	static const struct paging two_levels = { 4, 2, 10, 22, UINT64_C(0xfffff000) };
	static const struct paging pae = { 8, 3, 9, 21, UINT64_C(0x000ffffffffff000) };
	static const struct paging four_levels = { 8, 4, 9, 30, UINT64_C(0x000ffffffffff000) };
	static const struct paging five_levels = { 8, 5, 9, 30, UINT64_C(0x000ffffffffff000) };

	if (cpu & CPU_LONG_MODE)
		return cpu & CPU_LA57 ? &five_levels : &four_levels;
	return cpu & CPU_PAE ? &pae : &two_levels;
}

int paging_walk(const struct paging *paging, const struct physical_reader *reader, uint64_t root,
		uint64_t address, uint64_t *physical)
{
	unsigned shift = 12 + paging->levels * paging->index_bits;
	uint64_t table = root;

	for (unsigned level = paging->levels; level > 0; level--) {
		uint8_t bytes[8] = { 0 };
		uint64_t entry, index;

		shift -= paging->index_bits;
		index = address >> shift & ((UINT64_C(1) << paging->index_bits) - 1);
		if (reader->read(reader->context, table + index * paging->entry_bytes, bytes,
				 paging->entry_bytes))
			return -1;
		entry = le64_get(bytes);
		if (!(entry & ENTRY_PRESENT))
			return -1;
		table = entry & paging->frame_mask;
		if (level == 1 || (entry & ENTRY_LARGE && shift <= paging->large_bits)) {
			uint64_t inside = (UINT64_C(1) << shift) - 1;

			*physical = (table & ~inside) | (address & inside);
			return 0;
		}
	}
	return -1;
}
