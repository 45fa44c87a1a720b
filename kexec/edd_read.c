/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the folders of BIOS disks (drivers/firmware/edd.c of Linux). Does not know what is made of
 * them. */
#include "edd_read.h"

#include <stdio.h>

#include "machine_parse.h"

struct edd_file {
	const char *name;
	size_t offset; /* of the span in struct edd_texts */
};

static const struct edd_file edd_files[] = {
	{ "raw_data", offsetof(struct edd_texts, raw_data) },
	{ "version", offsetof(struct edd_texts, version) },
	{ "extensions", offsetof(struct edd_texts, extensions) },
	{ "legacy_max_cylinder", offsetof(struct edd_texts, max_cylinder) },
	{ "legacy_max_head", offsetof(struct edd_texts, max_head) },
	{ "legacy_sectors_per_track", offsetof(struct edd_texts, sectors_per_track) },
};

#define EDD_FILES (sizeof(edd_files) / sizeof(edd_files[0]))

/* One BIOS disk; false when there is no such disk. */
static bool edd_disk(const struct reader *reader, unsigned device, struct machine_edd *edd)
{
	struct edd_texts texts = { .device = (uint8_t)device };
	char path[80];
	struct span content;
	uint64_t signature;
	bool found = false;

	for (size_t i = 0; i < EDD_FILES; i++) {
		struct span *text = (struct span *)((char *)&texts + edd_files[i].offset);

		snprintf(path, sizeof(path), "sys/firmware/edd/int13_dev%02x/%s", device,
			 edd_files[i].name);
		if (reader_binary(reader, path, text))
			*text = (struct span){ NULL, 0 };
	}
	if (edd->count < MACHINE_EDD_MAX && !edd_info_bytes(&texts, edd->info[edd->count])) {
		edd->count++;
		found = true;
	}
	for (size_t i = 0; i < EDD_FILES; i++)
		reader_content_done((struct span *)((char *)&texts + edd_files[i].offset));
	snprintf(path, sizeof(path), "sys/firmware/edd/int13_dev%02x/mbr_signature", device);
	if (!reader_file(reader, path, &content)) {
		if (!text_number(content, 16, &signature)) {
			edd->signatures[edd->signature_count++] = (uint32_t)signature;
			found = true;
		}
		reader_content_done(&content);
	}
	return found;
}

/* BIOS disks are numbered from 0x80 without gaps; the driver may be absent, boot_params are not. */
int edd_read(const struct reader *reader)
{
	struct machine_edd *edd = &reader->machine->edd;

	for (unsigned i = 0; i < MACHINE_EDD_SIGS_MAX; i++)
		if (!edd_disk(reader, 0x80 + i, edd))
			break;
	if (!edd->count && !edd->signature_count)
		boot_params_edd(reader->machine->boot_params, edd);
	return 0;
}
