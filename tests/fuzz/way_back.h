/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For seeds: the memory of a made-up 32-bit kernel that has left by a jump, D lent and displaced:
 * the note, the control page and the list that relocate_kernel_32.S leaves behind.
 */
#ifndef TESTS_FUZZ_WAY_BACK_H
#define TESTS_FUZZ_WAY_BACK_H

#include <elf.h>

#include "kexec/handoff.h"
#include "tests/unit/control_page.h"
#include "tests/unit/core_builder.h"

/* D is [0x1000, 0x3000) and [0x200000, 0x203000) with H at its start. What is left of A's memory:
 */
#define LEFT_START   0x100000
#define LEFT_CONTROL 0x101000
#define LEFT_SWAP    0x102000
#define LEFT_LIST    0x103000
#define LEFT_KEPT    0x104000
#define LEFT_BYTES   0x7000
#define LEFT_H       0x200000
#define LEFT_H_BYTES 0x2000
#define LEFT_IN      (LEFT_H + 0x1100)
#define LEFT_RAW     (LEFT_CONTROL + CONTROL_PAGE_RAW)
#define LEFT_RAM_END 0x400000

/* The pages from LEFT_CONTROL to LEFT_KEPT of memory that starts at LEFT_START. */
static inline void left_put_list(uint8_t *memory)
{
	static const struct control_page page = { LEFT_CONTROL, LEFT_START, LEFT_SWAP, LEFT_LIST };
	static const uint32_t words[][2] = {
		{ LEFT_LIST, 0x1000 | 1 },
		{ LEFT_LIST + 4, (LEFT_KEPT + 0x1000) | 8 },
		{ LEFT_LIST + 8, LEFT_KEPT | 8 },
		{ LEFT_LIST + 12, LEFT_H | 1 },
		{ LEFT_LIST + 16, LEFT_H | 8 },
		{ LEFT_LIST + 20, (LEFT_H + 0x1000) | 8 },
		{ LEFT_LIST + 24, (LEFT_KEPT + 0x2000) | 8 },
		{ LEFT_LIST + 28, 4 },
	};

	memset(memory + (LEFT_CONTROL - LEFT_START), 0, 3 * 4096);
	control_page_put(&page, memory + (LEFT_CONTROL - LEFT_START));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		le32_put(memory + (words[i][0] - LEFT_START), words[i][1]);
}

/* Notes as a core of this kernel has them, ours among them; machine may be another than EM_386. */
static inline void left_put_notes(struct builder *notes, uint32_t machine)
{
	static const char info[] = "A=1\nNUMBER(phys_base)=-1048576\n";
	struct builder_jump jump = {
		.handoff = { LEFT_H, LEFT_H + LEFT_H_BYTES },
		.lent = { { 0x1000, 0x3000 }, { LEFT_H, LEFT_H + 0x3000 } },
		.lent_count = 2,
		.raw = LEFT_RAW,
		.page_offset = 0xc0000000,
		.machine = machine,
	};
	struct builder descriptor = { 0 };
	uint8_t map[24] = { 0 }, kernel[16] = { 0 };

	le64_put(map + 8, LEFT_RAM_END);
	le32_put(map + 16, MEMORY_RAM);
	builder_descriptor(&descriptor, &jump);
	builder_record(&descriptor, NOTE_MEMMAP, 0, (struct span){ map, sizeof(map) });
	le64_put(kernel, LEFT_START);
	le64_put(kernel + 8, LEFT_START + 0x1000);
	builder_record(&descriptor, NOTE_KERNEL, 0, (struct span){ kernel, sizeof(kernel) });
	builder_note(notes, "CORE", NT_PRSTATUS, (struct span){ map, sizeof(map) });
	builder_note(notes, NOTE_OWNER, NOTE_TYPE,
		     (struct span){ descriptor.data, descriptor.size });
	builder_note(notes, "VMCOREINFO", 0, (struct span){ (const uint8_t *)info, strlen(info) });
	builder_done(&descriptor);
}

#endif
