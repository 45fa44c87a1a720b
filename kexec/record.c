/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes, reads and removes the record of what is loaded. Knows the lines of the file; does not
 * know whether they are still true.
 */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_MAX_BYTES 65536

static const char *const mode_names[] = {
	[REQUEST_BOOT] = "boot",
	[REQUEST_PRESERVE] = "preserve",
	[REQUEST_JUMP_BACK] = "jump-back",
	[REQUEST_CRASH] = "crash",
};

static const char *const kind_names[] = { [RECORD_LOADED] = "loaded", [RECORD_CRASH] = "crash" };

enum field_kind { FIELD_TEXT, FIELD_DECIMAL, FIELD_ADDRESS, FIELD_COUNT, FIELD_MODE };

/* One line of the file for each row; "lent" lines are apart, as there may be several. */
static const struct field {
	const char *key;
	enum field_kind kind;
	size_t offset, size;
	bool required;
} fields[] = {
#define FIELD(key, kind, member, required)                                                        \
	{                                                                                         \
		key, kind, offsetof(struct record, member), sizeof(((struct record *)0)->member), \
			required                                                                  \
	}
	FIELD("mode", FIELD_MODE, mode, true),
	FIELD("time", FIELD_DECIMAL, time, true),
	FIELD("boot_id", FIELD_TEXT, boot_id, true),
	FIELD("type", FIELD_TEXT, type, true),
	FIELD("kernel", FIELD_TEXT, kernel, true),
	FIELD("path", FIELD_TEXT, path, false),
	FIELD("cmdline", FIELD_TEXT, cmdline, false),
	FIELD("entry", FIELD_ADDRESS, entry, true),
	FIELD("way_back", FIELD_ADDRESS, way_back, false),
	FIELD("purgatory", FIELD_ADDRESS, purgatory, false),
	FIELD("segments", FIELD_COUNT, segments, false),
#undef FIELD
};

#define FIELD_TOTAL (sizeof(fields) / sizeof(fields[0]))

const char *record_mode_name(enum request_mode mode)
{
	return mode_names[mode];
}

enum record_kind record_kind_of(enum request_mode mode)
{
	return mode == REQUEST_CRASH ? RECORD_CRASH : RECORD_LOADED;
}

/* One line whatever is in the text: control characters and the backslash become \xNN. */
static void write_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f || c == '\\')
			fprintf(file, "\\x%02x", c);
		else
			fputc(c, file);
	}
}

static void write_field(FILE *file, const struct field *field, const struct record *record)
{
	const char *at = (const char *)record + field->offset;

	fprintf(file, "%s=", field->key);
	switch (field->kind) {
	case FIELD_TEXT:
		write_text(file, at);
		break;
	case FIELD_DECIMAL:
		fprintf(file, "%" PRIu64, *(const uint64_t *)(const void *)at);
		break;
	case FIELD_ADDRESS:
		fprintf(file, "0x%" PRIx64, *(const uint64_t *)(const void *)at);
		break;
	case FIELD_COUNT:
		fprintf(file, "%" PRIu32, *(const uint32_t *)(const void *)at);
		break;
	case FIELD_MODE:
		fputs(record_mode_name(record->mode), file);
		break;
	}
	fputc('\n', file);
}

static int write_all(int fd, const struct record *record)
{
	FILE *file = fdopen(fd, "w");
	bool failed;

	if (!file) {
		close(fd);
		return -1;
	}
	fprintf(file, "version=%d\n", RECORD_VERSION);
	for (size_t i = 0; i < FIELD_TOTAL; i++)
		write_field(file, &fields[i], record);
	for (uint32_t i = 0; i < record->lent_count; i++)
		fprintf(file, "lent=0x%" PRIx64 "-0x%" PRIx64 "\n", record->lent[i].start,
			record->lent[i].end);
	failed = ferror(file) != 0;
	return fclose(file) || failed ? -1 : 0;
}

