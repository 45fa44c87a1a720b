/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fills the memory that a kernel's setup code is entered in. Pure bytes in, bytes out: does not
 * know how the processor gets to real mode, nor where in low memory there is room.
 */
#include "real_mode.h"

#include <string.h>

/* The setup code lies at 0, its heap and stack end here, the command line begins there. Protocols
 * before 2.02 move themselves to 0x90000, and the BIOS may need what is not far above. */
#define HEAP_END     0xe000
#define HEAP_END_OLD 0x9800
#define STACK_BYTES  0x200  /* above the heap */
#define SETUP_MAX    0x8000 /* the rest up to the heap's end is heap and stack */
#define ENTRY_OFFSET 0x200  /* of the setup code */

static size_t heap_end(uint16_t protocol)
{
	return protocol >= PROTOCOL_2_02 ? HEAP_END : HEAP_END_OLD;
}

int real_mode_bytes(const struct boot_block *block, struct span setup, size_t *bytes,
		    struct error *err)
{
	if (setup.size > SETUP_MAX)
		return error_set(err,
				 "the setup code has 0x%zx bytes, which leaves no room for its "
				 "heap (0x%x would): leave --real-mode out",
				 setup.size, SETUP_MAX);
	*bytes = heap_end(block->protocol) + strlen(block->cmdline) + 1;
	return 0;
}

void real_mode_fill(const struct boot_block *block, struct span setup, uint8_t *bytes)
{
	size_t cmdline = heap_end(block->protocol), chars = strlen(block->cmdline) + 1;

	memcpy(bytes, setup.data, setup.size);
	boot_header_fill(block, cmdline, bytes);
	if (block->protocol >= PROTOCOL_2_01) {
		bytes[BP_LOADFLAGS] |= LOADFLAG_HEAP;
		le16_put(bytes + BP_HEAP_END_PTR, (uint16_t)(cmdline - STACK_BYTES));
	}
	if (block->protocol < PROTOCOL_2_02)
		le16_put(bytes + BP_SETUP_MOVE_SIZE, (uint16_t)(cmdline + chars));
	memcpy(bytes + cmdline, block->cmdline, chars);
}

void real_mode_enter(uint64_t address, uint16_t protocol, struct purgatory_state *state)
{
	uint64_t segment = address >> 4;

	state->real_mode = true;
	state->entry = (segment + (ENTRY_OFFSET >> 4)) << 16;
	state->esp = heap_end(protocol);
	state->real_ss = (uint16_t)segment;
	state->real_ds = (uint16_t)segment;
}
