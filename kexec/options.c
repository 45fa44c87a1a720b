/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The option table and the one pass over argv. Knows how options are spelled and which of them go
 * together; opens no file, prints nothing, and does not know what an image type makes of them.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define LONG_ONLY 0x100 /* getopt values: LONG_ONLY + row */
#define ROWS_MAX  100

static void *field(const struct option_row *row, struct options *options)
{
	return (char *)options + row->offset;
}

static int set_action(const struct option_row *row, const char *value, struct options *options,
		      struct error *err)
{
	(void)value;
	(void)err;
	options->actions |= row->number;
	return 0;
}

static int set_flag(const struct option_row *row, const char *value, struct options *options,
		    struct error *err)
{
	(void)value;
	(void)err;
	*(bool *)field(row, options) = true;
	return 0;
}

static int set_choice(const struct option_row *row, const char *value, struct options *options,
		      struct error *err)
{
	(void)value;
	(void)err;
	*(uint32_t *)field(row, options) = row->number;
	return 0;
}

static int set_text(const struct option_row *row, const char *value, struct options *options,
		    struct error *err)
{
	(void)err;
	*(const char **)field(row, options) = value;
	return 0;
}

static int bad_value(const struct option_row *row, const char *value, const char *wanted,
		     struct error *err)
{
	return error_set(err, "Bad option value in --%s=%s: %s", row->name, value, wanted);
}

static int set_name(const struct option_row *row, const char *value, struct options *options,
		    struct error *err)
{
	if (!*value)
		return bad_value(row, value, "a name is wanted", err);
	return set_text(row, value, options, err);
}

static int set_number(const struct option_row *row, const char *value, struct options *options,
		      struct error *err)
{
	struct option_number *number = field(row, options);

	if (options_number(value, &number->value))
		return bad_value(row, value,
				 "a number is wanted (decimal or 0x hexadecimal, K, M or G behind "
				 "it if need be)",
				 err);
	number->given = true;
	return 0;
}

static int add_initrd(const struct option_row *row, const char *value, struct options *options,
		      struct error *err)
{
	if (!*value)
		return bad_value(row, value, "a file name is wanted", err);
	if (options->initrd_count == OPTIONS_INITRDS_MAX)
		return error_set(err, "more than %d --%s options", OPTIONS_INITRDS_MAX, row->name);
	options->initrds[options->initrd_count++] = value;
	return 0;
}

static int refuse_xen(const struct option_row *row, const char *value, struct options *options,
		      struct error *err)
{
	(void)value;
	(void)options;
	return error_set(err,
			 "--%s can only be used with xen, whose live update this program does "
			 "not do",
			 row->name);
}

static int add_module(const struct option_row *row, const char *value, struct options *options,
		      struct error *err)
{
	if (!*value || *value == ' ')
		return bad_value(row, value, "a file name is wanted, and arguments behind it", err);
	if (options->module_count == OPTIONS_MODULES_MAX)
		return error_set(err, "more than %d --%s options", OPTIONS_MODULES_MAX, row->name);
	options->modules[options->module_count++] = value;
	return 0;
}

static int set_serial(const struct option_row *row, const char *value, struct options *options,
		      struct error *err)
{
	static const struct {
		const char *name;
		uint16_t base;
	} ports[] = {
		{ "ttyS0", 0x3f8 }, { "ttyS1", 0x2f8 }, { "ttyS2", 0x3e8 }, { "ttyS3", 0x2e8 }
	};
	uint64_t base;

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (!strcmp(value, ports[i].name)) {
			options->console.serial_base = ports[i].base;
			return 0;
		}
	if (strncmp(value, "0x", 2) || options_number(value, &base) || !base || base > 0xfff8)
		return error_set(err,
				 "Bad serial port base '%s' in --%s: ttyS0 to ttyS3 or 0xNNNN is "
				 "wanted",
				 value, row->name);
	options->console.serial_base = (uint16_t)base;
	return 0;
}

