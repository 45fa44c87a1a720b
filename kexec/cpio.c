/* SPDX-License-Identifier: GPL-2.0-only */
/* Archives by libarchive, into memory; see cpio.h. */
#include "cpio.h"

#ifndef HAVE_LIBARCHIVE

int cpio_check(struct error *err)
{
	return error_set(err, "this kexec was built without libarchive, which makes the initramfs "
			      "of a second kernel");
}

int cpio_make(const struct cpio_entry *entries, unsigned count, uint8_t **archive, size_t *size,
	      struct error *err)
{
	(void)entries;
	(void)count;
	(void)archive;
	(void)size;
	return cpio_check(err);
}

#else

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

/* More than a header, a name's padding and the archive's last block are. */
#define ENTRY_ROOM   512
#define ARCHIVE_ROOM 4096

int cpio_check(struct error *err)
{
	(void)err;
	return 0;
}

static size_t room_for(const struct cpio_entry *entries, unsigned count)
{
	size_t room = ARCHIVE_ROOM;

	for (unsigned i = 0; i < count; i++)
		room += ENTRY_ROOM + strlen(entries[i].name) + entries[i].data.size;
	return room;
}

static int put_entry(struct archive *writer, struct archive_entry *header,
		     const struct cpio_entry *entry, unsigned number)
{
	archive_entry_clear(header);
	archive_entry_set_ino(header, number);
	archive_entry_set_pathname(header, entry->name);
	archive_entry_set_mode(header, (__LA_MODE_T)entry->mode);
	archive_entry_set_nlink(header, 1);
	archive_entry_set_rdevmajor(header, entry->major);
	archive_entry_set_rdevminor(header, entry->minor);
	archive_entry_set_size(header, (la_int64_t)entry->data.size);
	if (archive_write_header(writer, header) != ARCHIVE_OK)
		return -1;
	return archive_write_data(writer, entry->data.data, entry->data.size) ==
			       (la_ssize_t)entry->data.size
		       ? 0
		       : -1;
}

/* used: where libarchive counts what it has written. */
static int write_all(struct archive *writer, const struct cpio_entry *entries, unsigned count,
		     uint8_t *memory, size_t room, size_t *used)
{
	struct archive_entry *header = archive_entry_new();
	int result = -1;

	if (header && archive_write_set_format_cpio_newc(writer) == ARCHIVE_OK &&
	    archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK &&
	    archive_write_open_memory(writer, memory, room, used) == ARCHIVE_OK)
		result = 0;
	for (unsigned i = 0; !result && i < count; i++)
		result = put_entry(writer, header, &entries[i], i + 1);
	if (!result && archive_write_close(writer) != ARCHIVE_OK)
		result = -1;
	archive_entry_free(header);
	return result;
}

int cpio_make(const struct cpio_entry *entries, unsigned count, uint8_t **archive, size_t *size,
	      struct error *err)
{
	struct archive *writer = archive_write_new();
	size_t room = room_for(entries, count);
	uint8_t *memory = malloc(room);
	int result = -1;

	if (!writer || !memory)
		error_no_memory(err);
	else if (write_all(writer, entries, count, memory, room, size))
		error_set(err, "making an initramfs: %s",
			  archive_error_string(writer) ? archive_error_string(writer)
						       : "libarchive has no memory");
	else
		result = 0;
	archive_write_free(writer);
	if (!result)
		*archive = memory;
	else
		free(memory);
	return result;
}

#endif
