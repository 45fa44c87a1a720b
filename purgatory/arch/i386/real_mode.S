/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last step of a hand-over to real mode, from 32-bit protected mode, for the purgatory of
 * either x86. It gives the code behind it the machine as a PC's BIOS leaves it: interrupt vectors
 * at 0, the interrupt controllers at the vectors of the BIOS, the timer ticking. It knows registers
 * and ports; who is entered, and why, is none of its business.
 */
#include "abi.h"

#define CODE_SELECTOR 0x08 /* 64 KiB, 16-bit, based at purgatory_enter_16 */
#define DATA_SELECTOR 0x10 /* 64 KiB, based at 0: the limits that real mode wants */

#define CR0_PE	   0x1
#define BIOS_VECTORS 0x3ff /* limit of the interrupt vector table at address 0 */

/* Interrupt controllers (8259A) and interval timer (8254). */
#define PIC_MASTER	 0x20
#define PIC_SLAVE	 0xa0
#define PIC_INIT	 0x11 /* ICW1: edge triggered, cascaded, ICW4 follows */
#define PIC_BIOS_MASTER	 0x08 /* ICW2: IRQ 0 is vector 8 */
#define PIC_BIOS_SLAVE	 0x70 /* IRQ 8 is vector 0x70 */
#define PIC_CASCADE	 2    /* the slave hangs on the master's IRQ 2 */
#define PIC_8086	 0x01 /* ICW4 */
/* Open are the lines whose BIOS services wait for an interrupt: timer, keyboard, cascade, floppy
 * disk; the two disk controllers. */
#define PIC_MASK_MASTER	 0xb8
#define PIC_MASK_SLAVE	 0x3f
#define PIT_COUNTER_0	 0x40
#define PIT_CONTROL	 0x43
#define PIT_SQUARE_WAVE	 0x36 /* counter 0, low byte then high byte, mode 3 */
#define DELAY_PORT	 0x80 /* an access takes long enough for old controllers */

#define PARAM(field) (field)(%ebx)
#define REGISTER(n)  (PURG_REGISTERS + 8 * (n))(%ebx)
#define HERE(label)  (label - purgatory_enter_16)(%ebp)

	.macro put value, port
	movb	$\value, %al
	outb	%al, $\port
	outb	%al, $DELAY_PORT
	.endm

	.text
	.code32
	.globl	purgatory_enter_16
	.hidden	purgatory_enter_16
/*
 * Entry: 32-bit protected mode, paging off, interrupts off, flat segments, a stack; %ebx = the head
 * of purgatory, below 4 GiB.
 * Left: real mode at the parameters' entry, SS:ESP, DS = ES = FS = GS and the other registers as
 * they say, interrupts off, A20 as it was under the old kernel (on).
 */
purgatory_enter_16:
	call	1f
1:	popl	%ebp
	subl	$(1b - purgatory_enter_16), %ebp

	put	PIC_INIT, PIC_MASTER
	put	PIC_INIT, PIC_SLAVE
	put	PIC_BIOS_MASTER, (PIC_MASTER + 1)
	put	PIC_BIOS_SLAVE, (PIC_SLAVE + 1)
	put	(1 << PIC_CASCADE), (PIC_MASTER + 1)
	put	PIC_CASCADE, (PIC_SLAVE + 1)
	put	PIC_8086, (PIC_MASTER + 1)
	put	PIC_8086, (PIC_SLAVE + 1)
	put	PIC_MASK_MASTER, (PIC_MASTER + 1)
	put	PIC_MASK_SLAVE, (PIC_SLAVE + 1)
	put	PIT_SQUARE_WAVE, PIT_CONTROL
	put	0, PIT_COUNTER_0
	put	0, PIT_COUNTER_0

	/* What real mode cannot read from here any more is written into its instructions. */
	movl	PARAM(PURG_ENTRY_POINT), %eax
	movl	%eax, HERE(far_target)
	movw	PARAM(PURG_REAL_SS), %ax
	movw	%ax, HERE(stack_segment)
	movw	PARAM(PURG_REAL_DS), %ax
	movw	%ax, HERE(data_segment)
	movl	REGISTER(7), %eax
	movl	%eax, HERE(stack_pointer)
	movl	REGISTER(0), %eax
	movl	%eax, HERE(value_of_eax)
	movl	REGISTER(6), %eax
	movl	%eax, HERE(value_of_ebp)
	movl	REGISTER(1), %eax
	movl	%eax, HERE(value_of_ebx)

	movl	%ebp, %eax
	movw	%ax, HERE(code_base)
	shrl	$16, %eax
	movb	%al, HERE(code_base + 2)
	movb	%ah, HERE(code_base + 5)
	leal	HERE(table), %eax
	movl	%eax, HERE(table_pointer + 2)

	movl	REGISTER(2), %ecx
	movl	REGISTER(3), %edx
	movl	REGISTER(4), %esi
	movl	REGISTER(5), %edi
	lgdt	HERE(table_pointer)
	lidt	HERE(vectors_pointer)
	pushl	$CODE_SELECTOR
	pushl	$(in_16_bits - purgatory_enter_16)
	lret

	/* CS is based at purgatory_enter_16 and stays so until the far jump, wherever that is. */
	.code16
in_16_bits:
	movw	$DATA_SELECTOR, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movw	%ax, %ss
	movl	%cr0, %eax
	andl	$~CR0_PE, %eax
	movl	%eax, %cr0
	.byte	0xb8 /* movw $data_segment, %ax */
data_segment:
	.word	0
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	.byte	0xb8 /* movw $stack_segment, %ax */
stack_segment:
	.word	0
	movw	%ax, %ss
	.byte	0x66, 0xbc /* movl $stack_pointer, %esp */
stack_pointer:
	.long	0
	.byte	0x66, 0xb8 /* movl $value_of_eax, %eax */
value_of_eax:
	.long	0
	.byte	0x66, 0xbd /* movl $value_of_ebp, %ebp */
value_of_ebp:
	.long	0
	.byte	0x66, 0xbb /* movl $value_of_ebx, %ebx */
value_of_ebx:
	.long	0
	.byte	0xea /* ljmp *far_target */
far_target:
	.word	0, 0

	.balign	8
table:
	.quad	0
	.word	0xffff	/* CODE_SELECTOR */
code_base:		/* three bytes here, the fourth behind the next two */
	.byte	0, 0, 0
	.byte	0x9b, 0x00, 0
	.quad	0x000093000000ffff /* DATA_SELECTOR */
table_end:
	.word	0
table_pointer:
	.word	table_end - table - 1
	.long	0 /* physical address of table, known when we run */
	.word	0
vectors_pointer:
	.word	BIOS_VECTORS
	.long	0

	.section .note.GNU-stack, "", @progbits
