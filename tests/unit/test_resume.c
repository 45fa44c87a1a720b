/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resuming as far as it needs no machine: images saved from made-up memory are opened, judged,
 * streamed, damaged byte by byte, marked; the choice of the way; the comparison of memory maps.
 */
#define _GNU_SOURCE
#include <elf.h>
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
#include "kdump/save.h"
#include "kexec/handoff.h"
#include "life.h"
#include "purgatory/abi.h"
#include "resume_choose.h"
#include "resume_stream.h"

#define MIB UINT64_C(0x100000)

#define H_START (16 * MIB)
#define D_END   (16 * MIB + 0x8000)
#define RAM_END (24 * MIB)
#define CONTROL 0x300000
#define SWAP    0x301000
#define LIST    0x302000
#define PGD     0x303000
#define KEPT    0x400000
#define RAW     (CONTROL + CONTROL_PAGE_RAW)

static const struct builder_jump jump = {
	.handoff = { H_START, H_START + 0x2000 },
	.lent = { { 0x1000, 0x5000 }, { H_START, D_END } },
	.lent_count = 2,
	.raw = RAW,
	.page_offset = 0xc0000000,
};

/* A's RAM without D, and H. */
static const struct core_load loads[] = {
	{ .paddr = MIB, .file_bytes = 15 * MIB, .memory_bytes = 15 * MIB, .flags = 7 },
	{ .paddr = H_START, .file_bytes = 0x2000, .memory_bytes = 0x2000, .flags = 7 },
	{ .paddr = D_END,
	  .file_bytes = RAM_END - D_END,
	  .memory_bytes = RAM_END - D_END,
	  .flags = 7 },
};

/* Its firmware map. */
static const struct {
	uint64_t start, end;
	uint32_t type;
} firmware[] = {
	{ 0, 0x9f000, MEMORY_RAM },
	{ 0xf0000, 0x100000, MEMORY_RESERVED },
	{ 0x100000, RAM_END, MEMORY_RAM },
	{ RAM_END, RAM_END + 0x10000, MEMORY_ACPI },
};

struct fixture {
	char folder[64], input[80], output[80];
	struct resume_image image;
	struct machine machine;
	struct resume_machine here;
	struct resume_choice choice;
	struct error err;
};

/* Offset in the core file of a physical address of the first PT_LOAD or of H. */
static uint8_t *at(struct builder *file, uint64_t first, uint64_t paddr)
{
	return file->data + first + (paddr - MIB);
}

static void put_way_back(struct builder *file, uint64_t first)
{
	static const struct control_page page = { CONTROL, PGD, SWAP, LIST };
	uint8_t *list = at(file, first, LIST), *control = at(file, first, CONTROL);
	struct jump_pad pad = { .magic_lo = PAD_MAGIC_LO, .magic_hi = PAD_MAGIC_HI, .raw = RAW };

	memset(control, 0, 4 * 4096);
	control_page_put(&page, control);
	le32_put(list, 0x1000 | 1);
	for (uint32_t i = 0; i < 4; i++)
		le32_put(list + 4 + i * 4, (KEPT + i * 0x1000) | 8);
	le32_put(list + 20, (uint32_t)H_START | 1);
	for (uint32_t i = 0; i < 8; i++)
		le32_put(list + 24 + i * 4, (KEPT + 0x10000 + i * 0x1000) | 8);
	le32_put(list + 56, 4);
	memcpy(at(file, first, H_START + 0x1000 + PAD_DATA), &pad, sizeof(pad));
}