static int set_baud(const struct option_row *row, const char *value, struct options *options,
		    struct error *err)
{
	uint64_t baud;

	if (options_number(value, &baud) || baud < 9600 || baud > 115200 || 115200 % baud)
		return bad_value(row, value, "9600, 19200, 38400, 57600 or 115200 is wanted", err);
	options->console.serial_baud = (uint32_t)baud;
	return 0;
}

#define AT(member) offsetof(struct options, member)

const struct option_row option_rows[] = {
	{ "help", 'h', NULL, set_action, 0, ACTION_HELP, 0, GROUP_REPORT, "show this help" },
	{ "version", 'v', NULL, set_flag, AT(version), 0, 0, GROUP_REPORT,
	  "show the version; with -S, what is loaded" },
	{ "debug", 'd', NULL, set_flag, AT(debug), 0, 0, GROUP_REPORT,
	  "tell on stderr how the plan was made" },
	{ "dry-run", 0, NULL, set_flag, AT(dry_run), 0, 0, GROUP_REPORT,
	  "print the plan and load nothing" },
	{ "json", 0, NULL, set_flag, AT(json), 0, 0, GROUP_REPORT,
	  "with --dry-run, -S or --image-info: print JSON" },
	{ "verify", 0, NULL, set_flag, AT(verify), 0, 0, GROUP_REPORT,
	  "with --image-info: compare all checksums" },
	{ "discard", 0, NULL, set_flag, AT(discard), 0, 0, GROUP_REPORT,
	  "with --image-info: it is never to be resumed" },
	{ "root", 0, "DIR", set_name, AT(root), 0, 0, GROUP_REPORT,
	  "with --dry-run: plan for a recorded machine" },

	{ "load", 'l', NULL, set_action, 0, ACTION_LOAD, 0, GROUP_ACTION,
	  "load the kernel, to be booted later" },
	{ "load-preserve-context", 0, NULL, set_action, 0, ACTION_PRESERVE, 0, GROUP_ACTION,
	  "load the kernel, and keep this one to come back to" },
	{ "load-jump-back-helper", 0, NULL, set_action, 0, ACTION_JUMP_BACK, 0, GROUP_ACTION,
	  "load the way back to the kernel that jumped" },
	{ "load-resume-image", 0, NULL, set_action, 0, ACTION_RESUME, 0, GROUP_ACTION,
	  "load a saved kernel (as --load does by itself)" },
	{ "load-panic", 'p', NULL, set_action, 0, ACTION_PANIC, 0, GROUP_ACTION,
	  "load the kernel for when this one crashes" },
	{ "exec", 'e', NULL, set_action, 0, ACTION_EXEC, 0, GROUP_ACTION,
	  "execute what is loaded" },
	{ "jump", 'j', NULL, set_action, 0, ACTION_JUMP, 0, GROUP_ACTION,
	  "the same, but only if it will come back" },
	{ "force", 'f', NULL, set_action, 0, ACTION_FORCE, 0, GROUP_ACTION,
	  "load and execute at once, without shutdown(8)" },
	{ "unload", 'u', NULL, set_action, 0, ACTION_UNLOAD, 0, GROUP_ACTION,
	  "unload what is loaded; with -p, for a crash" },
	{ "status", 'S', NULL, set_action, 0, ACTION_STATUS, 0, GROUP_ACTION,
	  "exit with 1 if a kernel is loaded, with 0 if not" },
	{ "print-ckr-size", 0, NULL, set_action, 0, ACTION_CRASH_SIZE, 0, GROUP_ACTION,
	  "print the bytes that crashkernel= reserved" },
	{ "image-info", 0, NULL, set_action, 0, ACTION_IMAGE_INFO, 0, GROUP_ACTION,
	  "tell what is in a saved kernel" },
	{ "bash-completion", 0, NULL, set_action, 0, ACTION_COMPLETION, 0, GROUP_ACTION, NULL },

	{ "type", 't', "TYPE", set_name, AT(type), 0, 0, GROUP_IMAGE,
	  "the kernel must be of this type" },
	{ "append", 0, "TEXT", set_text, AT(append), 0, REQUEST_CMDLINE, GROUP_IMAGE,
	  "the kernel's command line" },
	{ "command-line", 0, "TEXT", set_text, AT(append), 0, REQUEST_CMDLINE, GROUP_IMAGE,
	  "the same as --append" },
	{ "reuse-cmdline", 0, NULL, set_flag, AT(reuse_cmdline), 0, REQUEST_CMDLINE, GROUP_IMAGE,
	  "begin with the running kernel's command line" },
	{ "dedup-cmdline", 0, NULL, set_flag, AT(dedup_cmdline), 0, REQUEST_CMDLINE, GROUP_IMAGE,
	  "drop parameters that come again later" },
	{ "entry-file", 0, "ENTRY", set_name, AT(entry_file), 0, 0, GROUP_IMAGE,
	  "kernel, initrd, options of a boot loader entry" },
	{ "initrd", 0, "FILE", add_initrd, 0, 0, REQUEST_INITRD, GROUP_IMAGE,
	  "initial ramdisk; several are joined in order" },
	{ "ramdisk", 0, "FILE", add_initrd, 0, 0, REQUEST_INITRD, GROUP_IMAGE,
	  "the same as --initrd" },
	{ "reuseinitrd", 0, NULL, set_flag, AT(reuse_initrd), 0, REQUEST_INITRD, GROUP_IMAGE,
	  "begin with the initrd this kernel retained" },
	{ "module", 0, "FILE", add_module, 0, 0, REQUEST_MODULES, GROUP_IMAGE,
	  "multiboot: a module; arguments behind the name" },
	{ "args-elf", 0, NULL, set_choice, AT(elf_args), ELF_ARGS_ELF, REQUEST_ELF_ARGS,
	  GROUP_IMAGE, "ELF: pass ELF boot notes" },
	{ "args-linux", 0, NULL, set_choice, AT(elf_args), ELF_ARGS_LINUX, REQUEST_ELF_ARGS,
	  GROUP_IMAGE, "ELF: pass what a Linux kernel wants" },
	{ "args-none", 0, NULL, set_choice, AT(elf_args), ELF_ARGS_NONE, REQUEST_ELF_ARGS,
	  GROUP_IMAGE, "ELF: pass nothing, call the program" },
	{ "dtb", 0, "FILE", set_name, AT(dtb), 0, REQUEST_DTB, GROUP_IMAGE,
	  "bzImage: hand it a device tree" },
	{ "real-mode", 0, NULL, set_choice, AT(entry_mode), ENTRY_MODE_16, REQUEST_ENTRY_MODE,
	  GROUP_IMAGE, "bzImage: enter its setup code, which asks the BIOS" },
	{ "entry-32bit", 0, NULL, set_choice, AT(entry_mode), ENTRY_MODE_32, REQUEST_ENTRY_MODE,
	  GROUP_IMAGE, "bzImage: enter it in 32-bit mode" },
	{ "reuse-video-type", 0, NULL, set_flag, AT(reuse_video), 0, REQUEST_REUSE_VIDEO,
	  GROUP_IMAGE, "hand on the running kernel's video type" },

	{ "noefi", 0, NULL, set_flag, AT(no_efi), 0, 0, GROUP_IMAGE,
	  "do not hand EFI's services to the kernel" },
	{ "pass-memmap-cmdline", 0, NULL, set_flag, AT(memmap_cmdline), 0, 0, GROUP_IMAGE,
	  "for a crash: memory map on the command line, too" },
	{ "elf32-core-headers", 0, NULL, set_choice, AT(core_class), CORE_CLASS_ELF32, 0,
	  GROUP_IMAGE, "for a crash of a 32-bit kernel: an ELF32 core" },
	{ "elf64-core-headers", 0, NULL, set_choice, AT(core_class), CORE_CLASS_ELF64, 0,
	  GROUP_IMAGE, "for a crash: an ELF64 core (default)" },
	{ "hotplug", 0, NULL, set_flag, AT(hotplug), 0, 0, GROUP_IMAGE,
	  "for a crash: the kernel keeps the core's map true" },

	{ "restore", 0, "WAY", set_name, AT(restore), 0, 0, GROUP_IMAGE,
	  "saved kernel: auto, direct, classic or two-hop" },
	{ "resume-kernel", 0, "FILE", set_name, AT(resume_kernel), 0, 0, GROUP_IMAGE,
	  "saved kernel: the kernel for the second hop" },

	{ "entry", 0, "ADDRESS", set_number, AT(entry), 0, 0, GROUP_PLACE,
	  "where the image is entered, or the way back" },
	{ "mem-min", 0, "ADDRESS", set_number, AT(mem_min), 0, 0, GROUP_PLACE,
	  "lowest address to be used" },
	{ "mem-max", 0, "ADDRESS", set_number, AT(mem_max), 0, 0, GROUP_PLACE,
	  "highest address to be used" },

	{ "reset-vga", 0, NULL, set_flag, AT(console.reset_vga), 0, 0, GROUP_CONSOLE,
	  "reset the VGA registers on the way" },
	{ "console-vga", 0, NULL, set_flag, AT(console.vga), 0, 0, GROUP_CONSOLE,
	  "report on the VGA text screen on the way" },
	{ "console-serial", 0, NULL, set_flag, AT(console.serial), 0, 0, GROUP_CONSOLE,
	  "report on the serial line on the way" },
	{ "serial", 0, "PORT", set_serial, 0, 0, 0, GROUP_CONSOLE,
	  "serial line: ttyS0 to ttyS3, or I/O port 0xNNNN" },
	{ "serial-baud", 0, "RATE", set_baud, 0, 0, 0, GROUP_CONSOLE,
	  "its speed, 9600 to 115200 (default: as it is)" },

	{ "no-checks", 'i', NULL, set_flag, AT(no_checks), 0, 0, GROUP_SAFETY,
	  "do not compare digests on the way" },
	{ "no-ifdown", 'x', NULL, set_flag, AT(no_ifdown), 0, 0, GROUP_SAFETY,
	  "leave network interfaces up" },
	{ "no-sync", 'y', NULL, set_flag, AT(no_sync), 0, 0, GROUP_SAFETY,
	  "do not sync file systems before executing" },

	{ "kexec-file-syscall", 's', NULL, set_choice, AT(call), CALL_FILE, 0, GROUP_COMPATIBLE,
	  "let the kernel load the files (kexec_file_load)" },
	{ "kexec-syscall", 'c', NULL, set_choice, AT(call), CALL_LOAD, 0, GROUP_COMPATIBLE,
	  "load by kexec_load" },
	{ "kexec-syscall-auto", 'a', NULL, set_choice, AT(call), CALL_AUTO, 0, GROUP_COMPATIBLE,
	  "the first if it can, else the other (default)" },
	{ "no-cma", 0, NULL, set_flag, AT(no_cma), 0, 0, GROUP_COMPATIBLE,
	  "kexec_file_load: use no contiguous memory area" },
	{ "force-dtb", 0, NULL, set_flag, AT(force_dtb), 0, 0, GROUP_COMPATIBLE,
	  "kexec_file_load: hand on the device tree" },
	{ "load-live-update", 0, NULL, refuse_xen, 0, 0, 0, GROUP_COMPATIBLE, NULL },
	{ "exec-live-update", 0, NULL, refuse_xen, 0, 0, 0, GROUP_COMPATIBLE, NULL },
};

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);

