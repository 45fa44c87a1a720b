/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine code the loader places in memory, as constant bytes of libkexec.a: every
 * architecture's, whatever the host. abi.h says what lies where inside them.
 */
#ifndef PURGATORY_BLOBS_H
#define PURGATORY_BLOBS_H

#include "abi.h"

#define BLOB_HIDDEN __attribute__((visibility("hidden")))

/* Purgatory for i386: struct purgatory_params, then code; entered at PURG_ENTRY. */
extern const uint8_t purgatory_i386_blob[] BLOB_HIDDEN;
extern const uint32_t purgatory_i386_bytes BLOB_HIDDEN;

/* The same in 64-bit code. */
extern const uint8_t purgatory_x86_64_blob[] BLOB_HIDDEN;
extern const uint32_t purgatory_x86_64_bytes BLOB_HIDDEN;

/* The pad pages. */
extern const uint8_t pad_i386_blob[PAD_BYTES] BLOB_HIDDEN;
extern const uint8_t pad_x86_64_blob[PAD_BYTES] BLOB_HIDDEN;

#endif
