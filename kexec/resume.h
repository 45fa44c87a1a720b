/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resuming from an image: open, judge, choose, restore, remember. What the actions of the program
 * call; the steps are in resume_*.c.
 */
#ifndef KEXEC_RESUME_H
#define KEXEC_RESUME_H

#include <stdio.h>

#include "resume_choose.h"

struct resume_request {
	const char *image;
	enum restore_way way;
	const char *kernel; /* --resume-kernel: for the second hop; NULL = look for one */
	const char *append; /* added to its command line, or NULL */
	uint64_t entry;     /* --entry */
	bool entry_given;
	bool dry_run; /* judge and choose, change nothing */
	FILE *out;    /* what is told: the choice, warnings, progress; NULL = nothing */
};

/* What was loaded, for the record. */
struct resume_loaded {
	enum restore_way way;
	uint64_t entry;
	uint32_t segments;
	char cmdline[2048]; /* of the second kernel, or "" */
};

/* Whether the file at path is an ELF core, so that --load means resuming; false if unreadable. */
bool resume_is_image(const char *path);

/*
 * Load an image: after 0 the next kexec -e resumes it. directory is where it is remembered under
 * /run. On -1 nothing is loaded and the image is as it was.
 */
int resume_load(const struct resume_request *request, const struct machine *machine,
		const char *directory, struct resume_loaded *loaded, struct error *err);

/* The same for an image that is open, without remembering it. */
int resume_opened(const struct resume_request *request, struct resume_image *image,
		  const struct machine *machine, struct resume_loaded *loaded, struct error *err);

/* ------------------------------------------------------------------ the three ways */

struct resume_job {
	const struct resume_request *request;
	const struct resume_image *image; /* checked */
	const struct machine *machine;
	const struct resume_choice *choice;
	uint64_t entry;
};

/* Put A's memory in place through /dev/mem, then load the stub. */
int resume_direct(const struct resume_job *job, struct resume_loaded *loaded, struct error *err);
/* Check all data, then kexec_load it. */
int resume_classic(const struct resume_job *job, struct resume_loaded *loaded, struct error *err);
/* Load the second kernel with the initramfs that restores. */
int resume_two_hop(const struct resume_job *job, struct resume_loaded *loaded, struct error *err);
/* Why there can be no second hop, as err; 0 = there can. Loads nothing. */
int resume_two_hop_check(const struct resume_image *image, const struct resume_request *request,
			 const struct machine *machine, struct error *err);

/* Read all data and compare it with its checksums; progress goes to out, which may be NULL. */
int resume_check_data(const struct resume_image *image, FILE *out, struct error *err);

/* How far a long step is: told on a terminal only, and only when the percentage changes. */
struct resume_progress {
	FILE *out; /* may be NULL */
	const char *what;
	unsigned told; /* percent + 1 */
};

/* A struct stream_sink's progress(); context is a struct resume_progress. */
void resume_progress(void *context, uint64_t done, uint64_t total);
/* The step is over, well or not: what is told next begins on a line of its own. */
void resume_progress_end(struct resume_progress *progress);

/* What the kernel's loader needs per entry of its list on this processor, in seconds. */
double resume_entry_seconds(void);
/* Whether the processor has PAE, and page tables that forbid execution. */
bool resume_has_pae(void);
bool resume_has_nx(void);

/* ------------------------------------------------------------------ the second kernel's /init */

#define RESUME_INIT_CONFIG "/kexec-resume"

/* Whether this process is /init of an initramfs that resume_two_hop() made. */
bool resume_init_wanted(void);
/* Restore and jump; returns only by rebooting. */
int resume_init(void);

/* ------------------------------------------------------------------ --image-info */

/* Print what is known about an image; verify: read and check all data. 0, or -1 when damaged. */
int image_info_print(const char *path, bool verify, FILE *out, struct error *err);
int image_info_print_json(const char *path, bool verify, FILE *out, struct error *err);
/* Put the image into the state "invalid". */
int image_info_discard(const char *path, FILE *out, struct error *err);

#endif
