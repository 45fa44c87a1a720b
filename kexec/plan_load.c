/* SPDX-License-Identifier: GPL-2.0-only */
/* From a plan's segments to those of the system call; what a failure means, the caller knows. */
#include "plan_load.h"

#include "sys.h"

int plan_load(const struct plan *plan)
{
	struct sys_segment segments[PLAN_SEGMENTS_MAX] = { 0 };

	for (unsigned i = 0; i < plan->segment_count; i++)
		segments[i] = (struct sys_segment){
			.buf = plan->segments[i].data.data,
			.bufsz = plan->segments[i].data.size,
			.mem = (uintptr_t)plan->segments[i].at.start,
			.memsz = (uintptr_t)range_bytes(plan->segments[i].at),
		};
	return sys_kexec_load(plan->entry, plan->segment_count, segments, plan->flags);
}
