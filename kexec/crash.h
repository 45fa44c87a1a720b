/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Crash kernels: what a kernel in the crashkernel= reservation is told of the one that reserved it,
 * and which memory is its own. Pure.
 */
#ifndef KEXEC_CRASH_H
#define KEXEC_CRASH_H

#include "error.h"
#include "loader.h"
#include "machine.h"
#include "plan.h"
#include "request.h"

/* Scripts look for these words. */
#define CRASH_NOT_RESERVED                                                         \
	"Memory for crashkernel is not reserved. Please reserve memory by passing" \
	"\"crashkernel=Y@X\" parameter to kernel (No crash kernel segment found in /proc/iomem)"

/* The reservation that a crash kernel is loaded into: the highest. Empty if there is none. */
struct range crash_region(const struct machine *machine);

/*
 * The first step of a plan with REQUEST_CRASH: plan->free is what is left of the reservation after
 * the core header (segment "elfcorehdr") and the room for low memory (segment "backup"),
 * plan->given the memory map, plan->cmdline the request's with elfcorehdr= and what else the
 * kernel needs. Refuses what is no kernel.
 */
int crash_prepare(const struct request *request, const struct machine *machine,
		  const struct arch *arch, const struct loader *loader, struct plan *plan,
		  struct error *err);

/* After the loader: 0 if it found room, else err becomes how large the reservation should be. */
int crash_finish(const struct request *request, const struct machine *machine,
		 const struct loader *loader, int failed, struct plan *plan, struct error *err);

#endif
