/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: a saved image on its way back (kexec/resume_image.h, resume_stream.h,
 * resume_choose.h). The input is a head, the state slots, data and chunk records, of which a file
 * is made: as they are, or with all checksums right, so that damage behind them is met too. What is
 * handed on must lie in what the image says it holds, in order.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "kdump/image_head.h"
#include "purgatory/abi.h"
#include "resume_choose.h"
#include "resume_stream.h"
#include "way_back.h"

#define MIB          UINT64_C(0x100000)
#define SLOT_PART    96
#define CHUNKS_MAX   64
#define PROTOCOL_100 0x0100626a /* "jb", version 1.00 */
#define DATA_MAX     ((size_t)64 << 12)

/* Bits of byte 0. */
enum {
	CASE_BARE = 1,      /* the input is the file: a copy of a core */
	CASE_SUMS = 2,      /* make the checksums right */
	CASE_CONFINED = 4,  /* this kernel keeps to D */
	CASE_OLD_STATE = 8, /* leave the root out of the slots */
};

struct parts {
	uint8_t how;
	struct span head, data, chunks;
	uint8_t slots[IMAGE_SLOTS][SLOT_PART];
};

static struct span take_span(struct span *input, size_t bytes)
{
	struct span part = { input->data, bytes < input->size ? bytes : input->size };

	input->data += part.size;
	input->size -= part.size;
	return part;
}

static void take_parts(struct span input, struct parts *parts)
{
	size_t head, data;

	parts->how = fuzz_u8(&input);
	fuzz_u8(&input);
	head = fuzz_u16(&input);
	data = (size_t)fuzz_u16(&input) * 4096 % (DATA_MAX + 1);
	parts->head = take_span(&input, parts->how & CASE_BARE ? input.size : head);
	for (unsigned i = 0; i < IMAGE_SLOTS; i++)
		fuzz_take(&input, parts->slots[i], SLOT_PART);
	parts->data = take_span(&input, data);
	parts->chunks = input;
}

static void put(int fd, uint64_t offset, const void *data, size_t size)
{
	FUZZ_CHECK(pwrite(fd, data, size, (off_t)offset) == (ssize_t)size);
}

static int read_head(void *context, uint64_t offset, void *buffer, size_t size, struct error *err)
{
	const struct span *head = context;

	if (!bytes_fit(head->size, offset, size))
		return error_set(err, "behind the head");
	memcpy(buffer, head->data + offset, size);
	return 0;
}

/* What the head says about the image, if it is one and small. */
static bool find_info(struct span head, struct image_info *info)
{
	struct core_source source = { read_head, &head, CORE_SIZE_UNKNOWN };
	struct jump_note note;
	struct core core;
	struct error err;
	bool found = false;

	if (core_open(&core, &source, &err))
		return false;
	if (jump_note_of_core(&core, &note, &err) > 0) {
		found = note.image.size && !image_info_parse(note.image, info, &err);
		jump_note_done(&note);
	}
	core_done(&core);
	return found && info->chunk_count <= CHUNKS_MAX && info->header_bytes <= 2 * MIB &&
	       info->data_bytes <= 64 * MIB;
}

/* A chunk record with the checksum of the bytes it names, where these are in the input. */
static void mend_chunk(const struct parts *parts, const struct image_info *info, uint8_t *record)
{
	uint64_t offset = le64_get(record + 8) - info->header_bytes;
	uint32_t length = le32_get(record + 16);

	if (length <= IMAGE_CHUNK_BYTES && bytes_fit(parts->data.size, offset, length))
		image_chunk_hash(parts->data.data + offset, length, record + 24);
}

static void put_trailer(int fd, const struct parts *parts, const struct image_info *info,
			uint8_t root[IMAGE_ROOT_BYTES])
{
	size_t size = (size_t)info->trailer_bytes;
	uint8_t *trailer = calloc(1, size), digest[SHA256_BYTES];
	struct span chunks = parts->chunks;

	if (!trailer)
		abort();
	for (uint32_t i = 0; i < info->chunk_count; i++) {
		uint8_t *record = image_chunk_record(trailer, i);

		fuzz_take(&chunks, record, IMAGE_CHUNK_RECORD_BYTES);
		if (parts->how & CASE_SUMS)
			mend_chunk(parts, info, record);
	}
	sha256(parts->head.data, parts->head.size, digest);
	image_trailer_seal(trailer, info, parts->head.size, digest, root);
	put(fd, info->trailer_offset, trailer, size);
	free(trailer);
}

