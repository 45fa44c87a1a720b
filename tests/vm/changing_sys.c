/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls of a kexec that damages what it loads: the byte at the physical address in the
 * environment's KEXEC_CHANGE is another one when the kernel gets it, behind the back of the digest.
 * Purgatory must notice.
 */
#define sys_kexec_load honest_kexec_load
#include "../../kexec/sys.c"
#undef sys_kexec_load

#include <stdlib.h>

#define SEGMENTS_MAX 16

int sys_kexec_load(uint64_t entry, unsigned count, const struct sys_segment *segments,
		   uint32_t flags);

int sys_kexec_load(uint64_t entry, unsigned count, const struct sys_segment *segments,
		   uint32_t flags)
{
	const char *change = getenv("KEXEC_CHANGE");
	uintptr_t at = change ? strtoul(change, NULL, 0) : 0;
	struct sys_segment changed[SEGMENTS_MAX];

	if (count > SEGMENTS_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++) {
		uint8_t *copy;

		changed[i] = segments[i];
		if (at < segments[i].mem || at - segments[i].mem >= segments[i].bufsz)
			continue;
		copy = malloc(segments[i].bufsz);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, segments[i].buf, segments[i].bufsz);
		copy[at - segments[i].mem] ^= 1;
		changed[i].buf = copy;
	}
	return honest_kexec_load(entry, count, changed, flags);
}
