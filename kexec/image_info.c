/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec --image-info: what is in an image, as text or JSON, and with --verify whether every byte is
 * still as it was saved; --discard. Looks, and changes nothing but the state that is asked for.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "life.h"
#include "resume.h"

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

#define MIB UINT64_C(0x100000)

/* Everything that is told, gathered once for both forms. */
struct facts {
	struct resume_image image;
	struct error why;    /* why it would not be resumed; "" = it would, on its own machine */
	bool verified;       /* all data was read and is right */
	struct error damage; /* what --verify found; "" = nothing */
	char uuid[IMAGE_UUID_CHARS + 1];
	char created[32], changed[32];
};

static const char *machine_name(uint16_t machine)
{
	return machine == EM_386 ? "i386" : machine == EM_X86_64 ? "x86_64" : "unknown";
}

static const char *view_name(uint16_t view)
{
	return view == IMAGE_VIEW_RESUME  ? "resume"
	       : view == IMAGE_VIEW_DEBUG ? "debug"
	       : view == IMAGE_VIEW_BOTH  ? "both"
					  : "unknown";
}

static void time_text(uint64_t ns, char text[32])
{
	time_t when = (time_t)(ns / 1000000000u);
	struct tm utc;

	if (!gmtime_r(&when, &utc) || !strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc))
		strcpy(text, "unknown");
}

static int gather(const char *path, bool verify, struct facts *facts, struct error *err)
{
	struct resume_image *image = &facts->image;

	memset(facts, 0, sizeof(*facts));
	if (resume_image_open(path, image, err))
		return -1;
	resume_image_check(image, image->entry, &facts->why);
	if (image->has_info) {
		image_uuid_text(image->info.uuid, facts->uuid);
		time_text(image->info.created_ns, facts->created);
		time_text(image->state.changed_ns, facts->changed);
	}
	if (!verify)
		return 0;
	/* The table of checksums may have been left unread because of the state. */
	if ((image->has_info && resume_image_check_data(image, &facts->damage)) ||
	    resume_check_data(image, stderr, &facts->damage))
		return 0;
	facts->verified = true;
	return 0;
}

static void print_saved(const struct facts *facts, FILE *out)
{
	const struct resume_image *image = &facts->image;

	fprintf(out, "kind:      image, version %d, view %s%s\n", IMAGE_VERSION,
		view_name(image->info.view),
		image->info.flags & IMAGE_FLAG_STREAM ? ", written as a stream" : "");
	fprintf(out, "uuid:      %s\n", facts->uuid);
	fprintf(out, "created:   %s\n", facts->created);
	if (image->has_state)
		fprintf(out, "state:     %s since %s\n", image_state_name(image->state.kind),
			facts->changed);
	else
		fprintf(out, "state:     damaged\n");
	fprintf(out, "checksums: %u chunks of %u KiB\n", image->info.chunk_count,
		image->info.chunk_bytes / 1024);
}

/* How the kernel pages: one that resumes it must do so, too. */
static const char *paging_text(uint32_t cpu)
{
	if (cpu & CPU_LONG_MODE)
		return cpu & CPU_LA57 ? ", five-level page tables" : ", four-level page tables";
	return cpu & CPU_PAE ? ", PAE" : "";
}

static void print_kernel(const struct resume_image *image, FILE *out)
{
	const struct jump_note *note = &image->note;

	/* The second line of the release is the version; both were made printable. */
	fprintf(out, "kernel:    %.*s%s\n", (int)strcspn(note->release, "\n"), note->release,
		paging_text(note->cpu));
	if (note->phys_bits)
		fprintf(out, "processor: %u bits of physical address%s\n", note->phys_bits,
			note->cpu & CPU_ENCRYPTED ? ", memory encrypted" : "");
	fprintf(out, "boot id:   %s\n", note->boot_id);
	fprintf(out, "way back:  0x%" PRIx64 " (enters the kernel at 0x%" PRIx64 ")\n", note->in,
		note->raw);
	for (size_t i = 0; i < note->lent.count; i++)
		fprintf(out, "lent:      0x%" PRIx64 "-0x%" PRIx64 "\n", note->lent.items[i].start,
			note->lent.items[i].end - 1);
}

int image_info_print(const char *path, bool verify, FILE *out, struct error *err)
{
	const struct resume_image *image;
	struct facts facts;
	int result = 0;

	if (gather(path, verify, &facts, err))
		return -1;
	image = &facts.image;
	fprintf(out, "image:     %s%s\n", path, image->backing.is_device ? " (block device)" : "");
	if (image->has_info)
		print_saved(&facts, out);
	else
		fprintf(out, "kind:      bare core without states and checksums\n");
	fprintf(out, "machine:   %s\n", machine_name(image->core.machine));
	fprintf(out, "entry:     0x%" PRIx64 "\n", image->entry);
	if (image->has_note)
		print_kernel(image, out);
	fprintf(out, "memory:    %" PRIu64 " MiB in %zu ranges\n",
		range_set_bytes(&image->stored) / MIB, image->stored.count);
	for (unsigned i = 0; i < image->warning_count; i++)
		fprintf(out, "warning:   %s\n", image->warnings[i]);
	fprintf(out, "resumable: %s%s\n", *facts.why.text ? "no: " : "yes", facts.why.text);
	if (verify)
		fprintf(out, "data:      %s\n",
			!facts.verified   ? "damaged"
			: image->has_info ? "every checksum is right"
					  : "complete; there are no checksums to compare");
	if (verify && !facts.verified)
		result = error_set(err, "%s", facts.damage.text);
	resume_image_close(&facts.image);
	return result;
}