_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) < ROWS_MAX, "room for getopt's tables");

const char *option_group_title(enum option_group group)
{
	static const char *const titles[GROUPS] = {
		[GROUP_ACTION] = "What to do",
		[GROUP_IMAGE] = "What to load",
		[GROUP_PLACE] = "Where (numbers take K, M and G)",
		[GROUP_CONSOLE] = "Messages between the kernels",
		[GROUP_SAFETY] = "What to leave out",
		[GROUP_REPORT] = "What to tell",
		[GROUP_COMPATIBLE] = "Which system call",
	};

	return titles[group];
}

int options_number(const char *text, uint64_t *value)
{
	static const char suffixes[] = "KMG";
	unsigned long long number;
	const char *suffix;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno)
		return -1;
	if (*end) {
		unsigned shift;

		suffix = strchr(suffixes, toupper((unsigned char)*end));
		if (!suffix || end[1])
			return -1;
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		if (number > UINT64_MAX >> shift)
			return -1;
		number <<= shift;
	}
	*value = number;
	return 0;
}

struct range options_limit(const struct options *options)
{
	struct range limit = { options->mem_min.given ? options->mem_min.value : 0, 0 };

	if (options->mem_max.given && options->mem_max.value < UINT64_MAX)
		limit.end = options->mem_max.value + 1;
	else if (options->mem_max.given || options->mem_min.given)
		limit.end = UINT64_MAX;
	return limit;
}

