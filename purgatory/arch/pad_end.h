/* SPDX-License-Identifier: GPL-2.0-only */
/* The last bytes of the pad, the same for both word sizes: its data as abi.h lays it out. For pad.S. */
	.globl	pad_code_end
	.hidden	pad_code_end
pad_code_end:

	.org	PAD_DATA
	.long	PAD_MAGIC_LO, PAD_MAGIC_HI
	.org	PAD_BYTES

	.section .note.GNU-stack, "", @progbits
