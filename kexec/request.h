/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user wants, as values. The files are mapped by the caller (request_files.c); a request
 * only borrows them. Options that an image type does not take are recorded in given and refused by
 * name.
 */
#ifndef KEXEC_REQUEST_H
#define KEXEC_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "range.h"

enum request_mode {
	REQUEST_BOOT,      /* boot the image, the running kernel is gone (-l, -f) */
	REQUEST_PRESERVE,  /* keep the running kernel and come back (--load-preserve-context) */
	REQUEST_CRASH,     /* keep ready for when the running kernel crashes (--load-panic) */
	REQUEST_JUMP_BACK, /* no image: go back to the kernel we came from (--load-jump-back-helper)
			    */
};

/* Options that only some image types take; bits of request.given and loader.accepts. */
enum request_option {
	REQUEST_CMDLINE = 1 << 0,
	REQUEST_INITRD = 1 << 1,
	REQUEST_ELF_ARGS = 1 << 2, /* --args-elf, --args-linux, --args-none */
	REQUEST_REUSE_VIDEO = 1 << 3,
	REQUEST_ENTRY_MODE = 1 << 4, /* --real-mode, --entry-32bit */
	REQUEST_MODULES = 1 << 5,    /* --module */
	REQUEST_DTB = 1 << 6,        /* --dtb */
};

/* In which mode a bzImage is entered; the best it has, or one of those below. */
enum entry_mode { ENTRY_MODE_BEST, ENTRY_MODE_32, ENTRY_MODE_16 };

/* The class of a crash kernel's core header. */
enum core_class { CORE_CLASS_DEFAULT, CORE_CLASS_ELF32, CORE_CLASS_ELF64 };

enum elf_args { ELF_ARGS_DEFAULT, ELF_ARGS_ELF, ELF_ARGS_LINUX, ELF_ARGS_NONE };

/* What purgatory prints on. */
struct request_console {
	bool reset_vga, vga, serial;
	uint16_t serial_base; /* I/O port */
	uint32_t serial_baud; /* 0 = leave as it is */
};

/* One --module: a piece of request.modules, and what the image is told with it. */
struct request_module {
	uint64_t offset, bytes;
	const char *text; /* "FILE ARGUMENTS", as it was given */
};

struct request {
	enum request_mode mode;
	const char *type;       /* --type, or NULL: try all */
	const char *wrapper;    /* name of the type the image was taken out of, or NULL */
	const char *image_name; /* for messages */
	struct span image;      /* unpacked */
	struct span initrd;  /* all --initrd files, one after the other, each on a page boundary */
	struct span dtb;     /* --dtb: a flattened device tree, or empty */
	struct span modules; /* all --module files, in the same way */
	const struct request_module *module_list;
	size_t module_count;
	const char *cmdline; /* as the user composed it; never NULL */
	enum elf_args elf_args;
	enum entry_mode entry_mode;
	uint32_t given;     /* enum request_option bits */
	struct range limit; /* --mem-min, --mem-max made half open; end 0 = not given */
	uint64_t reach_end; /* the caller can name no address from here on; 0 = any */
	uint64_t entry;     /* --entry; with REQUEST_JUMP_BACK the address to go back to */
	bool entry_given;
	bool one_way; /* REQUEST_JUMP_BACK from a kernel that cannot keep itself (no KEXEC_JUMP) */
	bool only_shown;     /* --dry-run: what would bar the load itself is a note of the plan */
	bool memmap_cmdline; /* --pass-memmap-cmdline */
	enum core_class core_class;
	bool hotplug;     /* --hotplug: the kernel may rewrite the core header */
	bool no_checks;   /* -i: no digests */
	bool reuse_video; /* --reuse-video-type */
	bool no_efi;      /* --noefi: EFI\'s services are not handed on */
	struct request_console console;
};

#endif
