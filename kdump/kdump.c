/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kdump: save the memory of the kernel this one was jumped to from (or that crashed). Options,
 * where to read and write, messages and exit codes; the work is in save.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "save.h"
#include "uuid.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define VMCORE      "/proc/vmcore"
#define MEMORY      "/dev/mem"
#define CMDLINE_MAX 65536
/* A kernel without a source of random numbers must not keep its user waiting. */
#define RANDOM_PATIENCE_SECONDS 5

/* Exit codes that are not a save_fault; the first numbers are those of the program of 2005. */
enum {
	EXIT_NO_ADDRESS = 1,
	EXIT_BAD_ADDRESS = 2,
	EXIT_OPEN = 3,
	EXIT_USAGE = 9,
};

struct options {
	const char *output, *input, *address;
	enum image_view view;
	bool force, quiet, help, version;
};

enum { OPTION_HEADER = 256, OPTION_VIEW };

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "input", required_argument, NULL, 'i' },
	{ "elfcorehdr", required_argument, NULL, OPTION_HEADER },
	{ "view", required_argument, NULL, OPTION_VIEW },
	{ "force", no_argument, NULL, 'f' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static const char help_text[] =
	"usage: kdump -o FILE|DEVICE|- [OPTIONS]\n"
	"       kdump [ADDRESS] > FILE\n"
	"Save the memory of the kernel that jumped here, as an ELF core that kexec resumes and\n"
	"debuggers read. Without -o the core is read from " MEMORY " and goes to standard output;\n"
	"ADDRESS is that of the core's header (default: the variable or kernel option "
	"elfcorehdr).\n"
	"\n"
	"  -o, --output=TARGET   a file, a block device, or - for standard output\n"
	"  -i, --input=CORE      read this core instead of " VMCORE "\n"
	"      --elfcorehdr=ADDRESS\n"
	"                        read " MEMORY ", with the core's header at ADDRESS\n"
	"      --view=VIEW       resume (default): for going on; debug: for looking only;\n"
	"                        both: for either\n"
	"  -f, --force           overwrite a device that holds a file system, or try although\n"
	"                        the target looks too small\n"
	"  -q, --quiet           no progress, no summary\n"
	"  -h, --help            this text\n"
	"  -v, --version         the version\n"
	"\n"
	"Exit: 0 saved; 1 no address; 2 bad address; 3 cannot open; 4 not a usable core; 5 memory\n"
	"cannot be read; 7 out of memory; 8 writing failed; 9 usage; 10 the target is refused;\n"
	"11 stopped by a signal.\n";

/* The one global: what a signal handler can reach. */
static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

static int say(int code, const char *text)
{
	fprintf(stderr, "kdump: %s\n", text);
	return code;
}

static int parse_view(const char *text, enum image_view *view)
{
	static const struct {
		const char *name;
		enum image_view view;
	} views[] = {
		{ "resume", IMAGE_VIEW_RESUME },
		{ "debug", IMAGE_VIEW_DEBUG },
		{ "both", IMAGE_VIEW_BOTH },
	};

	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		if (strcmp(text, views[i].name))
			continue;
		*view = views[i].view;
		return 0;
	}
	return -1;
}

static int set_option(int letter, struct options *options, struct error *err)
{
	switch (letter) {
	case 'o':
		options->output = optarg;
		return 0;
	case 'i':
		options->input = optarg;
		return 0;
	case OPTION_HEADER:
		options->address = optarg;
		return 0;
	case OPTION_VIEW:
		if (!parse_view(optarg, &options->view))
			return 0;
		return error_set(err, "--view=%s: the views are resume, debug and both", optarg);
	case 'f':
		options->force = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case 'v':
		options->version = true;
		return 0;
	}
	return error_set(err, "unknown option or missing value; see kdump --help");
}

static int parse_options(int argc, char **argv, struct options *options, struct error *err)
{
	int letter;

	*options = (struct options){ .view = IMAGE_VIEW_RESUME };
	opterr = 0;
	while ((letter = getopt_long(argc, argv, "o:i:fqhv", long_options, NULL)) != -1) {
		if (!set_option(letter, options, err))
			continue;
		return letter == '?' ? error_prefix(err, "'%s': ", argv[optind - 1]) : -1;
	}
	if (optind < argc && options->address)
		return error_set(err, "'%s': the address is given twice", argv[optind]);
	if (optind < argc)
		options->address = argv[optind++];
	if (optind < argc)
		return error_set(err, "'%s': one address is enough", argv[optind]);
	if (options->input && options->address)
		return error_set(err, "--input and an address name two sources: give one");
	return 0;
}

