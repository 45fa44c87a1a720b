/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kdump/save.c from end to end on files: what was saved is what was there, checksums are right, a
 * cut save stays "writing", and a debugger's view of D shows the displaced pages. Also
 * kdump/layout.c's program headers and kdump/signature.c.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "control_page.h"
#include "core_builder.h"
#include "kdump/layout.h"
#include "kdump/save.h"
#include "kdump/signature.h"
#include "kexec/handoff.h"

#define MIB UINT64_C(0x100000)

/* A's control page, its list of displaced pages, and the pages they are kept in. */
#define CONTROL 0x300000
#define SWAP    0x301000
#define LIST    0x302000
#define PGD     0x303000
#define KEPT    0x400000

static const struct builder_jump jump = {
	.handoff = { 16 * MIB, 16 * MIB + 0x2000 },
	.lent = { { 0x1000, 0x5000 }, { 16 * MIB, 16 * MIB + 0x8000 } },
	.lent_count = 2,
	.raw = CONTROL + CONTROL_PAGE_RAW,
	.page_offset = 0xc0000000,
};

static const struct core_load loads[] = {
	{ .paddr = MIB,
	  .vaddr = 0xc0100000,
	  .file_bytes = 15 * MIB,
	  .memory_bytes = 15 * MIB,
	  .flags = 7 },
	{ .paddr = 16 * MIB,
	  .vaddr = 0xc1000000,
	  .file_bytes = 0x2000,
	  .memory_bytes = 0x2000,
	  .flags = 7 },
	{ .paddr = 0x40000000,
	  .vaddr = UINT64_MAX,
	  .file_bytes = 3 * MIB + 0x5000,
	  .memory_bytes = 3 * MIB + 0x5000,
	  .flags = 7 },
};

struct fixture {
	char folder[64], input[80], output[80];
	struct source source;
	struct core core;
	struct jump_note note;
	struct target target;
	struct save save;
	volatile sig_atomic_t stop;
	struct error err;
	/* The image, read back. */
	struct source image_source;
	struct core image;
	struct jump_note image_note;
	struct image_info info;
	uint8_t *bytes;
	uint64_t size;
};

/* The word at a physical address of the first PT_LOAD. */
static void poke(struct builder *file, uint64_t first, uint32_t paddr, uint32_t value)
{
	le32_put(file->data + first + (paddr - MIB), value);
}

/* What relocate_kernel_32.S leaves: code around the re-entry, fields, the list of pairs. */
static void put_jump_map(struct builder *file, uint64_t first)
{
	static const struct control_page page = { CONTROL, PGD, SWAP, LIST };
	uint8_t *control = file->data + first + (CONTROL - MIB);
	uint32_t entry = LIST;

	memset(control, 0, 4 * 4096);
	control_page_put(&page, control);
	/* D: low pages are kept at KEPT in reverse order, those of the main region in order. */
	for (uint32_t i = 0; i < 4; i++) {
		poke(file, first, entry, (0x1000 + i * 0x1000) | 1);
		poke(file, first, entry + 4, (KEPT + (3 - i) * 0x1000) | 8);
		entry += 8;
	}
	poke(file, first, entry, (uint32_t)(16 * MIB) | 1);
	entry += 4;
	for (uint32_t i = 0; i < 8; i++, entry += 4)
		poke(file, first, entry, (KEPT + 0x10000 + i * 0x1000) | 8);
	poke(file, first, entry, 4);
}

