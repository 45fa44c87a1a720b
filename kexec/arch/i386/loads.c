/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Claims the memory that an image names by itself, piece by piece. Does not know in which format
 * the image named it.
 */
#include "elf_image.h"
#include "x86.h"

typedef unsigned long long ull;

static int check_room(const struct plan *plan, const struct elf_pieces *pieces, size_t others,
		      struct error *err)
{
	struct range all = { pieces->items[0].at.start, pieces->items[pieces->count - 1].at.end };

	if (pieces->count > PLAN_SEGMENTS_MAX - others)
		return error_set(
			err,
			"%zu separate pieces of memory are to be loaded: a kernel takes %d at "
			"once, and %zu are needed beside the program's",
			pieces->count, PLAN_SEGMENTS_MAX, others);
	if (plan->limit_given && !range_contains(plan->limit, all))
		return error_set(
			err,
			"the program must lie at 0x%llx-0x%llx: the smallest that would do is "
			"--mem-max=0x%llx, with a --mem-min not above 0x%llx",
			(ull)all.start, (ull)all.end - 1, (ull)all.end - 1, (ull)all.start);
	return 0;
}

int x86_loads_place(const char *name, const struct elf_image *elf, size_t others, struct plan *plan,
		    struct error *err)
{
	struct elf_pieces pieces;
	struct segment *segment;

	if (elf_image_pieces(elf, &plan->arena, &pieces, err) ||
	    check_room(plan, &pieces, others, err))
		return -1;
	for (size_t i = 0; i < pieces.count; i++) {
		segment = plan_claim(plan, name, (struct span){ NULL, 0 }, pieces.items[i].at, err);
		if (!segment ||
		    elf_piece_data(elf, &pieces.items[i], &plan->arena, &segment->data, err))
			return -1;
		segment->hashed = true;
	}
	return 0;
}