static const struct option_row *row_of(int found)
{
	if (found >= LONG_ONLY)
		return &option_rows[found - LONG_ONLY];
	for (size_t i = 0; i < option_row_count; i++)
		if (option_rows[i].letter && option_rows[i].letter == found)
			return &option_rows[i];
	return NULL;
}

/* What getopt_long() would have printed, for the option it just refused. */
static int refuse(int found, int refused, const char *word, struct error *err)
{
	const struct option_row *row = refused ? row_of(refused) : NULL;
	size_t chars = strcspn(word, "=");
	unsigned candidates = 0;

	if (found == ':' && row && refused < LONG_ONLY)
		return error_set(err, "option requires an argument -- '%c'", refused);
	if (found == ':')
		return error_set(err, "option '%s' requires an argument", word);
	if (row)
		return error_set(err, "option '--%s' doesn't allow an argument", row->name);
	if (refused)
		return error_set(err, "invalid option -- '%c'", refused);
	for (size_t i = 0; i < option_row_count && chars > 2; i++)
		candidates += !strncmp(option_rows[i].name, word + 2, chars - 2);
	if (candidates > 1)
		return error_set(err, "option '%s' is ambiguous", word);
	return error_set(err, "unrecognized option '%s'", word);
}

struct getopt_tables {
	char letters[1 + 2 * ROWS_MAX + 1];
	struct option names[ROWS_MAX];
};

