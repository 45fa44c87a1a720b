/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this machine can take an image, and by which of the three ways. Pure: values in, a choice
 * or a reason out; nothing is read and nothing is loaded.
 */
#ifndef KEXEC_RESUME_CHOOSE_H
#define KEXEC_RESUME_CHOOSE_H

#include "machine.h"
#include "resume_image.h"

enum restore_way {
	RESTORE_AUTO,
	RESTORE_DIRECT,  /* this kernel uses only D: write A's memory, load a stub */
	RESTORE_CLASSIC, /* kexec_load of everything */
	RESTORE_TWO_HOP, /* start a kernel confined to D, which restores directly */
};

/* "direct", "classic", "two-hop", "auto". */
const char *restore_way_name(enum restore_way way);
/* 0 and *way, or -1. */
int restore_way_of(const char *name, enum restore_way *way);

/* A kernel's loader takes longer than this only if there is no other way. */
#define CLASSIC_PATIENCE_SECONDS 20

struct resume_machine {
	const struct machine *machine;
	bool has_pae, has_nx; /* the processor */
	double entry_seconds; /* what the kernel needs to look at one entry of its page list */
	const char *no_hop;   /* why there can be no second hop; NULL = there can */
};

struct resume_choice {
	enum restore_way way;
	char why[300];
	uint64_t bytes;       /* to be put back */
	double seconds;       /* classic: what kexec_load may take */
	struct range_set own; /* the part that lies in this kernel's own RAM (direct: in H) */
};

/* Architecture, paging mode, memory map: what differs is named. -1 = this is not its machine. */
int resume_check_machine(const struct resume_image *image, const struct resume_machine *here,
			 struct error *err);

/* What one kexec_load takes, as ranges: at most PLAN_SEGMENTS_MAX; gaps inside D may be filled. */
int resume_classic_ranges(const struct resume_image *image, struct range_set *ranges,
			  struct error *err);

/* Choose, or take the way that is asked for. On failure err says why each way is closed. */
int resume_choose(const struct resume_image *image, const struct resume_machine *here,
		  enum restore_way asked, struct resume_choice *choice, struct error *err);
void resume_choice_done(struct resume_choice *choice);

#endif
