/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The actions of the command line and their exit codes. Knows which action comes after which and
 * what each may refuse; does not know how a plan is made.
 */
#include "actions.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "crash.h"
#include "explain.h"
#include "life.h"
#include "load.h"
#include "print.h"
#include "record.h"
#include "refused.h"
#include "resume_action.h"
#include "sources.h"
#include "state.h"
#include "sys.h"
#include "warn.h"

#define ACTIONS_WITHOUT_KERNEL \
	(ACTION_STATUS | ACTION_JUMP_BACK | ACTION_UNLOAD | ACTION_CRASH_SIZE)

/* The kernel's word and the record, compared. A damaged record is warned about and left out. */
static void read_image(const struct world *world, enum record_kind kind, int loaded,
		       struct status_image *image)
{
	char boot_id[MACHINE_BOOT_ID_CHARS + 1];
	struct error err;

	image->loaded = loaded;
	image->recorded = !record_read(world->record_directory, kind, &image->record, &err);
	if (!image->recorded && err.text[0])
		warn(world, "%s", err.text);
	state_boot_id(world->root, boot_id);
	image->current =
		image->recorded && image->loaded && !strcmp(image->record.boot_id, boot_id);
}

static void read_status(const struct world *world, struct status *status)
{
	memset(status, 0, sizeof(*status));
	read_image(world, RECORD_LOADED, state_loaded(world->root), &status->next);
	read_image(world, RECORD_CRASH, state_crash_loaded(world->root), &status->crash);
	status->crash_bytes = state_crash_bytes(world->root);
}

/* An exit code for what a file of /sys/kernel says: 1, 0, or -1 if it says nothing. */
static int loaded_code(const struct world *world, int loaded, const char *file, const char *option,
		       struct error *err)
{
	if (loaded >= 0)
		return loaded ? EXIT_CODE_LOADED : EXIT_CODE_OK;
	error_set(err,
		  "cannot read '%s/sys/kernel/%s': is /sys mounted, and was this kernel built with "
		  "%s?",
		  world->root, file, option);
	return EXIT_CODE_FAILED;
}

int action_status(const struct world *world, const struct options *options, struct error *err)
{
	bool told = options->json || options->version;
	struct status status;

	if (told) {
		read_status(world, &status);
		if (!options->json)
			print_status(world->out, &status);
		else if (print_status_json(world->out, &status, err))
			return EXIT_CODE_FAILED;
	}
	/* Who does not say which kind asks for the crash kernel, as it always was; but what is
	 * told at length is first of all the kernel to be executed. */
	if (options->actions & ACTION_PANIC || (!told && !(options->actions & ACTION_LOAD)))
		return loaded_code(world, state_crash_loaded(world->root), "kexec_crash_loaded",
				   "CONFIG_CRASH_DUMP", err);
	return loaded_code(world, state_loaded(world->root), "kexec_loaded", "CONFIG_KEXEC", err);
}

/* Either call unloads what either has loaded; which of them is allowed differs. */
static int unload(const struct world *world, uint32_t call, bool crash, struct error *err)
{
	uint32_t load_flags = crash ? PLAN_ON_CRASH : 0;
	uint32_t file_flags = SYS_FILE_UNLOAD | (crash ? SYS_FILE_ON_CRASH : 0);
	int by_load = call == CALL_FILE ? 0 : sys_kexec_load(0, 0, NULL, load_flags), by_file;

	if (!by_load && call != CALL_FILE)
		return EXIT_CODE_OK;
	if (call != CALL_LOAD && (call == CALL_FILE || by_load == -EPERM || by_load == -ENOSYS)) {
		by_file = sys_kexec_file_load(-1, -1, "", file_flags);
		if (!by_file)
			return EXIT_CODE_OK;
		if (call == CALL_FILE && by_file == -ENOSYS) {
			error_set(err, "syscall kexec_file_load not available.");
			return EXIT_CODE_NO_FILE_CALL;
		}
		if (call == CALL_FILE) {
			explain_unload(world->root, "kexec_file_load(unload)", -by_file, err);
			return EXIT_CODE_FAILED;
		}
	}
	explain_unload(world->root, "kexec unload", -by_load, err);
	return EXIT_CODE_FAILED;
}

