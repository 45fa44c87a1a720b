/* SPDX-License-Identifier: GPL-2.0-only */
/* Lets code with the SHA-256 instructions run in this process on a CPU that lacks them. */
#ifndef TESTS_SHA_NI_EMULATION_H
#define TESTS_SHA_NI_EMULATION_H

/* From here on the instructions are emulated when they trap. 0 = ready, -1 = no signal handler. */
int sha_ni_emulate(void);

#endif
