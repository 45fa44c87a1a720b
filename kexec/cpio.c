/* SPDX-License-Identifier: GPL-2.0-only */
/* The newc form of cpio: a header of 8-digit hexadecimal fields, name, data, each padded to 4. */
#include "cpio.h"

#include <stdio.h>
#include <string.h>

#define HEADER_BYTES  110
#define TRAILER       "TRAILER!!!"
#define ARCHIVE_ALIGN 512

/* Bytes of one entry: header and name together are padded, then the data is. */
static uint64_t entry_size(const char *name, uint64_t data_bytes)
{
	return align_up(HEADER_BYTES + strlen(name) + 1, 4) + align_up(data_bytes, 4);
}

uint64_t cpio_size(const struct cpio_entry *entries, unsigned count)
{
	uint64_t size = entry_size(TRAILER, 0);

	for (unsigned i = 0; i < count; i++)
		size += entry_size(entries[i].name, entries[i].data.size);
	return align_up(size, ARCHIVE_ALIGN);
}

static uint8_t *put_entry(const struct cpio_entry *entry, uint32_t number, uint8_t *at)
{
	char header[HEADER_BYTES + 1];
	size_t name_bytes = strlen(entry->name) + 1;

	/* magic, ino, mode, uid, gid, nlink, mtime, filesize, device, its rdev, namesize, check */
	snprintf(header, sizeof(header),
		 "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", number, entry->mode,
		 0, 0, 1, 0, (unsigned)entry->data.size, 0, 0, entry->major, entry->minor,
		 (unsigned)name_bytes, 0);
	memcpy(at, header, HEADER_BYTES);
	memcpy(at + HEADER_BYTES, entry->name, name_bytes);
	if (entry->data.size)
		memcpy(at + align_up(HEADER_BYTES + name_bytes, 4), entry->data.data,
		       entry->data.size);
	return at + entry_size(entry->name, entry->data.size);
}

void cpio_fill(const struct cpio_entry *entries, unsigned count, uint8_t *archive)
{
	struct cpio_entry trailer = { .name = TRAILER };

	memset(archive, 0, (size_t)cpio_size(entries, count));
	for (unsigned i = 0; i < count; i++)
		archive = put_entry(&entries[i], i + 1, archive);
	put_entry(&trailer, 0, archive);
}
