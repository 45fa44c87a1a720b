/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking the running kernel about its screen. */
#ifndef KEXEC_SCREEN_READ_H
#define KEXEC_SCREEN_READ_H

#include "machine_reader.h"

/*
 * Fill machine->screen from /proc/fb and /dev/fb0; all zero where there is no frame buffer. In a
 * recorded folder a file fb0.txt has what the device would answer (screen_info.h). -1 only where
 * that is damaged.
 */
int screen_read(const struct reader *reader);

#endif
