/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far the work is: one line that is drawn over itself on a terminal, else a line in the kernel
 * log every ten per cent. Knows nothing of what is being done.
 */
#ifndef KDUMP_PROGRESS_H
#define KDUMP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *name;     /* of the program, for the kernel log */
	const char *verb;     /* "saved" */
	uint64_t total, done; /* bytes */
	uint64_t started_ms, shown_ms;
	unsigned logged; /* tens of per cent */
	bool terminal, quiet;
	int log; /* /dev/kmsg, or -1 */
};

void progress_start(struct progress *progress, const char *name, const char *verb, uint64_t total,
		    bool quiet);
void progress_add(struct progress *progress, uint64_t bytes);
/* Clear the line on the terminal, close the log. */
void progress_end(struct progress *progress);

/* Milliseconds since progress_start(). */
uint64_t progress_elapsed_ms(const struct progress *progress);

/* The text of the line, pure: " 42 %  417 of 993 MiB  123 MiB/s  0:04 left". */
void progress_text(const struct progress *progress, uint64_t elapsed_ms, char *text, unsigned size);

#endif
