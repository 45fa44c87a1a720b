/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading ELF cores of either class: program headers (more than 65,534 of them too), notes, and
 * physical memory. Bytes come through a callback, so that a file, a partition, /dev/mem or a test's
 * buffer is the same. Every byte is hostile. Knows nothing of images (image.h) or of our note
 * (note.h).
 */
#ifndef KDUMP_CORE_H
#define KDUMP_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kexec/bytes.h"
#include "kexec/error.h"

#define CORE_HEADERS_MAX   4000000     /* program headers a core may have */
#define CORE_NOTES_MAX     (16u << 20) /* bytes of notes */
#define CORE_OWNER_MAX     32          /* bytes of an owner's name, its zero included */
#define CORE_SIZE_UNKNOWN  UINT64_MAX
#define CORE_VADDR_UNKNOWN UINT64_MAX /* p_vaddr of memory without an address of its own */
/* Program headers of this type, behind all PT_LOADs, are like those, but no reader of cores takes
 * them for memory: only who brings it back. */
#define CORE_PT_KEPT  UINT32_C(0x604b584a) /* PT_LOOS + "JXK" */
#define CORE_KEPT_MAX 16

/* Where the bytes of a core come from. */
struct core_source {
	/* Read exactly size bytes at offset, or -1 and err. Never asked for more than source size.
	 */
	int (*read)(void *context, uint64_t offset, void *buffer, size_t size, struct error *err);
	void *context;
	uint64_t size; /* bytes, or CORE_SIZE_UNKNOWN */
};

/* One PT_LOAD. Ends were checked: paddr + memory_bytes and offset + file_bytes do not wrap. */
struct core_load {
	uint64_t paddr;
	uint64_t vaddr; /* CORE_VADDR_UNKNOWN where there is none */
	uint64_t offset;
	uint64_t file_bytes;   /* what lies behind them in memory reads as zero */
	uint64_t memory_bytes; /* >= file_bytes */
	uint32_t flags;        /* PF_R, PF_W, PF_X */
};

/* Where a PT_LOAD begins, and how far it or any that begins before it reaches (its last byte). */
struct core_place {
	uint64_t start, reach;
	uint32_t load; /* index */
};

/* PT_LOADs in the order of their addresses. */
struct core_index {
	struct core_place *places;
	size_t count;
};

struct core {
	struct core_source source;
	bool is64;
	uint16_t machine; /* EM_386, EM_X86_64, ... */
	uint64_t entry;
	struct core_load *loads; /* in file order; behind the PT_LOADs those of CORE_PT_KEPT */
	size_t load_count, kept_count;
	struct core_index by_paddr, by_vaddr;
	uint8_t *notes; /* all PT_NOTE contents, one after the other */
	size_t notes_bytes;
	uint64_t headers_end; /* end of the ELF header, program headers and notes, in bytes of the
				 file */
};

/* One note; the pointers point into what was parsed. */
struct core_note {
	const char *owner; /* zero terminated */
	uint32_t type;
	struct span data;
};

/*
 * Read the headers and notes of a core (ET_CORE, little endian, ELF32 or ELF64). Refuses what a
 * reader could stumble over: sizes that wrap, headers or notes past the end of the source, memory
 * sizes below file sizes. Contents of PT_LOADs past the end of the source are *not* refused here:
 * core_check_complete() tells. On failure there is nothing to free.
 */
int core_open(struct core *core, const struct core_source *source, struct error *err);
void core_done(struct core *core);

/* Refuse when a program header's bytes lie past the end of the source, naming the first one. */
int core_check_complete(const struct core *core, struct error *err);

/*
 * Walk notes: start with *position = 0; true while there is another one. Notes that do not fit end
 * the walk. Padding is 4 bytes, as everywhere in cores.
 */
bool core_notes_next(struct span notes, size_t *position, struct core_note *note);

/* The first note of that owner and type; false if there is none. */
bool core_note_find(const struct core *core, const char *owner, uint32_t type, struct span *data);

/* For core_open() and core_done(): make and free by_paddr and by_vaddr. */
int core_index_build(struct core *core, struct error *err);
void core_index_done(struct core *core);

/* The PT_LOAD of a physical address, the first one of the file where several cover it; or NULL. */
const struct core_load *core_load_at(const struct core *core, uint64_t paddr);

/* The header of type CORE_PT_KEPT of a physical address, or NULL. */
const struct core_load *core_kept_at(const struct core *core, uint64_t paddr);

/* The physical address of a kernel virtual one, by p_vaddr; false where there is none. */
bool core_virtual_to_physical(const struct core *core, uint64_t vaddr, uint64_t *paddr);

/*
 * Read physical memory by the PT_LOADs; where several cover an address, the first one counts. Bytes
 * beyond file_bytes are zero. Fails where no PT_LOAD covers an address.
 */
int core_read_physical(const struct core *core, uint64_t paddr, void *buffer, size_t size,
		       struct error *err);

/* The same for who brings the memory back: what is kept counts before any PT_LOAD. */
int core_read_kept(const struct core *core, uint64_t paddr, void *buffer, size_t size,
		   struct error *err);

/*
 * The same by kernel virtual address, through p_vaddr. page_offset (virtual minus physical address
 * of the linear map, 0 = not known) helps where no PT_LOAD's p_vaddr covers the address.
 */
int core_read_virtual(const struct core *core, uint64_t page_offset, uint64_t vaddr, void *buffer,
		      size_t size, struct error *err);

#endif
