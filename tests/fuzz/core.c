/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: ELF cores (kdump/core.h), our note in them (kdump/note.h), the layout of an image
 * made of them (kdump/layout.h) with the walk over displaced pages (kdump/jumpmap.h), and the notes
 * of the image to be. The first bytes choose a view and addresses to read; the rest is the core.
 */
#include "tests/unit/core_builder.h"
#include "way_back.h"
#include "fuzz.h"
#include "kdump/image_head.h"
#include "kdump/layout.h"
#include "kdump/note.h"
#include "kdump/signature.h"
#include "kexec/handoff.h"

#define CASE_BYTES 24

static int read_file(void *context, uint64_t offset, void *buffer, size_t size, struct error *err)
{
	const struct span *file = context;

	FUZZ_CHECK(bytes_fit(file->size, offset, size));
	(void)err;
	memcpy(buffer, file->data + offset, size);
	return 0;
}

static void check_layout(const struct layout *layout)
{
	uint64_t end = 0;

	for (size_t i = 0; i < layout->range_count; i++) {
		const struct layout_range *r = &layout->ranges[i];

		FUZZ_CHECK(r->bytes && !(r->paddr % PAGE_BYTES) && !(r->bytes % PAGE_BYTES));
		FUZZ_CHECK(r->paddr >= end && r->source_bytes <= r->bytes);
		end = r->paddr + r->bytes;
	}
}

static void check_loads(const struct layout *layout)
{
	struct layout_hole hole = { IMAGE_HEADER_STEP, PAGE_BYTES };
	struct layout_loads loads;
	struct error err;

	if (layout_loads(layout, &hole, 1, &loads, &err))
		return;
	FUZZ_CHECK(loads.count <= layout_loads_max(layout, 1) && loads.debug_count <= loads.count);
	for (size_t i = 0; i < loads.count; i++)
		FUZZ_CHECK(loads.items[i].file_bytes <= loads.items[i].memory_bytes);
	free(loads.items);
}

static void lay_out(const struct core *core, const struct jump_note *note, enum image_view view,
		    struct range kernel)
{
	struct layout layout;
	struct error err;

	if (layout_plan(core, note, view, &layout, &err))
		return;
	check_layout(&layout);
	layout_place(&layout, IMAGE_HEADER_STEP);
	layout_chunks(&layout);
	if (note && view != IMAGE_VIEW_RESUME && layout_walk(core, note, view, &layout, &err)) {
		layout_done(&layout);
		return;
	}
	check_loads(&layout);
	/* As of a 64-bit kernel that lies there. */
	layout.text = (struct layout_text){ kernel, UINT64_C(0xffffffff81000000) };
	check_loads(&layout);
	layout_done(&layout);
}

/* The notes of an image made of this core: ours must be there with the record at its end. */
static void rebuild_notes(const struct core *core)
{
	struct image_info info = { .header_bytes = IMAGE_HEADER_STEP,
				   .trailer_offset = IMAGE_HEADER_STEP,
				   .trailer_bytes = image_trailer_size(0),
				   .chunk_bytes = IMAGE_CHUNK_BYTES,
				   .hash = IMAGE_HASH_XXH3_128,
				   .root = IMAGE_ROOT_SHA256,
				   .view = IMAGE_VIEW_RESUME };
	struct span notes = { core->notes, core->notes_bytes };
	size_t size = image_notes_build(notes, &info, NULL, 0), position = 0;
	uint8_t *built = malloc(size);
	struct core_note note;
	struct image_info read;
	struct error err;

	FUZZ_CHECK(built && image_notes_build(notes, &info, built, size) == size);
	notes = (struct span){ built, size };
	FUZZ_CHECK(core_notes_next(notes, &position, &note));
	FUZZ_CHECK(!strcmp(note.owner, NOTE_OWNER) && note.data.size >= IMAGE_RECORD_BYTES);
	note.data.data += note.data.size - IMAGE_RECORD_BYTES;
	note.data.size = IMAGE_RECORD_BYTES;
	FUZZ_CHECK(!image_info_parse(note.data, &read, &err));
	while (core_notes_next(notes, &position, &note))
		;
	FUZZ_CHECK(position == size);
	free(built);
}

