/* SPDX-License-Identifier: GPL-2.0-only */
/* What kernel-jump.c and its tiny image, kernel-jump-code.S, agree on. */
#ifndef TESTS_KERNEL_JUMP_H
#define TESTS_KERNEL_JUMP_H

#define JUMP_ADDRESS 0x6000000 /* where the image runs: RAM in every guest of the tests */
#define JUMP_RESULT  0x4f0     /* physical, outside of the image: which entry was called last */
#define JUMP_FIRST   0x4a1
#define JUMP_SECOND  0x4a2

#endif
