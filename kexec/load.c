/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading: gathers the request and the machine, has the plan made, and hands it to the kernel or
 * prints it. Knows the order of things; does not know image types, addresses or errno values.
 */
#include "load.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmdline.h"
#include "crash.h"
#include "explain.h"
#include "file_load.h"
#include "loader.h"
#include "plan_load.h"
#include "print.h"
#include "purgatory.h"
#include "record.h"
#include "request_files.h"
#include "state.h"
#include "sys.h"
#include "unwrap.h"
#include "warn.h"

/* Everything a load holds; released by job_done() however far it got. */
struct job {
	const struct world *world;
	const struct options *options;
	const char *root;
	struct arena arena; /* of the request's texts */
	struct file_map image, initrd, modules, dtb;
	struct request_module module_list[OPTIONS_MODULES_MAX];
	struct machine machine;
	bool has_machine;
	struct request request;
	const struct arch *arch;
	struct plan plan;
	bool file_first; /* only shown: kexec_file_load would be tried before */
};

static void job_done(struct job *job)
{
	plan_done(&job->plan);
	if (job->has_machine)
		machine_done(&job->machine);
	file_map_done(&job->image);
	file_map_done(&job->initrd);
	file_map_done(&job->modules);
	file_map_done(&job->dtb);
	arena_done(&job->arena);
}

static enum request_mode mode_of(const struct options *options)
{
	if (options->actions & ACTION_PRESERVE)
		return REQUEST_PRESERVE;
	if (options->actions & ACTION_PANIC)
		return REQUEST_CRASH;
	return options->actions & ACTION_JUMP_BACK ? REQUEST_JUMP_BACK : REQUEST_BOOT;
}

/* The helper must not take the place of an image the user may want: only of an earlier helper. */
static int check_helper(const struct job *job, struct error *err)
{
	struct record record;
	char boot_id[MACHINE_BOOT_ID_CHARS + 1];
	struct error ignored;

	if (state_loaded(job->root) != 1)
		return 0;
	state_boot_id(job->root, boot_id);
	if (!record_read(job->world->record_directory, RECORD_LOADED, &record, &ignored) &&
	    record.mode == REQUEST_JUMP_BACK && !strcmp(record.boot_id, boot_id))
		return 0;
	return error_set(err, "There is kexec kernel loaded, make sure you are in kexeced kernel. "
			      "If it is not needed any more, unload it first with --unload");
}

/* Ask the kernel, before any work is done, whether it can be kept. */
static int check_kernel(struct job *job, struct error *err)
{
	int probe;

	if (job->options->dry_run || job->request.mode == REQUEST_BOOT ||
	    job->request.mode == REQUEST_CRASH)
		return 0;
	if (job->request.mode == REQUEST_JUMP_BACK && check_helper(job, err))
		return -1;
	probe = -sys_probe_preserve();
	if (probe == EINVAL && job->request.mode == REQUEST_JUMP_BACK) {
		job->request.one_way = true; /* going back is possible without being kept */
		return 0;
	}
	return probe ? explain_probe(job->root, probe, err) : 0;
}

static int read_machine(struct job *job, struct error *err)
{
	static const uint32_t wants[] = {
		[REQUEST_BOOT] = 0,
		[REQUEST_PRESERVE] = MACHINE_WANT_JUMP,
		[REQUEST_CRASH] = MACHINE_WANT_CRASH,
		[REQUEST_JUMP_BACK] = MACHINE_WANT_JUMP,
	};

	if (machine_read(job->root, wants[job->request.mode], &job->machine, err))
		return -1;
	job->has_machine = true;
	for (unsigned i = 0; i < job->machine.note_count; i++)
		warn(job->world, "%s", job->machine.notes[i]);
	job->arch = arch_find(job->machine.arch);
	if (!job->arch)
		return error_set(err, "this program cannot load kernels on '%s' machines",
				 job->machine.arch);
	return 0;
}

/* The command line the user composed: the running kernel's (if wanted), that of a boot loader
 * entry, and --append behind them. */
