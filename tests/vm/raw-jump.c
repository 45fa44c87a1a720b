/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rawest way back: tell the kernel nothing but an address, and go there. It is all that kernel
 * B needs in order to return to A; nothing of this project is in it.
 *
 * usage: raw-jump ADDRESS [preserve]
 */
#include <errno.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long entry = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;
	unsigned long flags = argc > 2 && !strcmp(argv[2], "preserve") ? KEXEC_PRESERVE_CONTEXT : 0;
	struct kexec_segment nothing = { .mem = (void *)(entry & ~4095UL) };

	if (!entry || syscall(SYS_kexec_load, entry, 1UL, &nothing, flags) || reboot(RB_KEXEC)) {
		fprintf(stderr, "raw-jump: %s\n", entry ? strerror(errno) : "an address is needed");
		return 1;
	}
	return 0;
}
