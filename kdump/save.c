/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The saver. Order on a file or device, with a flush between the lines:
 *
 *   1. the first page becomes zero: whatever image was there is none any more
 *   2. both state slots: "writing", and nothing
 *   3. the head, as far as it is known
 *   4. the data; the trailer; the final head
 *   5. the second slot: "ready"
 *
 * A stream is written once from start to end; its trailer tells that it is complete.
 */
#include <stdlib.h>
#include <string.h>

#include "image_head.h"
#include "layout.h"
#include "save.h"

#define BUFFER_BYTES   (4u << 20)
#define BUFFER_CHUNKS  (BUFFER_BYTES / IMAGE_CHUNK_BYTES)
#define HOLES_MAX      65536u
#define HOLE_BYTES_MIN ((uint64_t)IMAGE_HOLE_PAGES * IMAGE_PAGE_BYTES)

struct work {
	struct save *save;
	struct layout layout;
	struct image_info info;
	struct progress progress;
	uint8_t *notes;
	size_t notes_bytes;
	uint8_t *head; /* of head_capacity bytes, zeroed before each use */
	size_t head_capacity;
	uint64_t covered; /* bytes of the head in use */
	uint8_t *buffer;
	uint8_t *trailer;
	uint8_t zero_hash[IMAGE_HASH_BYTES]; /* of a whole chunk of zeros */
	uint64_t chunk;                      /* number of the next chunk */
	struct layout_hole *holes;
	size_t hole_count, hole_capacity, holes_max;
};

static void *aligned(size_t size)
{
	void *memory = NULL;

	if (posix_memalign(&memory, TARGET_ALIGN, size))
		return NULL;
	memset(memory, 0, size);
	return memory;
}

static enum save_fault no_memory(struct error *err)
{
	error_no_memory(err);
	return SAVE_MEMORY;
}

static bool is_stream(const struct work *w)
{
	return w->save->target->kind == TARGET_STREAM;
}

/* ------------------------------------------------------------------ planning */

/* The core's notes are copied; our own gets the record of this image, of fixed size. */
static int build_notes(struct work *w)
{
	struct span notes = { w->save->core->notes, w->save->core->notes_bytes };

	if (!w->notes) {
		w->notes_bytes = image_notes_build(notes, &w->info, NULL, 0);
		w->notes = malloc(w->notes_bytes);
		if (!w->notes)
			return -1;
	}
	image_notes_build(notes, &w->info, w->notes, w->notes_bytes);
	return 0;
}

static enum save_fault plan_memory(struct work *w, struct error *err)
{
	struct save *save = w->save;
	bool look = save->view != IMAGE_VIEW_RESUME;

	if (layout_plan(save->core, save->note, save->view, &w->layout, err))
		return SAVE_HEADER;
	if (look && save->note && layout_walk(save->core, save->note, save->view, &w->layout, err))
		return SAVE_HEADER;
	if (look && !save->note)
		w->layout.warning = "without a note of a jump there is no lent memory to show";
	save->warning = w->layout.warning;
	return SAVE_OK;
}

static enum save_fault plan_image(struct work *w, struct error *err)
{
	struct save *save = w->save;
	struct image_info *info = &w->info;
	uint64_t chunks = layout_chunks(&w->layout);
	size_t loads_max;

