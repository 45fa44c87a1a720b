/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of an image: its record, its state slots, its trailer. doc/image.md describes them;
 * nobody else knows the offsets. Pure, and every byte read is hostile.
 */
#include <elf.h>
#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "image.h"
#include "kexec/handoff.h"

/* NOTE_IMAGE record. */
enum {
	RECORD_VERSION = 0,
	RECORD_FLAGS = 4,
	RECORD_UUID = 8,
	RECORD_CREATED = 24,
	RECORD_HEADER = 32,
	RECORD_DATA = 40,
	RECORD_TRAILER = 48,
	RECORD_TRAILER_BYTES = 56,
	RECORD_CHUNK_BYTES = 64,
	RECORD_CHUNKS = 68,
	RECORD_HASH = 72,
	RECORD_ROOT = 74,
	RECORD_CODEC = 76,
	RECORD_VIEW = 78,
	RECORD_DEBUG_LOADS = 80,
};

/* State slot. */
enum {
	SLOT_MAGIC = 0,
	SLOT_VERSION = 8,
	SLOT_KIND = 12,
	SLOT_GENERATION = 16,
	SLOT_UUID = 24,
	SLOT_RESUMES = 40,
	SLOT_CHANGED = 48,
	SLOT_ROOT = 56,
	SLOT_CHECKSUM = IMAGE_SLOT_BYTES - SHA256_BYTES,
};

/* Trailer header. */
enum {
	TRAILER_MAGIC = 0,
	TRAILER_VERSION = 8,
	TRAILER_RECORD_BYTES = 12,
	TRAILER_UUID = 16,
	TRAILER_COUNT = 32,
	TRAILER_COVERED = 40,
	TRAILER_HEADER_DIGEST = 48,
	TRAILER_DATA = 80,
};

/* Chunk record. */
enum {
	CHUNK_PADDR = 0,
	CHUNK_OFFSET = 8,
	CHUNK_LENGTH = 16,
	CHUNK_FLAGS = 20,
	CHUNK_HASH = 24,
	CHUNK_ABSENT = 40,
};

/* Footer page. */
enum {
	FOOTER_MAGIC = 0,
	FOOTER_VERSION = 8,
	FOOTER_UUID = 16,
	FOOTER_TRAILER = 32,
	FOOTER_TRAILER_BYTES = 40,
	FOOTER_ROOT = 48,
};

#define MAGIC_BYTES     8
#define IMAGE_BYTES_MAX (UINT64_C(1) << 60)

static const char slot_magic[MAGIC_BYTES + 1] = "KXSTATE\1";
static const char trailer_magic[MAGIC_BYTES + 1] = "KXCHUNKS";
static const char footer_magic[MAGIC_BYTES + 1] = "KXIMGEND";

_Static_assert(CHUNK_ABSENT + IMAGE_CHUNK_PAGES / 8 <= IMAGE_CHUNK_RECORD_BYTES, "chunk record");
_Static_assert(RECORD_DEBUG_LOADS + 4 <= IMAGE_RECORD_BYTES, "image record");
_Static_assert(TRAILER_DATA + 8 <= IMAGE_TRAILER_HEADER_BYTES, "trailer header");
_Static_assert(sizeof(((struct image_chunk *)0)->absent) == 32, "chunk bitmap");

/* ------------------------------------------------------------------ the NOTE_IMAGE record */

static bool known_ids(const struct image_info *info)
{
	return info->hash == IMAGE_HASH_XXH3_128 && info->root == IMAGE_ROOT_SHA256 &&
	       info->codec == IMAGE_CODEC_NONE && info->chunk_bytes == IMAGE_CHUNK_BYTES &&
	       info->view >= IMAGE_VIEW_RESUME && info->view <= IMAGE_VIEW_BOTH &&
	       !(info->flags & ~IMAGE_FLAG_STREAM);
}

