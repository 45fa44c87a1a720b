/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program called in physical mode: no operating system below it, paging and interrupts off. Linux
 * jumps here (kexec --load-preserve-context --args-none, then kexec -e), the function returns, and
 * Linux goes on. It computes something, tries the vector switch of purgatory with an SSE
 * instruction, tells on the first serial line, and leaves its result at PAYLOAD_RESULT.
 *
 * Freestanding; shares console, sha256 and vector code with purgatory. The stack is the pad's,
 * about 1 KiB of it; a program that wants more brings its own.
 */
#include <cpuid.h>
#include <stdbool.h>
#include <string.h>

#include "console.h"
#include "payload.h"
#include "sha256.h"
#include "vector.h"

#define SERIAL_BASE 0x3f8

static uint32_t calls;

int payload(void);

static uint32_t sum_of_squares(uint32_t last)
{
	uint32_t sum = 0;

	for (uint32_t i = 1; i <= last; i++)
		sum += i * i;
	return sum;
}

static uint32_t try_sha256(void)
{
	static const uint8_t expected[4] = { 0xba, 0x78, 0x16, 0xbf };
	uint8_t digest[SHA256_BYTES];
	struct sha256 sha;

	sha256_init(&sha, sha256_blocks_c);
	sha256_update(&sha, "abc", 3);
	sha256_final(&sha, digest);
	return memcmp(digest, expected, sizeof(expected)) ? 0 : PAYLOAD_GOOD_SHA256;
}

/* 1+10, 2+20, 3+30, 4+40 at once, in a register that does not exist before vector_enable(). */
static bool add_four(void)
{
	static const uint32_t a[4] = { 1, 2, 3, 4 }, b[4] = { 10, 20, 30, 40 };
	uint32_t sum[4];

	__asm__ volatile("movdqu %1, %%xmm0\n\t"
			 "movdqu %2, %%xmm1\n\t"
			 "paddd %%xmm1, %%xmm0\n\t"
			 "movdqu %%xmm0, %0"
			 : "=m"(sum)
			 : "m"(a), "m"(b));
	return sum[0] == 11 && sum[1] == 22 && sum[2] == 33 && sum[3] == 44;
}

static uint32_t try_vectors(struct console *console)
{
	struct vector_state before, within, after;
	unsigned a, b, c, d;
	uint32_t good = 0;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(d & bit_SSE2)) {
		console_put(console, "payload: this CPU has no SSE2\n");
		return PAYLOAD_GOOD_VECTOR | PAYLOAD_GOOD_CONTROL;
	}
	vector_enable(&before);
	if (add_four())
		good |= PAYLOAD_GOOD_VECTOR;
	/* Enabling once more tells what the registers are meanwhile, and changes nothing. */
	vector_enable(&within);
	vector_restore(&before);
	vector_enable(&after);
	vector_restore(&after);
	if (before.cr0 == after.cr0 && before.cr4 == after.cr4)
		good |= PAYLOAD_GOOD_CONTROL;

	console_put(console, "payload: cr0 ");
	console_put_hex(console, before.cr0);
	console_put(console, " cr4 ");
	console_put_hex(console, before.cr4);
	console_put(console, ", with SSE cr0 ");
	console_put_hex(console, within.cr0);
	console_put(console, " cr4 ");
	console_put_hex(console, within.cr4);
	console_put(console, ", afterwards cr0 ");
	console_put_hex(console, after.cr0);
	console_put(console, " cr4 ");
	console_put_hex(console, after.cr4);
	console_put(console, "\n");
	return good;
}

int payload(void)
{
	struct console console = { .flags = PURG_CONSOLE_SERIAL, .serial_base = SERIAL_BASE };
	struct payload_result *result;
	uintptr_t at = PAYLOAD_RESULT;
	uint32_t good;

	/* Compilers take addresses in the first page for mistakes, where they see them. */
	__asm__("" : "+r"(at));
	result = (struct payload_result *)at;
	calls++;
	console_put(&console, "payload: call ");
	console_put_hex(&console, calls);
	console_put(&console, "\n");
	good = try_sha256() | try_vectors(&console);
	result->magic = PAYLOAD_MAGIC;
	result->calls = calls;
	result->sum = sum_of_squares(1000);
	result->good = good;
	console_put(&console, "payload: returning\n");
	return 0;
}