static void write_core(struct fixture *f, bool with_note)
{
	struct builder file = { 0 }, notes = { 0 }, descriptor = { 0 }, map = { 0 };
	struct builder_core core = {
		.machine = EM_386, .entry = H_START + 0x1100, .loads = loads, .load_count = 3
	};
	FILE *out = fopen(f->input, "wb");

	assert_non_null(out);
	for (size_t i = 0; i < sizeof(firmware) / sizeof(firmware[0]); i++) {
		uint8_t record[24] = { 0 };

		le64_put(record, firmware[i].start);
		le64_put(record + 8, firmware[i].end);
		le32_put(record + 16, firmware[i].type);
		builder_put(&map, record, sizeof(record), 1);
	}
	builder_descriptor(&descriptor, &jump);
	builder_record(&descriptor, NOTE_MEMMAP, 0, (struct span){ map.data, map.size });
	if (with_note)
		builder_note(&notes, NOTE_OWNER, NOTE_TYPE,
			     (struct span){ descriptor.data, descriptor.size });
	builder_note(&notes, "VMCOREINFO", 0, (struct span){ (const uint8_t *)"A=1\n", 4 });
	core.notes = (struct span){ notes.data, notes.size };
	builder_core(&file, &core);
	put_way_back(&file, 4096);
	assert_int_equal(fwrite(file.data, 1, file.size, out), file.size);
	assert_int_equal(fclose(out), 0);
	builder_done(&file);
	builder_done(&notes);
	builder_done(&descriptor);
	builder_done(&map);
}

/* Save the core as an image at f->output. */
static void save(struct fixture *f, enum image_view view)
{
	static const volatile sig_atomic_t stop;
	struct source source;
	struct target target;
	struct core core;
	struct jump_note note;
	struct core_source callbacks;
	struct save job = { .core = &core,
			    .note = &note,
			    .source = &source,
			    .target = &target,
			    .view = view,
			    .quiet = true,
			    .uuid = { 7 },
			    .now_ns = 1000,
			    .stop = &stop };

	assert_int_equal(source_open(&source, f->input, &f->err), 0);
	callbacks = source_callbacks(&source);
	assert_int_equal(core_open(&core, &callbacks, &f->err), 0);
	assert_int_equal(jump_note_of_core(&core, &note, &f->err), 1);
	assert_int_equal(target_open(&target, f->output, false, &f->err), 0);
	assert_int_equal(save_image(&job, &f->err), SAVE_OK);
	assert_int_equal(target_close(&target, &f->err), 0);
	jump_note_done(&note);
	core_done(&core);
	source_close(&source);
}

static void add_ram(struct machine *machine, uint64_t start, uint64_t end)
{
	struct error err;

	assert_int_equal(range_set_add(&machine->ram, (struct range){ start, end }, &err), 0);
}

static void add_firmware(struct machine *machine, uint64_t start, uint64_t end, uint32_t type)
{
	struct error err;

	assert_int_equal(memmap_set(&machine->firmware, (struct range){ start, end }, type, &err),
			 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->folder, "/tmp/test-resume-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->input, sizeof(f->input), "%s/core", f->folder);
	snprintf(f->output, sizeof(f->output), "%s/image", f->folder);
	write_core(f, true);
	save(f, IMAGE_VIEW_RESUME);
	/* The machine A ran on, with an ordinary kernel. */
	strcpy(f->machine.arch, "i686");
	for (size_t i = 0; i < sizeof(firmware) / sizeof(firmware[0]); i++)
		add_firmware(&f->machine, firmware[i].start, firmware[i].end, firmware[i].type);
	f->machine.total_bytes = 64 * MIB;
	f->here =
		(struct resume_machine){ .machine = &f->machine, .has_pae = true, .has_nx = true };
	f->image.backing.fd = -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->image.backing.fd >= 0)
		resume_image_close(&f->image);
	resume_choice_done(&f->choice);
	range_set_done(&f->machine.ram);
	memmap_done(&f->machine.firmware);
	unlink(f->input);
	unlink(f->output);
	rmdir(f->folder);
	free(f);
	return 0;
}

static void open_image(struct fixture *f, const char *path)
{
	if (f->image.backing.fd >= 0)
		resume_image_close(&f->image);
	if (resume_image_open(path, &f->image, &f->err))
		fail_msg("%s", f->err.text);
}

static int check(struct fixture *f)
{
	return resume_image_check(&f->image, f->image.entry, &f->err);
}

static void says(const struct fixture *f, const char *words)
{
	if (!strstr(f->err.text, words))
		fail_msg("'%s' does not say '%s'", f->err.text, words);
}

static void flip(const char *path, uint64_t offset, uint8_t bits)
{
	FILE *file = fopen(path, "r+b");
	int byte;

	assert_non_null(file);
	assert_int_equal(fseeko(file, (off_t)offset, SEEK_SET), 0);
	byte = fgetc(file);
	assert_true(byte != EOF);
	assert_int_equal(fseeko(file, (off_t)offset, SEEK_SET), 0);
	assert_true(fputc(byte ^ bits, file) != EOF);
	assert_int_equal(fclose(file), 0);
}

