/* SPDX-License-Identifier: GPL-2.0-only */
/* What the program does, from the command line to the exit code. */
#ifndef KEXEC_ACTIONS_H
#define KEXEC_ACTIONS_H

#include <stdio.h>

#include "error.h"
#include "options.h"

/* Exit codes; scripts around kexec depend on them. */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_LOADED = 1, /* of --status */
	EXIT_CODE_USAGE = 1,
	EXIT_CODE_NO_FILE_CALL = 253,
	EXIT_CODE_NO_CRASH_REGION = 254, /* reserved, but not to be found in /proc/iomem */
	EXIT_CODE_FAILED = 255,
};

/* Where the program finds its surroundings; tests put their own here. */
struct world {
	const char *root;             /* in front of /proc and /sys: "" */
	const char *record_directory; /* RECORD_DIRECTORY */
	FILE *out, *err;
};

/* Run the program: parse, act, print what there is to print. Returns the exit code. */
int kexec_run(int argc, char **argv, const struct world *world);

/* The actions. They return an exit code; for one other than 0 err has a text, or "" to be silent.
 */
int action_load(const struct world *world, const struct options *options, struct error *err);
/* options may be NULL: whatever unloads. */
int action_unload(const struct world *world, const struct options *options, struct error *err);
int action_exec(const struct world *world, const struct options *options, struct error *err);
int action_status(const struct world *world, const struct options *options, struct error *err);

#endif
