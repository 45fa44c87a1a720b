/* SPDX-License-Identifier: GPL-2.0-only */
/* kdump/image.c and kdump/note.c: what is written is read back; what was damaged is refused. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core_builder.h"
#include "kdump/image_head.h"
#include "kdump/note.h"
#include "kexec/handoff.h"

#define MIB UINT64_C(0x100000)

static const struct builder_jump jump = {
	.handoff = { 16 * MIB, 16 * MIB + 0x2000 },
	.lent = { { 0x1000, 0x9f000 }, { 16 * MIB, 24 * MIB } },
	.lent_count = 2,
	.raw = 0x7000d7,
	.page_offset = 0xc0000000,
};

static struct image_info some_info(void)
{
	struct image_info info = {
		.uuid = { 1, 2, 3 },
		.created_ns = 1234567890,
		.header_bytes = MIB,
		.data_bytes = 2 * MIB + 0x3000,
		.trailer_offset = 3 * MIB + 0x3000,
		.chunk_bytes = IMAGE_CHUNK_BYTES,
		.chunk_count = 3,
		.hash = IMAGE_HASH_XXH3_128,
		.root = IMAGE_ROOT_SHA256,
		.view = IMAGE_VIEW_BOTH,
		.debug_loads = 7,
	};

	info.trailer_bytes = image_trailer_size(info.chunk_count);
	return info;
}

static void record(void **state)
{
	struct image_info info = some_info(), read;
	uint8_t bytes[IMAGE_RECORD_BYTES];
	struct error err;
	char text[IMAGE_UUID_CHARS + 1];

	(void)state;
	image_info_fill(&info, bytes);
	assert_int_equal(image_info_parse((struct span){ bytes, sizeof(bytes) }, &read, &err), 0);
	assert_memory_equal(read.uuid, info.uuid, sizeof(info.uuid));
	assert_true(read.created_ns == info.created_ns);
	assert_true(read.data_bytes == info.data_bytes && read.debug_loads == 7);
	assert_true(image_total_bytes(&read) == info.trailer_offset + 8192);
	assert_true(image_slot_offset(&read, 0) == MIB - 8192);
	assert_true(image_slot_offset(&read, 1) == MIB - 4096);
	image_uuid_text(read.uuid, text);
	assert_string_equal(text, "01020300-0000-0000-0000-000000000000");
	assert_int_equal(image_info_parse((struct span){ bytes, 127 }, &read, &err), -1);
}

/* No damage to the record may crash; damage to its layout must be found. */
static void damaged_record(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
	} damages[] = {
		{ 32, 0 },
		{ 32, MIB + 1 },
		{ 32, UINT64_MAX - MIB + 1 },
		{ 40, UINT64_MAX - 4095 },
		{ 40, 0x1001 },
		{ 48, 0 },
		{ 48, UINT64_MAX },
		{ 56, UINT64_MAX },
		{ 64, 0 },
		{ 64, UINT64_C(0xffffffff00100000) },
		{ 72, 2 },
	};
	struct image_info info = some_info(), read;
	uint8_t bytes[IMAGE_RECORD_BYTES];
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		image_info_fill(&info, bytes);
		le64_put(bytes + damages[i].offset, damages[i].value);
		assert_int_equal(image_info_parse((struct span){ bytes, sizeof(bytes) }, &read,
						  &err),
				 -1);
	}
	image_info_fill(&info, bytes);
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		image_info_parse((struct span){ bytes, sizeof(bytes) }, &read, &err);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void states(void **state)
{
	uint8_t slots[IMAGE_SLOTS * IMAGE_SLOT_BYTES] = { 0 };
	struct image_state one = { .kind = IMAGE_WRITING, .generation = 1, .uuid = { 9 } };
	struct image_state next, read;
	struct error err;
	unsigned which = 9;

	(void)state;
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), -1);
	image_state_fill(&one, slots);
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), 0);
	assert_int_equal(which, 0);
	next = image_state_next(&one, IMAGE_RESUMING, 77);
	assert_true(next.generation == 2 && next.resumes == 1 && next.changed_ns == 77);
	image_state_fill(&next, slots + IMAGE_SLOT_BYTES);
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), 0);
	assert_int_equal(which, 1);
	assert_string_equal(image_state_name(read.kind), "resuming");
	/* A torn write of the newer slot leaves the older one. */
	memset(slots + IMAGE_SLOT_BYTES + 512, 0xaa, 512);
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), 0);
	assert_int_equal(read.kind, IMAGE_WRITING);
	/* Another image's slot does not count. */
	next.uuid[0] = 8;
	image_state_fill(&next, slots + IMAGE_SLOT_BYTES);
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), 0);
	assert_int_equal(which, 0);
	for (size_t bit = 0; bit < IMAGE_SLOT_BYTES * 8; bit += 13) {
		slots[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), -1);
		slots[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* A state after which no newer one could be written must not count. */
	one.generation = UINT64_MAX;
	image_state_fill(&one, slots);
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), -1);
	one.generation = IMAGE_GENERATION_MAX;
	image_state_fill(&one, slots);
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), 0);
	next = image_state_next(&one, IMAGE_RESUMING, 77);
	image_state_fill(&next, slots + IMAGE_SLOT_BYTES);
	assert_int_equal(image_state_newest(slots, one.uuid, &read, &which, &err), -1);
}