/* ------------------------------------------------------------------ what is in it */

struct memory {
	uint64_t next, bytes;
	bool good;
};

static int compare(void *context, uint64_t address, const uint8_t *data, size_t size,
		   struct error *err)
{
	struct memory *memory = context;
	uint8_t page[4096], zeros[4096] = { 0 };

	(void)err;
	memory->good &= address >= memory->next && size % 4096 == 0;
	memory->next = address + size;
	memory->bytes += size;
	for (size_t i = 0; i < size; i += 4096) {
		uint64_t paddr = address + i;

		builder_page(paddr, page);
		if ((paddr >= CONTROL && paddr < CONTROL + 0x4000) || paddr == H_START + 0x1000)
			continue;
		memory->good &= !memcmp(data ? data + i : zeros, page, 4096);
	}
	return 0;
}

/* Every byte that is to be restored comes once, in order, and is right. */
static void streams_right(struct fixture *f)
{
	struct memory memory = { .good = true };
	struct stream_sink sink = { compare, NULL, &memory, NULL };

	assert_int_equal(resume_stream(&f->image, &sink, &f->err), 0);
	assert_true(memory.good);
	assert_int_equal(memory.bytes, range_set_bytes(&f->image.stored));
}

static void a_good_image_is_accepted(void **state)
{
	struct fixture *f = *state;

	open_image(f, f->output);
	assert_true(f->image.has_note);
	assert_true(f->image.has_info);
	assert_int_equal(check(f), 0);
	assert_int_equal(f->image.state.kind, IMAGE_READY);
	assert_int_equal(f->image.entry, H_START + 0x1100);
	assert_true(f->image.way_back.known);
	assert_int_equal(f->image.way_back.pages, 12);
	assert_int_equal(f->image.warning_count, 0);
	assert_int_equal(f->image.stored.count, 2);
	assert_int_equal(f->image.stored.items[0].start, MIB);
	assert_int_equal(f->image.stored.items[0].end, H_START + 0x2000);
	assert_int_equal(f->image.stored.items[1].start, D_END);
	assert_int_equal(f->image.stored.items[1].end, RAM_END);
}

static void a_debugger_s_view_is_left_out(void **state)
{
	struct fixture *f = *state;

	unlink(f->output);
	save(f, IMAGE_VIEW_BOTH);
	open_image(f, f->output);
	assert_int_equal(check(f), 0);
	assert_true(f->image.info.debug_loads > 0);
	assert_int_equal(range_set_bytes(&f->image.stored), 15 * MIB + 0x2000 + RAM_END - D_END);
	streams_right(f);
	unlink(f->output);
	save(f, IMAGE_VIEW_DEBUG);
	open_image(f, f->output);
	assert_int_equal(check(f), -1);
	says(f, "debuggers only");
}

static void a_bare_core_is_taken_with_a_warning(void **state)
{
	struct fixture *f = *state;

	open_image(f, f->input);
	assert_false(f->image.has_info);
	assert_int_equal(check(f), 0);
	assert_int_equal(f->image.warning_count, 1);
	assert_non_null(strstr(f->image.warnings[0], "bare copy"));
	write_core(f, false);
	open_image(f, f->input);
	assert_false(f->image.has_note);
	assert_int_equal(check(f), 0);
	assert_non_null(strstr(f->image.warnings[0], "no note"));
}

static void the_protocol_of_2007_is_recognised(void **state)
{
	static const struct {
		uint16_t offset, magic, version;
		bool found, taken;
	} cases[] = {
		{ 0xc00, 0x626a, 0x0100, true, true },  { 0x800, 0x626a, 0x0105, true, true },
		{ 0xc00, 0x626a, 0x0200, true, false }, { 0x800, 0x626a, 0x0000, true, false },
		{ 0xc00, 0x626b, 0x0200, false, true }, { 0x400, 0x626a, 0x0200, false, true },
	};
	struct fixture *f = *state;
	const uint64_t entry = 0x200000;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t header[4];
		FILE *file;

		write_core(f, false);
		le16_put(header, cases[i].magic);
		le16_put(header + 2, cases[i].version);
		file = fopen(f->input, "r+b");
		assert_non_null(file);
		fseeko(file, (off_t)(4096 + entry - MIB + cases[i].offset), SEEK_SET);
		assert_int_equal(fwrite(header, 1, 4, file), 4);
		fclose(file);
		open_image(f, f->input);
		assert_int_equal(resume_image_check(&f->image, entry, &f->err),
				 cases[i].taken ? 0 : -1);
		assert_int_equal(f->image.is_protocol_100, cases[i].found);
		if (!cases[i].taken)
			says(f, "jump-back protocol");
	}
}

