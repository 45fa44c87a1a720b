/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people and programs read: help, completion, plans and the state of things, as text or JSON.
 * Text from files is printed so that it cannot drive a terminal.
 */
#ifndef KEXEC_PRINT_H
#define KEXEC_PRINT_H

#include <stdio.h>

#include "plan.h"
#include "record.h"

/* What --status knows of one kind of image. */
struct status_image {
	int loaded;    /* the kernel's word: 1, 0, -1 = not known */
	bool recorded; /* record is filled */
	bool current;  /* ... and belongs to this boot, and the kernel has something loaded */
	struct record record;
};

struct status {
	struct status_image next, crash; /* to be executed, and kept for a crash */
	uint64_t crash_bytes;            /* reserved for the latter; 0 = none, or not known */
};

void print_version(FILE *out);
void print_help(FILE *out);
/* Two lines for who has given a wrong option. */
void print_usage(FILE *out);
/* A bash completion made from the option table. */
void print_completion(FILE *out);

/* arch_name: "i386". The plan is a finished one. */
void print_plan(FILE *out, const char *arch_name, const struct plan *plan);
void print_status(FILE *out, const struct status *status);

/* The same as JSON objects; -1 with err where there is no memory or no JSON in this build. */
int print_plan_json(FILE *out, const char *arch_name, const struct plan *plan, struct error *err);
int print_status_json(FILE *out, const struct status *status, struct error *err);

#endif
