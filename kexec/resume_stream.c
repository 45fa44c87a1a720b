/* SPDX-License-Identifier: GPL-2.0-only */
/* Streaming an image with one buffer; see resume_stream.h. */
#define _GNU_SOURCE
#include "resume_stream.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull;

#define ZERO_SLICE_BYTES ((size_t)1 << 30)

struct stream {
	const struct resume_image *image;
	const struct stream_sink *sink;
	uint8_t *buffer; /* IMAGE_CHUNK_BYTES */
	uint64_t end;    /* of what was handed on: order and no overlap */
	uint64_t put;    /* bytes handed on */
	uint64_t total;
	size_t load; /* the PT_LOAD we are in */
};

/* Hand on the parts of [address, address + size) that are to be restored. */
static int hand_on(struct stream *stream, uint64_t address, const uint8_t *data, size_t size,
		   struct error *err)
{
	const struct range_set *stored = &stream->image->stored;
	struct range all = { address, address + size };

	for (size_t i = 0; i < stored->count; i++) {
		struct range part = range_intersect(stored->items[i], all);
		size_t bytes = (size_t)range_bytes(part);

		if (!bytes)
			continue;
		if (stream->sink->put &&
		    stream->sink->put(stream->sink->context, part.start,
				      data ? data + (part.start - address) : NULL, bytes, err))
			return -1;
		stream->put += bytes;
	}
	return 0;
}

static void tell(const struct stream *stream)
{
	if (stream->sink->progress)
		stream->sink->progress(stream->sink->progress_context, stream->put, stream->total);
}

static bool holds(const struct core_load *load, uint64_t address)
{
	return address >= load->paddr && address - load->paddr < load->file_bytes;
}

/* The header of the memory at an address; *load is that of the last one: both are ascending. */
static const struct core_load *load_of(const struct core *core, uint64_t address, size_t *load)
{
	const struct core_load *kept = core_kept_at(core, address);

	if (kept && holds(kept, address))
		return kept;
	while (*load < core->load_count && !holds(&core->loads[*load], address))
		++*load;
	return *load < core->load_count ? &core->loads[*load] : NULL;
}

/* The headers and the chunk must agree about where the first stored page of the chunk lies. */
static int check_place(struct stream *stream, const struct image_chunk *chunk, struct error *err)
{
	uint64_t address = chunk->paddr, offset = chunk->offset;
	const struct core_load *load;
	unsigned page = 0;

	while (page < chunk->length / IMAGE_PAGE_BYTES && image_page_absent(chunk, page))
		page++;
	if (page == chunk->length / IMAGE_PAGE_BYTES)
		return 0;
	address += (uint64_t)page * IMAGE_PAGE_BYTES;
	offset += (uint64_t)page * IMAGE_PAGE_BYTES;
	load = load_of(&stream->image->core, address, &stream->load);
	if (load && load->offset + (address - load->paddr) == offset)
		return 0;
	return error_set(err,
			 "its checksums are not of the memory its headers name (0x%llx): damaged",
			 (ull)address);
}

/* Pages that are not stored are zero; runs of stored ones are read at once. */
static int read_chunk(const struct stream *stream, const struct image_chunk *chunk,
		      struct error *err)
{
	unsigned pages = chunk->length / IMAGE_PAGE_BYTES, first = 0;

	while (first < pages) {
		bool absent = image_page_absent(chunk, first);
		unsigned end = first + 1;
		size_t at = (size_t)first * IMAGE_PAGE_BYTES, size;

		while (end < pages && image_page_absent(chunk, end) == absent)
			end++;
		size = (size_t)(end - first) * IMAGE_PAGE_BYTES;
		if (absent)
			memset(stream->buffer + at, 0, size);
		else if (backing_read(&stream->image->backing, chunk->offset + at,
				      stream->buffer + at, size, err))
			return -1;
		first = end;
	}
	backing_forget(&stream->image->backing, chunk->offset, chunk->length);
	return 0;
}

