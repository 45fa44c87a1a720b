/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for people: help, plan, status, and the completion for bash. Knows how things are shown;
 * does not know where they come from.
 */
#include "print.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "options.h"

#define HELP_COLUMN 29

void print_version(FILE *out)
{
	fprintf(out, "kexec %s\n", PACKAGE_VERSION);
}

void print_usage(FILE *out)
{
	fprintf(out, "Usage: kexec [OPTION]... [KERNEL]\n"
		     "Try 'kexec --help' for the options.\n");
}

static void print_option(FILE *out, const struct option_row *row)
{
	char left[64];
	int chars = 0;

	chars += row->letter ? snprintf(left, sizeof(left), " -%c, ", row->letter)
			     : snprintf(left, sizeof(left), "     ");
	chars += snprintf(left + chars, sizeof(left) - (size_t)chars, "--%s%s%s", row->name,
			  row->value ? "=" : "", row->value ? row->value : "");
	if (chars < HELP_COLUMN)
		fprintf(out, "%-*s%s\n", HELP_COLUMN, left, row->help);
	else
		fprintf(out, "%s\n%*s%s\n", left, HELP_COLUMN, "", row->help);
}

void print_help(FILE *out)
{
	print_version(out);
	fprintf(out,
		"Usage: kexec [OPTION]... KERNEL        load KERNEL, then shut down and boot it\n"
		"       kexec --load [OPTION]... KERNEL\n"
		"       kexec --load-preserve-context [OPTION]... KERNEL\n"
		"       kexec --load-jump-back-helper [--entry=ADDRESS]\n"
		"       kexec --exec | --jump | --unload | --status\n");
	for (unsigned group = 0; group < GROUPS; group++) {
		fprintf(out, "\n%s:\n", option_group_title(group));
		for (size_t i = 0; i < option_row_count; i++)
			if (option_rows[i].group == group && option_rows[i].help)
				print_option(out, &option_rows[i]);
	}
	fprintf(out, "\nKERNEL may be '-' for standard input. See kexec(8) for more.\n");
}

/* Names of the options that are shown and that want (or want not) a file name, for the completion.
 */
static void print_names(FILE *out, const char *value)
{
	bool first = true;

	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (!row->help || (value && (!row->value || strcmp(row->value, value))))
			continue;
		fprintf(out, "%s--%s", first ? "" : value ? "|" : " ", row->name);
		first = false;
		if (row->value && !value)
			fputc('=', out);
		if (row->letter)
			fprintf(out, "%s-%c", value ? "|" : " ", row->letter);
	}
}

/* The part of the completion that completes the value of an option. */
static void print_case(FILE *out, const char *value, const char *words)
{
	fprintf(out, "\t");
	print_names(out, value);
	fprintf(out, ")\n\t\t%s\n\t\treturn\n\t\t;;\n", words);
}

void print_completion(FILE *out)
{
	fprintf(out, "# SPDX-License-Identifier: GPL-2.0-only\n"
		     "# Completion of kexec(8) for bash. Made from the option table by\n"
		     "# 'kexec --bash-completion'; a test compares the two.\n"
		     "_kexec()\n"
		     "{\n"
		     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		     "\n"
		     "\tif [[ $cur == = ]]; then\n"
		     "\t\tcur=\n"
		     "\telif [[ $prev == = ]]; then\n"
		     "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
		     "\tfi\n"
		     "\tcase $prev in\n");
	print_case(out, "FILE", "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")");
	print_case(out, "DIR", "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")");
	print_case(out, "PORT",
		   "mapfile -t COMPREPLY < <(compgen -W 'ttyS0 ttyS1 ttyS2 ttyS3' -- \"$cur\")");
	print_case(out, "RATE",
		   "mapfile -t COMPREPLY < <(compgen -W '9600 19200 38400 57600 115200' -- "
		   "\"$cur\")");
	print_case(out, "WAY",
		   "mapfile -t COMPREPLY < <(compgen -W 'auto direct classic two-hop' -- "
		   "\"$cur\")");
	print_case(out, "TEXT", "COMPREPLY=()");
	print_case(out, "ADDRESS", "COMPREPLY=()");
	fprintf(out,
		"\tesac\n\tif [[ $cur == -* ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '");
	print_names(out, NULL);
	fprintf(out, "' -- \"$cur\")\n"
		     "\t\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
		     "\telse\n"
		     "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		     "\tfi\n"
		     "}\n"
		     "complete -o filenames -F _kexec kexec\n");
}

/* Text from outside, on one line and without control characters. */
static void print_safely(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
}

