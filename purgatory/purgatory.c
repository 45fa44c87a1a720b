/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs between the two kernels: look whether what was loaded is still what was loaded, say so
 * where asked, and let the entry code hand over. Freestanding; every address comes from the
 * parameter block. How registers are loaded and stacks kept is the entry code's affair (arch/).
 */
#include <stdbool.h>
#include <string.h>

#include "abi.h"
#include "console.h"
#include "sha256.h"
#include "vector.h"

uint32_t purgatory_main(struct purgatory_params *params);
uint32_t purgatory_check(const struct purgatory_params *params, uint32_t how, char *text,
			 uint32_t size);

static const char damaged[] = "purgatory: its parameters are damaged\n";

static bool in_reach(uint64_t start, uint64_t size)
{
	return start <= UINTPTR_MAX && size <= UINTPTR_MAX - start;
}

static bool sound(const struct purgatory_params *params)
{
	if (params->magic != PURG_MAGIC_VALUE || params->size != sizeof(*params))
		return false;
	if (params->region_count > PURG_REGIONS_MAX)
		return false;
	for (uint32_t i = 0; i < params->region_count; i++)
		if (!in_reach(params->regions[i].start, params->regions[i].size))
			return false;
	return in_reach(params->backup.start, params->backup.size) &&
	       in_reach(params->backup_target, params->backup.size);
}

static void digest_regions(const struct purgatory_params *params, sha256_blocks_fn *blocks,
			   uint8_t digest[SHA256_BYTES])
{
	struct sha256 sha;

	sha256_init(&sha, blocks);
	for (uint32_t i = 0; i < params->region_count; i++)
		sha256_update(&sha, (const void *)(uintptr_t)params->regions[i].start,
			      (size_t)params->regions[i].size);
	sha256_final(&sha, digest);
}

static bool compare(struct console *console, const struct purgatory_params *params,
		    const uint8_t digest[SHA256_BYTES])
{
	if (!memcmp(digest, params->digest, SHA256_BYTES)) {
		console_put(console, "purgatory: sha256 verified\n");
		return true;
	}
	/* Whoever asked for no console needs these lines all the more; text memory is harmless. */
	console->flags |= PURG_CONSOLE_VGA;
	console_put(console, "purgatory: sha256 does not match: memory was changed after loading\n"
			     "purgatory: found    ");
	console_put_bytes(console, digest, SHA256_BYTES);
	console_put(console, "\npurgatory: expected ");
	console_put_bytes(console, params->digest, SHA256_BYTES);
	console_put(console, "\n");
	return false;
}

static bool verify(struct console *console, struct purgatory_params *params)
{
	uint8_t digest[SHA256_BYTES];
	struct vector_state vectors;

	if (!(params->flags & PURG_VERIFY))
		return true;
	if (sha256_ni_usable()) {
		vector_enable(&vectors);
		digest_regions(params, sha256_blocks_ni, digest);
		vector_restore(&vectors);
	} else {
		digest_regions(params, sha256_blocks_c, digest);
	}
	if (!compare(console, params, digest)) {
		params->flags |= PURG_REFUSED;
		return false;
	}
	/* A program that is called again has written to its own data by then. */
	params->flags &= ~(uint32_t)PURG_VERIFY;
	return true;
}

/* Back to the caller where there is one (1); nowhere to go otherwise. */
static uint32_t give_up(struct console *console, const struct purgatory_params *params)
{
	if (params->flags & PURG_KEEP_STACK) {
		console_put(console, "purgatory: going back\n");
		return 1;
	}
	console_put(console, "purgatory: halted\n");
	for (;;)
		__asm__ volatile("cli; hlt");
}

/*
 * Called by the entry code on purgatory's own stack. 0 = hand over; 1 = return to the caller, which
 * waits on the stack we were entered on. Does not return if there is neither.
 */
uint32_t purgatory_main(struct purgatory_params *params)
{
	struct console console;

	if (!sound(params)) {
		memset(&console, 0, sizeof(console));
		console.flags = PURG_CONSOLE_VGA;
		console_put(&console, damaged);
		return give_up(&console, params);
	}
	params->flags &= ~(uint32_t)PURG_REFUSED; /* of the time before, if any */
	console_open(&console, params);
	if (!verify(&console, params))
		return give_up(&console, params);
	if (params->backup.size)
		memcpy((void *)(uintptr_t)params->backup_target,
		       (const void *)(uintptr_t)params->backup.start, (size_t)params->backup.size);
	console_put(&console, "purgatory: entering ");
	console_put_hex(&console, params->entry);
	console_put(&console, "\n");
	return 0;
}

/* See abi.h. */
uint32_t purgatory_check(const struct purgatory_params *params, uint32_t how, char *text,
			 uint32_t size)
{
	uint8_t digest[SHA256_BYTES];
	struct console console;

	console_open_text(&console, text, size);
	if (!sound(params)) {
		console_put(&console, damaged);
		return 1;
	}
	digest_regions(params, how == PURG_CHECK_NI ? sha256_blocks_ni : sha256_blocks_c, digest);
	return !compare(&console, params, digest);
}
