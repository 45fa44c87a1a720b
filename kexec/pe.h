/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PE images (Microsoft, "PE Format"), as far as files that EFI starts go: the sections and what is
 * in them. Pure; every byte is hostile.
 */
#ifndef KEXEC_PE_H
#define KEXEC_PE_H

#include <stdint.h>

#include "bytes.h"
#include "error.h"

#define PE_SECTIONS_MAX 96 /* more than loaders take */

/* Processors in the COFF header. */
enum { PE_MACHINE_386 = 0x014c, PE_MACHINE_X86_64 = 0x8664 };

struct pe {
	struct span file;
	struct span table; /* the section table */
	unsigned section_count;
	uint16_t machine; /* PE_MACHINE_* or another one */
};

/* Parse the headers. -1: err says what is wrong and where. */
int pe_open(struct span file, struct pe *pe, struct error *err);

/* The name of a section, at most 8 characters, and its bytes in the file (as many as it has in
 * memory). -1: they lie outside of the file. */
int pe_section(const struct pe *pe, unsigned number, char name[9], struct span *data,
	       struct error *err);

#endif
