/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kexec program in surroundings of a test's own: FAKE_ROOT stands in front of /proc and /sys (a
 * recorded machine), FAKE_RECORD is the folder of the record. Linked with fake_sys.c.
 */
#include <stdlib.h>

#include "actions.h"

int main(int argc, char **argv)
{
	const char *root = getenv("FAKE_ROOT"), *record = getenv("FAKE_RECORD");
	struct world world = {
		.root = root ? root : "/nonexistent",
		.record_directory = record ? record : "/nonexistent",
		.out = stdout,
		.err = stderr,
	};

	return kexec_run(argc, argv, &world);
}