int action_unload(const struct world *world, const struct options *options, struct error *err)
{
	bool crash = options && options->actions & ACTION_PANIC;
	int code = unload(world, options ? options->call : CALL_AUTO, crash, err);

	if (code)
		return code;
	if (!crash)
		life_forget(world->record_directory);
	if (record_remove(world->record_directory, crash ? RECORD_CRASH : RECORD_LOADED, err))
		warn(world, "%s", err->text);
	return EXIT_CODE_OK;
}

static int nothing_loaded(struct error *err)
{
	error_set(err, "Nothing has been loaded! Load a kernel first, with --load or "
		       "--load-preserve-context");
	return EXIT_CODE_USAGE;
}

static bool comes_back(const struct status_image *next)
{
	return next->current && next->record.way_back;
}

/* --jump promises that the running kernel is not lost. */
static int check_jump(const struct status_image *next, struct error *err)
{
	if (next->loaded < 1)
		return nothing_loaded(err);
	if (!next->current)
		error_set(err,
			  "it is not known whether what is loaded comes back: there is no record "
			  "of it by this program in this boot; load it again with "
			  "--load-preserve-context");
	else if (next->record.mode == REQUEST_BOOT)
		error_set(err,
			  "'%s' is loaded to be booted and will not come back: load it with "
			  "--load-preserve-context, or boot it with --exec",
			  next->record.kernel);
	else
		return EXIT_CODE_OK;
	return EXIT_CODE_USAGE;
}

/* Resumed from an image: what is loaded here is spent, nobody is there to be jumped to. */
static void after_return(const struct world *world, const char *boot_id)
{
	struct error err;

	if (*world->root || !life_after_return(boot_id, world->out))
		return;
	if (action_unload(world, NULL, &err))
		warn(world, "%s", err.text);
}

/* A jump that purgatory did not let through is no good trip. */
static bool was_refused(const struct world *world, const struct status_image *next,
			struct error *err)
{
	if (!comes_back(next) || !next->record.purgatory ||
	    !jump_was_refused(world->root, next->record.purgatory))
		return false;
	error_set(err,
		  "'%s' was not entered: it was changed in memory after it was loaded "
		  "(purgatory's sha256 does not match); load it again",
		  next->record.kernel);
	return true;
}

/* What is known to fail is refused while the network is still there. An exit code. */
static int check_exec(const struct world *world, const struct status_image *next, struct error *err)
{
	int why = 0;

	if (!next->loaded)
		return nothing_loaded(err);
	if (!state_may_boot(world->root))
		why = EPERM;
	else if (next->loaded < 0 && state_is_told(world->root))
		why = EINVAL;
	if (!why)
		return EXIT_CODE_OK;
	explain_exec(world->root, why, false, err);
	return EXIT_CODE_FAILED;
}

int action_exec(const struct world *world, const struct options *options, struct error *err)
{
	struct sys_network taken = { NULL, 0 };
	char boot_id[MACHINE_BOOT_ID_CHARS + 1];
	struct status_image next;
	int code, result;

	read_image(world, RECORD_LOADED, state_loaded(world->root), &next);
	code = check_exec(world, &next, err);
	if (!code && options->actions & ACTION_JUMP)
		code = check_jump(&next, err);
	if (code)
		return code;
	if (!options->no_sync)
		sys_sync();
	state_boot_id(world->root, boot_id);
	if (life_before_jump(world->record_directory, boot_id, err))
		return EXIT_CODE_FAILED;
	result = options->no_ifdown || comes_back(&next) ? 0 : sys_network_down(&taken);
	if (result)
		warn(world, "cannot take the network down: %s", strerror(-result));
	result = sys_reboot_kexec();
	sys_network_up(&taken);
	if (result) {
		explain_exec(world->root, -result, comes_back(&next), err);
		return EXIT_CODE_FAILED;
	}
	if (was_refused(world, &next, err))
		return EXIT_CODE_FAILED;
	fprintf(world->out, "kexec: back from the jump\n");
	if (comes_back(&next))
		after_return(world, boot_id);
	return EXIT_CODE_OK;
}

/* Without an action: shutdown(8) stops the services, and its last step executes what is loaded. */
static int shut_down(const struct world *world, struct error *err)
{
	if (!state_loaded(world->root))
		return nothing_loaded(err);
	fflush(NULL);
	error_set(err, "shutdown: %s: the kernel is loaded; use --exec to execute it",
		  strerror(-sys_shutdown_reboot()));
	return EXIT_CODE_FAILED;
}

