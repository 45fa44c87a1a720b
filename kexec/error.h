/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors as values. A function that can fail returns 0 or -1 and, on -1, has filled the struct
 * error it was given; nobody below main() prints or exits.
 */
#ifndef KEXEC_ERROR_H
#define KEXEC_ERROR_H

struct error {
	char text[600];
};

/*
 * Set the message: one line, lower case, no full stop, file names quoted, addresses in hex, and
 * what the user can do about it. Returns -1, so that `return error_set(err, ...)` reads as it
 * should.
 */
int error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put context in front of the message that is there ("'bzImage': " ...). Returns -1. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The message for a failed allocation. Returns -1. */
int error_no_memory(struct error *err);

#endif
