/* SPDX-License-Identifier: GPL-2.0-only */
/* SIGBUS as an error message; see guard.h. Only what a signal handler may call. */
#include "guard.h"

#include <signal.h>
#include <unistd.h>

#include "actions.h"

static void on_bus_error(int number)
{
	static const char text[] =
		"kexec: a file became smaller, or could not be read, while it was in "
		"use; nothing was loaded\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)number;
	(void)ignored;
	_exit(EXIT_CODE_FAILED);
}

void guard_mapped_files(void)
{
	struct sigaction action = { .sa_handler = on_bus_error };

	sigaction(SIGBUS, &action, NULL);
}