static int check_layout(const struct image_info *info, struct error *err)
{
	uint64_t pages = info->data_bytes / IMAGE_PAGE_BYTES;

	if (info->header_bytes < IMAGE_HEADER_STEP || info->header_bytes % IMAGE_HEADER_STEP ||
	    info->header_bytes > IMAGE_BYTES_MAX || info->data_bytes > IMAGE_BYTES_MAX ||
	    info->data_bytes % IMAGE_PAGE_BYTES ||
	    info->trailer_offset != info->header_bytes + info->data_bytes)
		return error_set(err,
				 "the image record is damaged: header 0x%llx, data 0x%llx, trailer "
				 "at 0x%llx",
				 (unsigned long long)info->header_bytes,
				 (unsigned long long)info->data_bytes,
				 (unsigned long long)info->trailer_offset);
	if (info->chunk_count > pages ||
	    info->chunk_count < (info->data_bytes + IMAGE_CHUNK_BYTES - 1) / IMAGE_CHUNK_BYTES ||
	    info->trailer_bytes != image_trailer_size(info->chunk_count) ||
	    info->trailer_bytes > IMAGE_TRAILER_MAX)
		return error_set(err,
				 "the image record is damaged: %u chunks for 0x%llx bytes, trailer "
				 "of 0x%llx bytes",
				 info->chunk_count, (unsigned long long)info->data_bytes,
				 (unsigned long long)info->trailer_bytes);
	return 0;
}

int image_info_parse(struct span record, struct image_info *info, struct error *err)
{
	const uint8_t *p = record.data;
	uint32_t version;

	if (record.size < IMAGE_RECORD_BYTES)
		return error_set(err, "the image record has %zu bytes instead of %u", record.size,
				 IMAGE_RECORD_BYTES);
	version = le32_get(p + RECORD_VERSION);
	if (version != IMAGE_VERSION)
		return error_set(err,
				 "the image has format version %u, this program knows %u: use the "
				 "program that wrote it, or a newer one",
				 version, IMAGE_VERSION);
	*info = (struct image_info){
		.flags = le32_get(p + RECORD_FLAGS),
		.created_ns = le64_get(p + RECORD_CREATED),
		.header_bytes = le64_get(p + RECORD_HEADER),
		.data_bytes = le64_get(p + RECORD_DATA),
		.trailer_offset = le64_get(p + RECORD_TRAILER),
		.trailer_bytes = le64_get(p + RECORD_TRAILER_BYTES),
		.chunk_bytes = le32_get(p + RECORD_CHUNK_BYTES),
		.chunk_count = le32_get(p + RECORD_CHUNKS),
		.hash = le16_get(p + RECORD_HASH),
		.root = le16_get(p + RECORD_ROOT),
		.codec = le16_get(p + RECORD_CODEC),
		.view = le16_get(p + RECORD_VIEW),
		.debug_loads = le32_get(p + RECORD_DEBUG_LOADS),
	};
	memcpy(info->uuid, p + RECORD_UUID, IMAGE_UUID_BYTES);
	if (!known_ids(info))
		return error_set(err,
				 "the image uses what this program does not know: flags 0x%x, "
				 "hashes %u and %u, compression %u, view %u, chunks of 0x%x bytes",
				 info->flags, info->hash, info->root, info->codec, info->view,
				 info->chunk_bytes);
	return check_layout(info, err);
}

void image_info_fill(const struct image_info *info, uint8_t record[IMAGE_RECORD_BYTES])
{
	memset(record, 0, IMAGE_RECORD_BYTES);
	le32_put(record + RECORD_VERSION, IMAGE_VERSION);
	le32_put(record + RECORD_FLAGS, info->flags);
	memcpy(record + RECORD_UUID, info->uuid, IMAGE_UUID_BYTES);
	le64_put(record + RECORD_CREATED, info->created_ns);
	le64_put(record + RECORD_HEADER, info->header_bytes);
	le64_put(record + RECORD_DATA, info->data_bytes);
	le64_put(record + RECORD_TRAILER, info->trailer_offset);
	le64_put(record + RECORD_TRAILER_BYTES, info->trailer_bytes);
	le32_put(record + RECORD_CHUNK_BYTES, info->chunk_bytes);
	le32_put(record + RECORD_CHUNKS, info->chunk_count);
	le16_put(record + RECORD_HASH, info->hash);
	le16_put(record + RECORD_ROOT, info->root);
	le16_put(record + RECORD_CODEC, info->codec);
	le16_put(record + RECORD_VIEW, info->view);
	le32_put(record + RECORD_DEBUG_LOADS, info->debug_loads);
}