/* ------------------------------------------------------------------ streaming */

static void every_byte_comes_once_and_right(void **state)
{
	struct fixture *f = *state;
	const char *const paths[] = { f->output, f->input };

	for (size_t i = 0; i < 2; i++) {
		open_image(f, paths[i]);
		assert_int_equal(check(f), 0);
		streams_right(f);
	}
}

static void damaged_data_never_reaches_the_sink(void **state)
{
	struct fixture *f = *state;
	struct memory memory = { .good = true };
	struct stream_sink sink = { compare, NULL, &memory, NULL };

	open_image(f, f->output);
	flip(f->output, f->image.info.header_bytes + 5 * MIB + 17, 1);
	assert_int_equal(check(f), 0);
	assert_int_equal(resume_stream(&f->image, &sink, &f->err), -1);
	says(f, "does not match its checksum");
	assert_true(memory.good);
	assert_int_equal(memory.bytes, 5 * MIB);
}

/* ------------------------------------------------------------------ damage */

static int whole_check(struct fixture *f)
{
	struct stream_sink sink = { NULL, NULL, NULL, NULL };
	int result;

	if (f->image.backing.fd >= 0)
		resume_image_close(&f->image);
	if (resume_image_open(f->output, &f->image, &f->err)) {
		f->image.backing.fd = -1;
		return -1;
	}
	result = check(f);
	if (!result)
		result = resume_stream(&f->image, &sink, &f->err);
	resume_image_close(&f->image);
	return result;
}

/* One flipped bit anywhere that is not padding: refused. */
static void flip_and_look(struct fixture *f, uint64_t offset)
{
	flip(f->output, offset, 0x10);
	if (!whole_check(f))
		fail_msg("the flipped bit at 0x%llx is not found", (unsigned long long)offset);
	flip(f->output, offset, 0x10);
}

static void every_flipped_bit_is_found(void **state)
{
	struct fixture *f = *state;
	struct image_info info;
	uint64_t covered;

	open_image(f, f->output);
	assert_int_equal(check(f), 0);
	info = f->image.info;
	covered = f->image.sums.covered_bytes;
	for (uint64_t offset = 0; offset < covered; offset += offset < 512 ? 1 : 7)
		flip_and_look(f, offset);
	for (uint64_t i = 0; i < image_trailer_size(info.chunk_count) - IMAGE_FOOTER_BYTES; i += 11)
		flip_and_look(f, info.trailer_offset + i);
	/* The hand-off area's pages and the control page are data like any other. */
	assert_int_equal(whole_check(f), 0);
}

static void a_cut_image_is_refused(void **state)
{
	struct fixture *f = *state;
	struct stat status;

	assert_int_equal(stat(f->output, &status), 0);
	for (unsigned tenth = 9; tenth < 10; tenth--) {
		assert_int_equal(truncate(f->output, status.st_size / 10 * tenth), 0);
		assert_int_equal(whole_check(f), -1);
		assert_true(*f->err.text);
	}
	assert_int_equal(stat(f->input, &status), 0);
	assert_int_equal(truncate(f->input, status.st_size - 1), 0);
	open_image(f, f->input);
	assert_int_equal(check(f), -1);
}

static void garbage_is_refused(void **state)
{
	struct fixture *f = *state;
	FILE *file = fopen(f->output, "wb");

	assert_non_null(file);
	for (unsigned i = 0; i < 100000; i++)
		fputc((int)(i * 2654435761u >> 24), file);
	fclose(file);
	assert_int_equal(whole_check(f), -1);
	assert_int_equal(truncate(f->output, 0), 0);
	assert_int_equal(whole_check(f), -1);
}

