/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 64-bit pad: the one page that guards a kernel's re-entry (doc/jump.md). It is copied into the
 * hand-off area by the loader and runs wherever that page lies: no relocation, no memory outside
 * the page but pad.note_raw, the peer's first bytes and the stack it is entered on. It has no page
 * tables: what it returns to is mapped by the table its own kernel left on, which OUT keeps. It
 * knows nothing of purgatory or images.
 *
 * OUT  what the pad's own kernel calls. IN  what anybody else jumps to in order to go back.
 *
 * Both are entered, and everything is left, in 64-bit mode: this page mapped at its physical
 * address, interrupts off, flat segments (selectors of no importance; the descriptor table may be
 * gone), a stack with one word to read. General registers hold nothing on entry.
 *
 * The page: code, PAD_DATA struct jump_pad, scratch (below), stack down from PAD_STACK.
 */
#include "abi.h"
#include "arch/registers.inc"

#define PAD(field) (PAD_DATA + (field))(%rbx)

/* Scratch behind struct jump_pad: an lgdt operand at offset 6 keeps its base aligned. */
#define PAD_GDTR (PAD_DATA + 0x86)
#define PAD_GDT	 (PAD_DATA + 0x100)
#define GDT_MASK 0xf8 /* selectors 0x00 .. 0xf8: RPL and TI cut off */
#define GDT_LAST 0xff

#define CR4_PAE  0x20
#define CR4_LA57 0x1000
#define MSR_EFER 0xc0000080

/*
 * Linux's re-entry up to 6.13 (relocate_kernel_64.S): mov (%rsp),%rbp; lea rel32(%rip),%r8. Those
 * that load their own descriptor table on the way do it with lgdt disp32(%rax) in the same page;
 * without it (before 6.13 and the stable kernels that took the fix) the machine resets.
 */
#define RAW_0	       0x242c8b48
#define RAW_4	       0x00058d4c
#define RAW_LGDT       0x0090010f
#define RAW_3_BYTES    0x00ffffff
#define RAW_SCAN_BYTES 0x200

	.text
	.code64

	.org	PAD_OUT
	.globl	pad_out
	.hidden	pad_out
/*
 * Entry: (%rsp) = raw re-entry address of the own kernel, physical; not read with PAD_FLAG_ONE_WAY.
 * Left to the peer: %rsp on this page, (%rsp) = IN (0 with PAD_FLAG_ONE_WAY), 8(%rsp) = the default
 * next entry: where OUT goes next time if the peer does nothing but return. A peer may overwrite
 * it. All other registers 0.
 */
pad_out:
	cli
	cld
	leaq	pad_out(%rip), %rbx
	xorl	%esi, %esi
	testl	$PAD_FLAG_ONE_WAY, PAD(PAD_FLAGS)
	jnz	2f
	popq	%rsi
	movq	%rsi, PAD(PAD_RAW)
	movq	%cr3, %rdi
	movq	%rdi, PAD(PAD_CR3)
	movl	$MSR_EFER, %ecx
	rdmsr
	movl	%eax, PAD(PAD_EFER)
	movl	%edx, PAD(PAD_EFER + 4)
	movq	PAD(PAD_NOTE_RAW), %rdx
	testq	%rdx, %rdx
	jz	1f
	movq	%rsi, (%rdx)
	movq	%rdi, 8(%rdx)
1:	leaq	PAD_IN(%rbx), %rsi
2:	leaq	PAD_STACK(%rbx), %rsp
	pushq	$0 /* a function is entered 8 bytes off a multiple of 16 */
	pushq	PAD(PAD_PAYLOAD)
	pushq	%rsi
	movq	PAD(PAD_PEER), %rax
	testq	%rax, %rax
	jz	pad_back
	pushq	%rax
	clear_registers
	clear_high_registers
	ret

	.org	PAD_IN
	.globl	pad_in
	.hidden	pad_in
