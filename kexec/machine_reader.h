/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the files that describe a machine: the running one, or one recorded in a folder. */
#ifndef KEXEC_MACHINE_READER_H
#define KEXEC_MACHINE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "machine.h"

struct reader {
	const char *root;
	uint32_t want;
	struct machine *machine;
	struct error *err;
};

/* Whether it is the running machine that is read. */
bool reader_is_live(const struct reader *reader);

/* The content of root/path; free it with reader_content_done(). 0 or -errno. */
int reader_file(const struct reader *reader, const char *path, struct span *content);

/* The content of a binary file; in a recorded folder it may be hex digits in path.hex. */
int reader_binary(const struct reader *reader, const char *path, struct span *content);

/* Remember something the user should know (text is kept, not copied). */
void reader_note(const struct reader *reader, const char *text);

void reader_content_done(struct span *content);

/* Put "cannot read path" for what one of these returned into reader->err. Always -1. */
int reader_error(const struct reader *reader, const char *path, int result);

#endif
