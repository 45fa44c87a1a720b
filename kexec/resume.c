/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of the steps of resuming; see resume.h. Knows no format and no address. */
#include "resume.h"

#include <cpuid.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "life.h"
#include "resume_stream.h"
#include "sys.h"

#define MIB           UINT64_C(0x100000)
#define CPUID_EDX_PAE (1u << 6)  /* of leaf 1 */
#define CPUID_EDX_NX  (1u << 20) /* of leaf 0x80000001 */

/* What one entry of the kernel's list costs beside what is measured here: macros, cache misses. */
#define KERNEL_WORK_FACTOR 2

bool resume_is_image(const char *path)
{
	uint8_t head[64];
	struct stat st;
	ssize_t got;
	int fd;

	/* A pipe's writer would be gone once it was looked at. */
	if (stat(path, &st) || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	got = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	if (fd >= 0)
		close(fd);
	return got > 0 && resume_image_magic(head, (size_t)got);
}

bool resume_has_pae(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && edx & CPUID_EDX_PAE;
}

bool resume_has_nx(void)
{
	unsigned eax, ebx, ecx, edx;

	return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && edx & CPUID_EDX_NX;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double resume_entry_seconds(void)
{
	enum { ENTRIES = 1 << 16, ROUNDS = 4 };
	volatile uint32_t *list = calloc(ENTRIES, sizeof(*list));
	double start, took;
	uint32_t found = 0;

	if (!list)
		return 0;
	start = seconds();
	for (unsigned r = 0; r < ROUNDS; r++)
		for (unsigned i = 0; i < ENTRIES; i++) {
			uint32_t entry = list[i];

			if (entry & 1)
				found = entry;
			else if (entry & 8 && found++ == r)
				break;
		}
	took = seconds() - start;
	free((void *)list);
	return KERNEL_WORK_FACTOR * took / ROUNDS / ENTRIES;
}

void resume_progress(void *context, uint64_t done, uint64_t total)
{
	struct resume_progress *progress = context;
	unsigned percent = total ? (unsigned)(done * 100 / total) : 100;

	if (!progress->out || percent + 1 == progress->told || !isatty(fileno(progress->out)))
		return;
	progress->told = percent + 1;
	fprintf(progress->out, "\rkexec: %s: %u %% of %llu MiB", progress->what, percent,
		(unsigned long long)((total + MIB - 1) / MIB));
	fflush(progress->out);
}

void resume_progress_end(struct resume_progress *progress)
{
	if (!progress->told)
		return;
	fputc('\n', progress->out);
	fflush(progress->out);
	progress->told = 0;
}

int resume_check_data(const struct resume_image *image, FILE *out, struct error *err)
{
	struct resume_progress progress = { out, "checking", 0 };
	struct stream_sink check_only = { NULL, resume_progress, NULL, &progress };
	int result = resume_stream(image, &check_only, err);

	resume_progress_end(&progress);
	return result;
}

static void tell_choice(const struct resume_job *job)
{
	const struct resume_choice *choice = job->choice;
	FILE *out = job->request->out;

	if (!out)
		return;
	for (unsigned i = 0; i < job->image->warning_count; i++)
		fprintf(out, "kexec: warning: '%s': %s\n", job->request->image,
			job->image->warnings[i]);
	fprintf(out, "kexec: restoring %llu MiB the %s way: %s\n",
		(unsigned long long)(choice->bytes / MIB), restore_way_name(choice->way),
		choice->why);
	if (choice->way == RESTORE_CLASSIC)
		fprintf(out, "kexec: the kernel's loader may take up to %.0f seconds\n",
			choice->seconds + 1);
	fflush(out);
}

/* Where the image is entered: what the user says, else what the image says. */
static int find_entry(const struct resume_request *request, const struct resume_image *image,
		      uint64_t *entry, struct error *err)
{
	*entry = request->entry_given ? request->entry : image->has_note ? image->entry : 0;
	if (!*entry)
		return error_set(err,
				 "'%s' does not say where to enter it; give --entry=ADDRESS "
				 "(the kexec_jump_back_entry= of the kernel that saved it)",
				 request->image);
	if (image->has_note && *entry == image->note.raw)
		return error_set(err,
				 "0x%llx is how the kernel itself goes on, which would reset this "
				 "machine; the way back is 0x%llx",
				 (unsigned long long)*entry, (unsigned long long)image->note.in);
	if (!range_set_contains(&image->stored, (struct range){ *entry, *entry + 1 }))
		return error_set(err, "the entry 0x%llx lies in no memory that '%s' brings back",
				 (unsigned long long)*entry, request->image);
	return 0;
}

static int restore(const struct resume_job *job, struct resume_loaded *loaded, struct error *err)
{
	loaded->way = job->choice->way;
	loaded->entry = job->entry;
	if (job->choice->way == RESTORE_TWO_HOP)
		return resume_two_hop(job, loaded, err);
	if (job->request->dry_run)
		return 0;
	return job->choice->way == RESTORE_DIRECT ? resume_direct(job, loaded, err)
						  : resume_classic(job, loaded, err);
}

int resume_opened(const struct resume_request *request, struct resume_image *image,
		  const struct machine *machine, struct resume_loaded *loaded, struct error *err)
{
	struct resume_machine here = { .machine = machine,
				       .has_pae = resume_has_pae(),
				       .has_nx = resume_has_nx() };
	struct resume_choice choice;
	struct resume_job job = {
		.request = request, .image = image, .machine = machine, .choice = &choice
	};
	struct error no_hop;
	int result;

	memset(loaded, 0, sizeof(*loaded));
	if (find_entry(request, image, &job.entry, err))
		return -1;
	if (resume_image_check(image, job.entry, err) || resume_check_machine(image, &here, err))
		return error_prefix(err, "'%s' is not resumed: ", request->image);
	here.entry_seconds = resume_entry_seconds();
	if (resume_two_hop_check(image, request, machine, &no_hop))
		here.no_hop = no_hop.text;
	if (resume_choose(image, &here, request->way, &choice, err))
		return error_prefix(err, "'%s': ", request->image);
	tell_choice(&job);
	result = restore(&job, loaded, err);
	resume_choice_done(&choice);
	return result;
}

/*
 * The jump marks the image. A second kernel does that itself, at the last moment; and where nothing
 * can be remembered until the jump, it is marked now.
 */
static int remember(const struct resume_image *image, const struct machine *machine,
		    enum restore_way way, const char *directory,
		    const struct resume_request *request, struct error *err)
{
	struct error why;

	life_forget(directory);
	if (way == RESTORE_TWO_HOP || !image->has_info ||
	    !life_remember(directory, image, machine->boot_id, &why))
		return 0;
	if (request->out)
		fprintf(request->out, "kexec: %s; so the image is marked 'resuming' now\n",
			why.text);
	return life_mark(image->backing.path, image->info.uuid, IMAGE_RESUMING, err);
}

int resume_load(const struct resume_request *request, const struct machine *machine,
		const char *directory, struct resume_loaded *loaded, struct error *err)
{
	struct resume_image image;
	int result;

	if (resume_image_open(request->image, &image, err))
		return -1;
	result = resume_opened(request, &image, machine, loaded, err);
	if (!result && !request->dry_run &&
	    remember(&image, machine, loaded->way, directory, request, err)) {
		sys_kexec_load(0, 0, NULL, 0); /* what cannot be marked is not entered */
		result = -1;
	}
	resume_image_close(&image);
	return result;
}
