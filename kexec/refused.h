/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of a jump that came back at once: whether purgatory refused to enter what was loaded,
 * since it is not any more what was loaded.
 */
#ifndef KEXEC_REFUSED_H
#define KEXEC_REFUSED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the parameters of the purgatory that was loaded at this physical address say so, in the
 * pages that the running kernel keeps of the image (struct kimage, kernel/kexec_core.c). Read from
 * proc/kallsyms and proc/kcore below root; false, too, where these do not show it: without
 * CONFIG_KALLSYMS_ALL, and on i386 where the page is in high memory.
 */
bool jump_was_refused(const char *root, uint64_t purgatory);

#endif