static void write_core(struct fixture *f)
{
	struct builder file = { 0 }, notes = { 0 }, descriptor = { 0 };
	struct builder_core core = { .machine = EM_386,
				     .entry = jump.handoff.start + 0x1100,
				     .loads = loads,
				     .load_count = 3 };
	FILE *out = fopen(f->input, "wb");

	assert_non_null(out);
	builder_descriptor(&descriptor, &jump);
	builder_note(&notes, NOTE_OWNER, NOTE_TYPE,
		     (struct span){ descriptor.data, descriptor.size });
	builder_note(&notes, "VMCOREINFO", 0, (struct span){ (const uint8_t *)"A=1\n", 4 });
	core.notes = (struct span){ notes.data, notes.size };
	builder_core(&file, &core);
	put_jump_map(&file, 4096);
	assert_int_equal(fwrite(file.data, 1, file.size, out), file.size);
	assert_int_equal(fclose(out), 0);
	builder_done(&file);
	builder_done(&notes);
	builder_done(&descriptor);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct core_source callbacks;

	assert_non_null(f);
	strcpy(f->folder, "/tmp/test-save-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->input, sizeof(f->input), "%s/core", f->folder);
	snprintf(f->output, sizeof(f->output), "%s/image", f->folder);
	write_core(f);
	assert_int_equal(source_open(&f->source, f->input, &f->err), 0);
	callbacks = source_callbacks(&f->source);
	assert_int_equal(core_open(&f->core, &callbacks, &f->err), 0);
	assert_int_equal(jump_note_of_core(&f->core, &f->note, &f->err), 1);
	f->save = (struct save){
		.core = &f->core,
		.note = &f->note,
		.source = &f->source,
		.target = &f->target,
		.view = IMAGE_VIEW_RESUME,
		.quiet = true,
		.uuid = { 7 },
		.now_ns = 1000,
		.stop = &f->stop,
	};
	*state = f;
	return 0;
}

static void close_image(struct fixture *f)
{
	if (f->bytes) {
		free(f->bytes);
		f->bytes = NULL;
		jump_note_done(&f->image_note);
		core_done(&f->image);
		source_close(&f->image_source);
	}
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_image(f);
	jump_note_done(&f->note);
	core_done(&f->core);
	source_close(&f->source);
	unlink(f->input);
	unlink(f->output);
	rmdir(f->folder);
	free(f);
	return 0;
}

/* Read the image back: core, notes, record, and all of its bytes. */
static void open_image(struct fixture *f)
{
	struct core_source callbacks;

	assert_int_equal(source_open(&f->image_source, f->output, &f->err), 0);
	callbacks = source_callbacks(&f->image_source);
	assert_int_equal(core_open(&f->image, &callbacks, &f->err), 0);
	assert_int_equal(jump_note_of_core(&f->image, &f->image_note, &f->err), 1);
	assert_int_equal(image_info_parse(f->image_note.image, &f->info, &f->err), 0);
	f->size = f->image_source.size;
	f->bytes = malloc((size_t)f->size);
	assert_non_null(f->bytes);
	assert_int_equal(source_read(&f->image_source, 0, f->bytes, (size_t)f->size, &f->err), 0);
}

static struct image_state image_state(struct fixture *f)
{
	struct image_state state;
	unsigned which;

	assert_int_equal(image_state_newest(f->bytes + image_slot_offset(&f->info, 0), f->info.uuid,
					    &state, &which, &f->err),
			 0);
	return state;
}

static void check_checksums(struct fixture *f)
{
	uint8_t *trailer = f->bytes + f->info.trailer_offset;
	struct image_trailer parsed;

	assert_true(f->size >= image_total_bytes(&f->info));
	assert_int_equal(image_trailer_verify(trailer, f->info.trailer_bytes, &f->info, &parsed,
					      &f->err),
			 0);
	assert_int_equal(image_header_verify(&parsed, f->bytes, f->info.header_bytes, &f->err), 0);
	for (uint64_t i = 0; i < parsed.chunk_count; i++) {
		struct image_chunk chunk;
		uint8_t hash[IMAGE_HASH_BYTES];

		assert_int_equal(image_chunk_parse(image_chunk_record(trailer, i), &f->info, &chunk,
						   &f->err),
				 0);
		image_chunk_hash(f->bytes + chunk.offset, chunk.length, hash);
		assert_memory_equal(hash, chunk.hash, sizeof(hash));
	}
}

/* Everything the core has is in the image, by address. */
static void check_contents(struct fixture *f)
{
	uint8_t was[4096], is[4096];

	for (unsigned i = 0; i < 3; i++)
		for (uint64_t at = 0; at < loads[i].file_bytes; at += 4096) {
			uint64_t paddr = loads[i].paddr + at;

			assert_int_equal(core_read_physical(&f->core, paddr, was, 4096, &f->err),
					 0);
			assert_int_equal(core_read_kept(&f->image, paddr, is, 4096, &f->err), 0);
			assert_memory_equal(was, is, 4096);
		}
}

static int save(struct fixture *f)
{
	int fault;

	assert_int_equal(target_open(&f->target, f->output, false, &f->err), 0);
	fault = (int)save_image(&f->save, &f->err);
	assert_int_equal(target_close(&f->target, &f->err), 0);
	return fault;
}

static void to_file(void **state)
{
	struct fixture *f = *state;
	struct image_state ready;
	struct stat st;

	assert_int_equal(save(f), SAVE_OK);
	open_image(f);
	ready = image_state(f);
	assert_int_equal(ready.kind, IMAGE_READY);
	assert_memory_equal(ready.root, f->save.root, IMAGE_ROOT_BYTES);
	assert_true(f->image.entry == f->core.entry);
	assert_int_equal(f->image.load_count, 3);
	assert_true(f->info.data_bytes == 18 * MIB + 0x7000);
	check_checksums(f);
	check_contents(f);
	assert_true(f->save.absent_bytes > 4 * MIB);
	assert_int_equal(stat(f->output, &st), 0);
	assert_true((uint64_t)st.st_blocks * 512 < f->size - 4 * MIB);
}

static void to_stream(void **state)
{
	struct fixture *f = *state;
	char name[100];
	int fd = open(f->output, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), saved = dup(STDOUT_FILENO);

	/* Standard output is a stream whatever it leads to. */
	assert_true(fd >= 0 && saved >= 0);
	snprintf(name, sizeof(name), "-");
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	assert_int_equal(target_open(&f->target, name, false, &f->err), 0);
	assert_int_equal(save_image(&f->save, &f->err), SAVE_OK);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	open_image(f);
	assert_int_equal(image_state(f).kind, IMAGE_STREAM);
	assert_int_equal(f->info.flags, IMAGE_FLAG_STREAM);
	assert_true(f->size == image_total_bytes(&f->info));
	check_checksums(f);
	check_contents(f);
}

static void stopped(void **state)
{
	struct fixture *f = *state;

	f->stop = 15;
	assert_int_equal(save(f), SAVE_STOPPED);
	assert_non_null(strstr(f->err.text, "signal 15"));
	open_image(f);
	assert_int_equal(image_state(f).kind, IMAGE_WRITING);
}

static void too_small(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(target_open(&f->target, f->output, false, &f->err), 0);
	f->target.capacity = 10 * MIB;
	assert_int_equal(save_image(&f->save, &f->err), SAVE_REFUSED);
	assert_non_null(strstr(f->err.text, "20 MiB are needed, 10 MiB are there"));
	assert_int_equal(target_close(&f->target, &f->err), 0);
	assert_int_equal(access(f->output, F_OK), -1);
}

/* Which page of the kept ones shows at an address of D. */
/* Headers that speak of 2 PiB of zeros: the table of checksums would not fit in memory. */
static void too_much_memory(void **state)
{
	struct fixture *f = *state;

	f->core.loads[2].memory_bytes = UINT64_C(1) << 51;
	f->core.loads[2].file_bytes = 0;
	assert_int_equal(target_open(&f->target, f->output, false, &f->err), 0);
	f->save.force = true;
	assert_int_equal(save_image(&f->save, &f->err), SAVE_HEADER);
	assert_non_null(strstr(f->err.text, "more than an image can hold"));
	target_close(&f->target, &f->err);
}

static void check_displaced(struct fixture *f, uint64_t paddr, uint64_t kept)
{
	uint8_t page[4096], expected[4096];

	builder_page(kept, expected);
	assert_int_equal(core_read_physical(&f->image, paddr, page, sizeof(page), &f->err), 0);
	assert_memory_equal(page, expected, sizeof(page));
}

static void both_views(void **state)
{
	struct fixture *f = *state;

	f->save.view = IMAGE_VIEW_BOTH;
	assert_int_equal(save(f), SAVE_OK);
	assert_null(f->save.warning);
	open_image(f);
	check_checksums(f);
	check_contents(f);
	assert_int_equal(f->info.debug_loads, 5); /* four pages in reverse, one run */
	assert_int_equal(f->image.kept_count, 1);
	assert_true(f->image.loads[f->image.load_count].paddr == 16 * MIB);
	assert_true(f->image.loads[f->image.load_count].memory_bytes == 0x2000);
	check_displaced(f, 0x1000, KEPT + 0x3000);
	check_displaced(f, 0x4000, KEPT);
	check_displaced(f, 16 * MIB + 0x2000, KEPT + 0x12000);
	check_displaced(f, 16 * MIB + 0x7000, KEPT + 0x17000);
	/* Debuggers see what A has where H is. */
	check_displaced(f, 16 * MIB, KEPT + 0x10000);
	check_displaced(f, 16 * MIB + 0x1000, KEPT + 0x11000);
}

static void debug_view(void **state)
{
	struct fixture *f = *state;

	f->save.view = IMAGE_VIEW_DEBUG;
	assert_int_equal(save(f), SAVE_OK);
	open_image(f);
	check_checksums(f);
	assert_true(f->image.entry == 0);
	check_displaced(f, 16 * MIB, KEPT + 0x10000);
	check_displaced(f, 16 * MIB + 0x7000, KEPT + 0x17000);
}

/* Damage to the list must not be saved as if it were right. */
static void damaged_map(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->input, O_WRONLY | O_CLOEXEC);
	uint8_t word[4];

	le32_put(word, 0x00500000 | 8); /* a source without a destination */
	assert_int_equal(pwrite(fd, word, 4, 4096 + LIST - (off_t)MIB), 4);
	close(fd);
	f->save.view = IMAGE_VIEW_BOTH;
	assert_int_equal(save(f), SAVE_HEADER);
	assert_int_equal(access(f->output, F_OK), -1);
}

