/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the kernel's small files about kexec. Knows paths and their one-line texts; does not know
 * what anybody concludes from them.
 */
#include "state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAP_SYS_BOOT_BIT 22 /* linux/capability.h */

/* The beginning of a file as a string; -1 if it cannot be read. */
static int read_text(const char *root, const char *path, char *text, size_t size)
{
	char full[PATH_MAX];
	size_t have = 0;
	ssize_t got;
	int fd;

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return -1;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (have < size - 1 && (got = read(fd, text + have, size - 1 - have)) > 0)
		have += (size_t)got;
	close(fd);
	text[have] = '\0';
	return have ? 0 : -1;
}

static int flag(const char *root, const char *path)
{
	char text[16];

	if (read_text(root, path, text, sizeof(text)))
		return -1;
	return text[0] == '1' ? 1 : text[0] == '0' ? 0 : -1;
}

int state_loaded(const char *root)
{
	return flag(root, "/sys/kernel/kexec_loaded");
}

int state_crash_loaded(const char *root)
{
	return flag(root, "/sys/kernel/kexec_crash_loaded");
}

uint64_t state_crash_bytes(const char *root)
{
	char text[32];

	return read_text(root, "/sys/kernel/kexec_crash_size", text, sizeof(text))
		       ? 0
		       : strtoull(text, NULL, 10);
}

bool state_load_disabled(const char *root)
{
	char text[16];

	return !read_text(root, "/proc/sys/kernel/kexec_load_disabled", text, sizeof(text)) &&
	       atoi(text) != 0;
}

bool state_load_limit_reached(const char *root, bool crash)
{
	return flag(root, crash ? "/proc/sys/kernel/kexec_load_limit_panic"
				: "/proc/sys/kernel/kexec_load_limit_reboot") == 0;
}

bool state_lockdown(const char *root, char *level, size_t size)
{
	char text[128], *start, *end;

	if (read_text(root, "/sys/kernel/security/lockdown", text, sizeof(text)))
		return false;
	start = strchr(text, '['); /* "none [integrity] confidentiality" */
	end = start ? strchr(start, ']') : NULL;
	if (!end)
		return false;
	*end = '\0';
	if (!strcmp(start + 1, "none"))
		return false;
	snprintf(level, size, "%s", start + 1);
	return true;
}

bool state_is_told(const char *root)
{
	char full[PATH_MAX];

	return snprintf(full, sizeof(full), "%s/sys/kernel", root) < (int)sizeof(full) &&
	       !access(full, F_OK);
}

bool state_may_boot(const char *root)
{
	static const char key[] = "\nCapEff:";
	char text[4096], *at;

	if (read_text(root, "/proc/self/status", text, sizeof(text)))
		return true;
	at = strstr(text, key);
	if (!at)
		return true;
	return strtoull(at + sizeof(key) - 1, NULL, 16) >> CAP_SYS_BOOT_BIT & 1;
}

void state_boot_id(const char *root, char boot_id[MACHINE_BOOT_ID_CHARS + 1])
{
	char text[64];

	boot_id[0] = '\0';
	if (read_text(root, "/proc/sys/kernel/random/boot_id", text, sizeof(text)))
		return;
	snprintf(boot_id, MACHINE_BOOT_ID_CHARS + 1, "%.*s", (int)strcspn(text, "\n"), text);
}
