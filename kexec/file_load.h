/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec_file_load: the kernel takes a kernel and a ramdisk as files and does the rest itself, which
 * it does under lockdown, too, if they are signed. Whether a request can be put that way, and the
 * files for it.
 */
#ifndef KEXEC_FILE_LOAD_H
#define KEXEC_FILE_LOAD_H

#include "loader.h"
#include "options.h"

/*
 * What in the request, or of the image, kexec_file_load has no place for; "" if there is nothing.
 * The first such thing is named. Static text.
 */
const char *file_load_obstacle(const struct options *options, const struct request *request,
			       const struct arch *arch);

/* Options that kexec_file_load has no place for and that change nothing but messages and checks;
 * "" if there are none. Static text. */
const char *file_load_ignored(const struct options *options);

/*
 * Load the request's image and initrd with cmdline: as the files they are in where they are found
 * there unchanged, through memory where not. 0, the errno (positive) with which the kernel refused,
 * or -1 with err where it could not be asked.
 */
int file_load(const struct options *options, const struct request *request, struct error *err);

#endif
