/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of image types share: a made-up PC, an image, the plan or the refusal. After cmocka.h.
 */
#ifndef TESTS_LOAD_TEST_H
#define TESTS_LOAD_TEST_H

#include <stdlib.h>
#include <string.h>

#include "image_builder.h"
#include "loader.h"
#include "pc.h"
#include "plan.h"
#include "purgatory/abi.h"

struct load_test {
	struct machine machine;
	struct request request;
	struct image image;
	struct plan plan;
	struct arena arena; /* for what a test needs besides */
	struct error err;
};

static inline int setup(void **state)
{
	struct load_test *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	pc_init(&f->machine, 512);
	f->request.image_name = "/boot/image";
	f->request.cmdline = "";
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct load_test *f = *state;

	plan_done(&f->plan);
	arena_done(&f->arena);
	pc_done(&f->machine);
	free(f->image.data);
	free(f);
	return 0;
}

/* The image is the fixture's from now on. */
static inline void take(struct load_test *f, struct image image)
{
	free(f->image.data);
	f->image = image;
	f->request.image = image_span(&f->image);
}

static inline int make(struct load_test *f)
{
	plan_done(&f->plan);
	f->err.text[0] = '\0';
	return plan_make(&f->request, &f->machine, arch_find(f->machine.arch), &f->plan, &f->err);
}

/* type NULL: whatever the test is about, it is not the type. */
static inline void made(struct load_test *f, const char *type)
{
	if (make(f))
		fail_msg("refused: %s", f->err.text);
	if (type)
		assert_string_equal(f->plan.loader, type);
}

static inline void refused(struct load_test *f, const char *words)
{
	assert_int_equal(make(f), -1);
	if (!strstr(f->err.text, words))
		fail_msg("'%s' does not say '%s'", f->err.text, words);
	assert_null(strchr(f->err.text, '\n'));
}

/* The segment a physical address lies in. */
static inline const struct segment *segment_at(struct load_test *f, uint64_t address)
{
	for (unsigned i = 0; i < f->plan.segment_count; i++) {
		const struct segment *s = &f->plan.segments[i];

		if (address >= s->at.start && address < s->at.end)
			return s;
	}
	fail_msg("nothing is loaded at 0x%llx", (unsigned long long)address);
	return NULL;
}

static inline struct purgatory_params params_of(struct load_test *f)
{
	struct purgatory_params params;

	memcpy(&params, plan_segment(&f->plan, "purgatory")->data.data, sizeof(params));
	return params;
}

#endif