static void put_slots(int fd, const struct parts *parts, const struct image_info *info,
		      const uint8_t root[IMAGE_ROOT_BYTES])
{
	for (unsigned i = 0; i < IMAGE_SLOTS; i++) {
		uint8_t slot[IMAGE_SLOT_BYTES] = { 0 };

		memcpy(slot, parts->slots[i], SLOT_PART);
		if (parts->how & CASE_SUMS) {
			if (!(parts->how & CASE_OLD_STATE))
				memcpy(slot + 56, root, IMAGE_ROOT_BYTES);
			sha256(slot, IMAGE_SLOT_BYTES - SHA256_BYTES,
			       slot + IMAGE_SLOT_BYTES - SHA256_BYTES);
		}
		put(fd, image_slot_offset(info, i), slot, sizeof(slot));
	}
}

/* The file; its size. */
static uint64_t make_file(int fd, const struct parts *parts)
{
	uint8_t root[IMAGE_ROOT_BYTES];
	struct image_info info;

	if (parts->head.size)
		put(fd, 0, parts->head.data, parts->head.size);
	if (parts->how & CASE_BARE || !find_info(parts->head, &info))
		return parts->head.size;
	put(fd, info.header_bytes, parts->data.data, parts->data.size);
	put_trailer(fd, parts, &info, root);
	put_slots(fd, parts, &info, root);
	return image_total_bytes(&info);
}

struct check {
	const struct resume_image *image;
	uint64_t end;
};

static int check_put(void *context, uint64_t address, const uint8_t *data, size_t size,
		     struct error *err)
{
	struct check *check = context;

	(void)err;
	FUZZ_CHECK(size && address >= check->end);
	FUZZ_CHECK(range_set_contains(&check->image->stored,
				      (struct range){ address, address + size }));
	check->end = address + size;
	if (data) {
		volatile uint8_t byte = data[0];

		byte ^= data[size - 1];
		(void)byte;
	}
	return 0;
}

static void add_ram(struct machine *machine, uint64_t start, uint64_t end)
{
	struct error err;

	if (range_set_add(&machine->ram, (struct range){ start, end }, &err))
		abort();
}

static void choose(const struct resume_image *image, bool confined)
{
	struct machine machine = { .arch = "i686", .total_bytes = LEFT_RAM_END };
	struct resume_machine here = {
		.machine = &machine, .has_pae = true, .has_nx = true, .entry_seconds = 1e-9
	};
	struct resume_choice choice;
	struct error err;

	if (memmap_add(&machine.firmware, (struct range){ 0, LEFT_RAM_END }, MEMORY_RAM, &err))
		abort();
	if (confined)
		add_ram(&machine, LEFT_H, LEFT_H + 0x3000);
	else
		add_ram(&machine, 0x1000, LEFT_RAM_END);
	if (!resume_check_machine(image, &here, &err))
		for (int way = RESTORE_AUTO; way <= RESTORE_TWO_HOP; way++)
			if (!resume_choose(image, &here, (enum restore_way)way, &choice, &err)) {
				FUZZ_CHECK(range_set_bytes(&choice.own) <= choice.bytes);
				resume_choice_done(&choice);
			}
	memmap_done(&machine.firmware);
	range_set_done(&machine.ram);
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct backing backing = { .fd = fd };
	struct resume_image image;
	struct check check = { &image, 0 };
	struct stream_sink sink = { check_put, NULL, &check, NULL };
	struct parts parts;
	struct error err = { "" };

	FUZZ_CHECK(fd >= 0);
	take_parts((struct span){ data, size }, &parts);
	backing.path = fuzz_string((struct span){ (const uint8_t *)"image", 5 });
	backing.size = make_file(fd, &parts);
	FUZZ_CHECK(!ftruncate(fd, (off_t)backing.size));
	if (resume_image_take(&backing, &image, &err)) {
		FUZZ_CHECK(*err.text);
		return 0;
	}
	fuzz_accepted = !resume_image_check(&image, image.entry, &err) &&
			!resume_stream(&image, &sink, &err);
	if (!fuzz_accepted)
		fuzz_accepted = parts.how & CASE_OLD_STATE; /* it is to be refused */
	else
		choose(&image, parts.how & CASE_CONFINED);
	resume_image_close(&image);
	return 0;
}

static void put_pad(uint8_t *page)
{
	struct jump_pad pad = { .magic_lo = PAD_MAGIC_LO,
				.magic_hi = PAD_MAGIC_HI,
				.raw = LEFT_RAW };

	memcpy(page + PAD_DATA, &pad, sizeof(pad));
}

/* What the saver would make of the core: head, data, chunk records. */
static void make_image(bool keeps, struct builder *head, struct builder *data,
		       struct builder *chunks)
{
	const struct image_load loads[] = {
		{ LEFT_START, 0xc0100000, MIB, LEFT_BYTES, LEFT_BYTES, false },
		{ LEFT_H, 0xc0200000, MIB + LEFT_BYTES, LEFT_H_BYTES, LEFT_H_BYTES, keeps },
	};
	struct image_info info = {
		.uuid = { 1, 2, 3 },
		.header_bytes = MIB,
		.data_bytes = LEFT_BYTES + LEFT_H_BYTES,
		.trailer_offset = MIB + LEFT_BYTES + LEFT_H_BYTES,
		.trailer_bytes = image_trailer_size(2),
		.chunk_bytes = IMAGE_CHUNK_BYTES,
		.chunk_count = 2,
		.hash = IMAGE_HASH_XXH3_128,
		.root = IMAGE_ROOT_SHA256,
		.view = IMAGE_VIEW_RESUME,
	};
	struct image_head fields = { EM_386, LEFT_IN, loads, 2, { NULL, 0 } };
	struct builder notes = { 0 };
	uint8_t built[4096];

