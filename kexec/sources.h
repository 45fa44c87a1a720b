/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernel, initrd and command line come from when the command line does not name them itself:
 * boot loader entries, and the initrd that the running kernel kept.
 */
#ifndef KEXEC_SOURCES_H
#define KEXEC_SOURCES_H

#include "actions.h"
#include "arena.h"
#include "error.h"
#include "options.h"

/*
 * Fill in what --entry-file and --reuseinitrd stand for: options->kernel, initrds, entry_cmdline
 * and given. Texts are owned by the arena. -1: err says what is missing.
 */
int sources_resolve(const struct world *world, struct arena *arena, struct options *options,
		    struct error *err);

#endif
