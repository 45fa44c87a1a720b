/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list by which the kernel copies an image to its place: addresses of pages, and in their low
 * bits what they are (include/linux/kexec.h, kimage_add_entry() of kernel/kexec_core.c).
 */
#ifndef KEXEC_KIMAGE_H
#define KEXEC_KIMAGE_H

#define IND_DESTINATION 1 /* where the next source goes; those behind it follow page by page */
#define IND_INDIRECTION 2 /* the list goes on in this page */
#define IND_DONE        4
#define IND_SOURCE      8
#define IND_FLAGS       15

#endif
