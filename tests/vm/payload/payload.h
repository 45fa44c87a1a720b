/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the example program leaves its result. What lies inside its own memory is swapped away when
 * it returns, so the result goes where no image reaches and Linux lets root read through /dev/mem:
 * the sixteen bytes at 0x4f0 that the PC's BIOS data area sets aside for programs to talk to each
 * other.
 */
#ifndef TESTS_PAYLOAD_H
#define TESTS_PAYLOAD_H

#include <stdint.h>

#define PAYLOAD_ADDRESS 0x6000000 /* where it is linked: RAM in every guest of the tests */
#define PAYLOAD_RESULT  0x4f0
#define PAYLOAD_MAGIC   0x4c594150 /* "PAYL" */
#define PAYLOAD_SUM     333833500  /* 1*1 + 2*2 + ... + 1000*1000 */

/* Bits of payload_result.good: 7 when everything went as it should. */
#define PAYLOAD_GOOD_SHA256  1 /* sha256("abc") is what FIPS 180 says */
#define PAYLOAD_GOOD_VECTOR  2 /* an SSE instruction ran and gave the right sum */
#define PAYLOAD_GOOD_CONTROL 4 /* CR0 and CR4 are as they were before */

struct payload_result {
	uint32_t magic;
	uint32_t calls; /* counted in the program's own data: it is kept between calls */
	uint32_t sum;
	uint32_t good;
};

#endif
