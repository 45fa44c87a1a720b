/* SPDX-License-Identifier: GPL-2.0-only */
/* Images that hold another image, and what belongs to it. */
#ifndef KEXEC_UNWRAP_H
#define KEXEC_UNWRAP_H

#include "arena.h"
#include "loader.h"

/*
 * If the request's image is of a type that holds another image (and --type does not forbid that
 * type), make it the request for the one inside, and name the type in request->wrapper. What has to
 * be made for it is the arena's. Any other request is left as it is.
 */
int request_unwrap(const struct arch *arch, struct request *request, struct arena *arena,
		   struct error *err);

#endif
