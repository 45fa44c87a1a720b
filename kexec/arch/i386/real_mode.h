/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 16-bit boot protocol (Linux, Documentation/arch/x86/boot.rst, "The real-mode kernel header"):
 * a segment of low memory with the image's setup code, its heap and stack, and the command line.
 */
#ifndef KEXEC_ARCH_I386_REAL_MODE_H
#define KEXEC_ARCH_I386_REAL_MODE_H

#include <stdint.h>

#include "boot_params.h"
#include "bytes.h"
#include "error.h"
#include "purgatory.h"

/* Bytes the setup code and what it needs take. -1: it leaves no room for its heap. */
int real_mode_bytes(const struct boot_block *block, struct span setup, size_t *bytes,
		    struct error *err);

/* Write them: bytes has as many zeroed ones as real_mode_bytes() said. Of the block, what tells the
 * kernel about the machine is not used: the setup code asks the BIOS. */
void real_mode_fill(const struct boot_block *block, struct span setup, uint8_t *bytes);

/* How setup code of this protocol at address, below 1 MiB and 16-byte aligned, is entered. */
void real_mode_enter(uint64_t address, uint16_t protocol, struct purgatory_state *state);

#endif
