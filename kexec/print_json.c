/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plans and the state of things as JSON, for programs. Knows jansson, which a build may lack; shows
 * nothing that the text output does not know as well.
 */
#include "print.h"

#ifdef HAVE_JANSSON

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* File names and command lines need not be UTF-8: what is not, is shown as \xNN. */
static json_t *text_json(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	json_t *json = json_string(text);
	char *escaped, *to;

	if (json)
		return json;
	escaped = to = malloc(4 * strlen(text) + 1);
	if (!escaped)
		return NULL;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '\\';
		*to++ = 'x';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	*to = '\0';
	json = json_string(escaped);
	free(escaped);
	return json;
}

/* JSON numbers of ours are signed 64-bit; no physical address reaches that far. */
static json_t *number_json(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
	return text ? text_json(text) : json_null();
}

static json_t *range_json(struct range range)
{
	return json_pack("{s:o, s:o}", "start", number_json(range.start), "end",
			 number_json(range.end));
}

static json_t *ranges_json(const struct range *ranges, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		if (range_bytes(ranges[i]))
			json_array_append_new(array, range_json(ranges[i]));
	return array;
}

static json_t *texts_json(const char *const *texts, unsigned count)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < count; i++)
		json_array_append_new(array, text_json(texts[i]));
	return array;
}

static json_t *segments_json(const struct plan *plan)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];

		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:b}", "name",
						       text_json(segment->name), "address",
						       number_json(segment->at.start), "size",
						       number_json(range_bytes(segment->at)),
						       "data", number_json(segment->data.size),
						       "checked", segment->hashed));
	}
	return array;
}

static json_t *map_json(const struct memmap *map)
{
	json_t *array = json_array();

	for (size_t i = 0; i < map->count; i++) {
		const struct memmap_entry *entry = &map->entries[i];

		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o}", "start",
						       number_json(entry->at.start), "end",
						       number_json(entry->at.end), "type",
						       number_json(entry->type), "name",
						       text_json(memmap_type_name(entry->type))));
	}
	return array;
}

static json_t *jump_json(const struct plan_jump *jump)
{
	const struct range lent[] = { jump->low, jump->main };

	if (!jump->preserve)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "way_back", number_json(jump->in), "pad_out",
			 number_json(jump->out), "elfcorehdr", number_json(jump->elfcorehdr),
			 "handoff", range_json(jump->handoff), "lent", ranges_json(lent, 2));
}

/* Consumes json, NULL included. */
static int dump(FILE *out, json_t *json, struct error *err)
{
	int failed = !json || json_dumpf(json, out, JSON_INDENT(2)) || fputc('\n', out) == EOF;

	json_decref(json);
	return failed ? error_set(err, "cannot write JSON: out of memory, or the output is closed")
		      : 0;
}

int print_plan_json(FILE *out, const char *arch_name, const struct plan *plan, struct error *err)
{
	json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "arch",
				 text_json(arch_name), "type", text_or_null(plan->loader), "entry",
				 number_json(plan->entry), "flags", number_json(plan->flags),
				 "command_line", text_or_null(plan->cmdline), "segments",
				 segments_json(plan), "jump", jump_json(&plan->jump), "memory_map",
				 map_json(&plan->given), "warnings",
				 texts_json(plan->notes, plan->note_count));

	return dump(out, json, err);
}

static json_t *record_json(const struct record *record)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kernel",
			 text_json(record->kernel), "path", text_json(record->path), "type",
			 text_json(record->type), "mode", record_mode_name(record->mode),
			 "command_line", text_json(record->cmdline), "time",
			 number_json(record->time), "boot_id", text_json(record->boot_id), "entry",
			 number_json(record->entry), "way_back", number_json(record->way_back),
			 "nr_segments", number_json(record->segments), "lent",
			 ranges_json(record->lent, record->lent_count));
}

static json_t *loaded_json(int loaded)
{
	return loaded < 0 ? json_null() : json_boolean(loaded);
}

static json_t *record_or_null(const struct status_image *image)
{
	return image->recorded ? record_json(&image->record) : json_null();
}

static bool is_stale(const struct status_image *image)
{
	return image->recorded && !image->current;
}

int print_status_json(FILE *out, const struct status *status, struct error *err)
{
	json_t *json =
		json_pack("{s:o, s:b, s:o, s:o, s:b, s:o, s:o}", "loaded",
			  loaded_json(status->next.loaded), "stale", is_stale(&status->next),
			  "record", record_or_null(&status->next), "crash_loaded",
			  loaded_json(status->crash.loaded), "crash_stale",
			  is_stale(&status->crash), "crash_record", record_or_null(&status->crash),
			  "crash_bytes", number_json(status->crash_bytes));

	return dump(out, json, err);
}

#else

static int no_json(struct error *err)
{
	return error_set(err, "this kexec was built without JSON output (jansson)");
}

int print_plan_json(FILE *out, const char *arch_name, const struct plan *plan, struct error *err)
{
	(void)out;
	(void)arch_name;
	(void)plan;
	return no_json(err);
}

int print_status_json(FILE *out, const struct status *status, struct error *err)
{
	(void)out;
	(void)status;
	return no_json(err);
}

#endif
