/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's command line as words: parameters separated by blanks, with double quotes that may
 * hold blanks, '-' and '_' in a name being the same, up to a "--"
 * (Documentation/admin-guide/kernel-parameters). Pure: text in, text out.
 */
#ifndef KEXEC_CMDLINE_H
#define KEXEC_CMDLINE_H

#include <stdbool.h>

#include "arena.h"
#include "bytes.h"

/*
 * The value of the last parameter called name ("" for one without '='), borrowed from text. False
 * if there is none.
 */
bool cmdline_find(const char *text, const char *name, struct span *value);

/*
 * A copy of text without the parameters called one of names (NULL-terminated), blanks between words
 * made one space. Owned by the arena; NULL when there is no memory left.
 */
char *cmdline_without(struct arena *arena, const char *text, const char *const *names);

/*
 * A copy of text with parameters for the kernel added: at the end, or before a "--" if there is
 * one. Owned by the arena; NULL when there is no memory left.
 */
char *cmdline_add(struct arena *arena, const char *text, const char *parameters);

/*
 * A copy of text in which of parameters that come several times only the last is left, blanks
 * between words made one space; what follows a "--" stays as it is. Of parameters that may well be
 * given several times with different values (console=, rd.*, ...) only exact repetitions go, and
 * those whose meaning depends on their neighbours (hugepages=) stay. Owned by the arena; NULL when
 * there is no memory left.
 */
char *cmdline_dedup(struct arena *arena, const char *text);

#endif
