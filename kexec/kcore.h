/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's memory and symbols, as far as it shows them to root. Read only. */
#ifndef KEXEC_KCORE_H
#define KEXEC_KCORE_H

#include <stdint.h>

#include "kcore_parse.h"
#include "machine_parse.h"

struct kcore {
	int fd;
	struct kcore_map map;
	uint8_t *phdrs;
};

/* Open path ("/proc/kcore") and read its headers. On failure there is nothing to close. */
int kcore_open(const char *path, struct kcore *kcore, struct error *err);
void kcore_close(struct kcore *kcore);

/* Read memory by virtual or physical address. 0, or -1 when the file does not hold it. */
int kcore_read(const struct kcore *kcore, uint64_t address, void *buffer, size_t bytes);
int kcore_read_physical(const struct kcore *kcore, uint64_t address, void *buffer, size_t bytes);

/* The VMCOREINFO text, in memory of its own (free(3)). */
int kcore_vmcoreinfo(const struct kcore *kcore, struct span *text, struct error *err);

/*
 * Look symbols up in path ("/proc/kallsyms"), in one pass, line by line. Fails when the file cannot
 * be read or hides its addresses; a symbol that is not there stays not found.
 */
int kallsyms_read(const char *path, struct kernel_symbol *symbols, size_t count, struct error *err);

#endif
