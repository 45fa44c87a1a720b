/* SPDX-License-Identifier: GPL-2.0-only */
/* Binds the two blobs to the architecture-neutral side of purgatory. */
#include "blobs.h"
#include "x86.h"

static bool is_wide(const struct machine *machine)
{
	return machine->cpu & CPU_LONG_MODE;
}

int x86_purgatory_place(const struct request *request, const struct machine *machine,
			struct plan *plan, const struct place *want, struct error *err)
{
	struct span blob = { purgatory_i386_blob, purgatory_i386_bytes };

	if (is_wide(machine))
		blob = (struct span){ purgatory_x86_64_blob, purgatory_x86_64_bytes };
	return purgatory_place(request, blob, plan, want, err);
}

int x86_check_mode(const struct request *request, const struct machine *machine, bool wide,
		   struct error *err)
{
	if (request->mode != REQUEST_PRESERVE || wide == is_wide(machine))
		return 0;
	return error_set(
		err,
		"'%s' is %s-bit, the running kernel %s-bit: it could be booted, but not come "
		"back; "
		"jump to a kernel of the same word size",
		request->image_name, wide ? "64" : "32", wide ? "32" : "64");
}
