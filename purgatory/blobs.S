/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The linked blobs as constant data of the loader. Assembled for the loader's own architecture; the
 * assembler finds the files through its include path.
 */
	.macro blob name, size, file
	.globl	\name
	.hidden	\name
	.type	\name, @object
	.balign	16
\name:
	.incbin	"\file"
	.set	\name\()_end, .
	.size	\name, . - \name
	.ifnb \size
	.globl	\size
	.hidden	\size
	.type	\size, @object
	.balign	4
\size:
	.long	\name\()_end - \name
	.size	\size, 4
	.endif
	.endm

	.section .rodata, "a", @progbits
	blob	purgatory_i386_blob, purgatory_i386_bytes, "purgatory-i386.bin"
	blob	pad_i386_blob, , "pad-i386.bin"
	blob	purgatory_x86_64_blob, purgatory_x86_64_bytes, "purgatory-x86_64.bin"
	blob	pad_x86_64_blob, , "pad-x86_64.bin"

	.section .note.GNU-stack, "", @progbits
