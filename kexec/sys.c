/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system calls, through libc's syscall() and reboot(), so that a preloaded library can stand in
 * for them. Knows no plan and no policy.
 */
#include "sys.h"

#include <errno.h>
#include <linux/kexec.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <string.h>
#include <unistd.h>

/* struct sys_segment is what the kernel reads. */
_Static_assert(sizeof(struct sys_segment) == 4 * sizeof(long), "kexec_segment");
_Static_assert(SYS_INTERFACE_CHARS == IFNAMSIZ, "names of interfaces");

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

/* 1 = done, 0 = it was so before, or is loopback. */
static int interface_set(int fd, const char *name, bool up)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -errno;
	if (request.ifr_flags & IFF_LOOPBACK || !(request.ifr_flags & IFF_UP) == !up)
		return 0;
	request.ifr_flags = (short)(request.ifr_flags ^ IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 1;
}

static int all_down(int fd, const struct if_nameindex *names, struct sys_network *taken)
{
	unsigned count = 0;
	int result = 0;

	while (names[count].if_index)
		count++;
	taken->names = calloc(count ? count : 1, sizeof(*taken->names));
	for (unsigned i = 0; i < count; i++) {
		int one = interface_set(fd, names[i].if_name, false);

		if (one > 0 && taken->names)
			memcpy(taken->names[taken->count++], names[i].if_name,
			       strnlen(names[i].if_name, IFNAMSIZ - 1));
		if (one < 0 && !result)
			result = one;
	}
	return result;
}

int sys_network_down(struct sys_network *taken)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *names;
	int result;

	*taken = (struct sys_network){ NULL, 0 };
	if (fd < 0) /* a kernel without IPv4 has nothing to take down */
		return errno == EAFNOSUPPORT || errno == ENOSYS ? 0 : -errno;
	names = if_nameindex(); /* SIOCGIFCONF would leave out interfaces without an address */
	result = names ? all_down(fd, names, taken) : -errno;
	if (names)
		if_freenameindex(names);
	close(fd);
	return result;
}

void sys_network_up(struct sys_network *taken)
{
	int fd = taken->count ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	for (unsigned i = 0; fd >= 0 && i < taken->count; i++)
		interface_set(fd, taken->names[i], true);
	if (fd >= 0)
		close(fd);
	free(taken->names);
	*taken = (struct sys_network){ NULL, 0 };
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
