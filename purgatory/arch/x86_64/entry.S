/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of the 64-bit purgatory: its parameter block, the way in and the two ways out. The C
 * part (purgatory.c) decides; this file knows descriptors, stacks, modes and the register state of
 * the hand-over.
 *
 * Entered in 64-bit mode with everything it touches mapped at its physical address, interrupts off,
 * flat segments whose table may be gone, and a usable stack. General registers hold nothing.
 */
#include "abi.h"
#include "arch/registers.inc"

#define CODE_SELECTOR 0x10 /* __BOOT_CS, __BOOT_DS of the boot protocol, 32 and 64 bits */
#define DATA_SELECTOR 0x18
#define STACK_BYTES   4096

#define CR0_PG	 0x80000000
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

#define PARAM(field) (field)(%rbx)
#define REGISTER(n)  (PURG_REGISTERS + 8 * (n))(%rbx)

	.code64
#include "arch/head.inc"
	cli
	cld
	leaq	purgatory_head(%rip), %rbx
	/* %rbx = purgatory_head from here on. The stack we came on is kept: a return address is on it. */
	movq	%rsp, kept_stack(%rip)
	leaq	stack_end(%rip), %rsp

	leaq	table(%rip), %rax
	movq	%rax, table_pointer + 2(%rip)
	lgdt	table_pointer(%rip)
	leaq	1f(%rip), %rax
	pushq	$CODE_SELECTOR
	pushq	%rax
	lretq
1:	movl	$DATA_SELECTOR, %eax
	set_data_segments
	leaq	stack_end(%rip), %rsp
	xorl	%ebp, %ebp

	/* purgatory_main(params): 0 = go on, else return to where we came from. 16-byte aligned. */
	movq	%rbx, %rdi
	call	purgatory_main
	testl	%eax, %eax
	jz	hand_over
	movq	kept_stack(%rip), %rsp
	ret

hand_over:
	testl	$PURG_ENTER_32, PARAM(PURG_FLAGS)
	jnz	hand_over_32

/*
 * Left: registers as the parameters say (r8 to r15 zero), CS 0x10, DS ES FS GS SS 0x18 (flat, the
 * table stays valid as long as this memory does), interrupts off, CR3 and CR4 as we found them.
 * (%rsp) is the return address with PURG_KEEP_STACK.
 */
	movq	kept_stack(%rip), %rax
	testl	$PURG_KEEP_STACK, PARAM(PURG_FLAGS)
	jnz	1f
	movq	REGISTER(7), %rax
	testq	%rax, %rax
	jnz	1f
	leaq	stack_end(%rip), %rax
1:	movq	%rax, %rsp
	pushq	PARAM(PURG_ENTRY_POINT)
	movq	REGISTER(0), %rax
	movq	REGISTER(2), %rcx
	movq	REGISTER(3), %rdx
	movq	REGISTER(4), %rsi
	movq	REGISTER(5), %rdi
	movq	REGISTER(6), %rbp
	clear_high_registers
	movq	REGISTER(1), %rbx
	ret

/*
 * Leave long mode: 32-bit code segment (compatibility mode), then paging off, then EFER.LME.
 * Left: as the 32-bit boot protocol wants it: protected mode without paging, CR3 and CR4 zero, CS
 * 0x10, DS ES FS GS SS 0x18 flat, interrupts off, registers as the parameters say. With
 * PURG_ENTER_16: as real_mode.S says.
 */
hand_over_32:
	leaq	table_32(%rip), %rax
	movq	%rax, table_pointer + 2(%rip)
	lgdt	table_pointer(%rip)
	leaq	1f(%rip), %rax
	pushq	$CODE_SELECTOR
	pushq	%rax
	lretq
	.code32
1:	movl	%cr0, %eax
	andl	$~CR0_PG, %eax
	movl	%eax, %cr0
	movl	$MSR_EFER, %ecx
	rdmsr
	andl	$~EFER_LME, %eax
	wrmsr
	xorl	%eax, %eax
	movl	%eax, %cr3
	movl	%eax, %cr4
	movl	$DATA_SELECTOR, %eax
	set_data_segments
	testl	$PURG_ENTER_16, LOW_PARAM(PURG_FLAGS)
	jnz	1f
	movl	LOW_REGISTER(7), %eax
	testl	%eax, %eax
	jnz	2f
	leal	(stack_end - purgatory_head)(%ebx), %eax
2:	movl	%eax, %esp
	enter_32
1:	leal	(stack_end - purgatory_head)(%ebx), %esp
	jmp	purgatory_enter_16
	.code64

	.balign	8
table:
	.quad	0
	.quad	0
	.quad	0x00af9b000000ffff /* CODE_SELECTOR: 64-bit, execute and read */
	.quad	0x00cf93000000ffff /* DATA_SELECTOR: 4 GiB, read and write */
table_32:
	.quad	0
	.quad	0
	.quad	0x00cf9b000000ffff /* CODE_SELECTOR: 32-bit, 4 GiB, execute and read */
	.quad	0x00cf93000000ffff /* DATA_SELECTOR */
table_32_end:
	.balign	8
	.word	0, 0, 0
table_pointer: /* at offset 6, so that the base is aligned */
	.word	table_32_end - table_32 - 1
	.quad	0 /* address of the table in use, known when we run */

	.balign	8
kept_stack:
	.quad	0

	.section .stack, "aw", @nobits
	.balign	16
	.skip	STACK_BYTES
stack_end:

	.section .note.GNU-stack, "", @progbits