/* p_memsz of the last PT_LOAD says more and more: much is zeros, too much is damage. */
static void endless_memory_is_refused(void **state)
{
	const struct stream_sink nowhere = { NULL, NULL, NULL, NULL };
	const uint64_t memory_bytes = 64 + 3 * 56 + 40;
	struct fixture *f = *state;

	flip(f->input, memory_bytes + 6, 4); /* 1 PiB */
	open_image(f, f->input);
	assert_true(range_set_bytes(&f->image.stored) > UINT64_C(1) << 50);
	assert_int_equal(resume_stream(&f->image, &nowhere, &f->err), 0);
	resume_image_close(&f->image);
	flip(f->input, memory_bytes + 7, 1);
	assert_int_equal(resume_image_open(f->input, &f->image, &f->err), -1);
	says(f, "where no machine has any");
}

/* ------------------------------------------------------------------ its life */

static void mark(struct fixture *f, uint32_t kind)
{
	uint8_t uuid[IMAGE_UUID_BYTES] = { 7 };

	if (life_mark(f->output, uuid, kind, &f->err))
		fail_msg("%s", f->err.text);
}

static void an_image_is_resumed_once(void **state)
{
	struct fixture *f = *state;
	uint8_t uuid[IMAGE_UUID_BYTES] = { 7 }, other[IMAGE_UUID_BYTES] = { 8 };

	assert_int_equal(life_mark(f->output, other, IMAGE_RESUMING, &f->err), -1);
	says(f, "another image");
	assert_int_equal(whole_check(f), 0);
	mark(f, IMAGE_RESUMING);
	assert_int_equal(whole_check(f), -1);
	says(f, "'resuming'");
	assert_int_equal(life_mark(f->output, uuid, IMAGE_RESUMING, &f->err), -1);
	mark(f, IMAGE_RESUMED);
	assert_int_equal(whole_check(f), -1);
	says(f, "'resumed'");
	mark(f, IMAGE_INVALID);
	assert_int_equal(whole_check(f), -1);
}

static void a_torn_state_falls_back_or_is_refused(void **state)
{
	struct fixture *f = *state;
	struct image_info info;
	unsigned slot;

	open_image(f, f->output);
	assert_int_equal(check(f), 0);
	info = f->image.info;
	slot = f->image.slot;
	mark(f, IMAGE_RESUMING);
	/* The new slot is torn: what was before it counts. */
	flip(f->output, image_slot_offset(&info, 1 - slot) + 16, 1);
	assert_int_equal(whole_check(f), 0);
	flip(f->output, image_slot_offset(&info, slot) + 16, 1);
	assert_int_equal(whole_check(f), -1);
}

static void what_is_remembered_is_marked_at_the_jump(void **state)
{
	struct fixture *f = *state;
	char name[96];

	open_image(f, f->output);
	assert_int_equal(life_before_jump(f->folder, "boot-1", &f->err), 0); /* nothing there */
	assert_int_equal(life_remember(f->folder, &f->image, "boot-1", &f->err), 0);
	assert_int_equal(life_before_jump(f->folder, "boot-2", &f->err), 0); /* of another boot */
	assert_int_equal(whole_check(f), 0);
	open_image(f, f->output);
	assert_int_equal(life_remember(f->folder, &f->image, "boot-1", &f->err), 0);
	assert_int_equal(life_before_jump(f->folder, "boot-1", &f->err), 0);
	assert_int_equal(whole_check(f), -1);
	says(f, "'resuming'");
	assert_int_equal(life_before_jump(f->folder, "boot-1", &f->err), -1);
	life_forget(f->folder);
	assert_int_equal(life_before_jump(f->folder, "boot-1", &f->err), 0);
	snprintf(name, sizeof(name), "%s/resume", f->folder);
	assert_int_equal(access(name, F_OK), -1);
}

/* ------------------------------------------------------------------ this machine */

static void choose(struct fixture *f, enum restore_way way, int expected)
{
	resume_choice_done(&f->choice);
	if (resume_choose(&f->image, &f->here, way, &f->choice, &f->err) != expected)
		fail_msg("%s", expected ? "chosen" : f->err.text);
}