/* A number as the kernel's memparse() takes it: any base, then K, M or G. */
static bool parse_size(const char *text, char **end, uint64_t *value)
{
	unsigned shift = 0;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, end, 0);
	switch (**end) {
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	}
	if (shift)
		(*end)++;
	if (errno || *value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

/* [size@]address, as in elfcorehdr= of the kernel. */
static int parse_address(const char *text, uint64_t *address, struct error *err)
{
	char *end;

	if (parse_size(text, &end, address) &&
	    (*end != '@' || parse_size(end + 1, &end, address)) && !*end)
		return 0;
	return error_set(err,
			 "'%s' is no address: give a number (0x for hex), as in elfcorehdr=", text);
}

/* elfcorehdr= of the running kernel's command line; NULL when there is none. */
static char *address_of_kernel(char *cmdline, size_t size)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, cmdline, size - 1);
	char *found = NULL;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return NULL;
	cmdline[n] = '\0';
	for (char *word = strtok(cmdline, " \n"); word; word = strtok(NULL, " \n"))
		if (!strncmp(word, "elfcorehdr=", 11))
			found = word + 11;
	return found;
}

static int open_memory(const struct options *options, struct source *source, struct error *err)
{
	static const char missing[] = "no address of a core header: give one, or start this kernel "
				      "with elfcorehdr=";
	const char *text = options->address ? options->address : getenv("elfcorehdr");
	char *cmdline = NULL;
	uint64_t address;
	int code = 0;

	if (!text) {
		cmdline = malloc(CMDLINE_MAX);
		text = cmdline ? address_of_kernel(cmdline, CMDLINE_MAX) : NULL;
	}
	if (!text) {
		error_set(err, missing);
		code = EXIT_NO_ADDRESS;
	} else if (parse_address(text, &address, err)) {
		code = EXIT_BAD_ADDRESS;
	} else if (source_open_memory(source, MEMORY, address, err)) {
		code = EXIT_OPEN;
	}
	free(cmdline);
	return code;
}

static int open_source(const struct options *options, struct source *source, struct error *err)
{
	const char *path = options->input ? options->input : VMCORE;

	if (options->address || (!options->output && !options->input))
		return open_memory(options, source, err);
	return source_open(source, path, err) ? EXIT_OPEN : 0;
}

static void catch_signals(void)
{
	static const int stopping[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); i++)
		sigaction(stopping[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL); /* a reader that went away is an error of write() */
}

static void report(const struct save *save, const struct options *options)
{
	uint64_t stored = save->data_bytes - save->absent_bytes;
	char uuid[IMAGE_UUID_CHARS + 1];

	if (save->warning)
		say(0, save->warning);
	if (options->quiet)
		return;
	image_uuid_text(save->uuid, uuid);
	fprintf(stderr,
		"kdump: saved %llu MiB (%llu MiB written, the rest is zeros) in %llu.%llu s, "
		"image %s\n",
		(unsigned long long)(save->data_bytes >> 20), (unsigned long long)(stored >> 20),
		(unsigned long long)(save->elapsed_ms / 1000),
		(unsigned long long)(save->elapsed_ms % 1000 / 100), uuid);
}

/* The core is open: find our note, open the target, save. */
static int save_core(const struct options *options, struct source *source, const struct core *core,
		     struct error *err)
{
	const char *output = options->output ? options->output : "-";
	struct jump_note note = { 0 };
	struct target target;
	struct timespec now = { 0 };
	struct save save = { .core = core, .source = source, .target = &target };
	int found = jump_note_of_core(core, &note, err), code;

	if (found < 0)
		return SAVE_HEADER;
	save.note = found ? &note : NULL;
	if (!found)
		say(0, "this core has no note of a jump: it can be looked at, not resumed");
	if (target_open(&target, output, options->force, err)) {
		jump_note_done(&note);
		return SAVE_REFUSED;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	save.now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	save.view = options->view;
	save.force = options->force;
	save.quiet = options->quiet;
	save.stop = &stop_signal;
	target.stop = &stop_signal;
	uuid_make(getrandom, RANDOM_PATIENCE_SECONDS,
		  (struct span){ core->notes, core->notes_bytes }, save.uuid);
	code = (int)save_image(&save, err);
	if (target_close(&target, code ? &(struct error){ 0 } : err) && !code)
		code = SAVE_TARGET;
	if (!code)
		report(&save, options);
	jump_note_done(&note);
	return code;
}

static int run(const struct options *options, struct error *err)
{
	struct source source;
	struct core_source callbacks;
	struct core core;
	int code = open_source(options, &source, err);

	if (code)
		return code;
	callbacks = source_callbacks(&source);
	if (core_open(&core, &callbacks, err)) {
		error_prefix(err, "'%s': ", source.path);
		source_close(&source);
		return SAVE_HEADER;
	}
	source_headers_done(&source);
	code = SAVE_HEADER;
	if (!core_check_complete(&core, err))
		code = save_core(options, &source, &core, err);
	core_done(&core);
	source_close(&source);
	return code;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = { 0 };
	int code;

	if (parse_options(argc, argv, &options, &err))
		return say(EXIT_USAGE, err.text);
	if (options.help || options.version) {
		fputs(options.help ? help_text : "kdump (kexec-jump) " PACKAGE_VERSION "\n",
		      stdout);
		return fflush(stdout) ? SAVE_TARGET : 0;
	}
	catch_signals();
	code = run(&options, &err);
	return code ? say(code, err.text) : 0;
}
