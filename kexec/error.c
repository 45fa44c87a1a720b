/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Error messages as values. Knows how to fit a message into its buffer and keep it on one line,
 * whatever file name or image text went into it; knows nothing of what went wrong or of terminals.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names and texts of files come from outside: no newline, no escape sequence gets into a message.
 */
static void one_line(char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			*text = '?';
	}
}

int error_set(struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vsnprintf(err->text, sizeof(err->text), format, args) < 0)
		err->text[0] = '\0';
	va_end(args);
	one_line(err->text);
	return -1;
}

int error_prefix(struct error *err, const char *format, ...)
{
	struct error joined;
	size_t prefix_chars, room, chars;
	va_list args;

	va_start(args, format);
	if (vsnprintf(joined.text, sizeof(joined.text), format, args) < 0)
		joined.text[0] = '\0';
	va_end(args);
	one_line(joined.text);

	prefix_chars = strlen(joined.text);
	room = sizeof(joined.text) - 1 - prefix_chars;
	chars = strnlen(err->text, sizeof(err->text) - 1);
	if (chars > room)
		chars = room;
	memcpy(joined.text + prefix_chars, err->text, chars);
	joined.text[prefix_chars + chars] = '\0';
	*err = joined;
	return -1;
}

int error_no_memory(struct error *err)
{
	return error_set(err, "out of memory: this process cannot get the memory it needs");
}
