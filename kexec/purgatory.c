/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader's side of purgatory, the same for every architecture: where the blob lies, what it is
 * told, and the digest it compares. The parameters are written into the plan's own copy of the
 * blob.
 */
#include <stdlib.h>

#include "abi.h"
#include "purgatory.h"
#include "sha256.h"

_Static_assert(PLAN_SEGMENTS_MAX <= PURG_REGIONS_MAX, "every segment can be a region");

/* The copy placed by purgatory_place(): the plan's, so it may be written. */
static uint8_t *placed_blob(struct plan *plan)
{
	struct segment *segment = plan_segment(plan, PURGATORY_SEGMENT);

	return segment ? (uint8_t *)(uintptr_t)segment->data.data : NULL;
}

static uint32_t flags_for(const struct request *request)
{
	const struct request_console *console = &request->console;
	uint32_t flags = 0;

	if (request->mode == REQUEST_PRESERVE)
		flags |= PURG_KEEP_STACK;
	if (console->reset_vga)
		flags |= PURG_RESET_VGA;
	if (console->vga)
		flags |= PURG_CONSOLE_VGA;
	if (console->serial)
		flags |= PURG_CONSOLE_SERIAL;
	return flags;
}

int purgatory_place(const struct request *request, struct span blob, struct plan *plan,
		    const struct place *want, struct error *err)
{
	struct purgatory_params params;
	struct place place = *want;
	struct segment *segment;
	uint8_t *copy;

	copy = arena_alloc(&plan->arena, blob.size);
	if (!copy)
		return error_no_memory(err);
	memcpy(copy, blob.data, blob.size);
	memcpy(&params, copy, sizeof(params));
	params.flags = flags_for(request);
	params.serial_base = request->console.serial_base;
	params.serial_baud = request->console.serial_baud;
	memcpy(copy, &params, sizeof(params));

	place.size = le32_get(copy + PURG_MEMORY);
	segment =
		plan_place(plan, PURGATORY_SEGMENT, (struct span){ copy, blob.size }, &place, err);
	if (!segment)
		return -1;
	plan->entry = segment->at.start + PURG_ENTRY;
	return 0;
}

void purgatory_hand_over(struct plan *plan, const struct purgatory_state *state)
{
	uint8_t *blob = placed_blob(plan);
	struct purgatory_params params;

	memcpy(&params, blob, sizeof(params));
	params.entry = state->entry;
	params.eax = state->eax;
	params.ebx = state->ebx;
	params.ecx = state->ecx;
	params.edx = state->edx;
	params.esi = state->esi;
	params.edi = state->edi;
	params.ebp = state->ebp;
	params.esp = state->esp;
	if (state->leave_long_mode)
		params.flags |= PURG_ENTER_32;
	if (state->real_mode)
		params.flags |= PURG_ENTER_16;
	params.real_ss = state->real_ss;
	params.real_ds = state->real_ds;
	memcpy(blob, &params, sizeof(params));
}

static int by_address(const void *a, const void *b)
{
	const struct segment *const *one = a, *const *other = b;

	if ((*one)->at.start == (*other)->at.start)
		return 0;
	return (*one)->at.start < (*other)->at.start ? -1 : 1;
}

/* The segments to compare, in address order. */
static unsigned hashed_segments(const struct plan *plan,
				const struct segment *list[PLAN_SEGMENTS_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];

		if (segment->hashed && segment->data.size &&
		    strcmp(segment->name, PURGATORY_SEGMENT) != 0)
			list[count++] = segment;
	}
	qsort(list, count, sizeof(*list), by_address);
	return count;
}

int purgatory_seal(const struct request *request, struct plan *plan, struct error *err)
{
	const struct segment *list[PLAN_SEGMENTS_MAX];
	uint8_t *blob = placed_blob(plan);
	struct purgatory_params params;
	struct sha256 sha;

	(void)err;
	if (!blob)
		return 0;
	memcpy(&params, blob, sizeof(params));
	params.backup.start = plan->crash.source.start;
	params.backup.size = range_bytes(plan->crash.source);
	params.backup_target = plan->crash.target;
	memcpy(blob, &params, sizeof(params));
	if (request->no_checks)
		return 0;
	params.region_count = hashed_segments(plan, list);
	memset(params.regions, 0, sizeof(params.regions));
	sha256_init(&sha, sha256_best());
	for (unsigned i = 0; i < params.region_count; i++) {
		params.regions[i].start = list[i]->at.start;
		params.regions[i].size = list[i]->data.size;
		sha256_update(&sha, list[i]->data.data, list[i]->data.size);
	}
	sha256_final(&sha, params.digest);
	params.flags |= PURG_VERIFY;
	memcpy(blob, &params, sizeof(params));
	return 0;
}
