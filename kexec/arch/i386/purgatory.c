/* SPDX-License-Identifier: GPL-2.0-only */
/* Binds the i386 blob to the architecture-neutral side of purgatory. */
#include "blobs.h"
#include "i386.h"

int purgatory_i386_place(const struct request *request, struct plan *plan, const struct place *want,
			 struct error *err)
{
	struct span blob = { purgatory_i386_blob, purgatory_i386_bytes };

	return purgatory_place(request, blob, plan, want, err);
}
