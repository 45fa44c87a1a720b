/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pad: the one page that guards a kernel's re-entry (doc/jump.md). It is copied into the
 * hand-off area by the loader and runs wherever that page lies: no relocation, no memory outside
 * the page but pad.note_raw and the stack it is entered on. It knows nothing of purgatory or of
 * images.
 *
 * OUT  what the pad's own kernel calls. IN  what anybody else jumps to in order to go back.
 *
 * Both are entered, and everything is left, in 32-bit protected mode: paging off, interrupts off,
 * flat code, data and stack segments (selectors of no importance; the descriptor table may be
 * gone), a stack with one word to read and one to write. General registers hold nothing on entry.
 *
 * The page: code, PAD_DATA struct jump_pad, scratch (below), stack down from PAD_STACK.
 */
#include "abi.h"
#include "arch/registers.inc"

#define PAD(field) (PAD_DATA + (field))(%ebx)

/* Scratch behind struct jump_pad: an lgdt operand at offset 2 keeps its base aligned. */
#define PAD_GDTR (PAD_DATA + 0x82)
#define PAD_GDT	 (PAD_DATA + 0x100)
#define GDT_MASK 0xf8 /* selectors 0x00 .. 0xf8: RPL and TI cut off */
#define GDT_LAST 0xff

#define CR4_PAE	 0x20
#define MSR_EFER 0xc0000080

/* The first twelve bytes of Linux's i386 re-entry (relocate_kernel_32.S, 2.6.27 to 6.16):
 * mov (%esp),%ebp; call +0; pop %ebx; sub $imm32,%ebx. The last byte is part of imm32. */
#define RAW_0	     0xe8242c8b
#define RAW_4	     0x00000000
#define RAW_8	     0x00eb815b
#define RAW_8_MASK   0x00ffffff
#define RAW_BYTES    12

	.text
	.code32

/* %ebx = this page. Uses one word of stack. */
	.macro find_page
	call	.Lhere\@
.Lhere\@:
	popl	%ebx
	andl	$~(PAD_BYTES - 1), %ebx
	.endm

	.org	PAD_OUT
	.globl	pad_out
	.hidden	pad_out
/*
 * Entry: (%esp) = raw re-entry address of the own kernel, physical.
 * Left to the peer: %esp on this page, (%esp) = IN, 4(%esp) = the default next entry: where OUT
 * goes next time if the peer does nothing but return. A peer may overwrite it. All other registers
 * are 0.
 */
pad_out:
	cli
	cld
	find_page
	popl	%eax
	movl	%eax, PAD(PAD_RAW)
	movl	$0, PAD(PAD_RAW + 4)
	movl	PAD(PAD_NOTE_RAW), %edx
	testl	%edx, %edx
	jz	1f
	movl	%eax, (%edx)
	movl	$0, 4(%edx)
1:	testl	$PAD_FLAG_EFER, PAD(PAD_FLAGS)
	jz	2f
	movl	$MSR_EFER, %ecx
	rdmsr
	movl	%eax, PAD(PAD_EFER)
	movl	%edx, PAD(PAD_EFER + 4)
2:	leal	PAD_STACK(%ebx), %esp
	pushl	PAD(PAD_PAYLOAD)
	leal	PAD_IN(%ebx), %eax
	pushl	%eax
	movl	PAD(PAD_PEER), %eax
	testl	%eax, %eax
	jz	pad_back
	pushl	%eax
	clear_registers
	ret

	.org	PAD_IN
	.globl	pad_in
	.hidden	pad_in
/*
 * Entry: (%esp) = the caller's next entry, 0 = there is none.
 * An unguarded Linux re-entry counts as none: without its descriptor table it would reset the
 * machine.
 */
pad_in:
	cli
	cld
	popl	%eax
	find_page
	testl	%eax, %eax
	jz	2f
	cmpl	$-RAW_BYTES, %eax
	ja	1f
	cmpl	$RAW_0, (%eax)
	jne	2f
	cmpl	$RAW_4, 4(%eax)
	jne	2f
	movl	8(%eax), %edx
	andl	$RAW_8_MASK, %edx
	cmpl	$RAW_8, %edx
	jne	2f
1:	xorl	%eax, %eax
2:	movl	%eax, PAD(PAD_PEER)
	movl	$0, PAD(PAD_PEER + 4)

/*
 * %ebx = this page. Go back to the own kernel: what it does not restore itself is put right first.
 * It is left with (%esp) = OUT, which it takes for the address to call next time.
 */
pad_back:
	leal	PAD_STACK(%ebx), %esp

	/* It turns paging on before it restores CR4: the page-table format must be right. */
	testl	$PAD_FLAG_CR4, PAD(PAD_FLAGS)
	jz	2f
	movl	%cr4, %eax
	andl	$~CR4_PAE, %eax
	testl	$PAD_FLAG_PAE, PAD(PAD_FLAGS)
	jz	1f
	orl	$CR4_PAE, %eax
1:	movl	%eax, %cr4
2:
	/* A peer without PAE never set EFER.NXE, without which the own page tables are invalid. */
	testl	$PAD_FLAG_EFER, PAD(PAD_FLAGS)
	jz	3f
	movl	$MSR_EFER, %ecx
	movl	PAD(PAD_EFER), %eax
	movl	PAD(PAD_EFER + 4), %edx
	wrmsr
3:
	/* It keeps CS as it finds it: flat segments under its selectors, from a table here. */
	movl	PAD(PAD_CODE_SELECTOR), %ecx
	andl	$GDT_MASK, %ecx
	movl	$0x0000ffff, PAD_GDT(%ebx,%ecx)
	movl	$0x00cf9b00, PAD_GDT + 4(%ebx,%ecx)
	movl	PAD(PAD_DATA_SELECTOR), %edx
	andl	$GDT_MASK, %edx
	movl	$0x0000ffff, PAD_GDT(%ebx,%edx)
	movl	$0x00cf9300, PAD_GDT + 4(%ebx,%edx)
	leal	PAD_GDT(%ebx), %eax
	movw	$GDT_LAST, PAD_GDTR(%ebx)
	movl	%eax, PAD_GDTR + 2(%ebx)
	lgdt	PAD_GDTR(%ebx)
	leal	(4f - pad_out)(%ebx), %eax
	pushl	%ecx
	pushl	%eax
	lret
4:	movl	%edx, %ss
	movl	%edx, %ds
	movl	%edx, %es
	movl	%edx, %fs
	movl	%edx, %gs

	/* Its own table, at a virtual address: from here on no segment may be loaded. */
	movl	PAD(PAD_GDTR_BASE), %eax
	movw	PAD(PAD_GDTR_LIMIT), %cx
	movw	%cx, PAD_GDTR(%ebx)
	movl	%eax, PAD_GDTR + 2(%ebx)
	lgdt	PAD_GDTR(%ebx)

	leal	PAD_OUT(%ebx), %eax
	pushl	%eax
	jmp	*PAD(PAD_RAW)
#include "arch/pad_end.inc"
