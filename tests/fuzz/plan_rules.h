/* SPDX-License-Identifier: GPL-2.0-only */
/* What every plan promises, whatever it was made of: for the targets that plan hostile images. */
#ifndef TESTS_FUZZ_PLAN_RULES_H
#define TESTS_FUZZ_PLAN_RULES_H

#include "fuzz.h"
#include "loader.h"
#include "plan.h"
#include "tests/unit/image_builder.h"

/* What a plan promises, looked at once more. */
static inline void fuzz_check_plan(struct plan *plan, const struct machine *machine)
{
	struct error err;

	FUZZ_CHECK(plan->segment_count >= 1 && plan->segment_count <= PLAN_SEGMENTS_MAX);
	for (unsigned i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		FUZZ_CHECK(!(s->at.start % PAGE_BYTES) && !(s->at.end % PAGE_BYTES));
		FUZZ_CHECK(range_bytes(s->at) && s->data.size <= range_bytes(s->at));
		FUZZ_CHECK(range_set_contains(&machine->ram, s->at));
		FUZZ_CHECK(!i || plan->segments[i - 1].at.end <= s->at.start);
		/* every byte that is promised is there to be read */
		if (s->data.size) {
			volatile uint8_t byte = s->data.data[0];

			byte ^= s->data.data[s->data.size - 1];
			(void)byte;
		}
	}
	for (size_t i = 1; i < plan->given.count; i++)
		FUZZ_CHECK(plan->given.entries[i - 1].at.end <= plan->given.entries[i].at.start);
	FUZZ_CHECK(!plan_seal(plan, machine, &err));
}

/* Make a plan and look at it, or at the reason why there is none. plan_done() it either way. */
static inline bool fuzz_plan(const struct request *request, const struct machine *machine,
			     struct plan *plan)
{
	struct error err = { "" };

	if (plan_make(request, machine, arch_find(machine->arch), plan, &err)) {
		FUZZ_CHECK(*err.text && !strchr(err.text, '\n'));
		return false;
	}
	fuzz_check_plan(plan, machine);
	return true;
}

/* A seed of what chooses the case, and an image, which is freed. */
static inline size_t fuzz_seed_image(const uint8_t *head, size_t head_bytes, struct image image,
				     uint8_t *buffer, size_t capacity)
{
	size_t used = 0;

	fuzz_append(buffer, capacity, &used, head, head_bytes);
	fuzz_append(buffer, capacity, &used, image.data, image.size);
	free(image.data);
	return used;
}

#endif