/* On a device zero runs become memory without file bytes; every reader must see zeros there. */
static void holes(void **state)
{
	struct layout_range range = {
		.paddr = 16 * MIB, .bytes = MIB, .vaddr = 0xc1000000, .offset = MIB
	};
	struct layout layout = { .ranges = &range, .range_count = 1 };
	const struct layout_hole gaps[] = { { MIB, 0x10000 },
					    { MIB + 0x30000, 0x20000 },
					    { MIB + 0xf0000, 0x10000 } };
	struct layout_loads made;
	struct error err;

	(void)state;
	assert_int_equal(layout_loads(&layout, gaps, 3, &made, &err), 0);
	assert_int_equal(made.count, 3);
	assert_true(made.items[0].file_bytes == 0 && made.items[0].memory_bytes == 0x10000);
	assert_true(made.items[1].paddr == 16 * MIB + 0x10000 &&
		    made.items[1].offset == MIB + 0x10000 && made.items[1].file_bytes == 0x20000 &&
		    made.items[1].memory_bytes == 0x40000 && made.items[1].vaddr == 0xc1010000);
	assert_true(made.items[2].paddr == 16 * MIB + 0x50000 &&
		    made.items[2].file_bytes == 0xa0000 && made.items[2].memory_bytes == 0xb0000);
	free(made.items);
}

