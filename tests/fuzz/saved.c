/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: what is our own in an image (kdump/image.h): its record, its state slots, its
 * trailer. Checksums are made right again if the first byte says so; else no change would get past
 * them.
 */
#include "fuzz.h"
#include "kdump/image.h"

#define MIB        UINT64_C(0x100000)
#define SLOT_PART  96 /* bytes of a slot that are in the input */
#define CHUNKS_MAX 64

/* Bits of byte 0. */
enum { CASE_SUMS = 1, CASE_TRAILER_HEAD = 2 };

static void parse_slots(uint8_t how, struct span *input, const struct image_info *info)
{
	uint8_t slots[IMAGE_SLOTS * IMAGE_SLOT_BYTES] = { 0 };
	struct image_state state, next;
	struct error err;
	unsigned which;

	for (unsigned i = 0; i < IMAGE_SLOTS; i++) {
		uint8_t *slot = slots + (size_t)i * IMAGE_SLOT_BYTES;

		fuzz_take(input, slot, SLOT_PART);
		if (how & CASE_SUMS)
			sha256(slot, IMAGE_SLOT_BYTES - SHA256_BYTES,
			       slot + IMAGE_SLOT_BYTES - SHA256_BYTES);
	}
	if (image_state_newest(slots, info->uuid, &state, &which, &err))
		return;
	FUZZ_CHECK(which < IMAGE_SLOTS && strcmp(image_state_name(state.kind), "unknown") != 0);
	/* What is written next must be the newest from then on, or bar the image. */
	next = image_state_next(&state, IMAGE_RESUMING, 1);
	image_state_fill(&next, slots + (size_t)(1 - which) * IMAGE_SLOT_BYTES);
	if (image_state_newest(slots, info->uuid, &state, &which, &err))
		FUZZ_CHECK(next.generation > IMAGE_GENERATION_MAX);
	else
		FUZZ_CHECK(state.kind == IMAGE_RESUMING);
}

/* The chunk records of the input, as a trailer of an image with so many chunks. */
static void parse_trailer(uint8_t how, struct span *input, const struct image_info *info)
{
	uint8_t digest[SHA256_BYTES] = { 0 }, root[IMAGE_ROOT_BYTES];
	size_t size = (size_t)info->trailer_bytes;
	struct image_trailer parsed;
	struct image_chunk chunk;
	struct error err;
	uint8_t *trailer;

	if (info->chunk_count > CHUNKS_MAX)
		return;
	trailer = calloc(1, size);
	if (!trailer)
		abort();
	for (uint32_t i = 0; i < info->chunk_count; i++)
		fuzz_take(input, image_chunk_record(trailer, i), IMAGE_CHUNK_RECORD_BYTES);
	image_trailer_seal(trailer, info, 4096, digest, root);
	if (how & CASE_TRAILER_HEAD) {
		fuzz_take(input, trailer, IMAGE_TRAILER_HEADER_BYTES);
		sha256(trailer, size - IMAGE_FOOTER_BYTES, root);
		memcpy(trailer + size - IMAGE_FOOTER_BYTES + 48, root, sizeof(root));
	}
	if (!image_trailer_verify(trailer, size, info, &parsed, &err)) {
		FUZZ_CHECK(parsed.chunk_count == info->chunk_count);
		FUZZ_CHECK(parsed.covered_bytes <= info->header_bytes);
		for (uint32_t i = 0; i < info->chunk_count; i++)
			FUZZ_CHECK(!image_chunk_parse(image_chunk_record(trailer, i), info, &chunk,
						      &err) &&
				   chunk.offset + chunk.length <= info->trailer_offset);
	}
	free(trailer);
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	uint8_t how = fuzz_u8(&input), record[IMAGE_RECORD_BYTES], again[IMAGE_RECORD_BYTES];
	struct image_info info, read;
	struct error err;

	fuzz_take(&input, record, sizeof(record));
	if (image_info_parse((struct span){ record, sizeof(record) }, &info, &err))
		return 0;
	FUZZ_CHECK(image_total_bytes(&info) > info.trailer_offset);
	FUZZ_CHECK(image_slot_offset(&info, 1) + IMAGE_SLOT_BYTES == info.header_bytes);
	image_info_fill(&info, again);
	FUZZ_CHECK(!image_info_parse((struct span){ again, sizeof(again) }, &read, &err));
	fuzz_accepted = true;
	parse_slots(how, &input, &info);
	parse_trailer(how, &input, &info);
	return 0;
}

static void put_chunks(const struct image_info *info, uint8_t *buffer, size_t capacity,
		       size_t *used)
{
	uint64_t left = info->data_bytes, offset = info->header_bytes;

	for (uint32_t i = 0; i < info->chunk_count; i++) {
		struct image_chunk chunk = { .paddr = 16 * MIB + offset, .offset = offset };
		uint8_t record[IMAGE_CHUNK_RECORD_BYTES];

		chunk.length = (uint32_t)(left < IMAGE_CHUNK_BYTES ? left : IMAGE_CHUNK_BYTES);
		if (i == 1) {
			chunk.flags = IMAGE_CHUNK_ZERO;
			memset(chunk.absent, 0xff, sizeof(chunk.absent));
		} else {
			chunk.absent[0] = 0x7;
		}
		image_chunk_fill(&chunk, record);
		fuzz_append(buffer, capacity, used, record, sizeof(record));
		left -= chunk.length;
		offset += chunk.length;
	}
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	struct image_info info = {
		.uuid = { 1, 2, 3 },
		.header_bytes = MIB,
		.data_bytes = 2 * MIB + 0x5000,
		.trailer_offset = 3 * MIB + 0x5000,
		.trailer_bytes = image_trailer_size(3),
		.chunk_bytes = IMAGE_CHUNK_BYTES,
		.chunk_count = 3,
		.hash = IMAGE_HASH_XXH3_128,
		.root = IMAGE_ROOT_SHA256,
		.view = IMAGE_VIEW_BOTH,
	};
	struct image_state state = { .kind = IMAGE_READY, .generation = 5, .uuid = { 1, 2, 3 } };
	uint8_t how = n ? CASE_SUMS : 0, record[IMAGE_RECORD_BYTES], slot[IMAGE_SLOT_BYTES];
	size_t used = 0;

	if (n > 1)
		return 0;
	image_info_fill(&info, record);
	fuzz_append(buffer, capacity, &used, &how, 1);
	fuzz_append(buffer, capacity, &used, record, sizeof(record));
	for (unsigned i = 0; i < IMAGE_SLOTS; i++) {
		image_state_fill(&state, slot);
		fuzz_append(buffer, capacity, &used, slot, SLOT_PART);
		state.generation--;
	}
	put_chunks(&info, buffer, capacity, &used);
	return used;
}