static void fill_tables(struct getopt_tables *tables)
{
	char *letter = tables->letters;

	*letter++ = ':'; /* getopt prints nothing, and tells a missing argument apart */
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		tables->names[i] = (struct option){
			.name = row->name,
			.has_arg = row->value ? required_argument : no_argument,
			.val = LONG_ONLY + (int)i,
		};
		if (row->letter)
			*letter++ = row->letter;
		if (row->letter && row->value)
			*letter++ = ':';
	}
	*letter = '\0';
	tables->names[option_row_count] = (struct option){ 0 };
}

static bool any(const struct options *options, uint32_t actions)
{
	return (options->actions & actions) != 0;
}

/* Actions that contradict each other; everything else may be combined, in any order. */
static int check_actions(const struct options *options, struct error *err)
{
	uint32_t others = ACTIONS_LOADING | ACTIONS_LEAVING;

	if (any(options, ACTION_UNLOAD) &&
	    any(options, (others & ~(uint32_t)ACTION_PANIC) | ACTION_STATUS))
		return error_set(err, "--unload goes with no other action");
	if (any(options, ACTION_STATUS) &&
	    any(options, others & ~(uint32_t)(ACTION_LOAD | ACTION_PANIC)))
		return error_set(err, "--status goes with no other action");
	if (any(options, ACTION_PANIC) &&
	    any(options, (others | ACTION_IMAGE_INFO) & ~(uint32_t)(ACTION_LOAD | ACTION_PANIC)))
		return error_set(err, "--load-panic loads a kernel for a crash, and nothing else: "
				      "it goes with --unload or --status, but not with other "
				      "actions");
	if (any(options, ACTION_PRESERVE) && any(options, ACTION_JUMP_BACK))
		return error_set(err, "--load-preserve-context and --load-jump-back-helper load "
				      "different things: give one of them");
	if (any(options, ACTION_RESUME) && any(options, ACTION_PRESERVE | ACTION_JUMP_BACK))
		return error_set(err,
				 "--load-resume-image loads an image to be resumed: it does not "
				 "go with --load-preserve-context or --load-jump-back-helper");
	if (any(options, ACTION_IMAGE_INFO) && any(options, others | ACTION_STATUS | ACTION_UNLOAD))
		return error_set(err, "--image-info goes with no other action");
	if (any(options, ACTION_JUMP) && any(options, ACTION_LOAD | ACTION_FORCE | ACTION_RESUME) &&
	    !any(options, ACTION_PRESERVE | ACTION_JUMP_BACK))
		return error_set(err, "--jump goes to an image that comes back: load it with "
				      "--load-preserve-context");
	return 0;
}

