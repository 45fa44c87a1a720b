/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading what was planned. */
#ifndef KEXEC_PLAN_LOAD_H
#define KEXEC_PLAN_LOAD_H

#include "plan.h"

/* Hand a finished plan to the running kernel by kexec_load(2). 0 or -errno. */
int plan_load(const struct plan *plan);

#endif
