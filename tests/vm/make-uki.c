/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a unified kernel image in a guest: make-uki KERNEL INITRD CMDLINE > UKI. There is no stub
 * in it that EFI could start; a loader does not need one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/uki_builder.h"

static struct span read_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	uint8_t *data;
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) <= 0) {
		perror(name);
		exit(1);
	}
	rewind(file);
	data = malloc((size_t)size);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
		perror(name);
		exit(1);
	}
	fclose(file);
	return (struct span){ data, (size_t)size };
}

int main(int argc, char **argv)
{
	static const char release[] = "ID=kexec-test\nNAME=\"A guest\"\n";
	struct uki_section sections[4];
	size_t bytes;
	uint8_t *image;

	if (argc != 4) {
		fprintf(stderr, "usage: make-uki KERNEL INITRD CMDLINE > UKI\n");
		return 2;
	}
	sections[0] =
		(struct uki_section){ ".osrel", { (const uint8_t *)release, sizeof(release) } };
	sections[1] = (struct uki_section){ ".cmdline",
					    { (const uint8_t *)argv[3], strlen(argv[3]) + 1 } };
	sections[2] = (struct uki_section){ ".linux", read_file(argv[1]) };
	sections[3] = (struct uki_section){ ".initrd", read_file(argv[2]) };
	image = uki_build(0, sections, 4, &bytes);
	return !image || fwrite(image, 1, bytes, stdout) != bytes || fflush(stdout);
}
