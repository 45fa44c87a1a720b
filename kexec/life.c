/* SPDX-License-Identifier: GPL-2.0-only */
/* States of images, and the memory of what is loaded; see life.h. */
#define _GNU_SOURCE
#include "life.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIFE_FILE      "resume"
#define LINE_MAX_BYTES (PATH_MAX + 64)

/* What is remembered. */
struct life {
	char path[PATH_MAX];
	uint8_t uuid[IMAGE_UUID_BYTES];
	char boot_id[MACHINE_BOOT_ID_CHARS + 1];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int life_mark_backing(const struct backing *backing, const struct image_info *info, uint32_t kind,
		      struct error *err)
{
	uint8_t slots[IMAGE_SLOTS * IMAGE_SLOT_BYTES];
	struct image_state state;
	unsigned which;

	for (unsigned i = 0; i < IMAGE_SLOTS; i++)
		if (backing_read(backing, image_slot_offset(info, i), slots + i * IMAGE_SLOT_BYTES,
				 IMAGE_SLOT_BYTES, err))
			return -1;
	if (image_state_newest(slots, info->uuid, &state, &which, err))
		return -1;
	if (kind == IMAGE_RESUMING && state.kind != IMAGE_READY && state.kind != IMAGE_STREAM)
		return error_set(err, "'%s': its state is '%s' by now", backing->path,
				 image_state_name(state.kind));
	state = image_state_next(&state, kind, now_ns());
	image_state_fill(&state, slots);
	return backing_write(backing, image_slot_offset(info, 1 - which), slots, IMAGE_SLOT_BYTES,
			     err) ||
			       backing_flush(backing, err)
		       ? -1
		       : 0;
}

int life_mark(const char *path, const uint8_t uuid[IMAGE_UUID_BYTES], uint32_t kind,
	      struct error *err)
{
	struct resume_image image;
	struct backing backing;
	int result = 0;

	if (backing_open(path, BACKING_WRITE, &backing, err) ||
	    resume_image_take(&backing, &image, err))
		return error_prefix(err,
				    "the image cannot be marked '%s': ", image_state_name(kind));
	if (image.has_info && memcmp(image.info.uuid, uuid, IMAGE_UUID_BYTES))
		result = error_set(err, "'%s' holds another image by now", path);
	else if (image.has_info)
		result = life_mark_backing(&image.backing, &image.info, kind, err);
	resume_image_close(&image);
	return result;
}

static void file_name(const char *directory, const char *suffix, char name[PATH_MAX])
{
	snprintf(name, PATH_MAX, "%s/%s%s", directory, LIFE_FILE, suffix);
}

int life_remember(const char *directory, const struct resume_image *image, const char *boot_id,
		  struct error *err)
{
	char name[PATH_MAX], temporary[PATH_MAX], path[PATH_MAX];
	mode_t old_mask;
	FILE *file;