	/* What a core says about its memory may be far more than there is of it. */
	if (chunks > UINT32_MAX || image_trailer_size(chunks) > IMAGE_TRAILER_MAX) {
		error_set(err, "%llu MiB are more than an image can hold",
			  (unsigned long long)chunks);
		return SAVE_HEADER;
	}
	if (save->target->kind == TARGET_DEVICE)
		w->holes_max = w->layout.data_bytes / HOLE_BYTES_MIN < HOLES_MAX
				       ? (size_t)(w->layout.data_bytes / HOLE_BYTES_MIN)
				       : HOLES_MAX;
	*info = (struct image_info){
		.flags = is_stream(w) ? IMAGE_FLAG_STREAM : 0,
		.created_ns = save->now_ns,
		.data_bytes = w->layout.data_bytes,
		.trailer_bytes = image_trailer_size(chunks),
		.chunk_bytes = IMAGE_CHUNK_BYTES,
		.chunk_count = (uint32_t)chunks,
		.hash = IMAGE_HASH_XXH3_128,
		.root = IMAGE_ROOT_SHA256,
		.codec = IMAGE_CODEC_NONE,
		.view = (uint16_t)save->view,
	};
	memcpy(info->uuid, save->uuid, IMAGE_UUID_BYTES);
	if (build_notes(w))
		return no_memory(err);
	loads_max = layout_loads_max(&w->layout, w->holes_max);
	info->header_bytes = image_header_region(loads_max, w->notes_bytes);
	info->trailer_offset = info->header_bytes + info->data_bytes;
	layout_place(&w->layout, info->header_bytes);
	w->head_capacity =
		(size_t)align_up(image_head_bytes(loads_max, w->notes_bytes), TARGET_ALIGN);
	w->head = aligned(w->head_capacity);
	w->buffer = aligned(BUFFER_BYTES);
	w->trailer = aligned((size_t)info->trailer_bytes);
	if (!w->head || !w->buffer || !w->trailer)
		return no_memory(err);
	image_chunk_hash(w->buffer, IMAGE_CHUNK_BYTES, w->zero_hash);
	if (!save->force && target_check_room(save->target, image_total_bytes(info), err))
		return SAVE_REFUSED;
	return SAVE_OK;
}

/* ------------------------------------------------------------------ head and states */

static enum save_fault make_head(struct work *w, struct error *err)
{
	struct save *save = w->save;
	struct image_head head = {
		.machine = save->core->machine,
		.entry = save->view == IMAGE_VIEW_DEBUG ? 0 : save->core->entry,
	};
	struct layout_loads loads;

	if (layout_loads(&w->layout, w->holes, w->hole_count, &loads, err))
		return SAVE_MEMORY;
	w->info.debug_loads = (uint32_t)loads.debug_count;
	build_notes(w);
	head.loads = loads.items;
	head.load_count = loads.count;
	head.notes = (struct span){ w->notes, w->notes_bytes };
	w->covered = image_head_bytes(loads.count, w->notes_bytes);
	memset(w->head, 0, w->head_capacity);
	image_head_fill(&head, w->head);
	save->load_count = loads.count;
	save->debug_count = loads.debug_count;
	free(loads.items);
	return SAVE_OK;
}

static int write_head(struct work *w, struct error *err)
{
	return target_write(w->save->target, 0, w->head, (size_t)align_up(w->covered, TARGET_ALIGN),
			    err);
}

/* The other slot is cleared where the state is the first. */
static int write_state(struct work *w, unsigned slot, const struct image_state *state, bool clear,
		       struct error *err)
{
	uint8_t *slots = w->buffer;
	uint64_t offset = image_slot_offset(&w->info, clear ? 0 : slot);

	memset(slots, 0, (size_t)IMAGE_SLOTS * IMAGE_SLOT_BYTES);
	image_state_fill(state, slots + (clear ? slot * IMAGE_SLOT_BYTES : 0));
	return target_write(w->save->target, offset, slots,
			    clear ? IMAGE_SLOTS * IMAGE_SLOT_BYTES : IMAGE_SLOT_BYTES, err);
}

static struct image_state first_state(const struct work *w)
{
	struct image_state state = {
		.kind = is_stream(w) ? IMAGE_STREAM : IMAGE_WRITING,
		.generation = 1,
		.changed_ns = w->save->now_ns,
	};

	memcpy(state.uuid, w->save->uuid, IMAGE_UUID_BYTES);
	return state;
}

static int begin_in_place(struct work *w, struct error *err)
{
	struct target *target = w->save->target;
	struct image_state state = first_state(w);

	if (target_start(target, image_total_bytes(&w->info), err) ||
	    target_write(target, 0, w->buffer, TARGET_ALIGN, err) || target_flush(target, err) ||
	    write_state(w, 0, &state, true, err) || target_flush(target, err) ||
	    write_head(w, err) || target_flush(target, err))
		return -1;
	return 0;
}

