/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls, nothing more: no policy, no messages. Tests replace this file at link time. */
#ifndef KEXEC_SYS_H
#define KEXEC_SYS_H

#include <stdint.h>

/* struct kexec_segment of linux/kexec.h for this binary's word size. */
struct sys_segment {
	const void *buf;
	uintptr_t bufsz; /* bytes */
	uintptr_t mem;   /* physical address */
	uintptr_t memsz; /* bytes */
};

#define SYS_INTERFACE_CHARS 16 /* IFNAMSIZ */

/* All return 0 or -errno. */
int sys_kexec_load(uint64_t entry, unsigned count, const struct sys_segment *segments,
		   uint32_t flags);

/* Flags of kexec_file_load(2), linux/kexec.h. */
#define SYS_FILE_UNLOAD       UINT32_C(1)
#define SYS_FILE_ON_CRASH     UINT32_C(2)
#define SYS_FILE_NO_INITRAMFS UINT32_C(4)
#define SYS_FILE_NO_CMA       UINT32_C(0x10)
#define SYS_FILE_FORCE_DTB    UINT32_C(0x20)

/* Descriptors may be -1 where the flags say so. -ENOSYS where programs of this word size have no
 * such call. */
int sys_kexec_file_load(int kernel, int initrd, const char *cmdline, uint32_t flags);

int sys_reboot_kexec(void); /* returns 0 after a jump came back */
void sys_sync(void);

/* The names of interfaces that were taken down. */
struct sys_network {
	char (*names)[SYS_INTERFACE_CHARS];
	unsigned count;
};

/* Take down all interfaces but loopback; the first error, after trying all. */
int sys_network_down(struct sys_network *taken);

/* Take those up again; releases the names. */
void sys_network_up(struct sys_network *taken);

/* Become shutdown(8) with "-r now"; returns only if that fails. */
int sys_shutdown_reboot(void);

/*
 * Whether the running kernel knows KEXEC_PRESERVE_CONTEXT: a call that changes nothing (one segment
 * at an unreadable address gives EFAULT where the flag is known, EINVAL where not). 0 = known, else
 * -errno.
 */
int sys_probe_preserve(void);

#endif
