/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line: one table of options, one pass over argv, a struct as the result. The same
 * table makes --help and the shell completion, and a test holds the manual page against it.
 */
#ifndef KEXEC_OPTIONS_H
#define KEXEC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "request.h"

#define OPTIONS_INITRDS_MAX 64
#define OPTIONS_MODULES_MAX 64

/* What is to be done: a set, so that the order of the options cannot change its meaning. */
enum action {
	ACTION_LOAD = 1 << 0,        /* --load */
	ACTION_FORCE = 1 << 1,       /* --force: load and execute, without shutdown(8) */
	ACTION_PRESERVE = 1 << 2,    /* --load-preserve-context */
	ACTION_JUMP_BACK = 1 << 3,   /* --load-jump-back-helper */
	ACTION_UNLOAD = 1 << 4,      /* --unload */
	ACTION_EXEC = 1 << 5,        /* --exec */
	ACTION_JUMP = 1 << 6,        /* --jump */
	ACTION_STATUS = 1 << 7,      /* --status */
	ACTION_HELP = 1 << 8,        /* --help */
	ACTION_COMPLETION = 1 << 9,  /* --bash-completion */
	ACTION_RESUME = 1 << 10,     /* --load-resume-image */
	ACTION_IMAGE_INFO = 1 << 11, /* --image-info */
	ACTION_PANIC = 1 << 12,      /* --load-panic; with --unload, --status: the crash kernel */
	ACTION_CRASH_SIZE = 1 << 13, /* --print-ckr-size */
};

#define ACTIONS_LOADING                                                                    \
	(ACTION_LOAD | ACTION_FORCE | ACTION_PRESERVE | ACTION_JUMP_BACK | ACTION_RESUME | \
	 ACTION_PANIC)
#define ACTIONS_LEAVING (ACTION_FORCE | ACTION_EXEC | ACTION_JUMP)

/* Which system call: -s, -c, -a; the last one given counts. */
enum system_call { CALL_AUTO, CALL_FILE, CALL_LOAD };

struct option_number {
	bool given;
	uint64_t value;
};

struct options {
	uint32_t actions; /* enum action bits */
	uint32_t given;   /* enum request_option bits */
	const char *kernel;
	const char *surplus; /* the first argument after the kernel, or NULL */
	const char *type;
	const char *append;
	const char *entry_file;    /* --entry-file: a path, or the name of an entry */
	const char *entry_cmdline; /* of that entry, once it is read; or NULL */
	const char *root;
	const char *dtb;
	const char *initrds[OPTIONS_INITRDS_MAX];
	unsigned initrd_count;
	const char *modules[OPTIONS_MODULES_MAX]; /* "FILE ARGUMENTS" */
	unsigned module_count;
	struct option_number entry, mem_min, mem_max;
	struct request_console console;
	uint32_t elf_args;   /* enum elf_args */
	uint32_t entry_mode; /* enum entry_mode */
	uint32_t call;       /* enum system_call */
	bool version;        /* -v: with --status it means verbose */
	bool debug;
	bool no_checks, no_ifdown, no_sync;
	bool reuse_cmdline, reuse_initrd, reuse_video, memmap_cmdline;
	bool no_efi;            /* --noefi */
	bool dedup_cmdline;     /* --dedup-cmdline */
	bool no_cma, force_dtb; /* flags of kexec_file_load */
	uint32_t core_class;    /* enum core_class */
	bool hotplug;
	bool dry_run, json;
	const char *restore;       /* --restore, or NULL */
	const char *resume_kernel; /* --resume-kernel, or NULL */
	bool verify, discard;      /* of --image-info */
};

/* Sections of --help. */
enum option_group {
	GROUP_ACTION,
	GROUP_IMAGE,
	GROUP_PLACE,
	GROUP_CONSOLE,
	GROUP_SAFETY,
	GROUP_REPORT,
	GROUP_COMPATIBLE,
	GROUPS
};

struct option_row {
	const char *name;  /* long name */
	char letter;       /* short name, 0 = none */
	const char *value; /* what the argument is called in the help; NULL = takes none */
	/* Check value and store it at offset in struct options; NULL for value if there is none. */
	int (*set)(const struct option_row *row, const char *value, struct options *options,
		   struct error *err);
	size_t offset;
	uint32_t number; /* what set() stores: an action bit, an enum value */
	uint32_t takes;  /* enum request_option bit: image types that do not take it refuse it */
	enum option_group group;
	const char *help; /* NULL = not shown */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Heading of a section of --help. */
const char *option_group_title(enum option_group group);

/*
 * Parse argv (permuted, as getopt_long does). -1: err says which option is wrong and why. Whether
 * the actions go together is checked as well; whether a kernel is there, is not.
 */
int options_parse(int argc, char **argv, struct options *options, struct error *err);

/* A number in decimal, 0x hexadecimal or 0 octal, with an optional suffix K, M or G. */
int options_number(const char *text, uint64_t *value);

/* --mem-min and --mem-max (inclusive) as a half-open range; end 0 = neither given. */
struct range options_limit(const struct options *options);

#endif
