/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls, through libc's syscall() and reboot(), so that a preloaded library can stand in
 * for them. Knows no plan and no policy.
 */
#include "sys.h"

#include <errno.h>
#include <linux/kexec.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <string.h>
#include <unistd.h>

/* struct sys_segment is what the kernel reads. */
_Static_assert(sizeof(struct sys_segment) == 4 * sizeof(long), "kexec_segment");

int sys_kexec_load(uint64_t entry, unsigned count, const struct sys_segment *segments,
		   uint32_t flags)
{
	if (entry > UINTPTR_MAX)
		return -EADDRNOTAVAIL;
	return syscall(SYS_kexec_load, (unsigned long)entry, (unsigned long)count, segments,
		       (unsigned long)flags) < 0
		       ? -errno
		       : 0;
}

int sys_kexec_file_load(int kernel, int initrd, const char *cmdline, uint32_t flags)
{
#ifdef SYS_kexec_file_load
	return syscall(SYS_kexec_file_load, kernel, initrd, (unsigned long)strlen(cmdline) + 1,
		       cmdline, (unsigned long)flags) < 0
		       ? -errno
		       : 0;
#else
	(void)kernel, (void)initrd, (void)cmdline, (void)flags;
	return -ENOSYS;
#endif
}

int sys_probe_preserve(void)
{
	/* The last page of the address space is the kernel's on every x86. */
	const void *unreadable = (const void *)(UINTPTR_MAX - 4095);

	/* The flags are checked before the segments are read; 64-bit kernels before 6.3 answer a
	 * 32-bit program with a byte count where they mean EFAULT. */
	if (syscall(SYS_kexec_load, 0UL, 1UL, unreadable, (unsigned long)KEXEC_PRESERVE_CONTEXT) >=
		    0 ||
	    errno == EFAULT)
		return 0;
	return -errno;
}

int sys_reboot_kexec(void)
{
	return reboot(RB_KEXEC) < 0 ? -errno : 0;
}

void sys_sync(void)
{
	sync();
}

static int interface_down(int fd, const char *name)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -errno;
	if (request.ifr_flags & IFF_LOOPBACK || !(request.ifr_flags & IFF_UP))
		return 0;
	request.ifr_flags = (short)(request.ifr_flags & ~IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

int sys_network_down(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *names;
	int result = 0;

	if (fd < 0) /* a kernel without IPv4 has nothing to take down */
		return errno == EAFNOSUPPORT || errno == ENOSYS ? 0 : -errno;
	names = if_nameindex(); /* SIOCGIFCONF would leave out interfaces without an address */
	if (!names)
		result = -errno;
	for (unsigned i = 0; names && names[i].if_index; i++) {
		int one = interface_down(fd, names[i].if_name);

		if (one && !result)
			result = one;
	}
	if_freenameindex(names);
	close(fd);
	return result;
}

int sys_shutdown_reboot(void)
{
	static const char *const paths[] = { "/sbin/shutdown", "/etc/shutdown", "/bin/shutdown" };
	char name[] = "shutdown", reboot_flag[] = "-r", now[] = "now";
	char *const arguments[] = { name, reboot_flag, now, NULL };

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		execv(paths[i], arguments);
	return -errno;
}
