/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks the list of the image's pages. After a jump that came back, the source pages hold what was
 * left at the destination.
 */
#include "refused.h"

#include <limits.h>
#include <stdio.h>

#include "kcore.h"
#include "kimage.h"
#include "purgatory/abi.h"

#define LIST_PAGES_MAX (UINT64_C(1) << 20) /* of terabytes: a list of more goes in circles */

/* Entries are as wide as the kernel's words: a kernel is kept by programs of its own word size. */
#define WORD_BYTES sizeof(uintptr_t)

static uint64_t word_at(const uint8_t *bytes)
{
	return WORD_BYTES == 8 ? le64_get(bytes) : le32_get(bytes);
}

static uint64_t page_of(uint64_t entry)
{
	return entry & ~(PAGE_BYTES - 1);
}

/*
 * Look through one page of the list for what goes to destination; *to is where the list has got.
 * The entry that the search ended with: that of the source, one that leads to another page, or 0.
 */
static uint64_t search_page(const uint8_t page[PAGE_BYTES], uint64_t destination, uint64_t *to)
{
	for (size_t at = 0; at < PAGE_BYTES; at += WORD_BYTES) {
		uint64_t entry = word_at(page + at);

		if (!entry || entry & IND_DONE)
			return 0;
		if (entry & IND_INDIRECTION || (entry & IND_SOURCE && *to == destination))
			return entry;
		*to = entry & IND_DESTINATION ? page_of(entry) : *to + PAGE_BYTES;
	}
	return 0;
}

/* The page that the kernel keeps for what goes to a page at destination; 0 where it is not found.
 */
static uint64_t find_source(const struct kcore *kcore, uint64_t head, uint64_t destination)
{
	uint8_t page[PAGE_BYTES];
	uint64_t entry = head, to = 0;

	for (uint64_t pages = 0; entry & IND_INDIRECTION && pages < LIST_PAGES_MAX; pages++) {
		if (kcore_read_physical(kcore, page_of(entry), page, sizeof(page)))
			return 0;
		entry = search_page(page, destination, &to);
	}
	return entry & IND_SOURCE ? page_of(entry) : 0;
}

static bool says_refused(const struct kcore *kcore, uint64_t symbol, uint64_t purgatory)
{
	uint8_t word[WORD_BYTES], params[PURG_PARAMS_BYTES];
	uint64_t image, source;

	/* kexec_image points to the image, whose first member is the head of its list. */
	if (kcore_read(kcore, symbol, word, sizeof(word)))
		return false;
	image = word_at(word);
	if (!image || kcore_read(kcore, image, word, sizeof(word)))
		return false;
	source = find_source(kcore, word_at(word), purgatory);
	if (!source || kcore_read_physical(kcore, source, params, sizeof(params)))
		return false;
	return le32_get(params) == PURG_MAGIC_VALUE && le32_get(params + 4) == PURG_PARAMS_BYTES &&
	       le32_get(params + PURG_FLAGS) & PURG_REFUSED;
}

bool jump_was_refused(const char *root, uint64_t purgatory)
{
	struct kernel_symbol image = { .name = "kexec_image" };
	char symbols[PATH_MAX], memory[PATH_MAX];
	struct error ignored;
	struct kcore kcore;
	bool refused;

	if (snprintf(symbols, sizeof(symbols), "%s/proc/kallsyms", root) >= (int)sizeof(symbols) ||
	    snprintf(memory, sizeof(memory), "%s/proc/kcore", root) >= (int)sizeof(memory) ||
	    kallsyms_read(symbols, &image, 1, &ignored) || !image.found ||
	    kcore_open(memory, &kcore, &ignored))
		return false;
	refused = says_refused(&kcore, image.address, purgatory);
	kcore_close(&kcore);
	return refused;
}
