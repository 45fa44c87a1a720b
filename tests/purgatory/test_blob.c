/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The linked i386 purgatory, run inside an ordinary 32-bit process: copied to several addresses, it
 * compares digests of this process's memory through purgatory_check(). What needs ring 0 (entry,
 * consoles, hand-over) is tested in guests. Without SHA-NI its instructions are emulated. Built
 * with -m32 -static, without a test library, so that it can be built and run wherever the compiler
 * has -m32.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "blobs.h"
#include "bytes.h"
#include "sha256.h"
#include "sha_ni_emulation.h"

#define MEMORY_MAX 0x10000
#define DATA_BYTES 300000

static bool good; /* so far, in the test that runs */
static bool any_failed;

static void expect(bool is_so, const char *what)
{
	if (!is_so)
		printf("# not so: %s\n", what);
	good = good && is_so;
}

static void start(void)
{
	good = true;
}

static void end(const char *name, const uint8_t *blob, const char *how)
{
	printf("%s %s, %s, blob at 0x%lx\n", good ? "ok" : "FAIL", name, how,
	       (unsigned long)(uintptr_t)blob);
	any_failed = any_failed || !good;
}

/* A copy of the blob, as kexec_load would place it: zeros behind it. */
static uint8_t *place(uintptr_t address, size_t offset)
{
	uint8_t *memory =
		mmap((void *)address, MEMORY_MAX + 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (memory == MAP_FAILED || memory != (uint8_t *)address) {
		perror("mmap");
		exit(99);
	}
	memcpy(memory + offset, purgatory_i386_blob, purgatory_i386_bytes);
	return memory + offset;
}

static uint32_t check(const uint8_t *blob, const struct purgatory_params *params, uint32_t how,
		      char *text, uint32_t size)
{
	uintptr_t at = (uintptr_t)blob + le32_get(blob + PURG_CHECK);

	return ((purgatory_check_fn *)at)(params, how, text, size);
}

static struct purgatory_params *params_of(uint8_t *blob)
{
	return (struct purgatory_params *)(void *)blob;
}

static void set_regions(struct purgatory_params *params, const uint8_t *data, unsigned count)
{
	struct sha256 sha;
	size_t at = 0;

	memset(params->regions, 0, sizeof(params->regions));
	params->region_count = count;
	sha256_init(&sha, sha256_blocks_c);
	for (unsigned i = 0; i < count; i++) {
		size_t size = i == 3 ? 0 : 1 + i * 1237; /* odd sizes, and an empty one */

		params->regions[i].start = (uintptr_t)(data + at);
		params->regions[i].size = size;
		sha256_update(&sha, data + at, size);
		at += size + i;
	}
	sha256_final(&sha, params->digest);
}

static void check_head(const uint8_t *blob)
{
	expect(le32_get(blob) == PURG_MAGIC_VALUE, "the magic is there");
	expect(le32_get(blob + 4) == sizeof(struct purgatory_params), "the size is there");
	expect(le32_get(blob + PURG_MEMORY) >= purgatory_i386_bytes + 4096 &&
		       le32_get(blob + PURG_MEMORY) <= MEMORY_MAX,
	       "it asks for itself and a stack");
	expect(le32_get(blob + PURG_FLAGS) == 0, "no flag is set beforehand");
	expect(le32_get(blob + PURG_CHECK) > PURG_ENTRY &&
		       le32_get(blob + PURG_CHECK) < purgatory_i386_bytes,
	       "the check lies inside");
	expect(blob[PURG_ENTRY] == 0xfa, "the entry begins with cli");
}

static void check_digests(uint8_t *blob, const uint8_t *data, uint32_t how)
{
	struct purgatory_params *params = params_of(blob);
	static const unsigned counts[] = { 0, 1, 2, 5, PURG_REGIONS_MAX };
	char text[400];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		set_regions(params, data, counts[i]);
		expect(check(blob, params, how, text, sizeof(text)) == 0 &&
			       !strcmp(text, "purgatory: sha256 verified\n"),
		       "a right digest is accepted");
		params->digest[31] ^= 1;
		expect(check(blob, params, how, text, sizeof(text)) == 1 &&
			       !strncmp(text, "purgatory: sha256 does not match", 32),
		       "a digest wrong in its last bit is refused");
	}
}