static uint8_t *some_trailer(const struct image_info *info)
{
	uint8_t *trailer = calloc(1, (size_t)info->trailer_bytes);
	uint8_t header[256] = { 1 }, digest[SHA256_BYTES], root[IMAGE_ROOT_BYTES];
	uint64_t paddr = MIB, offset = info->header_bytes;

	assert_non_null(trailer);
	for (unsigned i = 0; i < 3; i++) {
		struct image_chunk chunk = { .paddr = paddr, .offset = offset };

		chunk.length = i < 2 ? IMAGE_CHUNK_BYTES : 0x3000;
		chunk.absent[0] = i == 0 ? 0x81 : 0;
		image_chunk_fill(&chunk, image_chunk_record(trailer, i));
		paddr += 2 * MIB;
		offset += chunk.length;
	}
	sha256(header, sizeof(header), digest);
	image_trailer_seal(trailer, info, sizeof(header), digest, root);
	return trailer;
}

static void trailer_read_back(void **state)
{
	struct image_info info = some_info();
	uint8_t *trailer = some_trailer(&info), header[256] = { 1 };
	struct image_trailer parsed;
	struct image_chunk chunk;
	struct error err;

	(void)state;
	assert_int_equal(image_trailer_verify(trailer, info.trailer_bytes, &info, &parsed, &err),
			 0);
	assert_int_equal(parsed.chunk_count, 3);
	assert_int_equal(image_header_verify(&parsed, header, sizeof(header), &err), 0);
	header[100] ^= 4;
	assert_int_equal(image_header_verify(&parsed, header, sizeof(header), &err), -1);
	assert_int_equal(image_header_verify(&parsed, header, 255, &err), -1);
	assert_int_equal(image_chunk_parse(image_chunk_record(trailer, 0), &info, &chunk, &err), 0);
	assert_true(image_page_absent(&chunk, 0) && !image_page_absent(&chunk, 1) &&
		    image_page_absent(&chunk, 7));
	free(trailer);
}