	left_put_notes(&notes, EM_386);
	fields.notes.data = built;
	fields.notes.size = image_notes_build((struct span){ notes.data, notes.size }, &info, built,
					      sizeof(built));
	FUZZ_CHECK(fields.notes.size <= sizeof(built));
	builder_put(head, NULL, (size_t)image_head_bytes(2, fields.notes.size), 1);
	image_head_fill(&fields, head->data);
	builder_put(data, NULL, LEFT_BYTES + LEFT_H_BYTES, 1);
	left_put_list(data->data);
	put_pad(data->data + LEFT_BYTES + 0x1000);
	for (unsigned i = 0; i < 2; i++) {
		struct image_chunk chunk = { .paddr = loads[i].paddr,
					     .offset = loads[i].offset,
					     .length = (uint32_t)loads[i].file_bytes };
		uint8_t record[IMAGE_CHUNK_RECORD_BYTES];

		image_chunk_fill(&chunk, record);
		builder_put(chunks, record, sizeof(record), 1);
	}
	builder_done(&notes);
}

static size_t seed_image(uint8_t how, bool keeps, uint8_t *buffer, size_t capacity)
{
	struct builder head = { 0 }, data = { 0 }, chunks = { 0 };
	struct image_state state = { .kind = IMAGE_READY, .generation = 2, .uuid = { 1, 2, 3 } };
	uint8_t front[6] = { how }, slot[IMAGE_SLOT_BYTES];
	size_t used = 0;

	make_image(keeps, &head, &data, &chunks);
	le16_put(front + 2, (uint16_t)head.size);
	le16_put(front + 4, (uint16_t)(data.size / 4096));
	fuzz_append(buffer, capacity, &used, front, sizeof(front));
	fuzz_append(buffer, capacity, &used, head.data, head.size);
	for (unsigned i = 0; i < IMAGE_SLOTS; i++) {
		image_state_fill(&state, slot);
		fuzz_append(buffer, capacity, &used, slot, SLOT_PART);
		state.generation = 1;
		state.kind = IMAGE_WRITING;
	}
	fuzz_append(buffer, capacity, &used, data.data, data.size);
	fuzz_append(buffer, capacity, &used, chunks.data, chunks.size);
	builder_done(&head);
	builder_done(&data);
	builder_done(&chunks);
	return used;
}

/* A copy of a core, of a kernel with our note, or of one that has the header of 2007 instead. */
static size_t seed_bare(bool has_note, uint8_t *buffer, size_t capacity)
{
	const struct core_load loads[] = {
		{ .paddr = LEFT_START, .file_bytes = LEFT_BYTES, .memory_bytes = LEFT_BYTES },
		{ .paddr = LEFT_H, .file_bytes = LEFT_H_BYTES, .memory_bytes = LEFT_H_BYTES },
	};
	struct builder file = { 0 }, notes = { 0 };
	struct builder_core core = {
		.machine = EM_386, .entry = LEFT_IN, .loads = loads, .load_count = 2
	};
	uint8_t front[6] = { CASE_BARE };
	size_t used = 0;

	if (has_note)
		left_put_notes(&notes, EM_386);
	core.notes = (struct span){ notes.data, notes.size };
	builder_core(&file, &core);
	left_put_list(file.data + 4096);
	memset(file.data + 4096 + LEFT_BYTES, 0, LEFT_H_BYTES);
	put_pad(file.data + 4096 + LEFT_BYTES + 0x1000);
	if (!has_note)
		le32_put(file.data + 4096 + LEFT_BYTES + 0x1800, PROTOCOL_100);
	fuzz_append(buffer, capacity, &used, front, sizeof(front));
	fuzz_append(buffer, capacity, &used, file.data, file.size);
	builder_done(&file);
	builder_done(&notes);
	return used;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	switch (n) {
	case 0:
		return seed_image(CASE_SUMS, false, buffer, capacity);
	case 1:
		return seed_image(CASE_SUMS | CASE_CONFINED, false, buffer, capacity);
	case 2:
		return seed_image(CASE_SUMS | CASE_OLD_STATE, false, buffer, capacity);
	case 3:
		return seed_bare(true, buffer, capacity);
	case 4:
		return seed_bare(false, buffer, capacity);
	case 5:
		return seed_image(CASE_SUMS, true, buffer, capacity);
	default:
		return 0;
	}
}
