/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preloaded into a kexec, ours or another: kexec_load succeeds and does nothing, and the process
 * tells what it cost. One line "anonymous_kib N" at the call, when all that is loaded is in
 * memory, and one line "cpu_us N" at the end go to the file in the environment's NO_LOAD_REPORT.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define ARGUMENTS 6

long syscall(long number, ...);

static void report(const char *name, long value)
{
	const char *path = getenv("NO_LOAD_REPORT");
	FILE *file = path ? fopen(path, "a") : NULL;

	if (!file)
		return;
	fprintf(file, "%s %ld\n", name, value);
	fclose(file);
}

/* Anonymous memory of this process: what it copied or made, not what it mapped from files. */
static long anonymous_kib(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	char line[200];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Anonymous: %ld kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

long syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long arguments[ARGUMENTS];
	va_list list;

	va_start(list, number);
	for (unsigned i = 0; i < ARGUMENTS; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_kexec_load) {
		report("anonymous_kib", anonymous_kib());
		return 0;
	}
	return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		    arguments[5]);
}

__attribute__((destructor)) static void at_end(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	report("cpu_us", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L +
				 usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