/* Inclusive, as /proc/iomem shows ranges. */
static void print_range(FILE *out, struct range range)
{
	fprintf(out, "0x%08" PRIx64 "-0x%08" PRIx64, range.start,
		range.end > range.start ? range.end - 1 : range.start);
}

static void print_text(FILE *out, const char *label, const char *text)
{
	fprintf(out, "%s: ", label);
	print_safely(out, text);
	fputc('\n', out);
}

static void print_jump(FILE *out, const struct plan_jump *jump)
{
	const struct range lent[] = { jump->low, jump->main };

	for (unsigned i = 0; i < 2; i++)
		if (range_bytes(lent[i])) {
			fprintf(out, "memory lent: ");
			print_range(out, lent[i]);
			fputc('\n', out);
		}
	if (range_bytes(jump->handoff)) {
		fprintf(out, "hand-off area: ");
		print_range(out, jump->handoff);
		fprintf(out, ", core header at 0x%08" PRIx64 "\n", jump->elfcorehdr);
	}
	if (jump->in)
		fprintf(out, "way back: 0x%08" PRIx64 "\n", jump->in);
}

void print_plan(FILE *out, const char *arch_name, const struct plan *plan)
{
	fprintf(out, "type: %s for %s%s\n", plan->loader, arch_name,
		plan->jump.preserve ? ", comes back" : "");
	fprintf(out, "entry: 0x%08" PRIx64 "\nflags: 0x%" PRIx32 "\n", plan->entry, plan->flags);
	if (plan->cmdline)
		print_text(out, "command line", plan->cmdline);
	fprintf(out, "segments (address, size, bytes of data): %u\n", plan->segment_count);
	for (unsigned i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];

		fprintf(out, "  0x%08" PRIx64 " 0x%08" PRIx64 " %10zu  %s%s\n", segment->at.start,
			range_bytes(segment->at), segment->data.size, segment->name,
			segment->hashed ? " (checked)" : "");
	}
	print_jump(out, &plan->jump);
	if (plan->given.count)
		fprintf(out, "memory map for the next kernel:\n");
	for (size_t i = 0; i < plan->given.count; i++) {
		fprintf(out, "  ");
		print_range(out, plan->given.entries[i].at);
		fprintf(out, "  %s\n", memmap_type_name(plan->given.entries[i].type));
	}
	for (unsigned i = 0; i < plan->note_count; i++)
		print_text(out, "warning", plan->notes[i]);
}

static void print_record(FILE *out, const struct record *record)
{
	static const char *const modes[] = {
		[REQUEST_BOOT] = "boots, and does not come back",
		[REQUEST_PRESERVE] = "comes back",
		[REQUEST_CRASH] = "boots when this kernel crashes",
		[REQUEST_JUMP_BACK] = "goes back to the kernel that jumped here",
	};
	time_t seconds = (time_t)record->time;
	char when[64] = "?";
	struct tm parts;

	if (gmtime_r(&seconds, &parts))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &parts);
	print_text(out, "kernel", *record->path ? record->path : record->kernel);
	print_text(out, "type", record->type);
	print_text(out, "mode", modes[record->mode]);
	if (*record->cmdline)
		print_text(out, "command line", record->cmdline);
	print_text(out, "loaded at", when);
	fprintf(out, "entry: 0x%08" PRIx64 "\nsegments: %" PRIu32 "\n", record->entry,
		record->segments);
	for (uint32_t i = 0; i < record->lent_count; i++) {
		fprintf(out, "memory lent: ");
		print_range(out, record->lent[i]);
		fputc('\n', out);
	}
	if (record->way_back)
		fprintf(out, "way back: 0x%08" PRIx64 "\n", record->way_back);
}

static const char *answer(int loaded)
{
	return loaded < 0 ? "not known" : loaded ? "yes" : "no";
}

static void print_image(FILE *out, const struct status_image *image)
{
	if (image->recorded && image->current)
		print_record(out, &image->record);
	else if (image->recorded)
		fprintf(out, "record: stale (%s)\n",
			image->loaded ? "of an earlier boot" : "what it tells of is gone");
	else if (image->loaded)
		fprintf(out, "record: none (loaded by another program?)\n");
}

void print_status(FILE *out, const struct status *status)
{
	fprintf(out, "loaded: %s\n", answer(status->next.loaded));
	print_image(out, &status->next);
	if (status->crash.loaded >= 0) {
		fprintf(out, "crash kernel loaded: %s\n", answer(status->crash.loaded));
		print_image(out, &status->crash);
	}
	if (status->crash_bytes)
		fprintf(out, "reserved for it: 0x%" PRIx64 "\n", status->crash_bytes);
}
