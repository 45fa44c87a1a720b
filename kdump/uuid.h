/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The UUID of a new image: random, also in a kernel that started a moment ago. It tells images
 * apart; it is no secret. Knows nothing of where it is written.
 */
#ifndef KDUMP_UUID_H
#define KDUMP_UUID_H

#include <sys/types.h>

#include "image.h"

/* As getrandom(2). */
typedef ssize_t uuid_random(void *buffer, size_t size, unsigned flags);

/*
 * Make a UUID (version 4 of RFC 4122) with random, which may wait up to about that many seconds for
 * the kernel's random numbers (0 = no wait); a signal ends the wait too. When there are none, it is
 * the digest of what tells this save from every other: notes (of the core: they name the boot and
 * the load), what the kernel gave this process at its start, boot id, clocks, process.
 * Uses SIGALRM while it waits.
 */
void uuid_make(uuid_random *random, unsigned seconds, struct span notes,
	       uint8_t uuid[IMAGE_UUID_BYTES]);

#endif
