/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of ELF core headers, written one piece after the other, or only measured. */
#ifndef KEXEC_CORE_HEADER_H
#define KEXEC_CORE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"
#include "range.h"

/* A cursor over the bytes; place == NULL only measures. */
struct core_writer {
	uint8_t *place;
	size_t used;
	bool elf32; /* the class of the headers; every address must be below 4 GiB then */
};

/* One program header: where the bytes lie in the file is their physical address, unless moved. */
struct core_part {
	uint32_t type; /* PT_NOTE, PT_LOAD */
	struct range at;
	uint64_t virtual;
	uint64_t offset; /* 0 = at.start */
};

/* Append data, and zeros up to a multiple of align. */
void core_put_bytes(struct core_writer *w, const void *data, size_t size, size_t align);
void core_put32(struct core_writer *w, uint32_t value);
void core_put64(struct core_writer *w, uint64_t value);

/* The ELF header of an ET_CORE whose program headers follow at once. */
void core_put_header(struct core_writer *w, uint16_t elf_machine, uint64_t entry, size_t parts);
void core_put_part(struct core_writer *w, const struct core_part *part);

/* Bytes of the ELF header and so many program headers, ELF64. */
size_t core_headers_bytes(size_t parts);

/*
 * Where the running kernel sees physical memory in its linear map: 0 = not known, UINT64_MAX = not
 * there (the linear map of a 32-bit kernel ends below 896 MiB).
 */
uint64_t core_linear_address(const struct machine *machine, uint64_t physical);

#endif