	file_name(directory, "", name);
	file_name(directory, ".new", temporary);
	if (!realpath(image->backing.path, path) || strchr(path, '\n'))
		return error_set(err, "'%s' has no path that could be remembered",
				 image->backing.path);
	mkdir(directory, 0755);
	old_mask = umask(077);
	file = fopen(temporary, "we");
	umask(old_mask);
	if (!file)
		return error_set(err, "'%s': %s", temporary, strerror(errno));
	fprintf(file, "version=1\nboot_id=%s\nimage=%s\nuuid=", boot_id, path);
	for (unsigned i = 0; i < IMAGE_UUID_BYTES; i++)
		fprintf(file, "%02x", image->has_info ? image->info.uuid[i] : 0);
	fprintf(file, "\n");
	if (fclose(file) || rename(temporary, name))
		return error_set(err, "'%s': %s", name, strerror(errno));
	return 0;
}

void life_forget(const char *directory)
{
	char name[PATH_MAX];

	file_name(directory, "", name);
	unlink(name);
}

static bool parse_uuid(const char *text, uint8_t uuid[IMAGE_UUID_BYTES])
{
	for (unsigned i = 0; i < IMAGE_UUID_BYTES; i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		uuid[i] = (uint8_t)byte;
	}
	return true;
}

/* 1 = something is remembered, 0 = nothing, -1 = it cannot be read. */
static int recall(const char *directory, struct life *life, struct error *err)
{
	char name[PATH_MAX], line[LINE_MAX_BYTES];
	unsigned seen = 0;
	FILE *file;

	memset(life, 0, sizeof(*life));
	file_name(directory, "", name);
	file = fopen(name, "re");
	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return error_set(err, "'%s': %s", name, strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "image=", 6) && strlen(line + 6) < sizeof(life->path)) {
			strcpy(life->path, line + 6);
			seen |= 1;
		} else if (!strncmp(line, "boot_id=", 8)) {
			snprintf(life->boot_id, sizeof(life->boot_id), "%.*s",
				 MACHINE_BOOT_ID_CHARS, line + 8);
			seen |= 2;
		} else if (!strncmp(line, "uuid=", 5) && strlen(line + 5) >= 2 * IMAGE_UUID_BYTES &&
			   parse_uuid(line + 5, life->uuid)) {
			seen |= 4;
		}
	}
	fclose(file);
	return seen == 7 ? 1 : error_set(err, "'%s' is damaged; load the image again", name);
}

int life_before_jump(const char *directory, const char *boot_id, struct error *err)
{
	struct life life;
	int found = recall(directory, &life, err);

	if (found <= 0)
		return found;
	if (strcmp(life.boot_id, boot_id)) {
		life_forget(directory); /* of an earlier boot */
		return 0;
	}
	return life_mark(life.path, life.uuid, IMAGE_RESUMING, err);
}

/* One partition: whether this kernel came back from an image on it. */
static int look_at(const char *path, const char *boot_id, FILE *out)
{
	struct resume_image image;
	struct backing backing;
	struct error err;
	uint8_t head[64];
	uint32_t kind = 0;
	int resumed = 0;

	if (backing_open(path, BACKING_READ_FRESH, &backing, &err))
		return 0;
	if (backing_read(&backing, 0, head, sizeof(head), &err) ||
	    !resume_image_magic(head, sizeof(head))) {
		backing_close(&backing);
		return 0;
	}
	if (resume_image_take(&backing, &image, &err))
		return 0;
	if (image.has_info && !strcmp(image.note.boot_id, boot_id) &&
	    !resume_image_read_state(&image, &err)) {
		resumed = image.state.kind == IMAGE_RESUMING;
		if (resumed)
			kind = IMAGE_RESUMED;
		else if (image.state.kind == IMAGE_READY || image.state.kind == IMAGE_STREAM)
			kind = IMAGE_INVALID;
	}
	if (kind) {
		struct image_info info = image.info;

		resume_image_close(&image);
		if (life_mark(path, info.uuid, kind, &err))
			fprintf(out, "kexec: %s\n", err.text);
		else if (kind == IMAGE_RESUMED)
			fprintf(out, "kexec: resumed from '%s'\n", path);
		else
			fprintf(out,
				"kexec: the image in '%s' can no longer be resumed: its kernel "
				"goes on here\n",
				path);
		return resumed;
	}
	resume_image_close(&image);
	return 0;
}

int life_after_return(const char *boot_id, FILE *out)
{
	char line[256], name[128], path[160];
	FILE *partitions = fopen("/proc/partitions", "re");
	int resumed = 0;

	if (!partitions || !*boot_id)
		goto out;
	while (fgets(line, sizeof(line), partitions)) {
		if (sscanf(line, "%*u %*u %*u %127s", name) != 1 || !strncmp(name, "ram", 3) ||
		    !strncmp(name, "loop", 4) || !strncmp(name, "zram", 4) || strchr(name, '/'))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", name);
		resumed |= look_at(path, boot_id, out);
	}
out:
	if (partitions)
		fclose(partitions);
	return resumed;
}
