/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens /proc/kcore and /proc/kallsyms and reads from them; what the bytes mean is known to
 * kcore_parse.c and machine_parse.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kcore.h"

#define NOTES_BYTES_MAX (UINT64_C(1) << 20)

/* 0, or -1 when not all bytes could be read. */
static int read_at(int fd, uint64_t offset, void *buffer, size_t bytes)
{
	uint8_t *to = buffer;

	while (bytes) {
		ssize_t got = pread(fd, to, bytes, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		to += got;
		bytes -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

static int read_headers(struct kcore *kcore, struct error *err)
{
	uint8_t head[KCORE_HEADER_BYTES];
	size_t bytes;

	if (read_at(kcore->fd, 0, head, sizeof(head)))
		return error_set(err, "cannot read its header");
	if (kcore_header((struct span){ head, sizeof(head) }, &kcore->map, err))
		return -1;
	bytes = kcore->map.count * kcore_phdr_bytes(&kcore->map);
	kcore->phdrs = malloc(bytes);
	if (!kcore->phdrs)
		return error_no_memory(err);
	if (read_at(kcore->fd, kcore->map.offset, kcore->phdrs, bytes))
		return error_set(err, "cannot read its %u program headers", kcore->map.count);
	kcore->map.phdrs = (struct span){ kcore->phdrs, bytes };
	return 0;
}

int kcore_open(const char *path, struct kcore *kcore, struct error *err)
{
	struct kcore opened = { .fd = open(path, O_RDONLY | O_CLOEXEC) };

	if (opened.fd < 0)
		return error_set(err, "cannot open '%s': %s", path, strerror(errno));
	if (read_headers(&opened, err)) {
		kcore_close(&opened);
		return error_prefix(err, "'%s': ", path);
	}
	*kcore = opened;
	return 0;
}

void kcore_close(struct kcore *kcore)
{
	close(kcore->fd);
	free(kcore->phdrs);
}

int kcore_read(const struct kcore *kcore, uint64_t address, void *buffer, size_t bytes)
{
	uint64_t offset;

	if (kcore_at_virtual(&kcore->map, address, bytes, &offset))
		return -1;
	return read_at(kcore->fd, offset, buffer, bytes);
}

int kcore_read_physical(const struct kcore *kcore, uint64_t address, void *buffer, size_t bytes)
{
	uint64_t offset;

	if (kcore_at_physical(&kcore->map, address, bytes, &offset))
		return -1;
	return read_at(kcore->fd, offset, buffer, bytes);
}

int kcore_vmcoreinfo(const struct kcore *kcore, struct span *text, struct error *err)
{
	uint64_t offset, bytes;
	struct span found;
	uint8_t *notes;
	int result = 0;

	if (kcore_notes(&kcore->map, &offset, &bytes) || bytes > NOTES_BYTES_MAX)
		return error_set(err, "'/proc/kcore' has no notes");
	notes = malloc(bytes ? bytes : 1);
	if (!notes)
		return error_no_memory(err);
	if (read_at(kcore->fd, offset, notes, bytes) ||
	    vmcoreinfo_note((struct span){ notes, bytes }, &found)) {
		result = error_set(err, "'/proc/kcore' has no VMCOREINFO note");
	} else {
		uint8_t *copy = malloc(found.size);

		if (copy) {
			memcpy(copy, found.data, found.size);
			*text = (struct span){ copy, found.size };
		} else {
			result = error_no_memory(err);
		}
	}
	free(notes);
	return result;
}

/* Lines longer than this are no symbols we look for; their rest is read and parsed to no effect. */
#define SYMBOL_LINE_BYTES 1024

int kallsyms_read(const char *path, struct kernel_symbol *symbols, size_t count, struct error *err)
{
	char line[SYMBOL_LINE_BYTES];
	size_t found = 0;
	bool hidden = false;
	FILE *file = fopen(path, "re");

	if (!file)
		return error_set(err, "cannot open '%s': %s", path, strerror(errno));
	while (found < count && fgets(line, sizeof(line), file)) {
		kallsyms_line((struct span){ (const uint8_t *)line, strlen(line) }, symbols, count);
		for (found = 0; found < count && symbols[found].found; found++)
			;
	}
	fclose(file);
	for (size_t i = 0; i < count; i++)
		hidden = hidden || (symbols[i].found && !symbols[i].address);
	if (hidden)
		return error_set(err, "'%s' hides its addresses (kernel.kptr_restrict)", path);
	return 0;
}
