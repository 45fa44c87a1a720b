/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of a boot loader entry. Knows its keys and what GRUB adds to them; opens no file and
 * does not know where partitions are mounted.
 */
#include "boot_entry.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* What an entry is read with. */
struct reader {
	struct arena *arena;
	struct span environment;
	struct boot_entry entry;
	unsigned line;
	struct error *err;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool has_control(struct span text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((text.data[i] < 0x20 && !is_space(text.data[i])) || text.data[i] == 0x7f)
			return true;
	return false;
}

/* Cut the first line off text. */
static struct span take_line(struct span *text)
{
	const uint8_t *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
	size_t bytes = end ? (size_t)(end - text->data) : text->size;
	struct span line = { text->data, bytes };

	bytes += end != NULL;
	text->data += bytes;
	text->size -= bytes;
	return line;
}

/* Cut the first word off line, and the blanks around it. Empty at the end. */
static struct span take_word(struct span *line)
{
	struct span word;

	if (!line->size) /* then it may be nowhere, too */
		return (struct span){ NULL, 0 };
	while (line->size && is_space(*line->data)) {
		line->data++;
		line->size--;
	}
	word = (struct span){ line->data, 0 };
	while (word.size < line->size && !is_space(word.data[word.size]))
		word.size++;
	line->data += word.size;
	line->size -= word.size;
	while (line->size && is_space(*line->data)) {
		line->data++;
		line->size--;
	}
	return word;
}

static bool is_word(struct span word, const char *text)
{
	return word.size == strlen(text) && !memcmp(word.data, text, word.size);
}

static char *copy(struct reader *reader, struct span text)
{
	char *result = arena_alloc(reader->arena, text.size + 1);

	if (!result)
		error_no_memory(reader->err);
	else if (text.size)
		memcpy(result, text.data, text.size);
	return result;
}

/* The value of a GRUB variable, the last one set; empty if there is none. */
static struct span variable(struct span environment, struct span name)
{
	struct span value = { NULL, 0 };

	while (environment.size) {
		struct span line = take_line(&environment);

		if (line.size > name.size && line.data[name.size] == '=' &&
		    !memcmp(line.data, name.data, name.size))
			value = (struct span){ line.data + name.size + 1,
					       line.size - name.size - 1 };
	}
	return value;
}

/* "$NAME" or "${NAME}" as a whole word: the name. Empty for any other word. */
static struct span variable_name(struct span word)
{
	if (word.size < 2 || *word.data != '$')
		return (struct span){ NULL, 0 };
	word.data++;
	word.size--;
	if (word.size > 2 && *word.data == '{' && word.data[word.size - 1] == '}') {
		word.data++;
		word.size -= 2;
	}
	for (size_t i = 0; i < word.size; i++) {
		uint8_t c = word.data[i];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '_')
			return (struct span){ NULL, 0 };
	}
	return word;
}

/* A word of options or initrd as GRUB would have it. */
static int expand(struct reader *reader, struct span word, struct span *result)
{
	struct span name = variable_name(word);

	*result = word;
	if (!name.size)
		return 0;
	*result = variable(reader->environment, name);
	if (!result->size && is_word(name, "kernelopts"))
		return error_set(
			reader->err,
			"line %u: the options are in GRUB's variable kernelopts, which is not "
			"set in grubenv: load the kernel by name, with --append",
			reader->line);
	if (has_control(*result))
		return error_set(reader->err, "line %u: a control character in '%.*s'",
				 reader->line, (int)name.size, (const char *)name.data);
	return 0;
}

static int add_options(struct reader *reader, struct span value)
{
	struct span rest = value, word, text;

	while ((word = take_word(&rest)).size) {
		const char *before = reader->entry.options;
		const char *part;

		if (expand(reader, word, &text))
			return -1;
		part = copy(reader, text);
		if (!part)
			return -1;
		if (!*part)
			continue;
		reader->entry.options =
			arena_printf(reader->arena, "%s%s%s", before, *before ? " " : "", part);
		if (!reader->entry.options)
			return error_no_memory(reader->err);
	}
	return 0;
}