uint64_t image_total_bytes(const struct image_info *info)
{
	return info->trailer_offset + info->trailer_bytes;
}

uint64_t image_slot_offset(const struct image_info *info, unsigned slot)
{
	return info->header_bytes - (uint64_t)(IMAGE_SLOTS - slot) * IMAGE_SLOT_BYTES;
}

uint64_t image_trailer_size(uint64_t chunk_count)
{
	return align_up(IMAGE_TRAILER_HEADER_BYTES + chunk_count * IMAGE_CHUNK_RECORD_BYTES,
			IMAGE_PAGE_BYTES) +
	       IMAGE_FOOTER_BYTES;
}

void image_uuid_text(const uint8_t uuid[IMAGE_UUID_BYTES], char text[IMAGE_UUID_CHARS + 1])
{
	for (unsigned i = 0; i < IMAGE_UUID_BYTES; i++) {
		snprintf(text, 3, "%02x", uuid[i]);
		text += 2;
		if (i == 3 || i == 5 || i == 7 || i == 9)
			*text++ = '-';
	}
	*text = '\0';
}

/* ------------------------------------------------------------------ state slots */

const char *image_state_name(uint32_t kind)
{
	static const char *const names[] = {
		[IMAGE_WRITING] = "writing",   [IMAGE_READY] = "ready",
		[IMAGE_RESUMING] = "resuming", [IMAGE_RESUMED] = "resumed",
		[IMAGE_INVALID] = "invalid",   [IMAGE_STREAM] = "stream",
	};

	return kind >= IMAGE_WRITING && kind <= IMAGE_STREAM ? names[kind] : "unknown";
}

void image_state_fill(const struct image_state *state, uint8_t slot[IMAGE_SLOT_BYTES])
{
	memset(slot, 0, IMAGE_SLOT_BYTES);
	memcpy(slot + SLOT_MAGIC, slot_magic, MAGIC_BYTES);
	le32_put(slot + SLOT_VERSION, IMAGE_VERSION);
	le32_put(slot + SLOT_KIND, state->kind);
	le64_put(slot + SLOT_GENERATION, state->generation);
	memcpy(slot + SLOT_UUID, state->uuid, IMAGE_UUID_BYTES);
	le32_put(slot + SLOT_RESUMES, state->resumes);
	le64_put(slot + SLOT_CHANGED, state->changed_ns);
	memcpy(slot + SLOT_ROOT, state->root, IMAGE_ROOT_BYTES);
	sha256(slot, SLOT_CHECKSUM, slot + SLOT_CHECKSUM);
}

bool image_state_parse(const uint8_t slot[IMAGE_SLOT_BYTES], struct image_state *state)
{
	uint8_t sum[SHA256_BYTES];

	if (memcmp(slot + SLOT_MAGIC, slot_magic, MAGIC_BYTES) ||
	    le32_get(slot + SLOT_VERSION) != IMAGE_VERSION)
		return false;
	sha256(slot, SLOT_CHECKSUM, sum);
	if (memcmp(sum, slot + SLOT_CHECKSUM, sizeof(sum)))
		return false;
	state->kind = le32_get(slot + SLOT_KIND);
	state->generation = le64_get(slot + SLOT_GENERATION);
	memcpy(state->uuid, slot + SLOT_UUID, IMAGE_UUID_BYTES);
	state->resumes = le32_get(slot + SLOT_RESUMES);
	state->changed_ns = le64_get(slot + SLOT_CHANGED);
	memcpy(state->root, slot + SLOT_ROOT, IMAGE_ROOT_BYTES);
	return state->kind >= IMAGE_WRITING && state->kind <= IMAGE_STREAM;
}

