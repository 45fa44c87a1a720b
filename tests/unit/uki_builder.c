/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes PE images for tests, as a linker and objcopy would: nothing in them can be started. */
#include "uki_builder.h"

#include <stdlib.h>
#include <string.h>

#define PE_AT         0x80
#define COFF_BYTES    24
#define OPTIONAL_SIZE 0xf0 /* of PE32+ */
#define ROW_BYTES     40
#define FILE_ALIGN    512
#define MACHINE       0x8664

static size_t rounded(size_t bytes)
{
	return (bytes + FILE_ALIGN - 1) / FILE_ALIGN * FILE_ALIGN;
}

uint8_t *uki_build(uint16_t machine, const struct uki_section *sections, unsigned count,
		   size_t *bytes)
{
	size_t table = PE_AT + COFF_BYTES + OPTIONAL_SIZE;
	size_t offset = rounded(table + (size_t)count * ROW_BYTES), total = offset;
	uint8_t *image;

	for (unsigned i = 0; i < count; i++)
		total += rounded(sections[i].data.size);
	image = calloc(1, total);
	if (!image)
		return NULL;
	memcpy(image, "MZ", 2);
	le32_put(image + 0x3c, PE_AT);
	memcpy(image + PE_AT, "PE", 2);
	le16_put(image + PE_AT + 4, machine ? machine : MACHINE);
	le16_put(image + PE_AT + 6, (uint16_t)count);
	le16_put(image + PE_AT + 20, OPTIONAL_SIZE);
	le16_put(image + PE_AT + COFF_BYTES, 0x20b);
	for (unsigned i = 0; i < count; i++) {
		const struct span *data = &sections[i].data;
		uint8_t *row = image + table + (size_t)i * ROW_BYTES;

		memcpy(row, sections[i].name, strnlen(sections[i].name, 8));
		le32_put(row + 8, (uint32_t)data->size);
		le32_put(row + 12, (uint32_t)(0x100000 + offset));
		le32_put(row + 16, (uint32_t)rounded(data->size));
		le32_put(row + 20, (uint32_t)offset);
		if (data->size)
			memcpy(image + offset, data->data, data->size);
		offset += rounded(data->size);
	}
	*bytes = total;
	return image;
}
