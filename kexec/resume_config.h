/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the first kernel tells the second one's /init about the image: text, "key=value" lines.
 * Pure.
 */
#ifndef KEXEC_RESUME_CONFIG_H
#define KEXEC_RESUME_CONFIG_H

#include <stdbool.h>

#include "backing.h"
#include "kdump/image.h"

struct resume_config {
	char device[64];
	uint64_t entry;
	bool has_uuid; /* a bare core has none */
	uint8_t uuid[IMAGE_UUID_BYTES];
	struct backing_extent *extents; /* free(3) by resume_config_done() */
	size_t extent_count;
};

/* The text (free(3)) and its length; NULL without memory. */
char *resume_config_text(const struct resume_config *config, size_t *size);

/* Parse it. On failure there is nothing to free. */
int resume_config_parse(const char *text, size_t size, struct resume_config *config,
			struct error *err);
void resume_config_done(struct resume_config *config);

#endif
