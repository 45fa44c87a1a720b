/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first bytes of purgatory, the same for both word sizes: what abi.h promises of them, up to the
 * first instruction. For entry.S, which has chosen the word size before.
 */
	.section .head, "ax", @progbits
	.globl	purgatory_head
	.hidden	purgatory_head
purgatory_head:
	.long	PURG_MAGIC_VALUE
	.long	PURG_PARAMS_BYTES
	.org	PURG_MEMORY
	.long	purgatory_end - purgatory_head
	.org	PURG_CHECK
	.long	purgatory_check - purgatory_head

	.org	PURG_ENTRY
	.globl	purgatory_entry
	.hidden	purgatory_entry
purgatory_entry:
