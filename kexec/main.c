/* SPDX-License-Identifier: GPL-2.0-only */
/* The kexec program on the running machine. Everything it does is in actions.c. */
#include "actions.h"
#include "guard.h"
#include "record.h"
#include "resume.h"

int main(int argc, char **argv)
{
	struct world world = {
		.root = "",
		.record_directory = RECORD_DIRECTORY,
		.out = stdout,
		.err = stderr,
	};

	guard_mapped_files();
	if (resume_init_wanted())
		return resume_init();
	return kexec_run(argc, argv, &world);
}