static enum save_fault begin(struct work *w, struct error *err)
{
	struct image_state state = first_state(w);
	enum save_fault fault = make_head(w, err);

	if (fault)
		return fault;
	if (!is_stream(w))
		return begin_in_place(w, err) ? SAVE_TARGET : SAVE_OK;
	return write_head(w, err) || write_state(w, 0, &state, true, err) ? SAVE_TARGET : SAVE_OK;
}

static enum save_fault finish(struct work *w, struct error *err)
{
	struct target *target = w->save->target;
	struct image_state state = first_state(w);
	uint8_t digest[SHA256_BYTES];
	enum save_fault fault = is_stream(w) ? SAVE_OK : make_head(w, err);

	if (fault)
		return fault;
	sha256(w->head, (size_t)w->covered, digest);
	image_trailer_seal(w->trailer, &w->info, w->covered, digest, w->save->root);
	if (target_write(target, w->info.trailer_offset, w->trailer, (size_t)w->info.trailer_bytes,
			 err))
		return SAVE_TARGET;
	if (is_stream(w))
		return SAVE_OK;
	if (write_head(w, err) || target_flush(target, err))
		return SAVE_TARGET;
	state = image_state_next(&state, IMAGE_READY, w->save->now_ns);
	memcpy(state.root, w->save->root, IMAGE_ROOT_BYTES);
	if (write_state(w, 1, &state, false, err) || target_flush(target, err))
		return SAVE_TARGET;
	return SAVE_OK;
}

/* ------------------------------------------------------------------ data */

static bool is_zero(const uint8_t *page)
{
	return !le64_get(page) && !memcmp(page, page + 8, IMAGE_PAGE_BYTES - 8);
}

/* Remember a stretch that is not written; false when there is no room for one more. */
static bool add_hole(struct work *w, uint64_t offset, uint64_t bytes)
{
	struct layout_hole *last = w->hole_count ? &w->holes[w->hole_count - 1] : NULL;

	if (w->save->target->kind != TARGET_DEVICE)
		return true; /* a file's holes read as zeros by themselves */
	if (last && last->offset + last->bytes == offset) {
		last->bytes += bytes;
		return true;
	}
	if (w->hole_count == w->holes_max)
		return false;
	if (w->hole_count == w->hole_capacity) {
		size_t more = w->hole_capacity ? w->hole_capacity * 2 : 256;
		struct layout_hole *grown = realloc(w->holes, more * sizeof(*grown));

		if (!grown)
			return false;
		w->holes = grown;
		w->hole_capacity = more;
	}
	w->holes[w->hole_count++] = (struct layout_hole){ offset, bytes };
	return true;
}

static void set_absent(struct work *w, struct image_chunk *chunk, unsigned first, unsigned count)
{
	uint64_t bytes = (uint64_t)count * IMAGE_PAGE_BYTES;

	if (count < IMAGE_HOLE_PAGES ||
	    !add_hole(w, chunk->offset + (uint64_t)first * IMAGE_PAGE_BYTES, bytes))
		return;
	for (unsigned page = first; page < first + count; page++)
		chunk->absent[page / 8] |= (uint8_t)(1u << page % 8);
	w->save->absent_bytes += bytes;
	if (bytes == chunk->length)
		chunk->flags |= IMAGE_CHUNK_ZERO;
}

/* Runs of zero pages, checksum, record. */
static void take_chunk(struct work *w, struct image_chunk *chunk, const uint8_t *data)
{
	unsigned pages = chunk->length / IMAGE_PAGE_BYTES, run = 0;

	for (unsigned page = 0; page < pages && !is_stream(w); page++) {
		if (is_zero(data + (size_t)page * IMAGE_PAGE_BYTES)) {
			run++;
			continue;
		}
		set_absent(w, chunk, page - run, run);
		run = 0;
	}
	if (run == IMAGE_CHUNK_PAGES)
		memcpy(chunk->hash, w->zero_hash, IMAGE_HASH_BYTES);
	else
		image_chunk_hash(data, chunk->length, chunk->hash);
	set_absent(w, chunk, pages - run, run);
	image_chunk_fill(chunk, image_chunk_record(w->trailer, w->chunk++));
}

