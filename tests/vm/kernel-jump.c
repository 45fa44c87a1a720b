/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the kernel's own part of a jump works: a tiny image with two entries is loaded and
 * called, and each call must reach the entry that the one before asked for. Nothing of this project
 * is in it, so it tells the kernel's faults from ours. Linux has a test of the same idea since 6.16
 * (tools/testing/selftests/kexec/test_kexec_jump.c).
 *
 * usage: kernel-jump plain|gdt [CALLS]
 *   gdt: the image loads the kernel's descriptor table before it returns, for kernels that lose it.
 */
#define _GNU_SOURCE /* cpu_set_t */

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel-jump.h"

#define PAGE 4096

extern const uint8_t jump_code[], jump_gdt[], jump_code_end[];

static int fail(const char *what)
{
	fprintf(stderr, "kernel-jump: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The table of CPU 0, from where every jump leaves. */
static int store_gdt(uint8_t *operand)
{
	uint8_t stored[10] = { 0 };
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		return fail("CPU 0");
	__asm__ volatile("sgdt %0" : "=m"(stored));
	if (!stored[0] && !stored[1]) {
		errno = ENOTSUP; /* UMIP */
		return fail("sgdt");
	}
	memcpy(operand, stored, sizeof(stored));
	return 0;
}

/* Which entry was called last, from the BIOS data area. */
static int result(uint32_t *value)
{
	int fd = open("/dev/mem", O_RDONLY);
	ssize_t got = pread(fd, value, sizeof(*value), JUMP_RESULT);

	close(fd);
	return got == sizeof(*value) ? 0 : fail("/dev/mem");
}

int main(int argc, char **argv)
{
	static uint8_t page[PAGE];
	struct kexec_segment image = {
		.buf = page, .bufsz = PAGE, .mem = (void *)JUMP_ADDRESS, .memsz = PAGE
	};
	int calls = argc > 2 ? atoi(argv[2]) : 2;
	uint32_t called, expected;

	memcpy(page, jump_code, (size_t)(jump_code_end - jump_code));
	if (argc > 1 && !strcmp(argv[1], "gdt") && store_gdt(page + (jump_gdt - jump_code)))
		return 1;
	if (syscall(SYS_kexec_load, (unsigned long)JUMP_ADDRESS, 1UL, &image,
		    (unsigned long)KEXEC_PRESERVE_CONTEXT))
		return fail("kexec_load");
	for (int call = 1; call <= calls; call++) {
		expected = call % 2 ? JUMP_FIRST : JUMP_SECOND;
		if (reboot(RB_KEXEC))
			return fail("reboot");
		if (result(&called))
			return 1;
		if (called != expected) {
			fprintf(stderr, "kernel-jump: call %d reached 0x%x, not 0x%x\n", call,
				called, expected);
			return 1;
		}
	}
	if (syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0UL))
		return fail("unload");
	printf("%d calls\n", calls);
	return 0;
}