static int compose_cmdline(struct job *job, struct error *err)
{
	/* Parameters that were true for the boot of the running kernel only. */
	const char *dropped[] = { "BOOT_IMAGE", "elfcorehdr", "kexec_jump_back_entry", NULL, NULL };
	const char *parts[] = { "", job->options->entry_cmdline, job->options->append };
	const char *text;

	if (job->request.mode == REQUEST_CRASH)
		dropped[3] = "crashkernel";
	if (job->options->reuse_cmdline) {
		parts[0] = cmdline_without(&job->arena, job->machine.cmdline, dropped);
		if (!parts[0])
			return error_no_memory(err);
	}
	text = parts[0];
	for (unsigned i = 1; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (text && parts[i] && *parts[i])
			text = *text ? cmdline_add(&job->arena, text, parts[i]) : parts[i];
	}
	if (text && job->options->dedup_cmdline)
		text = cmdline_dedup(&job->arena, text);
	job->request.cmdline = text;
	return text ? 0 : error_no_memory(err);
}

/* Where to go back to: --entry, or what the kernel that jumped here put on the command line. */
static int find_way_back(struct job *job, struct error *err)
{
	struct request *request = &job->request;
	struct span value;
	const char *text;

	if (request->mode != REQUEST_JUMP_BACK || request->entry_given)
		return 0;
	if (!cmdline_find(job->machine.cmdline, "kexec_jump_back_entry", &value))
		return error_set(err, "Please specify jump back entry in command line "
				      "(--entry=ADDRESS): this kernel's own has no "
				      "kexec_jump_back_entry=, so it was not jumped to");
	text = arena_printf(&job->arena, "%.*s", (int)value.size, (const char *)value.data);
	if (!text)
		return error_no_memory(err);
	if (options_number(text, &request->entry))
		return error_set(err,
				 "kexec_jump_back_entry=%s on this kernel's command line is no "
				 "address: please specify jump back entry in command line "
				 "(--entry=ADDRESS)",
				 text);
	request->entry_given = true;
	return 0;
}

static void fill_request(struct job *job)
{
	const struct options *options = job->options;

	job->request = (struct request){
		.mode = mode_of(options),
		.type = options->type,
		.image_name = options->kernel,
		.elf_args = (enum elf_args)options->elf_args,
		.entry_mode = (enum entry_mode)options->entry_mode,
		.given = options->given,
		.limit = options_limit(options),
		.reach_end = (uint64_t)UINTPTR_MAX + 1, /* of a 64-bit program: 0 */
		.entry = options->entry.value,
		.entry_given = options->entry.given,
		.only_shown = options->dry_run,
		.memmap_cmdline = options->memmap_cmdline,
		.core_class = (enum core_class)options->core_class,
		.hotplug = options->hotplug,
		.no_checks = options->no_checks,
		.reuse_video = options->reuse_video,
		.no_efi = options->no_efi,
		.console = options->console,
	};
}

static int map_modules(struct job *job, struct error *err)
{
	const struct options *options = job->options;
	const char *kept[OPTIONS_MODULES_MAX];

	if (file_map_modules(options->modules, options->module_count, &job->arena, &job->modules,
			     job->module_list, kept, err))
		return -1;
	for (unsigned i = 0; i < options->module_count; i++)
		if (kept[i])
			warn(job->world, "%s", kept[i]);
	job->request.modules = job->modules.data;
	job->request.module_list = job->module_list;
	job->request.module_count = options->module_count;
	return 0;
}

static int map_files(struct job *job, struct error *err)
{
	const struct options *options = job->options;

	if (job->request.mode == REQUEST_JUMP_BACK)
		return 0;
	if (file_map_image(options->kernel, &job->image, err) ||
	    file_map_joined(options->initrds, options->initrd_count, &job->initrd, err) ||
	    file_map_joined(&options->dtb, options->dtb ? 1 : 0, &job->dtb, err))
		return -1;
	job->request.image = job->image.data;
	job->request.initrd = job->initrd.data;
	job->request.dtb = job->dtb.data;
	return map_modules(job, err);
}

static void print_reasons(const struct job *job)
{
	const struct machine_gdtr *gdtr = &job->machine.gdtr;
	FILE *err = job->world->err;

	for (unsigned i = 0; i < job->plan.refusal_count; i++)
		fprintf(err, "kexec: not %s\n", job->plan.refusals[i]);
	if (gdtr->known)
		fprintf(err, "kexec: descriptor table at 0x%llx, limit 0x%x (%s)\n",
			(unsigned long long)gdtr->base, gdtr->limit, gdtr->how);
	else if (job->request.mode == REQUEST_PRESERVE || job->request.mode == REQUEST_JUMP_BACK)
		fprintf(err, "kexec: descriptor table not found: %s\n", gdtr->why);
}