int image_state_newest(const uint8_t slots[IMAGE_SLOTS * IMAGE_SLOT_BYTES],
		       const uint8_t uuid[IMAGE_UUID_BYTES], struct image_state *state,
		       unsigned *which, struct error *err)
{
	bool found = false;

	for (unsigned i = 0; i < IMAGE_SLOTS; i++) {
		struct image_state one;

		if (!image_state_parse(slots + (size_t)i * IMAGE_SLOT_BYTES, &one) ||
		    memcmp(one.uuid, uuid, IMAGE_UUID_BYTES) ||
		    (found && one.generation <= state->generation))
			continue;
		*state = one;
		*which = i;
		found = true;
	}
	if (!found)
		return error_set(err, "both state slots of the image are damaged");
	if (state->generation > IMAGE_GENERATION_MAX)
		return error_set(err,
				 "the state of the image is damaged: its generation 0x%llx "
				 "cannot be counted on",
				 (unsigned long long)state->generation);
	return 0;
}

struct image_state image_state_next(const struct image_state *state, uint32_t kind, uint64_t now_ns)
{
	struct image_state next = *state;

	next.kind = kind;
	next.generation++;
	next.changed_ns = now_ns;
	if (kind == IMAGE_RESUMING)
		next.resumes++;
	return next;
}

/* ------------------------------------------------------------------ trailer */

uint8_t *image_chunk_record(uint8_t *trailer, uint64_t chunk)
{
	return trailer + IMAGE_TRAILER_HEADER_BYTES + (size_t)chunk * IMAGE_CHUNK_RECORD_BYTES;
}

void image_chunk_fill(const struct image_chunk *chunk, uint8_t record[IMAGE_CHUNK_RECORD_BYTES])
{
	memset(record, 0, IMAGE_CHUNK_RECORD_BYTES);
	le64_put(record + CHUNK_PADDR, chunk->paddr);
	le64_put(record + CHUNK_OFFSET, chunk->offset);
	le32_put(record + CHUNK_LENGTH, chunk->length);
	le32_put(record + CHUNK_FLAGS, chunk->flags);
	memcpy(record + CHUNK_HASH, chunk->hash, IMAGE_HASH_BYTES);
	memcpy(record + CHUNK_ABSENT, chunk->absent, sizeof(chunk->absent));
}

static unsigned absent_pages(const struct image_chunk *chunk)
{
	unsigned count = 0;

	for (unsigned page = 0; page < IMAGE_CHUNK_PAGES; page++)
		count += image_page_absent(chunk, page);
	return count;
}

static bool chunk_is_sane(const struct image_chunk *chunk)
{
	unsigned pages = chunk->length / IMAGE_PAGE_BYTES;

	if (!chunk->length || chunk->length > IMAGE_CHUNK_BYTES ||
	    chunk->length % IMAGE_PAGE_BYTES || chunk->paddr % IMAGE_PAGE_BYTES ||
	    chunk->offset % IMAGE_PAGE_BYTES || chunk->flags & ~IMAGE_CHUNK_ZERO ||
	    !bytes_fit(UINT64_MAX, chunk->paddr, chunk->length))
		return false;
	for (unsigned page = pages; page < IMAGE_CHUNK_PAGES; page++)
		if (image_page_absent(chunk, page))
			return false;
	return !(chunk->flags & IMAGE_CHUNK_ZERO) == (absent_pages(chunk) < pages);
}

