/* SPDX-License-Identifier: GPL-2.0-only */
/* From options to a resume, and from there to the record. Knows no format. */
#include "resume_action.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "machine.h"
#include "record.h"
#include "resume.h"
#include "state.h"
#include "warn.h"

bool wants_resume(const struct options *options)
{
	bool loads = options->actions & (ACTION_LOAD | ACTION_FORCE) || !options->actions;

	if (options->actions & ACTION_RESUME)
		return true;
	return loads && options->kernel && !options->type && resume_is_image(options->kernel);
}

/* What means something for a kernel only. */
static int check_options(const struct options *options, struct error *err)
{
	enum restore_way way;

	if (options->initrd_count || options->reuse_cmdline)
		return error_set(err,
				 "'%s' is an image to be resumed: it takes no initrd and no "
				 "command line of another kernel",
				 options->kernel);
	if (options->mem_min.given || options->mem_max.given)
		return error_set(err,
				 "'%s' is an image to be resumed: it goes where it came from, "
				 "--mem-min and --mem-max cannot change that",
				 options->kernel);
	if (options->restore && restore_way_of(options->restore, &way))
		return error_set(err,
				 "bad value '%s' for --restore: auto, direct, classic or "
				 "two-hop is wanted",
				 options->restore);
	return 0;
}

static void keep_record(const struct world *world, const struct options *options,
			const struct machine *machine, const struct resume_loaded *loaded)
{
	struct record record = {
		.mode = REQUEST_BOOT,
		.time = (uint64_t)time(NULL),
		.entry = loaded->entry,
		.segments = loaded->segments,
	};
	char path[PATH_MAX];
	struct error err;

	snprintf(record.boot_id, sizeof(record.boot_id), "%s", machine->boot_id);
	snprintf(record.type, sizeof(record.type), "resume-image (%s)",
		 restore_way_name(loaded->way));
	snprintf(record.kernel, sizeof(record.kernel), "%s", options->kernel);
	snprintf(record.cmdline, sizeof(record.cmdline), "%s", loaded->cmdline);
	if (realpath(options->kernel, path))
		snprintf(record.path, sizeof(record.path), "%s", path);
	if (record_write(world->record_directory, &record, &err)) {
		record_remove(world->record_directory, RECORD_LOADED, &(struct error){ "" });
		warn(world, "%s; the image is loaded, but --status will not know it", err.text);
	}
}

int action_resume(const struct world *world, const struct options *options, struct error *err)
{
	struct resume_request request = {
		.image = options->kernel,
		.kernel = options->resume_kernel,
		.append = options->append,
		.entry = options->entry.value,
		.entry_given = options->entry.given,
		.dry_run = options->dry_run,
		.out = world->out,
	};
	const char *root = options->root ? options->root : world->root;
	struct resume_loaded loaded;
	struct machine machine;
	int result;

	if (check_options(options, err))
		return EXIT_CODE_USAGE;
	if (options->restore)
		restore_way_of(options->restore, &request.way);
	if (machine_read(root, 0, &machine, err))
		return EXIT_CODE_FAILED;
	state_boot_id(root, machine.boot_id);
	result = resume_load(&request, &machine, world->record_directory, &loaded, err);
	if (!result && !options->dry_run)
		keep_record(world, options, &machine, &loaded);
	machine_done(&machine);
	return result ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

int action_image_info(const struct world *world, const struct options *options, struct error *err)
{
	int result;

	if (options->discard)
		result = image_info_discard(options->kernel, world->out, err);
	else if (options->json)
		result = image_info_print_json(options->kernel, options->verify, world->out, err);
	else
		result = image_info_print(options->kernel, options->verify, world->out, err);
	return result ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}
