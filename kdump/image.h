/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image: an ELF core that completes the note of the hand-off area, knows its own state, and
 * ends in a table of checksums. Only this and image_head.h, which writes the head, know its
 * offsets; doc/image.md has them byte by byte. Pure: bytes in, values out, and back.
 *
 *   0                        ELF header, program headers, notes
 *   header_bytes - 8192      two state slots of 4 KiB
 *   header_bytes             data: A's memory, ranges in address order, linear inside a range
 *   trailer_offset           trailer: its header, one record for each chunk, the footer page
 *
 * A bare core (cp /proc/vmcore) has none of this but the ELF parts: no NOTE_IMAGE record.
 */
#ifndef KDUMP_IMAGE_H
#define KDUMP_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kexec/bytes.h"
#include "kexec/error.h"
#include "kexec/sha256.h"

#define IMAGE_VERSION     1
#define IMAGE_PAGE_BYTES  4096u
#define IMAGE_HEADER_STEP (UINT64_C(1) << 20) /* the header region is a multiple of it */
#define IMAGE_CHUNK_BYTES (1u << 20)
#define IMAGE_CHUNK_PAGES (IMAGE_CHUNK_BYTES / IMAGE_PAGE_BYTES)
#define IMAGE_SLOT_BYTES  4096u
#define IMAGE_SLOTS       2
/* No image changes its state so often; and the one after it must still be the newest. */
#define IMAGE_GENERATION_MAX (UINT64_C(1) << 32)
#define IMAGE_UUID_BYTES     16
#define IMAGE_UUID_CHARS     36
#define IMAGE_ROOT_BYTES     SHA256_BYTES
#define IMAGE_HASH_BYTES     16 /* XXH3, 128 bits, canonical (big endian) form */
#define IMAGE_HOLE_PAGES     16 /* a run of zero pages at least this long is not stored */

/* ------------------------------------------------------------------ the NOTE_IMAGE record */

#define IMAGE_RECORD_BYTES 128

enum image_view {
	IMAGE_VIEW_RESUME = 1,
	IMAGE_VIEW_DEBUG = 2, /* for looking only: never resumed, e_entry 0 */
	IMAGE_VIEW_BOTH = 3,
};

enum image_hash { IMAGE_HASH_XXH3_128 = 1 };
enum image_root { IMAGE_ROOT_SHA256 = 1 };
enum image_codec { IMAGE_CODEC_NONE = 0 };

/* Flags of the record. */
#define IMAGE_FLAG_STREAM                                                       \
	1u /* written in one go, without going back: the slots say IMAGE_STREAM \
	    */

struct image_info {
	uint32_t flags;
	uint8_t uuid[IMAGE_UUID_BYTES];
	uint64_t created_ns;   /* CLOCK_REALTIME, ns since 1970 */
	uint64_t header_bytes; /* offset of the data */
	uint64_t data_bytes;   /* ranges, holes included; the data ends before trailer_offset */
	uint64_t trailer_offset;
	uint64_t trailer_bytes; /* footer included */
	uint32_t chunk_bytes;   /* IMAGE_CHUNK_BYTES */
	uint32_t chunk_count;
	uint16_t hash, root, codec; /* enum image_hash, image_root, image_codec */
	uint16_t view;              /* enum image_view */
	uint32_t debug_loads; /* the last so many PT_LOADs are for debuggers: never restored */
};

/* Parse and check the record (versions, ids, that the parts lie one behind the other, no wrap). */
int image_info_parse(struct span record, struct image_info *info, struct error *err);
void image_info_fill(const struct image_info *info, uint8_t record[IMAGE_RECORD_BYTES]);

/* First byte behind the image. */
uint64_t image_total_bytes(const struct image_info *info);
/* Where slot 0 or 1 lies. */
uint64_t image_slot_offset(const struct image_info *info, unsigned slot);
/* How large a trailer for so many chunks is. */
uint64_t image_trailer_size(uint64_t chunk_count);

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" */
void image_uuid_text(const uint8_t uuid[IMAGE_UUID_BYTES], char text[IMAGE_UUID_CHARS + 1]);

/* ------------------------------------------------------------------ state slots */

enum image_state_kind {
	IMAGE_WRITING = 1,
	IMAGE_READY = 2,
	IMAGE_RESUMING = 3,
	IMAGE_RESUMED = 4,
	IMAGE_INVALID = 5,
	IMAGE_STREAM = 6, /* a stream has no other; complete if the trailer's root verifies */
};

