/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of the i386 purgatory: its parameter block, the way in and the way out. The C part
 * (purgatory.c) decides; this file knows descriptors, stacks and the register state of the
 * hand-over.
 *
 * Entered in 32-bit protected mode with paging off, interrupts off, flat segments whose table may
 * be gone, and a usable stack. General registers hold nothing.
 */
#include "abi.h"
#include "arch/registers.inc"

#define CODE_SELECTOR 0x10 /* __BOOT_CS, __BOOT_DS of the 32-bit boot protocol */
#define DATA_SELECTOR 0x18
#define STACK_BYTES   4096

	.code32
#include "arch/head.inc"
	cli
	cld
	call	1f
1:	popl	%ebx
	subl	$(1b - purgatory_head), %ebx
	/* %ebx = purgatory_head from here on. The stack is kept: a return address is on it. */
	movl	%esp, (kept_stack - purgatory_head)(%ebx)

	leal	(table - purgatory_head)(%ebx), %eax
	movl	%eax, (table_pointer + 2 - purgatory_head)(%ebx)
	lgdt	(table_pointer - purgatory_head)(%ebx)
	leal	(2f - purgatory_head)(%ebx), %eax
	pushl	$CODE_SELECTOR
	pushl	%eax
	lret
2:	movl	$DATA_SELECTOR, %eax
	set_data_segments
	leal	(stack_end - purgatory_head)(%ebx), %esp
	xorl	%ebp, %ebp

	/* purgatory_main(params): 0 = go on, else return to where we came from. 16-byte aligned. */
	subl	$12, %esp
	pushl	%ebx
	call	purgatory_main
	addl	$16, %esp
	testl	%eax, %eax
	jz	hand_over
	movl	(kept_stack - purgatory_head)(%ebx), %esp
	ret

/*
 * Left: registers as the parameters say, CS 0x10, DS ES FS GS SS 0x18 (flat, the table stays valid
 * as long as this memory does), interrupts and paging off, CR4 as we found it. (%esp) is the return
 * address with PURG_KEEP_STACK. With PURG_ENTER_16: as real_mode.S says.
 */
hand_over:
	movl	(kept_stack - purgatory_head)(%ebx), %eax
	testl	$PURG_KEEP_STACK, LOW_PARAM(PURG_FLAGS)
	jnz	1f
	movl	LOW_REGISTER(7), %eax
	testl	%eax, %eax
	jnz	1f
	leal	(stack_end - purgatory_head)(%ebx), %eax
1:	testl	$PURG_ENTER_16, LOW_PARAM(PURG_FLAGS)
	jnz	purgatory_enter_16
	movl	%eax, %esp
	enter_32

	.balign	8
table:
	.quad	0
	.quad	0
	.quad	0x00cf9b000000ffff /* CODE_SELECTOR: 4 GiB, execute and read */
	.quad	0x00cf93000000ffff /* DATA_SELECTOR: 4 GiB, read and write */
table_end:
	.balign	4
	.word	0
table_pointer:
	.word	table_end - table - 1
	.long	0 /* physical address of table, known when we run */

	.balign	4
kept_stack:
	.long	0

	.section .stack, "aw", @nobits
	.balign	16
	.skip	STACK_BYTES
stack_end:

	.section .note.GNU-stack, "", @progbits
