/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tiny image of kernel-jump.c: two entries, each of which tells the kernel to call the other one
 * next time. Runs at JUMP_ADDRESS, in the mode in which the kernel calls an image (doc/jump.md): flat
 * segments, interrupts off, (%rsp) = the return address. What is left in (%rsp) is read, or popped by
 * kernels since 6.14, as the next entry.
 *
 * jump_gdt: an lgdt operand with the kernel's descriptor table, loaded on the way back if its limit
 * is not 0.
 */
#include "kernel-jump.h"

#define AT(label) (JUMP_ADDRESS + (label) - jump_code)

	.section .rodata
	.globl	jump_code
jump_code:
#ifdef __x86_64__
	.macro	go_back mark, next
	popq	%rdx
	movl	$\mark, JUMP_RESULT
	cmpw	$0, AT(jump_gdt)
	je	1f
	lgdt	AT(jump_gdt)
1:	pushq	$AT(\next)
	jmp	*%rdx
	.endm
#else
	.macro	go_back mark, next
	popl	%edx
	movl	$\mark, JUMP_RESULT
	cmpw	$0, AT(jump_gdt)
	je	1f
	lgdt	AT(jump_gdt)
1:	pushl	$AT(\next)
	jmp	*%edx
	.endm
#endif

first:
	go_back JUMP_FIRST, second
second:
	go_back JUMP_SECOND, first

	.balign	16
	.globl	jump_gdt
jump_gdt:
	.skip	10
	.globl	jump_code_end
jump_code_end:

	.section .note.GNU-stack, "", @progbits