static int check_modifiers(const struct options *options, struct error *err)
{
	bool status = any(options, ACTION_STATUS | ACTION_IMAGE_INFO);
	bool loads = !status && !any(options, ACTION_UNLOAD | ACTION_CRASH_SIZE) &&
		     (any(options, ACTIONS_LOADING) || !options->actions);

	if (options->given && !loads)
		return error_set(err, "there is no image to load that the options for images could "
				      "apply to: add --load");
	if (options->given && any(options, ACTION_JUMP_BACK))
		return error_set(err, "--load-jump-back-helper loads no image that the options for "
				      "images could apply to");
	if (options->dry_run && !loads)
		return error_set(err, "--dry-run shows what would be loaded: it goes with --load, "
				      "--load-preserve-context or --load-jump-back-helper");
	if (options->json && !options->dry_run && !status)
		return error_set(err, "--json goes with --dry-run, --status or --image-info");
	if ((options->verify || options->discard) && !any(options, ACTION_IMAGE_INFO))
		return error_set(err, "--verify and --discard go with --image-info");
	if ((options->restore || options->resume_kernel) && !loads)
		return error_set(err, "--restore and --resume-kernel go with --load-resume-image");
	if (options->root && !options->dry_run)
		return error_set(err,
				 "--root=%s is a recorded machine: nothing can be done on it "
				 "without --dry-run",
				 options->root);
	if (options->entry_file && !loads)
		return error_set(err, "--entry-file names what to load: add --load");
	if (options->entry_file && options->kernel)
		return error_set(err,
				 "--entry-file names a kernel, and so does '%s': give one of them",
				 options->kernel);
	if (options->mem_min.given && options->mem_max.given &&
	    options->mem_min.value > options->mem_max.value)
		return error_set(err, "--mem-min=0x%llx lies above --mem-max=0x%llx",
				 (unsigned long long)options->mem_min.value,
				 (unsigned long long)options->mem_max.value);
	return 0;
}

int options_parse(int argc, char **argv, struct options *options, struct error *err)
{
	struct getopt_tables tables;
	int found;

	*options = (struct options){ .console.serial_base = 0x3f8 };
	fill_tables(&tables);
	optind = 0; /* GNU: begin anew */
	while ((found = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
		const struct option_row *row = row_of(found);

		if (found == '?' || found == ':')
			return refuse(found, optopt, argv[optind - 1], err);
		if (row->set(row, optarg, options, err))
			return -1;
		options->given |= row->takes;
	}
	if (optind < argc)
		options->kernel = argv[optind++];
	if (optind < argc)
		options->surplus = argv[optind];
	if (options->version && !any(options, ACTION_STATUS))
		return 0; /* --version and --help answer whatever else is there */
	if (any(options, ACTION_HELP | ACTION_COMPLETION))
		return 0;
	return check_actions(options, err) || check_modifiers(options, err) ? -1 : 0;
}
