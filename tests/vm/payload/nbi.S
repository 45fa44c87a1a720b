/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network boot image (Draft Net Boot Image Proposal 0.3) as a flat file, entered in real mode, or
 * with LINEAR in 32-bit mode. It says on the second serial line what it was told, in lines
 * "@@ got KEY VALUE", asks the BIOS something in real mode, and switches the machine off.
 */
#define HEADER_SEGMENT	0x9000
#define CODE_SEGMENT	0x1000
#define CODE_ADDRESS	0x10000
#define BEHIND		0x01000000
#define LAST		0x04000000
#define DATA		0x2f8 /* the second serial line */
#define LINE_STATUS	(DATA + 5)
#define CAN_SEND	0x20
#define POWER_PORT	0x604 /* QEMU's PC: the power management's control register ... */
#define POWER_OFF	0x2000 /* ... and what switches off */

	.text
header:
	.long	0x1b031336
#ifdef LINEAR
	.long	0x80000004
#else
	.long	0x00000004
#endif
	.word	0, HEADER_SEGMENT
#ifdef LINEAR
	.long	CODE_ADDRESS
#else
	.word	0, CODE_SEGMENT
#endif
	.long	4, CODE_ADDRESS, code_end - code, code_end - code
	/* zeros a page behind the code, and four bytes of data behind the zeros */
	.long	4 | BEHIND, 0x1000, 0, 0x1000
	.long	4 | BEHIND | LAST, 0, 4, 4
	.org	512

/* The program is position-dependent: at offset 0 of its segment, or at CODE_ADDRESS. */
code:
#ifdef LINEAR
	.code32
#define AT(label)     (CODE_ADDRESS + (label - code))
	movl	%esp, %ebp
	movl	8(%ebp), %edi /* header */
	movl	12(%ebp), %ebx /* BOOTP reply */
#else
	.code16
#define AT(label)     (label - code)
	movw	%sp, %bp
	movw	%cs, %ax
	movw	%ax, %ds
	movw	4(%bp), %di /* header, offset and segment */
	movw	6(%bp), %es
	lgsw	8(%bp), %bx /* BOOTP reply */
#endif
	movl	$AT(says_entry), %esi
	call	put
	movl	$AT(says_header), %esi
#ifdef LINEAR
	cmpl	$0x1b031336, (%edi)
#else
	cmpl	$0x1b031336, %es:(%di)
#endif
	call	verdict
	movl	$AT(says_bootp), %esi
#ifdef LINEAR
	cmpb	$2, (%ebx)
#else
	cmpb	$2, %gs:(%bx)
#endif
	call	verdict

	/* Data behind the zeros, and the last of the zeros. */
	movl	$AT(says_parts), %esi
#ifdef LINEAR
	movl	$AT(code_end) + 0x2000, %edi
	movl	(%edi), %edx
	movl	-4(%edi), %eax
#else
	movw	$AT(code_end) + 0x2000, %di
	movl	(%di), %edx
	movl	-4(%di), %eax
#endif
	xorl	$0x61746164, %edx
	orl	%eax, %edx
	call	verdict

#ifndef LINEAR
	/* The BIOS tells how much memory is below 640 KiB. */
	movl	$AT(says_bios), %esi
	int	$0x12
	cmpw	$639, %ax
	call	verdict
#endif
	movl	$AT(result), %esi
	call	put
	movw	$POWER_PORT, %dx
	movw	$POWER_OFF, %ax
	outw	%ax, %dx
1:	hlt
	jmp	1b

/* Put the text at SI, then "right" or "wrong" as the zero flag says. */
verdict:
	pushf
	call	put
	popf
	movl	$AT(right), %esi
	jz	put
	movl	$AT(wrong), %esi
put:
	cld
1:	lodsb
	testb	%al, %al
	jz	3f
	movb	%al, %ah
	movw	$LINE_STATUS, %dx
2:	inb	%dx, %al
	testb	$CAN_SEND, %al
	jz	2b
	movw	$DATA, %dx
	movb	%ah, %al
	outb	%al, %dx
	jmp	1b
3:	ret

#ifdef LINEAR
says_entry:	.asciz	"@@ got entry 32\n"
#else
says_entry:	.asciz	"@@ got entry 16\n"
#endif
says_header:	.asciz	"@@ got header "
says_bootp:	.asciz	"@@ got bootp "
says_parts:	.asciz	"@@ got parts "
says_bios:	.asciz	"@@ got bios "
right:		.asciz	"right\n"
wrong:		.asciz	"wrong\n"
result:		.asciz	"@@ result ok\n"
	.balign	16
code_end:
	.ascii	"data"
