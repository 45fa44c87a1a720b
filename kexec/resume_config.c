/* SPDX-License-Identifier: GPL-2.0-only */
/* The few lines between the two hops; see resume_config.h. */
#include "resume_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES   128
#define EXTENTS_MAX  65536
#define EXTENT_BYTES 64 /* of text, at most */

char *resume_config_text(const struct resume_config *config, size_t *size)
{
	size_t room = 256 + config->extent_count * EXTENT_BYTES, used;
	char *text = malloc(room);

	if (!text)
		return NULL;
	used = (size_t)snprintf(text, room, "version=1\ndevice=%s\nentry=0x%" PRIx64 "\n",
				config->device, config->entry);
	if (config->has_uuid) {
		used += (size_t)snprintf(text + used, room - used, "uuid=");
		for (unsigned i = 0; i < IMAGE_UUID_BYTES; i++)
			used += (size_t)snprintf(text + used, room - used, "%02x", config->uuid[i]);
		text[used++] = '\n';
	}
	for (size_t i = 0; i < config->extent_count; i++) {
		const struct backing_extent *e = &config->extents[i];

		used += (size_t)snprintf(text + used, room - used,
					 "extent=%" PRIx64 " %" PRIx64 " %" PRIx64 "\n", e->at,
					 e->device, e->bytes);
	}
	*size = used;
	return text;
}

static int add_extent(const char *value, struct resume_config *config, struct error *err)
{
	struct backing_extent e, *grown;

	if (sscanf(value, "%" SCNx64 " %" SCNx64 " %" SCNx64, &e.at, &e.device, &e.bytes) != 3 ||
	    config->extent_count == EXTENTS_MAX)
		return error_set(err, "damaged extent '%s'", value);
	if (!(config->extent_count & (config->extent_count - 1))) {
		size_t capacity = config->extent_count ? 2 * config->extent_count : 1;

		grown = realloc(config->extents, capacity * sizeof(*grown));
		if (!grown)
			return error_no_memory(err);
		config->extents = grown;
	}
	config->extents[config->extent_count++] = e;
	return 0;
}

static int parse_uuid(const char *value, struct resume_config *config, struct error *err)
{
	if (strlen(value) != 2 * IMAGE_UUID_BYTES)
		return error_set(err, "damaged uuid '%s'", value);
	for (unsigned i = 0; i < IMAGE_UUID_BYTES; i++) {
		unsigned byte;

		if (sscanf(value + 2 * i, "%2x", &byte) != 1)
			return error_set(err, "damaged uuid '%s'", value);
		config->uuid[i] = (uint8_t)byte;
	}
	config->has_uuid = true;
	return 0;
}

static int take_line(const char *line, struct resume_config *config, struct error *err)
{
	if (!strcmp(line, "version=1") || !*line)
		return 0;
	if (!strncmp(line, "device=", 7)) {
		if (strlen(line + 7) >= sizeof(config->device))
			return error_set(err, "damaged device '%s'", line + 7);
		strcpy(config->device, line + 7);
		return 0;
	}
	if (!strncmp(line, "entry=", 6)) {
		config->entry = strtoull(line + 6, NULL, 16);
		return 0;
	}
	if (!strncmp(line, "uuid=", 5))
		return parse_uuid(line + 5, config, err);
	if (!strncmp(line, "extent=", 7))
		return add_extent(line + 7, config, err);
	return error_set(err, "unknown line '%s'", line);
}

int resume_config_parse(const char *text, size_t size, struct resume_config *config,
			struct error *err)
{
	size_t at = 0;

	memset(config, 0, sizeof(*config));
	while (at < size) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end ? (size_t)(end - text) - at : size - at;
		char line[LINE_BYTES];

		if (length >= sizeof(line)) {
			error_set(err, "a line of %zu bytes", length);
			goto fail;
		}
		memcpy(line, text + at, length);
		line[length] = '\0';
		if (take_line(line, config, err))
			goto fail;
		at += length + 1;
	}
	if (*config->device && config->entry && config->extent_count)
		return 0;
	error_set(err, "device, entry or extents are missing");
fail:
	resume_config_done(config);
	return error_prefix(err, "what the first kernel says about the image: ");
}

void resume_config_done(struct resume_config *config)
{
	free(config->extents);
	memset(config, 0, sizeof(*config));
}
