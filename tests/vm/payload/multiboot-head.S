/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of the Multiboot test kernel: both headers, and two entries into multiboot_main(). With
 * RAW the headers give addresses and the second entry, so that the file need not be ELF; without it
 * the kernel is relocatable for version 2.
 */
#define MAGIC_1	     0x1badb002
#define MAGIC_2	     0xe85250d6
#define STACK_BYTES  16384
#define WANT_MEMORY  3 /* and modules on page boundaries */

#ifdef RAW
#define FLAGS_1 (WANT_MEMORY | 0x10000)
#else
#define FLAGS_1 WANT_MEMORY
#endif

	.section .head, "awx", @progbits
	.code32
	.long	0x11111111 /* the header need not be at the start of the image */
	.long	0x22222222
header_1:
	.long	MAGIC_1
	.long	FLAGS_1
	.long	-(MAGIC_1 + FLAGS_1)
#ifdef RAW
	.long	header_1
	.long	image_start
	.long	0 /* loaded to the end of the file */
	.long	bss_end
	.long	by_header
#endif

	.balign	8
header_2:
	.long	MAGIC_2
	.long	0
	.long	header_2_end - header_2
	.long	-(MAGIC_2 + (header_2_end - header_2))
	.short	1, 0 /* wants: memory, map, screen, SMBIOS */
	.long	24, 4, 6, 8, 13
	.short	99, 1 /* nobody knows this one, and need not */
	.long	8
#ifdef RAW
	.short	2, 0 /* addresses */
	.long	24, header_2, image_start, image_end, bss_end
	.short	3, 0 /* entry */
	.long	12, by_header, 0
#else
	.short	10, 0 /* relocatable, as high as can be below 1 GiB */
	.long	24, 0x200000, 0x3fffffff, 0x1000, 2
#endif
	.short	0, 0
	.long	8
header_2_end:

	.globl	by_elf
by_elf:
	xorl	%ecx, %ecx
	jmp	1f
by_header:
	movl	$1, %ecx
1:	cld
	call	2f
2:	popl	%edx
	leal	(stack_end - 2b)(%edx), %esp
	pushl	$0
	pushl	%ecx
	pushl	%ebx
	pushl	%eax
	call	multiboot_main
3:	cli
	hlt
	jmp	3b

	.balign	16
	.skip	STACK_BYTES
stack_end:

	.section .note.GNU-stack, "", @progbits
