/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/kcore as bytes: where in the file an address of the running kernel lies, the VMCOREINFO
 * note, and page tables walked through a reader of physical memory. Pure; the file is opened by
 * kcore.c.
 */
#ifndef KEXEC_KCORE_PARSE_H
#define KEXEC_KCORE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "range.h"

#define KCORE_HEADER_BYTES 64 /* enough for the ELF header of both classes */

/* The program headers of the file: where they are, and once they are read, their bytes. */
struct kcore_map {
	bool wide;       /* ELF64 */
	uint64_t offset; /* of the program headers in the file */
	unsigned count;
	struct span phdrs; /* count headers, set by the caller after reading them */
};

/* Bytes of one program header. */
size_t kcore_phdr_bytes(const struct kcore_map *map);

/* Parse the first KCORE_HEADER_BYTES of the file. */
int kcore_header(struct span head, struct kcore_map *map, struct error *err);

/* The same with the program headers, for a file whose beginning with all of them is in memory. */
int kcore_headers(struct span beginning, struct kcore_map *map, struct error *err);

/* File offset of bytes at a kernel virtual or a physical address. 0, or -1 when not in the file. */
int kcore_at_virtual(const struct kcore_map *map, uint64_t address, uint64_t bytes,
		     uint64_t *offset);
int kcore_at_physical(const struct kcore_map *map, uint64_t address, uint64_t bytes,
		      uint64_t *offset);

/* The physical address behind a virtual one, for linearly mapped memory. 0 or -1. */
int kcore_to_physical(const struct kcore_map *map, uint64_t address, uint64_t *physical);

/* Virtual minus physical address of the linear map. 0 or -1 (kernels before 4.11 do not tell). */
int kcore_page_offset(const struct kcore_map *map, uint64_t *page_offset);

/* Physical extent of the part that begins at a virtual address. 0 or -1. */
int kcore_part(const struct kcore_map *map, uint64_t address, struct range *physical);

/* Place of the notes in the file. 0 or -1. */
int kcore_notes(const struct kcore_map *map, uint64_t *offset, uint64_t *bytes);

/* The text in the VMCOREINFO note. 0 or -1. */
int vmcoreinfo_note(struct span notes, struct span *text);

/* A format of page tables. */
struct paging {
	unsigned entry_bytes;
	unsigned levels;
	unsigned index_bits; /* of each level but the first */
	unsigned large_bits; /* address bits inside the largest page of the last level but one */
	uint64_t frame_mask; /* of an entry */
};

/* The format for these enum cpu_flag bits. */
const struct paging *paging_format(uint32_t cpu);

/* Reads physical memory: 0 or -1. */
struct physical_reader {
	int (*read)(void *context, uint64_t address, void *buffer, size_t bytes);
	void *context;
};

/* The physical address behind a virtual one by the tables at root. 0, or -1: not mapped, or not
 * read. */
int paging_walk(const struct paging *paging, const struct physical_reader *reader, uint64_t root,
		uint64_t address, uint64_t *physical);

#endif
