/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make_core ROOT FILE [bare]: the core of a made-up kernel that jumped away on the machine recorded
 * in ROOT, as /proc/vmcore would have it; bare: without our note. 24 MiB of it, D in [16 MiB, ...).
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "kexec/handoff.h"
#include "purgatory/abi.h"
#include "tests/unit/control_page.h"
#include "tests/unit/core_builder.h"

#define MIB     0x100000u
#define CONTROL 0x300000u
#define SWAP    0x301000u
#define LIST    0x302000u
#define PGD     0x303000u
#define KEPT    0x400000u
#define H_START (16 * MIB)
#define D_END   (H_START + 0x8000u)
#define RAW     (CONTROL + CONTROL_PAGE_RAW)
#define FIRST   4096 /* where the builder puts the first PT_LOAD, which is of 1 MiB */

static const struct builder_jump jump = {
	.handoff = { H_START, H_START + 0x2000 },
	.lent = { { H_START, D_END } },
	.lent_count = 1,
	.raw = RAW,
};

static const struct core_load loads[] = {
	{ .paddr = MIB, .file_bytes = 15 * MIB, .memory_bytes = 15 * MIB, .flags = 7 },
	{ .paddr = H_START, .file_bytes = 0x2000, .memory_bytes = 0x2000, .flags = 7 },
	{ .paddr = D_END,
	  .file_bytes = 24 * MIB - D_END,
	  .memory_bytes = 24 * MIB - D_END,
	  .flags = 7 },
};

static void put_way_back(uint8_t *memory)
{
	static const struct control_page page = { CONTROL, PGD, SWAP, LIST };
	uint8_t *control = memory + CONTROL - MIB, *list = memory + LIST - MIB;
	struct jump_pad pad = { .magic_lo = PAD_MAGIC_LO, .magic_hi = PAD_MAGIC_HI, .raw = RAW };

	memset(control, 0, 4 * 4096);
	control_page_put(&page, control);
	le32_put(list, H_START | 1);
	for (uint32_t i = 0; i < 8; i++)
		le32_put(list + 4 + i * 4, (KEPT + i * 0x1000) | 8);
	le32_put(list + 36, 4);
	memcpy(memory + H_START + 0x1000 + PAD_DATA - MIB, &pad, sizeof(pad));
}

static void put_map(struct builder *descriptor, const struct memmap *map)
{
	struct builder records = { 0 };

	for (size_t i = 0; i < map->count; i++) {
		uint8_t record[24] = { 0 };

		le64_put(record, map->entries[i].at.start);
		le64_put(record + 8, map->entries[i].at.end);
		le32_put(record + 16, map->entries[i].type);
		builder_put(&records, record, sizeof(record), 1);
	}
	builder_record(descriptor, NOTE_MEMMAP, 0, (struct span){ records.data, records.size });
	builder_done(&records);
}

int main(int argc, char **argv)
{
	struct builder file = { 0 }, notes = { 0 }, descriptor = { 0 };
	struct builder_core core = {
		.machine = EM_386, .entry = H_START + 0x1100, .loads = loads, .load_count = 3
	};
	struct machine machine;
	struct error err;
	FILE *out;
	int result;

	if (argc < 3 || machine_read(argv[1], 0, &machine, &err))
		return 2;
	builder_descriptor(&descriptor, &jump);
	put_map(&descriptor, &machine.firmware);
	machine_done(&machine);
	if (argc == 3)
		builder_note(&notes, NOTE_OWNER, NOTE_TYPE,
			     (struct span){ descriptor.data, descriptor.size });
	builder_note(&notes, "VMCOREINFO", 0, (struct span){ (const uint8_t *)"A=1\n", 4 });
	core.notes = (struct span){ notes.data, notes.size };
	builder_core(&file, &core);
	put_way_back(file.data + FIRST);
	out = fopen(argv[2], "wb");
	result = !out || fwrite(file.data, 1, file.size, out) != file.size;
	if (out)
		result |= fclose(out) != 0;
	builder_done(&file);
	builder_done(&notes);
	builder_done(&descriptor);
	return result;
}