/* A path from the root of the partition: no way out of it. */
static const char *path(struct reader *reader, struct span word)
{
	char *text = copy(reader, word);

	if (!text)
		return NULL;
	for (const char *part = text; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/')) {
			error_set(reader->err, "line %u: '%s' leads out of the partition",
				  reader->line, text);
			return NULL;
		}
	}
	return *text == '/' ? text : arena_printf(reader->arena, "/%s", text);
}

static int add_initrds(struct reader *reader, struct span value)
{
	struct boot_entry *entry = &reader->entry;
	struct span word, text, name;

	while ((word = take_word(&value)).size) {
		if (expand(reader, word, &text))
			return -1;
		while ((name = take_word(&text)).size) {
			if (entry->initrd_count == BOOT_ENTRY_INITRDS_MAX)
				return error_set(reader->err, "line %u: more than %d initrds",
						 reader->line, BOOT_ENTRY_INITRDS_MAX);
			entry->initrds[entry->initrd_count] = path(reader, name);
			if (!entry->initrds[entry->initrd_count++])
				return -1;
		}
	}
	return 0;
}

static int set_image(struct reader *reader, struct span value)
{
	if (reader->entry.image)
		return error_set(reader->err, "line %u: a second kernel", reader->line);
	reader->entry.image = path(reader, value);
	return reader->entry.image ? 0 : -1;
}

static int set_text(struct reader *reader, struct span value, const char **text)
{
	*text = copy(reader, value);
	return *text ? 0 : -1;
}

static int check_architecture(struct reader *reader, struct span value)
{
	const char *name = copy(reader, value);

	if (!name)
		return -1;
	if (!strcasecmp(name, "x64") || !strcasecmp(name, "ia32"))
		return 0;
	return error_set(reader->err, "line %u: the entry is for another architecture, '%s'",
			 reader->line, name);
}

static int read_line(struct reader *reader, struct span line)
{
	struct span key = take_word(&line);

	while (line.size && is_space(line.data[line.size - 1]))
		line.size--;
	if (!key.size || *key.data == '#' || !line.size)
		return 0;
	if (is_word(key, "linux") || is_word(key, "uki") || is_word(key, "efi"))
		return set_image(reader, line);
	if (is_word(key, "initrd"))
		return add_initrds(reader, line);
	if (is_word(key, "options"))
		return add_options(reader, line);
	if (is_word(key, "title"))
		return set_text(reader, line, &reader->entry.title);
	if (is_word(key, "version"))
		return set_text(reader, line, &reader->entry.version);
	if (is_word(key, "machine-id"))
		return set_text(reader, line, &reader->entry.machine_id);
	if (is_word(key, "architecture"))
		return check_architecture(reader, line);
	if (is_word(key, "devicetree") || is_word(key, "devicetree-overlay"))
		return error_set(reader->err, "line %u: device trees are not for x86",
				 reader->line);
	if (is_word(key, "uki-url"))
		return error_set(reader->err, "line %u: the kernel is not here but on the network",
				 reader->line);
	return 0; /* sort-key, profile and what later versions add */
}

int boot_entry_parse(struct arena *arena, struct span text, struct span environment,
		     struct boot_entry *entry, struct error *err)
{
	struct reader reader = { .arena = arena, .environment = environment, .err = err };

	if (text.size > BOOT_ENTRY_MAX_BYTES)
		return error_set(err, "0x%zx bytes are too much for a boot loader entry",
				 text.size);
	reader.entry.options = "";
	while (text.size) {
		struct span line = take_line(&text);

		reader.line++;
		if (has_control(line))
			return error_set(
				err, "line %u: a control character: is this a boot loader entry?",
				reader.line);
		if (read_line(&reader, line))
			return -1;
	}
	if (!reader.entry.image)
		return error_set(err, "no line 'linux', 'uki' or 'efi' names a kernel");
	*entry = reader.entry;
	return 0;
}