static int make_plan(struct job *job, struct error *err)
{
	const struct loader *loader = loader_find(&job->request, job->arch);
	int failed;

	if (loader && loader->shows_tables)
		machine_read_tables(job->root, &job->machine);
	failed = plan_make(&job->request, &job->machine, job->arch, &job->plan, err);
	if (job->options->debug) {
		print_reasons(job);
		if (!failed)
			print_plan(job->world->err, job->arch->name, &job->plan);
	}
	if (failed && job->options->kernel && strncmp(err->text, "Cannot ", 7) != 0)
		error_prefix(err, "Cannot load %s: ", job->options->kernel);
	return failed;
}

static int show_plan(const struct job *job, struct error *err)
{
	if (job->options->json)
		return print_plan_json(job->world->out, job->arch->name, &job->plan, err);
	print_plan(job->world->out, job->arch->name, &job->plan);
	return 0;
}

static void fill_record(struct job *job, struct record *record)
{
	struct plan *plan = &job->plan;
	const struct segment *purgatory = plan_segment(plan, PURGATORY_SEGMENT);
	const struct range lent[RECORD_LENT_MAX] = { plan->jump.low, plan->jump.main };
	const char *kernel = job->options->kernel;
	char path[PATH_MAX];

	*record = (struct record){
		.mode = job->request.mode,
		.time = (uint64_t)time(NULL),
		.entry = plan->entry,
		.way_back = plan->jump.in,
		.purgatory = purgatory && plan->jump.in ? purgatory->at.start : 0,
		.segments = plan->segment_count,
	};
	state_boot_id(job->root, record->boot_id);
	snprintf(record->type, sizeof(record->type), "%s", plan->loader);
	snprintf(record->cmdline, sizeof(record->cmdline), "%s",
		 plan->cmdline ? plan->cmdline : "");
	if (record->mode == REQUEST_JUMP_BACK)
		kernel = "way back";
	else if (realpath(kernel, path))
		snprintf(record->path, sizeof(record->path), "%s", path);
	snprintf(record->kernel, sizeof(record->kernel), "%s", kernel);
	for (unsigned i = 0; i < RECORD_LENT_MAX; i++)
		if (range_bytes(lent[i]))
			record->lent[record->lent_count++] = lent[i];
}

/* The kernel has the image: a record that cannot be written is a pity, not a failure. */
static void keep_record(struct job *job)
{
	const char *directory = job->world->record_directory;
	struct record record;
	struct error err, ignored;

	fill_record(job, &record);
	if (!record_write(directory, &record, &err))
		return;
	/* an old one would lie */
	record_remove(directory, record_kind_of(record.mode), &ignored);
	warn(job->world, "%s; the image is loaded, but --status and --jump will not know it",
	     err.text);
}

/* -a: whether kexec_file_load is worth a try. -s: it is all there is. */
static bool prefers_file(const struct job *job)
{
	char level[32];

	if (job->options->call == CALL_AUTO && job->request.mode == REQUEST_CRASH)
		return state_lockdown(job->root, level, sizeof(level));
	return job->options->call == CALL_FILE ||
	       (job->options->call == CALL_AUTO && job->request.mode == REQUEST_BOOT &&
		!*file_load_ignored(job->options));
}

/* errno values that mean "not by this call"; the other one may do, and says more where it fails. */
static bool is_not_by_file(int why)
{
	return why == ENOSYS || why == EINVAL || why == ENOEXEC || why == ENOTSUP;
}

static int by_file(struct job *job, struct error *err)
{
	const char *ignored = file_load_ignored(job->options);
	int why;

	if (*ignored)
		warn(job->world, "%s: without effect with --kexec-file-syscall", ignored);
	why = file_load(job->options, &job->request, err);
	if (!why) {
		job->plan.loader = job->request.wrapper ? job->request.wrapper : "bzImage64";
		job->plan.cmdline = job->request.cmdline;
		if (job->options->debug)
			fprintf(job->world->err, "kexec: loaded by kexec_file_load\n");
		keep_record(job);
	}
	return why;
}

