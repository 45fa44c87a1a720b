/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: images tagged for network boot, through the whole planning of a load on a made-up
 * PC. The first byte chooses the machine; the rest is the file.
 */
#include "fuzz.h"
#include "plan_rules.h"
#include "tests/unit/pc.h"

#define CASE_64 1

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	uint8_t how = fuzz_u8(&input), *file = fuzz_copy(input);
	struct request request = { .image_name = "image",
				   .cmdline = "",
				   .type = "nbi-x86",
				   .image = { file, input.size } };
	struct machine machine;
	struct plan plan;

	pc_init(&machine, 64);
	if (how & CASE_64) {
		strcpy(machine.arch, "x86_64");
		machine.cpu = CPU_LONG_MODE | CPU_PAE;
	}
	fuzz_accepted = fuzz_plan(&request, &machine, &plan);
	plan_done(&plan);
	pc_done(&machine);
	free(file);
	return 0;
}

#define RECORDS_MAX 4

static const struct seed {
	uint8_t how;
	uint32_t flags, execute;
	uint32_t records[RECORDS_MAX][4];
} seeds[] = {
	{ 0, 4, 0x10000000, { { 0x04000004, 0x10000, 0x1000, 0x1800 } } },
	{ CASE_64, 0x80000004, 0x100000, { { 0x04000004, 0x100000, 0x1000, 0x1800 } } },
	{ 0,
	  4,
	  0x10000010,
	  { { 4, 0x10000, 0x400, 0x1800 },
	    { 0x01000004, 0x900, 0x200, 0x200 },
	    { 0x03000004, 0x100, 0x80, 0x80 },
	    { 0x06000004, 0x10000, 0x300, 0x8000 } } },
	{ CASE_64,
	  4,
	  0x10000010,
	  { { 4, 0x10000, 0x400, 0x4000 }, { 0x04000004, 0x11000, 0x200, 0x200 } } },
};

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	struct image image;
	const struct seed *seed;

	if (n >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	seed = &seeds[n];
	image = image_raw(512 + 0x1000);
	memset(image.data, 0, 512);
	le32_put(image.data, 0x1b031336);
	le32_put(image.data + 4, seed->flags);
	le32_put(image.data + 8, 0x90000000);
	le32_put(image.data + 12, seed->execute);
	for (size_t i = 0; i < RECORDS_MAX * 4; i++)
		le32_put(image.data + 16 + 4 * i, seed->records[i / 4][i % 4]);
	return fuzz_seed_image(&seed->how, 1, image, buffer, capacity);
}
