/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the headers of PE images. Does not know what sections are for. */
#include "pe.h"

/* DOS header. */
#define DOS_PE_OFFSET 0x3c /* u32: where "PE\0\0" is */
#define DOS_BYTES     0x40

/* From "PE\0\0" on: the COFF header, the optional header, the section table. */
enum {
	COFF_MACHINE = 4,        /* u16 */
	COFF_SECTIONS = 6,       /* u16 */
	COFF_OPTIONAL_SIZE = 20, /* u16 */
	COFF_BYTES = 24,
};

/* A row of the section table. */
enum {
	SECTION_NAME = 0,         /* 8 bytes, filled up with zeros */
	SECTION_MEMORY_BYTES = 8, /* u32 */
	SECTION_FILE_BYTES = 16,  /* u32, rounded up to the file's alignment */
	SECTION_FILE_OFFSET = 20, /* u32 */
	SECTION_BYTES = 40,
};

int pe_open(struct span file, struct pe *pe, struct error *err)
{
	uint64_t head, table;
	unsigned count;

	if (file.size < DOS_BYTES || memcmp(file.data, "MZ", 2) != 0)
		return error_set(err, "no PE image: no \"MZ\" at 0x0");
	head = le32_get(file.data + DOS_PE_OFFSET);
	if (!bytes_fit(file.size, head, COFF_BYTES) || memcmp(file.data + head, "PE\0", 4) != 0)
		return error_set(err, "no PE image: no \"PE\" at 0x%llx (as 0x%x says)",
				 (unsigned long long)head, DOS_PE_OFFSET);
	count = le16_get(file.data + head + COFF_SECTIONS);
	table = head + COFF_BYTES + le16_get(file.data + head + COFF_OPTIONAL_SIZE);
	if (count > PE_SECTIONS_MAX)
		return error_set(err, "a PE image of %u sections, %d are taken at most", count,
				 PE_SECTIONS_MAX);
	if (!bytes_fit(file.size, table, (uint64_t)count * SECTION_BYTES))
		return error_set(err,
				 "truncated: the PE image's table of %u sections lies at 0x%llx, "
				 "the file ends at 0x%zx",
				 count, (unsigned long long)table, file.size);
	*pe = (struct pe){
		.file = file,
		.table = { file.data + table, (size_t)count * SECTION_BYTES },
		.section_count = count,
		.machine = le16_get(file.data + head + COFF_MACHINE),
	};
	return 0;
}

int pe_section(const struct pe *pe, unsigned number, char name[9], struct span *data,
	       struct error *err)
{
	const uint8_t *row = pe->table.data + (size_t)number * SECTION_BYTES;
	uint32_t memory = le32_get(row + SECTION_MEMORY_BYTES);
	uint32_t bytes = le32_get(row + SECTION_FILE_BYTES);
	uint32_t offset = le32_get(row + SECTION_FILE_OFFSET);

	memcpy(name, row + SECTION_NAME, 8);
	name[8] = '\0';
	if (memory && memory < bytes)
		bytes = memory;
	if (!bytes_fit(pe->file.size, offset, bytes))
		return error_set(err,
				 "truncated: section %u has 0x%lx bytes at 0x%lx, the file ends at "
				 "0x%zx; get the file again",
				 number, (unsigned long)bytes, (unsigned long)offset,
				 pe->file.size);
	*data = bytes ? (struct span){ pe->file.data + offset, bytes } : (struct span){ NULL, 0 };
	return 0;
}
