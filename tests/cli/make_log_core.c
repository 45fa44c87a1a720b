/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make_log_core FILE jump|plain: a core for the tests of kdump and vmcore-dmesg: 20 MiB of a
 * made-up i386 machine with a kernel log in memory; jump: with our note.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "kexec/handoff.h"
#include "tests/unit/core_builder.h"

#define MIB         UINT64_C(0x100000)
#define PAGE_OFFSET UINT64_C(0xc0000000)
#define LOG         0x200000 /* variables of the log, then its buffer */
#define LOG_BYTES   4096

static const struct builder_jump jump = {
	.handoff = { 16 * MIB, 16 * MIB + 0x2000 },
	.lent = { { 0x1000, 0x5000 }, { 16 * MIB, 18 * MIB } },
	.lent_count = 2,
	.raw = 0x3000d7,
	.page_offset = PAGE_OFFSET,
};

static const struct core_load loads[] = {
	{ .paddr = MIB,
	  .vaddr = PAGE_OFFSET + MIB,
	  .file_bytes = 15 * MIB,
	  .memory_bytes = 15 * MIB },
	{ .paddr = 16 * MIB,
	  .vaddr = PAGE_OFFSET + 16 * MIB,
	  .file_bytes = 0x2000,
	  .memory_bytes = 0x2000 },
	{ .paddr = 18 * MIB,
	  .vaddr = PAGE_OFFSET + 18 * MIB,
	  .file_bytes = 4 * MIB,
	  .memory_bytes = 4 * MIB },
};

/* Two records of the log of 3.5 at LOG + one page. */
static void put_log(uint8_t *memory)
{
	static const char *const lines[] = { "Linux version 3.10", "it ends \x1b here" };
	uint32_t at = 0;

	memset(memory, 0, 2 * 4096);
	le32_put(memory, (uint32_t)PAGE_OFFSET + LOG + 4096);
	le32_put(memory + 4, LOG_BYTES);
	for (unsigned i = 0; i < 2; i++) {
		uint16_t text = (uint16_t)strlen(lines[i]);
		uint8_t *record = memory + 4096 + at;

		le64_put(record, UINT64_C(1500000000) * i);
		le16_put(record + 8, (uint16_t)align_up(16u + text, 4));
		le16_put(record + 10, text);
		memcpy(record + 16, lines[i], text);
		at += le16_get(record + 8);
	}
	le32_put(memory + 12, at);
}

static void put_notes(struct builder *notes, bool ours)
{
	struct builder descriptor = { 0 };
	char info[1024];

	builder_descriptor(&descriptor, &jump);
	if (ours)
		builder_note(notes, NOTE_OWNER, NOTE_TYPE,
			     (struct span){ descriptor.data, descriptor.size });
	builder_done(&descriptor);
	snprintf(info, sizeof(info),
		 "OSRELEASE=3.10.0\nPAGESIZE=4096\nSYMBOL(log_buf)=%x\nSYMBOL(log_buf_len)=%x\n"
		 "SYMBOL(log_first_idx)=%x\nSYMBOL(log_next_idx)=%x\nSIZE(log)=16\n"
		 "OFFSET(log.ts_nsec)=0\nOFFSET(log.len)=8\nOFFSET(log.text_len)=10\n",
		 (unsigned)PAGE_OFFSET + LOG, (unsigned)PAGE_OFFSET + LOG + 4,
		 (unsigned)PAGE_OFFSET + LOG + 8, (unsigned)PAGE_OFFSET + LOG + 12);
	builder_note(notes, "VMCOREINFO", 0, (struct span){ (const uint8_t *)info, strlen(info) });
}

int main(int argc, char **argv)
{
	struct builder file = { 0 }, notes = { 0 };
	struct builder_core core = { .machine = EM_386,
				     .entry = jump.handoff.start + 0x1100,
				     .loads = loads,
				     .load_count = 3 };
	FILE *out;

	if (argc != 3)
		return 2;
	put_notes(&notes, !strcmp(argv[2], "jump"));
	core.notes = (struct span){ notes.data, notes.size };
	builder_core(&file, &core);
	put_log(file.data + 4096 + (LOG - MIB)); /* the first PT_LOAD follows the headers */
	out = fopen(argv[1], "wb");
	if (!out || fwrite(file.data, 1, file.size, out) != file.size || fclose(out))
		return 1;
	builder_done(&file);
	builder_done(&notes);
	return 0;
}
