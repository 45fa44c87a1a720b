/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel log out of a core, by what VMCOREINFO says about it: the text buffer of 2.6, the
 * records of 3.5, the lockless ring of 5.10. Pure: memory comes through a callback, lines leave
 * through another. Every byte is hostile.
 */
#ifndef KDUMP_DMESG_H
#define KDUMP_DMESG_H

#include "kexec/bytes.h"
#include "kexec/error.h"

struct dmesg_io {
	/* Read size bytes at a virtual address of the kernel, or -1 and err. */
	int (*read)(void *context, uint64_t vaddr, void *buffer, size_t size, struct error *err);
	/* Take text, line by line or in pieces; -1 and err stop the work. */
	int (*write)(void *context, const char *text, size_t size, struct error *err);
	void *context;
};

enum dmesg_result {
	DMESG_OK = 0,
	DMESG_NO_LOG = 20,    /* VMCOREINFO does not say where the log is */
	DMESG_NO_MEMORY = 30, /* an address is not in the core, or there is no memory here */
	DMESG_DAMAGED = 50,   /* sizes or positions make no sense */
};

/*
 * Write the log, oldest line first, as "[%5u.%06u] text"; bytes that are not printable as \xNN.
 * word is the size of a long in that kernel, 4 or 8. What could be read is written before an error.
 */
enum dmesg_result dmesg_write(struct span vmcoreinfo, unsigned word, const struct dmesg_io *io,
			      struct error *err);

/* A value of VMCOREINFO: "SYMBOL(prb)" in hex, "SIZE(...)", "OFFSET(...)", "NUMBER(...)" decimal.
 */
bool vmcoreinfo_value(struct span vmcoreinfo, const char *key, uint64_t *value);

#endif
