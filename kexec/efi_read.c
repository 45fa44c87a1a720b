/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads /sys/firmware/efi below a root prefix and hands its texts to the parsers. Does not know
 * what the numbers mean, nor whether they are enough to hand the firmware on.
 */
#include "efi_read.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine_parse.h"

#define FOLDER "sys/firmware/efi/"

/* A file that holds one hexadecimal number; 0 where there is none. */
static uint64_t number_in(const struct reader *reader, const char *path)
{
	struct span content;
	uint64_t number;

	if (reader_file(reader, path, &content))
		return 0;
	if (text_number(content, 16, &number))
		number = 0;
	reader_content_done(&content);
	return number;
}

static void read_tables(const struct reader *reader, struct efi *efi)
{
	struct span content;

	if (reader_file(reader, FOLDER "systab", &content))
		return;
	efi_parse_systab(content, efi);
	reader_content_done(&content);
}

static int region_folder(const struct reader *reader, const char *name, struct efi_region *region)
{
	static const char *const files[5] = { "type", "phys_addr", "virt_addr", "num_pages",
					      "attribute" };
	struct span texts[5] = { 0 };
	char path[PATH_MAX];
	int failed = 0;

	for (unsigned i = 0; i < 5 && !failed; i++) {
		snprintf(path, sizeof(path), FOLDER "runtime-map/%.20s/%s", name, files[i]);
		failed = reader_file(reader, path, &texts[i]);
	}
	if (!failed)
		failed = efi_region_parse(&(struct efi_region_texts){ texts[0], texts[1], texts[2],
								      texts[3], texts[4] },
					  region);
	for (unsigned i = 0; i < 5; i++)
		reader_content_done(&texts[i]);
	return failed;
}

static int region_folders(const struct reader *reader, struct efi *efi)
{
	char name[24];
	struct efi_region region;

	/* The kernel numbers them from 0, in the order of its own map, which is kept. */
	for (unsigned i = 0; i < EFI_REGIONS_MAX; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (region_folder(reader, name, &region))
			break;
		if (efi_region_add(efi, &region, reader->err))
			return -1;
	}
	return 0;
}

static int read_map(const struct reader *reader, struct efi *efi)
{
	static const char path[] = FOLDER "runtime-map.txt";
	struct span content;
	int failed;

	if (reader_is_live(reader) || reader_file(reader, path, &content))
		return region_folders(reader, efi);
	failed = efi_region_lines(content, efi, reader->err);
	reader_content_done(&content);
	return failed ? error_prefix(reader->err, "'%s/%s': ", reader->root, path) : 0;
}

int efi_read(const struct reader *reader)
{
	struct efi *efi = &reader->machine->efi;

	efi->fw_vendor = number_in(reader, FOLDER "fw_vendor");
	efi->runtime = number_in(reader, FOLDER "runtime");
	efi->tables = number_in(reader, FOLDER "config_table");
	read_tables(reader, efi);
	return read_map(reader, efi);
}