int image_chunk_parse(const uint8_t record[IMAGE_CHUNK_RECORD_BYTES], const struct image_info *info,
		      struct image_chunk *chunk, struct error *err)
{
	chunk->paddr = le64_get(record + CHUNK_PADDR);
	chunk->offset = le64_get(record + CHUNK_OFFSET);
	chunk->length = le32_get(record + CHUNK_LENGTH);
	chunk->flags = le32_get(record + CHUNK_FLAGS);
	memcpy(chunk->hash, record + CHUNK_HASH, IMAGE_HASH_BYTES);
	memcpy(chunk->absent, record + CHUNK_ABSENT, sizeof(chunk->absent));
	if (!chunk_is_sane(chunk) || chunk->offset < info->header_bytes ||
	    !bytes_fit(info->trailer_offset, chunk->offset, chunk->length))
		return error_set(err,
				 "the table of checksums is damaged: 0x%x bytes of address 0x%llx "
				 "at 0x%llx",
				 chunk->length, (unsigned long long)chunk->paddr,
				 (unsigned long long)chunk->offset);
	return 0;
}

void image_trailer_seal(uint8_t *trailer, const struct image_info *info, uint64_t covered_bytes,
			const uint8_t header_digest[SHA256_BYTES], uint8_t root[IMAGE_ROOT_BYTES])
{
	uint8_t *footer = trailer + info->trailer_bytes - IMAGE_FOOTER_BYTES;
	uint8_t *end = image_chunk_record(trailer, info->chunk_count);

	memset(trailer, 0, IMAGE_TRAILER_HEADER_BYTES);
	memcpy(trailer + TRAILER_MAGIC, trailer_magic, MAGIC_BYTES);
	le32_put(trailer + TRAILER_VERSION, IMAGE_VERSION);
	le32_put(trailer + TRAILER_RECORD_BYTES, IMAGE_CHUNK_RECORD_BYTES);
	memcpy(trailer + TRAILER_UUID, info->uuid, IMAGE_UUID_BYTES);
	le64_put(trailer + TRAILER_COUNT, info->chunk_count);
	le64_put(trailer + TRAILER_COVERED, covered_bytes);
	memcpy(trailer + TRAILER_HEADER_DIGEST, header_digest, SHA256_BYTES);
	le64_put(trailer + TRAILER_DATA, info->data_bytes);
	memset(end, 0, (size_t)(footer - end) + IMAGE_FOOTER_BYTES);
	sha256(trailer, (size_t)(footer - trailer), root);
	memcpy(footer + FOOTER_MAGIC, footer_magic, MAGIC_BYTES);
	le32_put(footer + FOOTER_VERSION, IMAGE_VERSION);
	memcpy(footer + FOOTER_UUID, info->uuid, IMAGE_UUID_BYTES);
	le64_put(footer + FOOTER_TRAILER, info->trailer_offset);
	le64_put(footer + FOOTER_TRAILER_BYTES, info->trailer_bytes);
	memcpy(footer + FOOTER_ROOT, root, IMAGE_ROOT_BYTES);
}

static int check_footer(const uint8_t *trailer, uint64_t size, const struct image_info *info,
			struct error *err)
{
	const uint8_t *footer = trailer + size - IMAGE_FOOTER_BYTES;
	uint8_t root[IMAGE_ROOT_BYTES];

	if (memcmp(footer + FOOTER_MAGIC, footer_magic, MAGIC_BYTES))
		return error_set(err, "the image has no end: it was cut short, or never completed");
	if (le32_get(footer + FOOTER_VERSION) != IMAGE_VERSION ||
	    memcmp(footer + FOOTER_UUID, info->uuid, IMAGE_UUID_BYTES) ||
	    le64_get(footer + FOOTER_TRAILER) != info->trailer_offset ||
	    le64_get(footer + FOOTER_TRAILER_BYTES) != info->trailer_bytes)
		return error_set(err, "the end of the image belongs to another image");
	for (unsigned i = FOOTER_ROOT + IMAGE_ROOT_BYTES; i < IMAGE_FOOTER_BYTES; i++)
		if (footer[i])
			return error_set(err, "the end of the image is damaged");
	sha256(trailer, (size_t)(size - IMAGE_FOOTER_BYTES), root);
	if (memcmp(root, footer + FOOTER_ROOT, sizeof(root)))
		return error_set(err, "the table of checksums is damaged: its own checksum is "
				      "wrong");
	return 0;
}