static void damaged_trailer(void **state)
{
	struct image_info info = some_info();
	uint8_t *trailer = some_trailer(&info);
	struct image_trailer parsed;
	struct error err;

	(void)state;
	for (uint64_t bit = 0; bit < info.trailer_bytes * 8; bit += bit < 4000 ? 1 : 97) {
		trailer[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(image_trailer_verify(trailer, info.trailer_bytes, &info, &parsed,
						      &err),
				 -1);
		trailer[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(image_trailer_verify(trailer, info.trailer_bytes - 4096, &info, &parsed,
					      &err),
			 -1);
	free(trailer);
}

/* Records that are sealed properly but make no sense. */
static void senseless_chunks(void **state)
{
	struct image_info info = some_info();
	struct image_chunk chunk = { .paddr = MIB, .offset = MIB, .length = IMAGE_CHUNK_BYTES };
	struct image_chunk bad[7];
	uint8_t bytes[IMAGE_CHUNK_RECORD_BYTES];
	struct error err;

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		bad[i] = chunk;
	bad[0].paddr = UINT64_MAX - 0xfff;
	bad[1].offset = 0;
	bad[2].offset = info.trailer_offset;
	bad[3].length = IMAGE_CHUNK_BYTES + 4096;
	bad[4].flags = IMAGE_CHUNK_ZERO;
	bad[5].length = 0;
	bad[6].length = 4096;
	bad[6].absent[1] = 1;
	for (unsigned i = 0; i < 7; i++) {
		image_chunk_fill(&bad[i], bytes);
		assert_int_equal(image_chunk_parse(bytes, &info, &chunk, &err), -1);
	}
}

static void build_notes(struct builder *notes)
{
	struct builder descriptor = { 0 };

	builder_descriptor(&descriptor, &jump);
	builder_note(notes, NOTE_OWNER, NOTE_TYPE,
		     (struct span){ descriptor.data, descriptor.size });
	builder_note(notes, "VMCOREINFO", 0, (struct span){ (const uint8_t *)"A=1\n", 4 });
	builder_done(&descriptor);
}

static void head(void **state)
{
	static const struct image_load loads[] = {
		{ MIB, 0xc0100000, MIB, 0x1000, 0x4000, false },
		{ 5 * MIB, UINT64_MAX, MIB + 0x4000, 0x1000, 0x1000, false },
	};
	struct image_info info = some_info();
	struct builder notes = { 0 };
	struct image_head head = { EM_386, jump.handoff.start + 0x1100, loads, 2, { NULL, 0 } };
	struct core_source source;
	struct core core;
	struct jump_note note;
	struct image_info read;
	struct error err;
	struct span vmcoreinfo;
	uint8_t image[8192] = { 0 }, built[4096];

	(void)state;
	build_notes(&notes);
	head.notes.size = image_notes_build((struct span){ notes.data, notes.size }, &info, built,
					    sizeof(built));
	head.notes.data = built;
	/* An image of an image has one record, not two. */
	assert_int_equal(image_notes_build(head.notes, &info, NULL, 0), head.notes.size);
	assert_true(image_head_bytes(2, head.notes.size) < sizeof(image));
	assert_true(image_header_region(2, head.notes.size) == MIB);
	image_head_fill(&head, image);
	source = builder_source(&(struct builder){ image, sizeof(image), 0 });
	assert_int_equal(core_open(&core, &source, &err), 0);
	assert_int_equal(core.load_count, 2);
	assert_true(core.loads[0].memory_bytes == 0x4000 && core.entry == head.entry);
	assert_true(core_note_find(&core, "VMCOREINFO", 0, &vmcoreinfo));
	assert_int_equal(jump_note_of_core(&core, &note, &err), 1);
	assert_true(note.raw == jump.raw && note.lent.count == 2 && note.in == head.entry);
	assert_string_equal(note.release, "6.1.0\n#1 SMP test");
	assert_int_equal(image_info_parse(note.image, &read, &err), 0);
	jump_note_done(&note);
	core_done(&core);
	builder_done(&notes);
}

static void many_loads(void **state)
{
	const size_t count = 70000;
	struct image_load *loads = calloc(count, sizeof(*loads));
	struct image_head head = { EM_386, 0, loads, count, { (const uint8_t *)"", 0 } };
	size_t bytes = (size_t)image_head_bytes(count, 0);
	uint8_t *image = calloc(1, bytes);
	struct core_source source;
	struct core core;
	struct error err;

	(void)state;
	assert_non_null(loads);
	assert_non_null(image);
	for (size_t i = 0; i < count; i++)
		loads[i] = (struct image_load){ i * 4096, UINT64_MAX, MIB, 0, 4096, false };
	assert_true(image_header_region(count, 0) == 4 * MIB);
	image_head_fill(&head, image);
	source = builder_source(&(struct builder){ image, bytes, 0 });
	assert_int_equal(core_open(&core, &source, &err), 0);
	assert_int_equal(core.load_count, count);
	assert_true(core.loads[count - 1].paddr == (count - 1) * 4096);
	core_done(&core);
	free(loads);
	free(image);
}

static void damaged_note(void **state)
{
	struct builder descriptor = { 0 };
	struct jump_note note;
	struct error err;

	(void)state;
	builder_descriptor(&descriptor, &jump);
	for (size_t size = 0; size < descriptor.size; size++)
		if (!jump_note_parse((struct span){ descriptor.data, size }, &note, &err))
			jump_note_done(&note);
	for (size_t bit = 0; bit < descriptor.size * 8; bit++) {
		struct span bytes = { descriptor.data, descriptor.size };

		descriptor.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!jump_note_parse(bytes, &note, &err))
			jump_note_done(&note);
		descriptor.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	builder_record(&descriptor, 40, 0, (struct span){ NULL, 0 });
	assert_int_equal(jump_note_parse((struct span){ descriptor.data, descriptor.size }, &note,
					 &err),
			 0);
	jump_note_done(&note);
	builder_record(&descriptor, 41, NOTE_RECORD_CRITICAL, (struct span){ NULL, 0 });
	assert_int_equal(jump_note_parse((struct span){ descriptor.data, descriptor.size }, &note,
					 &err),
			 -1);
	assert_non_null(strstr(err.text, "record 41 must be understood"));
	le32_put(descriptor.data + 8, 2);
	assert_int_equal(jump_note_parse((struct span){ descriptor.data, descriptor.size }, &note,
					 &err),
			 -1);
	assert_non_null(strstr(err.text, "version 2"));
	builder_done(&descriptor);
}

/* Where A's kernel lies: whole pages around what the note says. */
static void place_of_kernel(void **state)
{
	struct builder descriptor = { 0 }, backward = { 0 };
	uint8_t place[16];
	struct jump_note note;
	struct error err;

	(void)state;
	builder_descriptor(&descriptor, &jump);
	le64_put(place, 0x1000200);
	le64_put(place + 8, 0x1fff001);
	builder_record(&descriptor, NOTE_KERNEL, 0, (struct span){ place, sizeof(place) });
	assert_int_equal(jump_note_parse((struct span){ descriptor.data, descriptor.size }, &note,
					 &err),
			 0);
	assert_true(note.kernel.start == 0x1000000 && note.kernel.end == 0x2000000);
	jump_note_done(&note);
	builder_descriptor(&backward, &jump);
	le64_put(place + 8, 0x1000200);
	builder_record(&backward, NOTE_KERNEL, 0, (struct span){ place, sizeof(place) });
	assert_int_equal(jump_note_parse((struct span){ backward.data, backward.size }, &note,
					 &err),
			 -1);
	assert_non_null(strstr(err.text, "kernel's place"));
	builder_done(&descriptor);
	builder_done(&backward);
}

/* D in a million pieces: no jump has them, and putting them in order would take for ever. */
static void too_many_lent(void **state)
{
	struct builder lent = { 0 }, descriptor = { 0 };
	uint8_t entry[NOTE_ENTRY_BYTES] = { 0 };
	struct jump_note note;
	struct error err;

	(void)state;
	le32_put(entry + NOTE_ENTRY_VERSION, NOTE_VERSION);
	le64_put(entry + NOTE_ENTRY_HANDOFF, 0x1000);
	le64_put(entry + NOTE_ENTRY_HANDOFF + 8, 0x2000);
	for (uint64_t i = 1000000; i; i--) {
		uint8_t pair[16];

		le64_put(pair, i * 0x2000);
		le64_put(pair + 8, i * 0x2000 + 0x1000);
		builder_put(&lent, pair, sizeof(pair), 8);
	}
	builder_record(&descriptor, NOTE_ENTRY, 1, (struct span){ entry, sizeof(entry) });
	builder_record(&descriptor, NOTE_LENT, 1, (struct span){ lent.data, lent.size });
	assert_int_equal(jump_note_parse((struct span){ descriptor.data, descriptor.size }, &note,
					 &err),
			 -1);
	assert_non_null(strstr(err.text, "lent memory has 16000000 bytes"));
	builder_done(&lent);
	builder_done(&descriptor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record),
		cmocka_unit_test(damaged_record),
		cmocka_unit_test(states),
		cmocka_unit_test(trailer_read_back),
		cmocka_unit_test(damaged_trailer),
		cmocka_unit_test(senseless_chunks),
		cmocka_unit_test(head),
		cmocka_unit_test(many_loads),
		cmocka_unit_test(damaged_note),
		cmocka_unit_test(place_of_kernel),
		cmocka_unit_test(too_many_lent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
