/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest program for a jump: it is entered at first, then at second, then at first again,
 * because each tells the caller where to enter next time (the word behind the return address). The
 * kernel's own test of this works so: tools/testing/selftests/kexec/test_kexec_jump.c. Which one ran
 * is left where payload.h says; the scratch area starts with the magic number.
 */
#define RESULT 0x4f0
#define MAGIC  0x4c594150

#ifdef __x86_64__
#define STACK_NEXT 8(%rsp)
#define PUT	   movq
#else
#define STACK_NEXT 4(%esp)
#define PUT	   movl
#endif

	.text
	.globl	first
first:
	movl	$MAGIC, RESULT
	movl	$1, RESULT + 4
	PUT	$second, STACK_NEXT
	ret

second:
	movl	$MAGIC, RESULT
	movl	$2, RESULT + 4
	PUT	$first, STACK_NEXT
	ret

	.section .note.GNU-stack, "", @progbits