static void read_some(const struct core *core, uint64_t first, uint64_t second)
{
	uint8_t buffer[9000];
	struct error err;

	core_read_physical(core, first, buffer, sizeof(buffer), &err);
	core_read_virtual(core, 0, second, buffer, 100, &err);
	core_read_virtual(core, 0xc0000000, second, buffer, sizeof(buffer), &err);
	core_check_complete(core, &err);
	for (size_t i = 0; i < core->load_count && i < 4; i++)
		core_read_physical(core, core->loads[i].paddr, buffer, 4097, &err);
	for (size_t i = 0; i < core->kept_count; i++)
		core_read_kept(core, core->loads[core->load_count + i].paddr, buffer, 4097, &err);
}

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = { data, size };
	enum image_view view = (enum image_view)(IMAGE_VIEW_RESUME + fuzz_u64(&file) % 3);
	uint64_t first = fuzz_u64(&file), second = fuzz_u64(&file);
	struct core_source source = { read_file, &file, file.size };
	struct range kernel = { align_down(first, PAGE_BYTES), align_down(second, PAGE_BYTES) };
	struct jump_note note;
	struct core core;
	struct error err;
	int found;

	signature_of(file);
	if (core_open(&core, &source, &err))
		return 0;
	fuzz_accepted = true;
	FUZZ_CHECK(core.headers_end <= file.size);
	read_some(&core, first, second);
	found = jump_note_of_core(&core, &note, &err);
	if (found > 0) {
		FUZZ_CHECK(range_set_contains(&note.lent, note.handoff));
		lay_out(&core, &note, view, kernel);
		jump_note_done(&note);
	}
	lay_out(&core, NULL, view, kernel);
	rebuild_notes(&core);
	core_done(&core);
	return 0;
}

static const struct {
	uint8_t view;
	bool elf32, has_notes;
	size_t loads, kept;
	uint32_t machine;
	bool extended; /* the number of program headers is in a section header, at the end */
} seeds[] = {
	{ .view = 0, .has_notes = true, .loads = 3 },
	{ .view = 2, .has_notes = true, .loads = 3 },
	{ .view = 1, .has_notes = true, .loads = 3 },
	{ .view = 2, .elf32 = true, .has_notes = true, .loads = 3 },
	{ .loads = 2 },
	{ .elf32 = true, .loads = 400 },
	{ .view = 2, .has_notes = true, .loads = 3, .machine = EM_X86_64 },
	{ .has_notes = true, .loads = 3, .extended = true },
	{ .elf32 = true, .has_notes = true, .loads = 3, .extended = true },
	{ .view = 1, .has_notes = true, .loads = 3, .kept = 1 },
};

static void put_extended(struct builder *file)
{
	bool elf32 = file->data[EI_CLASS] == ELFCLASS32;
	size_t count = elf32 ? offsetof(Elf32_Ehdr, e_phnum) : offsetof(Elf64_Ehdr, e_phnum);
	size_t offset = elf32 ? offsetof(Elf32_Ehdr, e_shoff) : offsetof(Elf64_Ehdr, e_shoff);
	uint8_t section[sizeof(Elf64_Shdr)] = { 0 };

	le32_put(section + (elf32 ? offsetof(Elf32_Shdr, sh_info) : offsetof(Elf64_Shdr, sh_info)),
		 le16_get(file->data + count));
	le16_put(file->data + count, PN_XNUM);
	le32_put(file->data + offset, (uint32_t)file->size);
	builder_put(file, section, sizeof(section), 1);
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	struct core_load loads[400] = {
		{ .paddr = LEFT_START,
		  .vaddr = 0xc0100000,
		  .file_bytes = LEFT_BYTES,
		  .memory_bytes = LEFT_BYTES },
		{ .paddr = LEFT_H, .file_bytes = LEFT_H_BYTES, .memory_bytes = LEFT_H_BYTES },
		{ .paddr = 0x300000, .file_bytes = 0x1800, .memory_bytes = 0x3000 },
	};
	struct builder file = { 0 }, notes = { 0 };
	struct builder_core core = { .machine = EM_386, .entry = LEFT_IN, .loads = loads };
	uint8_t head[CASE_BYTES] = { 0 };
	size_t used = 0;

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	if (seeds[n].has_notes)
		left_put_notes(&notes, seeds[n].machine);
	for (size_t i = 3; i < seeds[n].loads; i++)
		loads[i] = (struct core_load){ .paddr = 0x10000000 - i * 0x10000,
					       .memory_bytes = 0x8000 };
	core.elf32 = seeds[n].elf32;
	core.notes = (struct span){ notes.data, notes.size };
	core.load_count = seeds[n].loads;
	core.kept_count = seeds[n].kept;
	builder_core(&file, &core);
	if (seeds[n].has_notes)
		left_put_list(file.data + 4096);
	if (seeds[n].extended)
		put_extended(&file);
	head[0] = seeds[n].view;
	le64_put(head + 8, 0x301000);
	le64_put(head + 16, 0xc0100ff0);
	fuzz_append(buffer, capacity, &used, head, sizeof(head));
	fuzz_append(buffer, capacity, &used, file.data, file.size);
	builder_done(&file);
	builder_done(&notes);
	return used;
}