int action_load(const struct world *world, const struct options *options, struct error *err)
{
	int code;

	if (options->actions & ACTION_PANIC) /* what is loaded to be booted stays as it is */
		return load_image(world, options, err);
	if (wants_resume(options)) {
		code = action_resume(world, options, err);
	} else {
		code = load_image(world, options, err);
		if (!code && !options->dry_run)
			life_forget(world->record_directory);
	}
	if (code || options->dry_run)
		return code;
	if (!options->actions)
		return shut_down(world, err);
	return options->actions & ACTIONS_LEAVING ? action_exec(world, options, err) : EXIT_CODE_OK;
}

/* --print-ckr-size */
static int crash_size(const struct world *world, struct error *err)
{
	struct machine machine;

	if (machine_read(world->root, 0, &machine, err)) {
		error_prefix(err, "get_crash_kernel_load_range() failed.: ");
		return EXIT_CODE_FAILED;
	}
	fprintf(world->out, "%" PRIu64 "\n", range_bytes(crash_region(&machine)));
	machine_done(&machine);
	return EXIT_CODE_OK;
}

static int act(const struct world *world, const struct options *options, struct error *err)
{
	bool loads = options->actions & ACTIONS_LOADING || !options->actions;

	if (options->actions & ACTION_UNLOAD)
		return action_unload(world, options, err);
	if (options->actions & ACTION_STATUS)
		return action_status(world, options, err);
	if (options->actions & ACTION_CRASH_SIZE)
		return crash_size(world, err);
	if (options->actions & ACTION_IMAGE_INFO)
		return action_image_info(world, options, err);
	return loads ? action_load(world, options, err) : action_exec(world, options, err);
}

/* Arguments that are left over, as they always have been, do not stop anything. */
static void warn_of_surplus(const struct world *world, const struct options *options)
{
	bool takes_kernel = options->actions & (ACTION_LOAD | ACTION_FORCE | ACTION_PRESERVE |
						ACTION_RESUME | ACTION_IMAGE_INFO | ACTION_PANIC) ||
			    !options->actions;

	if (options->actions & ACTIONS_WITHOUT_KERNEL)
		takes_kernel = false;
	if (options->kernel && !takes_kernel)
		warn(world, "'%s' is ignored: nothing is to be loaded from a file",
		     options->kernel);
	else if (options->surplus)
		warn(world, "'%s' is ignored: one kernel at a time", options->surplus);
}

static bool lacks_kernel(const struct options *options)
{
	if (options->actions & ACTIONS_WITHOUT_KERNEL || options->kernel || options->entry_file)
		return false;
	return options->actions & (ACTION_LOAD | ACTION_FORCE | ACTION_PRESERVE | ACTION_RESUME |
				   ACTION_IMAGE_INFO | ACTION_PANIC) ||
	       !options->actions;
}

/* --help and --version answer whatever else is on the command line. */
static bool is_question(const struct options *options)
{
	return options->actions & (ACTION_HELP | ACTION_COMPLETION) ||
	       (options->version && !(options->actions & ACTION_STATUS));
}

static void answer(const struct world *world, const struct options *options)
{
	if (options->actions & ACTION_HELP)
		print_help(world->out);
	else if (options->actions & ACTION_COMPLETION)
		print_completion(world->out);
	else
		print_version(world->out);
}

static int run(const struct world *world, struct options *options)
{
	struct arena arena = { NULL };
	struct error err = { "" };
	int code = EXIT_CODE_OK;

	if (is_question(options)) {
		answer(world, options);
	} else if (lacks_kernel(options)) {
		fprintf(world->err, "kexec: No kernel specified\n");
		print_usage(world->err);
		code = EXIT_CODE_FAILED;
	} else if (sources_resolve(world, &arena, options, &err)) {
		code = EXIT_CODE_USAGE; /* as for any file that cannot be read */
	} else {
		warn_of_surplus(world, options);
		code = act(world, options, &err);
	}
	arena_done(&arena);
	if (code && err.text[0])
		fprintf(world->err, "kexec: %s\n", err.text);
	return code;
}

int kexec_run(int argc, char **argv, const struct world *world)
{
	struct options options;
	struct error err;
	int code;

	if (options_parse(argc, argv, &options, &err)) {
		fprintf(world->err, "kexec: %s\n", err.text);
		print_usage(world->err);
		return EXIT_CODE_USAGE;
	}
	code = run(world, &options);
	if ((fflush(world->out) || ferror(world->out)) && !code) {
		fprintf(world->err, "kexec: cannot write the output\n");
		code = EXIT_CODE_USAGE;
	}
	return code;
}