static void the_way_is_chosen(void **state)
{
	struct fixture *f = *state;

	open_image(f, f->output);
	/* Confined to D. */
	add_ram(&f->machine, 0x1000, 0x5000);
	add_ram(&f->machine, H_START + 0x2000, D_END);
	choose(f, RESTORE_AUTO, 0);
	assert_int_equal(f->choice.way, RESTORE_DIRECT);
	assert_int_equal(f->choice.own.count, 0);
	/* Confined to D, H included. */
	add_ram(&f->machine, H_START, D_END);
	choose(f, RESTORE_AUTO, 0);
	assert_int_equal(f->choice.way, RESTORE_DIRECT);
	assert_int_equal(range_set_bytes(&f->choice.own), 0x2000);
	/* Not confined, small image. */
	add_ram(&f->machine, MIB, RAM_END);
	choose(f, RESTORE_AUTO, 0);
	assert_int_equal(f->choice.way, RESTORE_CLASSIC);
	choose(f, RESTORE_DIRECT, -1);
	says(f, "this kernel itself uses 0x100000");
	choose(f, RESTORE_TWO_HOP, 0);
	/* More than half of RAM. */
	f->machine.total_bytes = 40 * MIB;
	choose(f, RESTORE_CLASSIC, -1);
	says(f, "at most half");
	choose(f, RESTORE_AUTO, 0);
	assert_int_equal(f->choice.way, RESTORE_TWO_HOP);
	f->here.no_hop = "there is no kernel";
	choose(f, RESTORE_AUTO, -1);
	says(f, "there is no kernel");
	/* A slow one is loaded only when nothing else is left. */
	f->machine.total_bytes = 64 * MIB;
	f->here.entry_seconds = 1;
	choose(f, RESTORE_AUTO, 0);
	assert_int_equal(f->choice.way, RESTORE_CLASSIC);
	f->here.no_hop = NULL;
	choose(f, RESTORE_AUTO, 0);
	assert_int_equal(f->choice.way, RESTORE_TWO_HOP);
}

static int fits(struct fixture *f)
{
	return resume_check_machine(&f->image, &f->here, &f->err);
}

static void another_machine_is_refused(void **state)
{
	struct fixture *f = *state;

	open_image(f, f->output);
	assert_int_equal(fits(f), 0);
	f->machine.cpu = CPU_LONG_MODE | CPU_PAE;
	assert_int_equal(fits(f), -1);
	says(f, "for i386");
	f->machine.cpu = 0;
	f->image.note.cpu = CPU_PAE;
	assert_int_equal(fits(f), 0);
	f->here.has_nx = false;
	f->image.note.cpu |= CPU_NX;
	assert_int_equal(fits(f), -1);
	says(f, "NX bits");
	f->here.has_pae = false;
	assert_int_equal(fits(f), -1);
	says(f, "PAE");
	f->image.note.cpu = 0;
	f->image.note.phys_bits = 40;
	assert_int_equal(fits(f), 0);
	f->machine.phys_bits = 36;
	assert_int_equal(fits(f), -1);
	says(f, "40 bits of physical address, this processor has 36");
	f->machine.phys_bits = 40;
	f->machine.cpu = CPU_ENCRYPTED;
	assert_int_equal(fits(f), -1);
	says(f, "encrypted (SME, SEV or TDX) in this kernel");
	f->machine.cpu = 0;
	f->image.note.cpu = CPU_ENCRYPTED;
	assert_int_equal(fits(f), -1);
	says(f, "encrypted (SME, SEV or TDX) in its kernel");
	f->image.note.cpu = 0;
	/* Less memory. */
	add_firmware(&f->machine, RAM_END - MIB, RAM_END, MEMORY_RESERVED);
	assert_int_equal(fits(f), -1);
	says(f, "0x1700000-0x17fffff was System RAM, here it is Reserved");
	says(f, "try again after a reboot");
	f->machine.firmware_is_iomem = true;
	assert_int_equal(fits(f), -1);
	says(f, "is sysfs mounted?");
	f->machine.firmware_is_iomem = false;
	add_firmware(&f->machine, RAM_END - MIB, RAM_END, MEMORY_RAM);
	assert_int_equal(fits(f), 0);
	/* The firmware's tables moved. */
	add_firmware(&f->machine, RAM_END + 0x10000, RAM_END + 0x11000, MEMORY_ACPI);
	assert_int_equal(fits(f), -1);
	says(f, "0x1810000-0x1810fff was nothing, here it is ACPI");
}

