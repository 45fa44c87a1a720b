/* SPDX-License-Identifier: GPL-2.0-only */
/* Why the kernel refused, and what can be done about it: one errno, one sentence with a remedy. */
#ifndef KEXEC_EXPLAIN_H
#define KEXEC_EXPLAIN_H

#include "error.h"
#include "machine.h"
#include "plan.h"

/* A refused kexec_load ("kexec_load failed: ..."); why is an errno value. Returns -1. */
int explain_load(const char *root, int why, const struct machine *machine, const struct plan *plan,
		 struct error *err);

/* A refused probe for KEXEC_PRESERVE_CONTEXT. Returns -1. */
int explain_probe(const char *root, int why, struct error *err);

/* A refused kexec_file_load ("kexec_file_load failed: ..."), of a crash kernel or another. Returns
 * -1. */
int explain_file_load(const char *root, int why, bool crash, struct error *err);

/* A refused unload ("CALL failed: ..."). Returns -1. */
int explain_unload(const char *root, const char *call, int why, struct error *err);

/* A reboot into the loaded kernel that did not happen ("kexec failed: ..."). Returns -1. */
int explain_exec(const char *root, int why, bool comes_back, struct error *err);

#endif