/* A 64-bit kernel's image is shown at its own addresses, too, wherever its pages are stored. */
static void kernel_at_its_addresses(void **state)
{
	struct layout_range range = { .paddr = 16 * MIB,
				      .bytes = MIB,
				      .vaddr = UINT64_C(0xff00000001000000),
				      .offset = MIB };
	struct layout_run run = { .dest = 15 * MIB, .source = 16 * MIB + 0x80000, .bytes = 0x4000 };
	struct layout layout = {
		.ranges = &range,
		.range_count = 1,
		.runs = &run,
		.run_count = 1,
		.text = { { 15 * MIB + 0x1000, 16 * MIB + 0x40000 }, UINT64_C(0xffffffff81000000) },
	};
	const struct layout_hole gap = { MIB + 0x10000, 0x20000 };
	struct layout_loads made;
	struct error err;

	(void)state;
	assert_int_equal(layout_loads(&layout, &gap, 1, &made, &err), 0);
	assert_int_equal(made.count, 6);
	assert_int_equal(made.debug_count, 4);
	assert_true(made.count <= layout_loads_max(&layout, 1));
	/* In the range, before and behind the hole. */
	assert_true(made.items[3].vaddr == UINT64_C(0xffffffff810ff000) &&
		    made.items[3].paddr == 16 * MIB && made.items[3].offset == MIB &&
		    made.items[3].file_bytes == 0x10000 && made.items[3].memory_bytes == 0x30000);
	assert_true(made.items[4].paddr == 16 * MIB + 0x30000 &&
		    made.items[4].memory_bytes == 0x10000);
	/* In lent memory, which is stored elsewhere. */
	assert_true(made.items[5].vaddr == UINT64_C(0xffffffff81000000) &&
		    made.items[5].paddr == 15 * MIB + 0x1000 &&
		    made.items[5].offset == MIB + 0x81000 && made.items[5].memory_bytes == 0x3000);
	free(made.items);
}

static void signatures(void **state)
{
	static uint8_t start[SIGNATURE_BYTES];
	struct span bytes = { start, sizeof(start) };

	(void)state;
	assert_null(signature_of(bytes));
	memcpy(start + 4086, "SWAPSPACE2", 10);
	assert_null(signature_of(bytes));
	le16_put(start + 0x438, 0xef53);
	assert_string_equal(signature_of(bytes), "an ext2/3/4 file system");
	assert_null(signature_of((struct span){ start, 0x439 }));
	memset(start, 0, sizeof(start));
	memcpy(start + 0x10040, "_BHRfS_M", 8);
	assert_string_equal(signature_of(bytes), "a btrfs file system");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(to_file, setup, teardown),
		cmocka_unit_test_setup_teardown(to_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(too_much_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(too_small, setup, teardown),
		cmocka_unit_test_setup_teardown(both_views, setup, teardown),
		cmocka_unit_test_setup_teardown(debug_view, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_map, setup, teardown),
		cmocka_unit_test(holes),
		cmocka_unit_test(kernel_at_its_addresses),
		cmocka_unit_test(signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