static void a_confined_map_is_understood(void **state)
{
	struct fixture *f = *state;

	open_image(f, f->output);
	add_firmware(&f->machine, 0, 0x9f000, MEMORY_RESERVED);
	add_firmware(&f->machine, 0x1000, 0x5000, MEMORY_RAM);
	add_firmware(&f->machine, 0xff000, 0x100000, MEMORY_UNUSABLE);
	add_firmware(&f->machine, 0x100000, RAM_END, MEMORY_RESERVED);
	add_firmware(&f->machine, H_START + 0x2000, D_END, MEMORY_RAM);
	assert_int_equal(fits(f), 0);
	/* One page more than D: no longer confined, and not the same map. */
	add_firmware(&f->machine, D_END, D_END + 0x1000, MEMORY_RAM);
	assert_int_equal(fits(f), -1);
	add_firmware(&f->machine, D_END, D_END + 0x1000, MEMORY_RESERVED);
	add_firmware(&f->machine, RAM_END, RAM_END + 0x10000, MEMORY_RESERVED);
	assert_int_equal(fits(f), -1);
	says(f, "was ACPI");
}

/* Memory of a 32-bit kernel with PAE above what its own loader can name. */
static void the_loader_has_an_end(void **state)
{
	struct range high = { UINT64_C(0x100000000), UINT64_C(0x100001000) };
	struct fixture *f = *state;

	open_image(f, f->output);
	add_ram(&f->machine, MIB, RAM_END);
	assert_int_equal(range_set_add(&f->image.stored, high, &f->err), 0);
	strcpy(f->machine.arch, "i686");
	choose(f, RESTORE_CLASSIC, -1);
	says(f, "below 0x100000000, the image has some up to 0x100001000");
	choose(f, RESTORE_AUTO, 0);
	assert_int_equal(f->choice.way, RESTORE_TWO_HOP);
	strcpy(f->machine.arch, "x86_64");
	choose(f, RESTORE_CLASSIC, 0);
}

static void classic_ranges_fill_gaps_in_d_only(void **state)
{
	struct range_set ranges = { 0 };
	struct fixture *f = *state;

	open_image(f, f->output);
	assert_int_equal(resume_classic_ranges(&f->image, &ranges, &f->err), 0);
	assert_int_equal(ranges.count, 2);
	range_set_done(&ranges);
	/* 18 pieces, and the one gap that was lent is filled. */
	for (uint64_t i = 0; i < 16; i++)
		assert_int_equal(range_set_remove(&f->image.stored,
						  (struct range){ (2 + i) * 0x10000 + MIB,
								  (2 + i) * 0x10000 + MIB +
									  0x1000 },
						  &f->err),
				 0);
	assert_int_equal(resume_classic_ranges(&f->image, &ranges, &f->err), -1);
	says(f, "17 pieces");
	range_set_done(&ranges);
	/* One more gap lent: 16 do. */
	assert_int_equal(range_set_add(&f->image.note.lent,
				       (struct range){ MIB + 0x20000, MIB + 0x31000 }, &f->err),
			 0);
	assert_int_equal(resume_classic_ranges(&f->image, &ranges, &f->err), 0);
	assert_int_equal(ranges.count, 16);
	range_set_done(&ranges);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_good_image_is_accepted),
		TEST(a_debugger_s_view_is_left_out),
		TEST(a_bare_core_is_taken_with_a_warning),
		TEST(the_protocol_of_2007_is_recognised),
		TEST(every_byte_comes_once_and_right),
		TEST(damaged_data_never_reaches_the_sink),
		TEST(every_flipped_bit_is_found),
		TEST(a_cut_image_is_refused),
		TEST(garbage_is_refused),
		TEST(endless_memory_is_refused),
		TEST(an_image_is_resumed_once),
		TEST(a_torn_state_falls_back_or_is_refused),
		TEST(what_is_remembered_is_marked_at_the_jump),
		TEST(the_way_is_chosen),
		TEST(another_machine_is_refused),
		TEST(a_confined_map_is_understood),
		TEST(classic_ranges_fill_gaps_in_d_only),
		TEST(the_loader_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