/*
 * Entry: (%rsp) = the caller's next entry, 0 = there is none. Read here, on the caller's stack and
 * page tables; believed only if it lies where a peer can be, which a stale word rarely does.
 */
pad_in:
	cli
	cld
	popq	%rax
	leaq	pad_out(%rip), %rbx
	movq	PAD(PAD_PEER_END), %rdx
	testq	%rdx, %rdx
	jz	1f
	cmpq	%rdx, %rax
	jae	no_peer
	cmpq	PAD(PAD_PEER_START), %rax
	jae	1f
no_peer:
	xorl	%eax, %eax
1:	movq	%rax, PAD(PAD_PEER)

/*
 * %rbx = this page. Go back to the own kernel: what it does not restore itself is put right first.
 * It is left with (%rsp) = OUT, which it takes for the address to call next time.
 */
pad_back:
	leaq	PAD_STACK(%rbx), %rsp

	/* LA57 cannot change in 64-bit mode: whoever comes here runs with the own kernel's. */
	movq	%cr4, %rax
	andl	$(CR4_PAE | CR4_LA57), %eax
	movq	%rax, %cr4

	/* It keeps CS as it finds it: flat segments under the selectors it uses, from a table here. */
	movl	PAD(PAD_CODE_SELECTOR), %ecx
	andl	$GDT_MASK, %ecx
	movl	$0x0000ffff, PAD_GDT(%rbx,%rcx)
	movl	$0x00af9b00, PAD_GDT + 4(%rbx,%rcx)
	movl	PAD(PAD_DATA_SELECTOR), %edx
	andl	$GDT_MASK, %edx
	movl	$0x0000ffff, PAD_GDT(%rbx,%rdx)
	movl	$0x00cf9300, PAD_GDT + 4(%rbx,%rdx)
	leaq	PAD_GDT(%rbx), %rax
	movw	$GDT_LAST, PAD_GDTR(%rbx)
	movq	%rax, PAD_GDTR + 2(%rbx)
	lgdt	PAD_GDTR(%rbx)
	leaq	1f(%rip), %rax
	pushq	%rcx
	pushq	%rax
	lretq
1:	movl	%edx, %ss
	movl	%edx, %ds
	movl	%edx, %es
	movl	%edx, %fs
	movl	%edx, %gs

	/* Its page tables have bits that EFER must allow; its identity table maps this page too. */
	movl	$MSR_EFER, %ecx
	movl	PAD(PAD_EFER), %eax
	movl	PAD(PAD_EFER + 4), %edx
	wrmsr
	movq	PAD(PAD_CR3), %rax
	movq	%rax, %cr3

	/* Under its table the peer is mapped, since OUT goes there: look whether it survives that. */
	movq	PAD(PAD_PEER), %rax
	testq	%rax, %rax
	jz	4f
	cmpl	$RAW_0, (%rax)
	jne	4f
	movl	4(%rax), %edx
	andl	$RAW_3_BYTES, %edx
	cmpl	$RAW_4, %edx
	jne	4f
	movl	$RAW_SCAN_BYTES, %ecx
2:	movl	(%rax,%rcx), %edx
	andl	$RAW_3_BYTES, %edx
	cmpl	$RAW_LGDT, %edx
	je	4f
	decl	%ecx
	jnz	2b
	movq	$0, PAD(PAD_PEER)
4:
	/* Its own table, at a virtual address: from here on no segment may be loaded. */
	movq	PAD(PAD_GDTR_BASE), %rax
	movw	PAD(PAD_GDTR_LIMIT), %cx
	movw	%cx, PAD_GDTR(%rbx)
	movq	%rax, PAD_GDTR + 2(%rbx)
	lgdt	PAD_GDTR(%rbx)

	leaq	PAD_OUT(%rbx), %rax
	pushq	%rax
	jmp	*PAD(PAD_RAW)
#include "arch/pad_end.inc"