static int not_available(struct error *err)
{
	error_set(err, "syscall kexec_file_load not available.");
	return EXIT_CODE_NO_FILE_CALL;
}

/* Load by kexec_file_load. An exit code, or -1: load by kexec_load. */
static int try_file(struct job *job, struct error *err)
{
	bool forced = job->options->call == CALL_FILE;
	const char *obstacle;
	int why;

	if (!prefers_file(job))
		return -1;
	if (!(job->machine.cpu & CPU_LONG_MODE)) /* 32-bit kernels never had it */
		return forced ? not_available(err) : -1;
	obstacle = file_load_obstacle(job->options, &job->request, job->arch);
	if (*obstacle && !forced)
		return -1;
	if (job->options->dry_run) {
		job->file_first = !forced;
		if (!forced)
			return -1;
		error_set(err, "--dry-run cannot show what kexec_file_load does: leave "
			       "--kexec-file-syscall out");
		return EXIT_CODE_FAILED;
	}
	if (forced && plan_check_image(&job->request, job->arch, err)) {
		error_prefix(err, "Cannot load %s: ", job->options->kernel);
		return EXIT_CODE_FAILED;
	}
	if (*obstacle && strcmp(obstacle, "this type of image") != 0) {
		error_set(err,
			  "kexec_file_load has no place for %s: leave --kexec-file-syscall out",
			  obstacle);
		return EXIT_CODE_FAILED;
	}
	why = by_file(job, err);
	if (!why)
		return EXIT_CODE_OK;
	if (why > 0 && is_not_by_file(why) && !forced) {
		if (job->options->debug)
			fprintf(job->world->err,
				"kexec: kexec_file_load failed: %s; loading by kexec_load\n",
				strerror(why));
		return -1;
	}
	if (why == ENOSYS)
		return not_available(err);
	if (why > 0)
		explain_file_load(job->root, why, job->request.mode == REQUEST_CRASH, err);
	return EXIT_CODE_FAILED;
}

static int load_by_plan(struct job *job, struct error *err)
{
	int failure;

	if (make_plan(job, err))
		return -1;
	if (job->file_first)
		plan_note(&job->plan, "kexec_file_load is tried first, and then the running kernel "
				      "makes a plan of its own; --kexec-syscall loads this one");
	if (job->options->dry_run)
		return show_plan(job, err);
	for (unsigned i = 0; i < job->plan.note_count; i++)
		warn(job->world, "%s", job->plan.notes[i]);
	failure = plan_load(&job->plan);
	if (failure)
		return explain_load(job->root, -failure, &job->machine, &job->plan, err);
	keep_record(job);
	return 0;
}

/* Nothing is reserved, or what is does not show. An exit code. */
static int no_crash_region(const struct job *job, struct error *err)
{
	if (!state_crash_bytes(job->root)) {
		error_set(err, CRASH_NOT_RESERVED);
		return EXIT_CODE_USAGE;
	}
	error_set(
		err,
		"No crash kernel segment found in /proc/iomem, and yet memory is reserved: are its "
		"addresses hidden from this process? Run it as root, outside a container");
	return EXIT_CODE_NO_CRASH_REGION;
}

/* An exit code. */
static int load_mapped(struct job *job, struct error *err)
{
	int code;

	if (read_machine(job, err) || compose_cmdline(job, err) || find_way_back(job, err))
		return EXIT_CODE_FAILED;
	if (job->request.mode == REQUEST_CRASH && !job->machine.crash.count)
		return no_crash_region(job, err);
	if (job->request.mode != REQUEST_JUMP_BACK &&
	    request_unwrap(job->arch, &job->request, &job->arena, err))
		return EXIT_CODE_FAILED;
	code = try_file(job, err);
	if (code >= 0)
		return code;
	return load_by_plan(job, err) ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

int load_image(const struct world *world, const struct options *options, struct error *err)
{
	struct job job = {
		.world = world,
		.options = options,
		.root = options->root ? options->root : world->root,
	};
	int code = EXIT_CODE_FAILED;

	fill_request(&job);
	if (check_kernel(&job, err))
		goto out;
	if (map_files(&job, err)) {
		code = EXIT_CODE_USAGE; /* as it has always been for a file that cannot be read */
		goto out;
	}
	code = load_mapped(&job, err);
out:
	job_done(&job);
	return code;
}