static int path_in(const char *directory, enum record_kind kind, const char *suffix,
		   char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s%s", directory, kind_names[kind], suffix) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int record_write(const char *directory, const struct record *record, struct error *err)
{
	enum record_kind kind = record_kind_of(record->mode);
	char temporary[PATH_MAX], path[PATH_MAX];
	int fd;

	if (path_in(directory, kind, ".new", temporary) || path_in(directory, kind, "", path))
		return error_set(err, "cannot write below '%s': %s", directory, strerror(errno));
	if (mkdir(directory, 0755) && errno != EEXIST)
		return error_set(err, "cannot make '%s': %s", directory, strerror(errno));
	unlink(temporary); /* of a writer that was interrupted */
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set(err, "cannot write '%s': %s", temporary, strerror(errno));
	if (write_all(fd, record) || rename(temporary, path)) {
		int why = errno;

		unlink(temporary);
		return error_set(err, "cannot write '%s': %s", path, strerror(why));
	}
	return 0;
}

int record_remove(const char *directory, enum record_kind kind, struct error *err)
{
	char path[PATH_MAX];

	if (!path_in(directory, kind, "", path) &&
	    (!unlink(path) || errno == ENOENT || errno == ENOTDIR))
		return 0;
	return error_set(err, "cannot remove '%s/%s': %s", directory, kind_names[kind],
			 strerror(errno));
}

/* Undo write_text(); what does not fit or is no text is refused. */
static int read_escaped(const char *from, char *to, size_t size)
{
	size_t used = 0;

	while (*from) {
		int c = (unsigned char)*from++;

		if (c == '\\') {
			unsigned high = *from == 'x' ? digit_value((uint8_t)from[1]) : 16;
			unsigned low = high < 16 ? digit_value((uint8_t)from[2]) : 16;

			if (low > 15)
				return -1;
			c = (int)(high << 4 | low);
			from += 3;
		}
		if (!c || used + 1 >= size)
			return -1;
		to[used++] = (char)c;
	}
	to[used] = '\0';
	return 0;
}

static int read_number(const char *text, int base, const char **rest, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*value = strtoull(text, &end, base);
	if (errno || (!rest && *end))
		return -1;
	if (rest)
		*rest = end;
	return 0;
}

static int read_lent(const char *text, struct record *record)
{
	struct range *lent = &record->lent[record->lent_count];

	if (record->lent_count == RECORD_LENT_MAX || read_number(text, 16, &text, &lent->start) ||
	    *text != '-' || read_number(text + 1, 16, NULL, &lent->end) || lent->end < lent->start)
		return -1;
	record->lent_count++;
	return 0;
}

static int read_field(const struct field *field, const char *text, struct record *record)
{
	void *at = (char *)record + field->offset;
	uint64_t value;

	switch (field->kind) {
	case FIELD_TEXT:
		return read_escaped(text, at, field->size);
	case FIELD_DECIMAL:
		return read_number(text, 10, NULL, at);
	case FIELD_ADDRESS:
		return read_number(text, 16, NULL, at);
	case FIELD_COUNT:
		if (read_number(text, 10, NULL, &value) || value > UINT32_MAX)
			return -1;
		*(uint32_t *)at = (uint32_t)value;
		return 0;
	case FIELD_MODE:
		for (size_t i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++)
			if (!strcmp(text, mode_names[i])) {
				record->mode = (enum request_mode)i;
				return 0;
			}
		return -1;
	}
	return -1;
}

/* One line; *seen gets a bit for each field. Keys nobody knows are a later version's. */
static int read_line(char *line, struct record *record, uint32_t *seen)
{
	char *text = strchr(line, '=');
	uint64_t version;

	if (!text)
		return -1;
	*text++ = '\0';
	if (!strcmp(line, "version"))
		return read_number(text, 10, NULL, &version) || version != RECORD_VERSION ? -1 : 0;
	if (!strcmp(line, "lent"))
		return read_lent(text, record);
	for (size_t i = 0; i < FIELD_TOTAL; i++)
		if (!strcmp(line, fields[i].key)) {
			if (*seen >> i & 1)
				return -1;
			*seen |= UINT32_C(1) << i;
			return read_field(&fields[i], text, record);
		}
	return 0;
}

static int read_lines(char *text, struct record *record)
{
	uint32_t seen = 0;
	char *next;

	*record = (struct record){ 0 };
	for (; *text; text = next) {
		next = strchr(text, '\n');
		if (!next)
			return -1;
		*next++ = '\0';
		if (read_line(text, record, &seen))
			return -1;
	}
	for (size_t i = 0; i < FIELD_TOTAL; i++)
		if (fields[i].required && !(seen >> i & 1))
			return -1;
	return 0;
}

/* A regular file of root's or our own; anything else is nobody's record. */
static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = -1, part = 1;
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (!st.st_uid || st.st_uid == geteuid()))
		for (got = 0; part > 0 && (size_t)got<size; got += part> 0 ? part : 0)
			part = read(fd, text + got, size - (size_t)got);
	else
		errno = EACCES;
	close(fd);
	return part < 0 ? -1 : got;
}

int record_read(const char *directory, enum record_kind kind, struct record *record,
		struct error *err)
{
	char path[PATH_MAX], *text;
	ssize_t got;
	int failed;

	err->text[0] = '\0';
	if (path_in(directory, kind, "", path))
		return error_set(err, "cannot read below '%s': %s", directory, strerror(errno));
	text = malloc(RECORD_MAX_BYTES + 1);
	if (!text)
		return error_no_memory(err);
	got = read_file(path, text, RECORD_MAX_BYTES);
	if (got < 0) {
		failed = errno == ENOENT || errno == ENOTDIR
				 ? -1
				 : error_set(err, "cannot read '%s': %s", path, strerror(errno));
	} else {
		text[got] = '\0';
		failed = got == RECORD_MAX_BYTES || strlen(text) != (size_t)got ||
			 read_lines(text, record);
		if (failed)
			error_set(err, "'%s' is damaged and is ignored", path);
	}
	free(text);
	return failed ? -1 : 0;
}