static int take_chunk(struct stream *stream, uint64_t number, struct error *err)
{
	const uint8_t *record = image_chunk_record(stream->image->trailer, number);
	uint8_t hash[IMAGE_HASH_BYTES];
	struct image_chunk chunk;
	bool is_zero;

	if (image_chunk_parse(record, &stream->image->info, &chunk, err))
		return -1;
	if (chunk.paddr < stream->end)
		return error_set(err, "its checksums are not in order at 0x%llx: damaged",
				 (ull)chunk.paddr);
	stream->end = chunk.paddr + chunk.length;
	is_zero = chunk.flags & IMAGE_CHUNK_ZERO;
	if (!is_zero) {
		if (check_place(stream, &chunk, err) || read_chunk(stream, &chunk, err))
			return -1;
		image_chunk_hash(stream->buffer, chunk.length, hash);
		if (memcmp(hash, chunk.hash, sizeof(hash)))
			return error_set(err,
					 "its memory 0x%llx-0x%llx (at 0x%llx) does not match "
					 "its checksum: the image is damaged",
					 (ull)chunk.paddr, (ull)chunk.paddr + chunk.length - 1,
					 (ull)chunk.offset);
	}
	return hand_on(stream, chunk.paddr, is_zero ? NULL : stream->buffer, chunk.length, err);
}

static int run_chunks(struct stream *stream, struct error *err)
{
	for (uint64_t i = 0; i < stream->image->sums.chunk_count; i++) {
		if (take_chunk(stream, i, err))
			return -1;
		tell(stream);
	}
	return 0;
}

/* A bare core: its PT_LOADs in address order, in slices; zeros, which cost no buffer, in large
 * ones. */
static int run_slices(struct stream *stream, const struct core_load *load, struct error *err)
{
	uint64_t done = 0;

	while (done < load->memory_bytes) {
		uint64_t left = load->memory_bytes - done;
		size_t most = done < load->file_bytes ? IMAGE_CHUNK_BYTES : ZERO_SLICE_BYTES;
		size_t size = left < most ? (size_t)left : most;
		size_t stored = done >= load->file_bytes         ? 0
				: load->file_bytes - done < size ? (size_t)(load->file_bytes - done)
								 : size;

		if (stored) {
			memset(stream->buffer + stored, 0, size - stored);
			if (backing_read(&stream->image->backing, load->offset + done,
					 stream->buffer, stored, err))
				return -1;
			backing_forget(&stream->image->backing, load->offset + done, stored);
		}
		if (hand_on(stream, load->paddr + done, stored ? stream->buffer : NULL, size, err))
			return -1;
		done += size;
		tell(stream);
	}
	return 0;
}

static const struct core_load *next_load(const struct core *core, uint64_t from)
{
	const struct core_load *best = NULL;

	for (size_t i = 0; i < core->load_count; i++)
		if (core->loads[i].paddr >= from && core->loads[i].memory_bytes &&
		    (!best || core->loads[i].paddr < best->paddr))
			best = &core->loads[i];
	return best;
}

static int run_loads(struct stream *stream, struct error *err)
{
	const struct core_load *load;
	uint64_t from = 0;

	while ((load = next_load(&stream->image->core, from))) {
		if (run_slices(stream, load, err))
			return -1;
		from = load->paddr + load->memory_bytes;
	}
	return 0;
}

int resume_stream(const struct resume_image *image, const struct stream_sink *sink,
		  struct error *err)
{
	struct stream stream = { .image = image,
				 .sink = sink,
				 .total = range_set_bytes(&image->stored) };
	int result;

	stream.buffer = aligned_alloc(IMAGE_PAGE_BYTES, IMAGE_CHUNK_BYTES);
	if (!stream.buffer)
		return error_no_memory(err);
	result = image->has_info ? run_chunks(&stream, err) : run_loads(&stream, err);
	if (!result && stream.put != stream.total)
		result = error_set(err,
				   "it holds 0x%llx bytes of the 0x%llx its headers name: damaged",
				   (ull)stream.put, (ull)stream.total);
	free(stream.buffer);
	return result ? error_prefix(err, "'%s': ", image->backing.path) : 0;
}
