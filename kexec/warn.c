/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints warnings. Knows their form; does not know what they are about. */
#include "warn.h"

#include <stdarg.h>

void warn(const struct world *world, const char *format, ...)
{
	struct error line;
	char text[sizeof(line.text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error_set(&line, "%s", text); /* one line, no control characters */
	fprintf(world->err, "kexec: warning: %s\n", line.text);
}