#ifdef HAVE_JANSSON

static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *ranges(const struct range_set *set)
{
	json_t *array = json_array();

	for (size_t i = 0; i < set->count; i++)
		json_array_append_new(array,
				      json_pack("{s:o, s:o}", "start", number(set->items[i].start),
						"end", number(set->items[i].end)));
	return array;
}

static void add_saved(json_t *json, const struct facts *facts)
{
	const struct resume_image *image = &facts->image;

	json_object_set_new(json, "uuid", json_string(facts->uuid));
	json_object_set_new(json, "created", json_string(facts->created));
	json_object_set_new(json, "view", json_string(view_name(image->info.view)));
	json_object_set_new(json, "state",
			    json_string(image->has_state ? image_state_name(image->state.kind)
							 : "damaged"));
	json_object_set_new(json, "changed", json_string(facts->changed));
	json_object_set_new(json, "resumes", number(image->state.resumes));
	json_object_set_new(json, "chunks", number(image->info.chunk_count));
	json_object_set_new(json, "chunk_bytes", number(image->info.chunk_bytes));
}

static void add_kernel(json_t *json, const struct jump_note *note)
{
	char release[sizeof(note->release)];

	snprintf(release, sizeof(release), "%.*s", (int)strcspn(note->release, "\n"),
		 note->release);
	json_object_set_new(json, "kernel", json_string(release));
	json_object_set_new(json, "pae", json_boolean(note->cpu & CPU_PAE));
	json_object_set_new(json, "five_level_paging", json_boolean(note->cpu & CPU_LA57));
	json_object_set_new(json, "encrypted", json_boolean(note->cpu & CPU_ENCRYPTED));
	json_object_set_new(json, "physical_address_bits", number(note->phys_bits));
	json_object_set_new(json, "boot_id", json_string(note->boot_id));
	json_object_set_new(json, "way_back", number(note->in));
	json_object_set_new(json, "raw", number(note->raw));
	json_object_set_new(json, "handoff",
			    json_pack("{s:o, s:o}", "start", number(note->handoff.start), "end",
				      number(note->handoff.end)));
	json_object_set_new(json, "lent", ranges(&note->lent));
}

int image_info_print_json(const char *path, bool verify, FILE *out, struct error *err)
{
	const struct resume_image *image;
	struct facts facts;
	int result = 0;
	json_t *json;

	if (gather(path, verify, &facts, err))
		return -1;
	image = &facts.image;
	json = json_pack("{s:s%, s:b, s:b, s:s, s:o, s:o, s:o, s:b}", "image", path, strlen(path),
			 "device", image->backing.is_device, "bare", !image->has_info, "machine",
			 machine_name(image->core.machine), "entry", number(image->entry),
			 "memory_bytes", number(range_set_bytes(&image->stored)), "memory",
			 ranges(&image->stored), "resumable", !*facts.why.text);
	if (!json) {
		resume_image_close(&facts.image);
		return error_no_memory(err);
	}
	if (*facts.why.text)
		json_object_set_new(json, "why_not", json_string(facts.why.text));
	if (image->has_info)
		add_saved(json, &facts);
	if (image->has_note)
		add_kernel(json, &image->note);
	if (verify)
		json_object_set_new(json, "verified", json_boolean(facts.verified));
	json_dumpf(json, out, JSON_INDENT(2) | JSON_SORT_KEYS);
	fputc('\n', out);
	json_decref(json);
	if (verify && !facts.verified)
		result = error_set(err, "%s", facts.damage.text);
	resume_image_close(&facts.image);
	return result;
}

#else

int image_info_print_json(const char *path, bool verify, FILE *out, struct error *err)
{
	(void)path;
	(void)verify;
	(void)out;
	return error_set(err, "this kexec was built without JSON (jansson)");
}

#endif

int image_info_discard(const char *path, FILE *out, struct error *err)
{
	struct resume_image image;
	struct backing backing;
	int result;

	if (backing_open(path, BACKING_WRITE, &backing, err) ||
	    resume_image_take(&backing, &image, err))
		return -1;
	if (!image.has_info)
		result = error_set(err,
				   "'%s' is a bare core, which has no state to be changed; "
				   "delete it",
				   path);
	else
		result = life_mark_backing(&image.backing, &image.info, IMAGE_INVALID, err);
	if (!result)
		fprintf(out, "kexec: '%s' can no longer be resumed\n", path);
	resume_image_close(&image);
	return result;
}