/* Every record, and that together they are the data, one behind the other, in address order. */
static int check_chunks(const uint8_t *trailer, const struct image_info *info, struct error *err)
{
	uint64_t offset = info->header_bytes, paddr = 0;

	for (uint32_t i = 0; i < info->chunk_count; i++) {
		const uint8_t *record =
			trailer + IMAGE_TRAILER_HEADER_BYTES + (size_t)i * IMAGE_CHUNK_RECORD_BYTES;
		struct image_chunk chunk;

		if (image_chunk_parse(record, info, &chunk, err))
			return -1;
		if (chunk.offset != offset || chunk.paddr < paddr)
			return error_set(err,
					 "the table of checksums is damaged: chunk %u is out "
					 "of order",
					 i);
		offset += chunk.length;
		paddr = chunk.paddr + chunk.length;
	}
	if (offset != info->trailer_offset)
		return error_set(err, "the table of checksums covers the data only up to 0x%llx",
				 (unsigned long long)offset);
	return 0;
}

int image_trailer_verify(const uint8_t *trailer, uint64_t size, const struct image_info *info,
			 struct image_trailer *parsed, struct error *err)
{
	if (size != info->trailer_bytes || size != image_trailer_size(info->chunk_count))
		return error_set(err, "the trailer has 0x%llx bytes instead of 0x%llx",
				 (unsigned long long)size, (unsigned long long)info->trailer_bytes);
	if (check_footer(trailer, size, info, err))
		return -1;
	*parsed = (struct image_trailer){
		.chunk_count = le64_get(trailer + TRAILER_COUNT),
		.data_bytes = le64_get(trailer + TRAILER_DATA),
		.covered_bytes = le64_get(trailer + TRAILER_COVERED),
	};
	memcpy(parsed->header_digest, trailer + TRAILER_HEADER_DIGEST, SHA256_BYTES);
	memcpy(parsed->root, trailer + size - IMAGE_FOOTER_BYTES + FOOTER_ROOT, IMAGE_ROOT_BYTES);
	if (memcmp(trailer + TRAILER_MAGIC, trailer_magic, MAGIC_BYTES) ||
	    le32_get(trailer + TRAILER_VERSION) != IMAGE_VERSION ||
	    le32_get(trailer + TRAILER_RECORD_BYTES) != IMAGE_CHUNK_RECORD_BYTES ||
	    memcmp(trailer + TRAILER_UUID, info->uuid, IMAGE_UUID_BYTES) ||
	    parsed->chunk_count != info->chunk_count || parsed->data_bytes != info->data_bytes ||
	    parsed->covered_bytes > image_slot_offset(info, 0))
		return error_set(err, "the table of checksums belongs to another image");
	return check_chunks(trailer, info, err);
}

int image_header_verify(const struct image_trailer *trailer, const uint8_t *header, uint64_t size,
			struct error *err)
{
	uint8_t digest[SHA256_BYTES];

	if (size < trailer->covered_bytes)
		return error_set(err, "0x%llx bytes of header are not enough to verify 0x%llx",
				 (unsigned long long)size,
				 (unsigned long long)trailer->covered_bytes);
	sha256(header, (size_t)trailer->covered_bytes, digest);
	if (memcmp(digest, trailer->header_digest, sizeof(digest)))
		return error_set(err, "the header of the image is damaged: its checksum is wrong");
	return 0;
}

void image_chunk_hash(const void *data, size_t size, uint8_t hash[IMAGE_HASH_BYTES])
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
	memcpy(hash, canonical.digest, IMAGE_HASH_BYTES);
}
