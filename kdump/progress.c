/* SPDX-License-Identifier: GPL-2.0-only */
/* Progress on a terminal or in the kernel log, at most five times a second. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define MIB         UINT64_C(0x100000)
#define INTERVAL_MS 200

static uint64_t now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now))
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static unsigned per_cent(const struct progress *progress)
{
	if (!progress->total)
		return 100;
	return (unsigned)((double)progress->done * 100 / (double)progress->total);
}

void progress_text(const struct progress *progress, uint64_t elapsed_ms, char *text, unsigned size)
{
	uint64_t rate = progress->done * 1000 / (elapsed_ms ? elapsed_ms : 1); /* bytes a second */
	uint64_t left = rate ? (progress->total - progress->done) / rate : 0;
	int n = snprintf(text, size, "%3u %%  %llu of %llu MiB  %llu MiB/s", per_cent(progress),
			 (unsigned long long)(progress->done / MIB),
			 (unsigned long long)((progress->total + MIB - 1) / MIB),
			 (unsigned long long)(rate / MIB));

	if (n > 0 && (unsigned)n < size && rate && progress->done < progress->total)
		snprintf(text + n, size - (unsigned)n, "  %llu:%02llu left",
			 (unsigned long long)(left / 60), (unsigned long long)(left % 60));
}

void progress_start(struct progress *progress, const char *name, const char *verb, uint64_t total,
		    bool quiet)
{
	*progress = (struct progress){ .name = name, .verb = verb, .total = total, .log = -1 };
	progress->quiet = quiet;
	progress->terminal = !quiet && isatty(STDERR_FILENO);
	if (!quiet && !progress->terminal)
		progress->log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	progress->started_ms = now_ms();
}

static void draw(struct progress *progress, uint64_t now)
{
	char text[100];

	if (now - progress->shown_ms < INTERVAL_MS)
		return;
	progress->shown_ms = now;
	progress_text(progress, now - progress->started_ms, text, sizeof(text));
	fprintf(stderr, "\r%s: %s\033[K", progress->name, text);
	fflush(stderr);
}

static void record(struct progress *progress, uint64_t now)
{
	unsigned tens = per_cent(progress) / 10;
	char text[100], line[200];
	int n;

	if (progress->log < 0 || tens <= progress->logged)
		return;
	progress->logged = tens;
	progress_text(progress, now - progress->started_ms, text, sizeof(text));
	n = snprintf(line, sizeof(line), "<6>%s: %s %s\n", progress->name, progress->verb, text);
	if (n > 0 && write(progress->log, line, (size_t)n) < 0) {
		close(progress->log); /* not allowed here: never mind */
		progress->log = -1;
	}
}

void progress_add(struct progress *progress, uint64_t bytes)
{
	uint64_t now = now_ms();

	progress->done += bytes;
	if (progress->terminal)
		draw(progress, now);
	else if (!progress->quiet)
		record(progress, now);
}

void progress_end(struct progress *progress)
{
	if (progress->terminal)
		fprintf(stderr, "\r\033[K");
	if (progress->log >= 0)
		close(progress->log);
	progress->log = -1;
	progress->terminal = false;
}

uint64_t progress_elapsed_ms(const struct progress *progress)
{
	return now_ms() - progress->started_ms;
}
