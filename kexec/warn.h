/* SPDX-License-Identifier: GPL-2.0-only */
/* Warnings: what the user should know although the work goes on. */
#ifndef KEXEC_WARN_H
#define KEXEC_WARN_H

#include "actions.h"

/* One line "kexec: warning: ..." on the world's err. */
void warn(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