static void check_changes(uint8_t *blob, uint8_t *data, uint32_t how)
{
	struct purgatory_params *params = params_of(blob);
	char text[400], digest[65], *found, *expected;
	uint8_t *last;

	set_regions(params, data, 5);
	last = (uint8_t *)(uintptr_t)(params->regions[4].start + params->regions[4].size - 1);
	*last ^= 0x80;
	expect(check(blob, params, how, text, sizeof(text)) == 1, "a changed last byte is noticed");
	*last ^= 0x80;
	last[1] ^= 0x80;
	expect(check(blob, params, how, text, sizeof(text)) == 0,
	       "the byte behind does not matter");
	last[1] ^= 0x80;

	memset(params->digest, 0x5a, sizeof(params->digest));
	check(blob, params, how, text, sizeof(text));
	memset(digest, 0, sizeof(digest));
	for (unsigned i = 0; i < 32; i++)
		memcpy(digest + 2 * i, "5a", 2);
	found = strstr(text, "found    ");
	expected = strstr(text, "expected ");
	expect(found && expected && !strncmp(expected + 9, digest, 64) && expected[73] == '\n' &&
		       strncmp(found + 9, digest, 64) != 0,
	       "both digests are shown");
	expect(check(blob, params, how, text, 10) == 1 && !strcmp(text, "purgatory"),
	       "a full buffer is not overrun");
}

static void check_damage(uint8_t *blob, const uint8_t *data)
{
	struct purgatory_params *params = params_of(blob);
	struct purgatory_params bad;
	char text[200];

	set_regions(params, data, 2);
	bad = *params;
	bad.magic ^= 1;
	expect(check(blob, &bad, PURG_CHECK_C, text, sizeof(text)) == 1 && strstr(text, "damaged"),
	       "a wrong magic is refused");
	bad = *params;
	bad.size++;
	expect(check(blob, &bad, PURG_CHECK_C, text, sizeof(text)) == 1, "a wrong size is refused");
	bad = *params;
	bad.region_count = PURG_REGIONS_MAX + 1;
	expect(check(blob, &bad, PURG_CHECK_C, text, sizeof(text)) == 1,
	       "too many regions are refused");
	bad = *params;
	bad.regions[1].start += UINT64_C(1) << 32;
	expect(check(blob, &bad, PURG_CHECK_C, text, sizeof(text)) == 1,
	       "a region above 4 GiB is refused");
	bad = *params;
	bad.regions[1].size = UINT64_MAX;
	expect(check(blob, &bad, PURG_CHECK_C, text, sizeof(text)) == 1,
	       "a region that wraps is refused");
}

/* All that depends on how the blocks are worked. */
static void check_way(uint8_t *blob, uint8_t *data, uint32_t how, const char *name)
{
	start();
	check_digests(blob, data, how);
	end("digests", blob, name);
	start();
	check_changes(blob, data, how);
	end("changes", blob, name);
}

int main(void)
{
	/* Pages, an address in the upper half, and one that is not even a page boundary. */
	static const struct {
		uintptr_t address;
		size_t offset;
	} places[] = { { 0x10000000, 0 }, { 0x77770000, 16 }, { 0x9abcd000, 0x7f0 } };
	const char *ni = "SHA-NI of this CPU";
	uint8_t *data = malloc(DATA_BYTES);

	if (!data)
		return 99;
	for (size_t i = 0; i < DATA_BYTES; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 11);
	if (!sha256_ni_usable()) {
		ni = "SHA-NI emulated";
		if (sha_ni_emulate())
			return 99;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint8_t *blob = place(places[i].address, places[i].offset);

		start();
		check_head(blob);
		end("parameter block", blob, "as linked");
		start();
		check_damage(blob, data);
		end("damaged parameters", blob, "any way");
		check_way(blob, data, PURG_CHECK_C, "plain C");
		/* A trap for each instruction takes its time: once is enough for that. */
		if (i == 0 || sha256_ni_usable())
			check_way(blob, data, PURG_CHECK_NI, ni);
	}
	free(data);
	return any_failed ? 1 : 0;
}
