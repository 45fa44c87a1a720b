/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens the files of /proc and /sys, below a root prefix. Does not know what is in them, nor which
 * of them counts.
 */
#include "machine_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "machine_parse.h"

#define FILE_BYTES_MAX (16u << 20) /* of any file here; /proc/iomem of big machines has 1 MiB */

bool reader_is_live(const struct reader *reader)
{
	return !reader->root[0];
}

/* Read from fd to its end. The memory is the caller's. 0 or -errno. */
static int read_all(int fd, struct span *content)
{
	size_t size = 0, capacity = 4096;
	uint8_t *data = malloc(capacity);

	while (data) {
		ssize_t got = read(fd, data + size, capacity - size);
		uint8_t *grown;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int failure = -errno;

			free(data);
			return failure;
		}
		size += (size_t)got;
		if (!got) {
			*content = (struct span){ data, size };
			return 0;
		}
		if (size < capacity)
			continue;
		capacity *= 2;
		grown = capacity <= FILE_BYTES_MAX ? realloc(data, capacity) : NULL;
		if (!grown)
			free(data);
		data = grown;
	}
	return -ENOMEM;
}

void reader_note(const struct reader *reader, const char *text)
{
	struct machine *machine = reader->machine;

	if (machine->note_count < MACHINE_NOTES_MAX)
		machine->notes[machine->note_count++] = text;
}

void reader_content_done(struct span *content)
{
	free((void *)(uintptr_t)content->data);
	*content = (struct span){ NULL, 0 };
}

int reader_file(const struct reader *reader, const char *path, struct span *content)
{
	char full[PATH_MAX];
	int fd, result;

	if (snprintf(full, sizeof(full), "%s/%s", reader->root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = read_all(fd, content);
	close(fd);
	return result;
}

int reader_binary(const struct reader *reader, const char *path, struct span *content)
{
	char hex_path[PATH_MAX];
	struct span hex;
	uint8_t *bytes;
	size_t count;
	int result = reader_file(reader, path, content);

	if (result != -ENOENT || reader_is_live(reader))
		return result;
	if (snprintf(hex_path, sizeof(hex_path), "%s.hex", path) >= (int)sizeof(hex_path))
		return -ENAMETOOLONG;
	result = reader_file(reader, hex_path, &hex);
	if (result)
		return result;
	bytes = malloc(hex.size / 2 + 1);
	if (!bytes) {
		result = -ENOMEM;
	} else if (text_hex(hex, bytes, hex.size / 2 + 1, &count)) {
		free(bytes);
		result = -EINVAL;
	} else {
		*content = (struct span){ bytes, count };
	}
	reader_content_done(&hex);
	return result;
}

int reader_error(const struct reader *reader, const char *path, int result)
{
	return error_set(reader->err, "cannot read '%s/%s': %s", reader->root, path,
			 strerror(-result));
}
