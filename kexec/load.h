/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading an image, or showing how it would be loaded. */
#ifndef KEXEC_LOAD_H
#define KEXEC_LOAD_H

#include "actions.h"

/*
 * Load (or with --dry-run print) what options ask for. An exit code; for one other than 0 err says
 * why and what is loaded is what was loaded before.
 */
int load_image(const struct world *world, const struct options *options, struct error *err);

#endif