/* Write what is present of a row of chunks, in as few pieces as there are. */
static int write_present(struct work *w, const struct image_chunk *chunks, size_t size,
			 struct error *err)
{
	unsigned pages = (unsigned)(size / IMAGE_PAGE_BYTES), first = 0;

	for (unsigned page = 0; page <= pages; page++) {
		bool absent = page == pages || image_page_absent(&chunks[page / IMAGE_CHUNK_PAGES],
								 page % IMAGE_CHUNK_PAGES);

		if (!absent)
			continue;
		if (page > first &&
		    target_write(w->save->target,
				 chunks[0].offset + (uint64_t)first * IMAGE_PAGE_BYTES,
				 w->buffer + (size_t)first * IMAGE_PAGE_BYTES,
				 (size_t)(page - first) * IMAGE_PAGE_BYTES, err))
			return -1;
		first = page + 1;
	}
	return 0;
}

static int read_piece(struct work *w, const struct layout_range *range, uint64_t inside,
		      size_t size, struct error *err)
{
	size_t stored = 0;

	if (inside < range->source_bytes)
		stored = range->source_bytes - inside < size
				 ? (size_t)(range->source_bytes - inside)
				 : size;
	if (stored && source_read(w->save->source, range->source + inside, w->buffer, stored, err))
		return -1;
	memset(w->buffer + stored, 0, size - stored);
	return 0;
}

static enum save_fault save_piece(struct work *w, const struct layout_range *range, uint64_t inside,
				  size_t size, struct error *err)
{
	struct image_chunk chunks[BUFFER_CHUNKS];

	if (*w->save->stop)
		return SAVE_STOPPED;
	if (read_piece(w, range, inside, size, err))
		return SAVE_SOURCE;
	for (size_t at = 0; at < size; at += IMAGE_CHUNK_BYTES) {
		struct image_chunk *chunk = &chunks[at / IMAGE_CHUNK_BYTES];
		size_t left = size - at;

		*chunk = (struct image_chunk){
			.paddr = range->paddr + inside + at,
			.offset = range->offset + inside + at,
			.length = left < IMAGE_CHUNK_BYTES ? (uint32_t)left : IMAGE_CHUNK_BYTES,
		};
		take_chunk(w, chunk, w->buffer + at);
	}
	if (write_present(w, chunks, size, err))
		return SAVE_TARGET;
	progress_add(&w->progress, size);
	return SAVE_OK;
}

static enum save_fault save_data(struct work *w, struct error *err)
{
	for (size_t i = 0; i < w->layout.range_count; i++) {
		const struct layout_range *range = &w->layout.ranges[i];

		for (uint64_t inside = 0; inside < range->bytes; inside += BUFFER_BYTES) {
			uint64_t left = range->bytes - inside;
			size_t size = left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES;
			enum save_fault fault = save_piece(w, range, inside, size, err);

			if (fault)
				return fault;
		}
	}
	return SAVE_OK;
}

enum save_fault save_image(struct save *save, struct error *err)
{
	struct work w = { .save = save };
	enum save_fault fault = plan_memory(&w, err);

	if (!fault)
		fault = plan_image(&w, err);
	if (!fault) {
		save->data_bytes = w.info.data_bytes;
		progress_start(&w.progress, "kdump", "saved", w.info.data_bytes, save->quiet);
		fault = begin(&w, err);
		if (!fault)
			fault = save_data(&w, err);
		if (!fault)
			fault = finish(&w, err);
		save->elapsed_ms = progress_elapsed_ms(&w.progress);
		progress_end(&w.progress);
		if (fault && *save->stop) {
			error_set(err, "stopped by signal %d", (int)*save->stop);
			fault = SAVE_STOPPED;
		}
		if (fault && !is_stream(&w))
			error_prefix(err, "the image is incomplete and will not be resumed: ");
	}
	layout_done(&w.layout);
	free(w.notes);
	free(w.head);
	free(w.buffer);
	free(w.trailer);
	free(w.holes);
	return fault;
}