struct image_state {
	uint32_t kind; /* enum image_state_kind */
	uint64_t generation;
	uint8_t uuid[IMAGE_UUID_BYTES];
	uint32_t resumes;               /* how often IMAGE_RESUMING was entered */
	uint64_t changed_ns;            /* CLOCK_REALTIME of this state */
	uint8_t root[IMAGE_ROOT_BYTES]; /* from IMAGE_READY on; zeros before and in streams */
};

/* "writing", "ready", "resuming", ...; "unknown". */
const char *image_state_name(uint32_t kind);

void image_state_fill(const struct image_state *state, uint8_t slot[IMAGE_SLOT_BYTES]);
/* Whether the slot's bytes are a state (magic, version, checksum, known kind). */
bool image_state_parse(const uint8_t slot[IMAGE_SLOT_BYTES], struct image_state *state);
/*
 * The valid slot of the highest generation whose uuid is the image's. slots = both slots, one
 * behind the other. *which = 0 or 1; the next state goes into the other one. -1 when none is valid,
 * or the generation is beyond IMAGE_GENERATION_MAX.
 */
int image_state_newest(const uint8_t slots[IMAGE_SLOTS * IMAGE_SLOT_BYTES],
		       const uint8_t uuid[IMAGE_UUID_BYTES], struct image_state *state,
		       unsigned *which, struct error *err);
/* The state to write next: kind, generation + 1, time; the rest as before. */
struct image_state image_state_next(const struct image_state *state, uint32_t kind,
				    uint64_t now_ns);

/* ------------------------------------------------------------------ trailer */

#define IMAGE_TRAILER_HEADER_BYTES 128
#define IMAGE_CHUNK_RECORD_BYTES   80
#define IMAGE_FOOTER_BYTES         4096
#define IMAGE_TRAILER_MAX          (UINT64_C(256) << 20) /* for 3 TiB of memory; read at once */

/* Flags of a chunk. */
#define IMAGE_CHUNK_ZERO 1u /* every page is zero and none is stored */

/* A chunk never crosses the end of a range: chunks of a range follow each other from its start. */
struct image_chunk {
	uint64_t paddr;  /* physical address of its first byte */
	uint64_t offset; /* in the file; pages that are not stored keep their room */
	uint32_t length; /* bytes, whole pages, <= IMAGE_CHUNK_BYTES */
	uint32_t flags;
	uint8_t hash[IMAGE_HASH_BYTES]; /* of its length bytes, pages not stored taken as zeros */
	/* Bit n (byte n/8, bit n%8): page n is zero and not stored: do not read it, it is zero. */
	uint8_t absent[IMAGE_CHUNK_PAGES / 8];
};

static inline bool image_page_absent(const struct image_chunk *chunk, unsigned page)
{
	return chunk->absent[page / 8] >> page % 8 & 1;
}

struct image_trailer {
	uint64_t chunk_count;
	uint64_t data_bytes;
	uint64_t covered_bytes; /* [0, covered_bytes) of the file has the sha256 header_digest */
	uint8_t header_digest[SHA256_BYTES];
	uint8_t root[IMAGE_ROOT_BYTES]; /* as the footer says; verified by image_trailer_verify() */
};

void image_chunk_fill(const struct image_chunk *chunk, uint8_t record[IMAGE_CHUNK_RECORD_BYTES]);
/* Checks lengths, alignment, flags against the bitmap, and that it lies inside the data of info. */
int image_chunk_parse(const uint8_t record[IMAGE_CHUNK_RECORD_BYTES], const struct image_info *info,
		      struct image_chunk *chunk, struct error *err);

/*
 * The whole trailer in one buffer of image_trailer_size() bytes. To build: put the chunk records at
 * image_chunk_record(), then image_trailer_seal(). To read: image_trailer_verify() first; it
 * compares uuid, sizes and the root, and parses every chunk record once.
 */
uint8_t *image_chunk_record(uint8_t *trailer, uint64_t chunk);
void image_trailer_seal(uint8_t *trailer, const struct image_info *info, uint64_t covered_bytes,
			const uint8_t header_digest[SHA256_BYTES], uint8_t root[IMAGE_ROOT_BYTES]);
int image_trailer_verify(const uint8_t *trailer, uint64_t size, const struct image_info *info,
			 struct image_trailer *parsed, struct error *err);

/* Compare the bytes [0, covered_bytes) of the file with the trailer. -1 = damaged. */
int image_header_verify(const struct image_trailer *trailer, const uint8_t *header, uint64_t size,
			struct error *err);

/* The checksum of a chunk's content. */
void image_chunk_hash(const void *data, size_t size, uint8_t hash[IMAGE_HASH_BYTES]);

#endif
