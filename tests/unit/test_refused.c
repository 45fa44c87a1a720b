/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's list of an image's pages, made up in a small /proc/kcore: page 1 holds kexec_image
 * and the image's head, pages 2 and 3 the list, page 5 what came back from purgatory's place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_kcore.h"
#include "kimage.h"
#include "purgatory/abi.h"
#include "refused.h"

#define PAGES     8
#define WORD      sizeof(uintptr_t)
#define PURGATORY UINT64_C(0x3e04000)

struct fake {
	char root[40], folder[48], kcore[64], kallsyms[64];
	uint8_t memory[PAGES * FAKE_PAGE_BYTES];
};

static void put_word(struct fake *fake, size_t at, uint64_t value)
{
	if (WORD == 8)
		le64_put(fake->memory + at, value);
	else
		le32_put(fake->memory + at, (uint32_t)value);
}

static void put_list(struct fake *fake, size_t page, const uint64_t *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_word(fake, page * FAKE_PAGE_BYTES + i * WORD, entries[i]);
}

/* One page to 0x1000, then two from the page below purgatory's on: the second is purgatory's. */
static void fill(struct fake *fake)
{
	const uint64_t first[] = { 0x1000 | IND_DESTINATION, 0x4000 | IND_SOURCE,
				   0x3000 | IND_INDIRECTION };
	const uint64_t second[] = { (PURGATORY - 4096) | IND_DESTINATION, 0x4000 | IND_SOURCE,
				    0x5000 | IND_SOURCE, IND_DONE };
	uint8_t *params = fake->memory + 5 * FAKE_PAGE_BYTES;

	put_word(fake, 0x1000, FAKE_PAGE_OFFSET + 0x1800);
	put_word(fake, 0x1800, 0x2000 | IND_INDIRECTION);
	put_list(fake, 2, first, 3);
	put_list(fake, 3, second, 4);
	le32_put(params, PURG_MAGIC_VALUE);
	le32_put(params + 4, PURG_PARAMS_BYTES);
	le32_put(params + PURG_FLAGS, PURG_VERIFY | PURG_REFUSED);
}

static int set_up(void **state)
{
	static const char symbols[] = "c0000000 T _text\nc0001000 B kexec_image\n";
	struct fake *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	strcpy(fake->root, "/tmp/test_refused.XXXXXX");
	assert_non_null(mkdtemp(fake->root));
	snprintf(fake->folder, sizeof(fake->folder), "%s/proc", fake->root);
	snprintf(fake->kcore, sizeof(fake->kcore), "%s/kcore", fake->folder);
	snprintf(fake->kallsyms, sizeof(fake->kallsyms), "%s/kallsyms", fake->folder);
	assert_int_equal(mkdir(fake->folder, 0700), 0);
	fake_file(fake->kallsyms, symbols, sizeof(symbols) - 1);
	fill(fake);
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	struct fake *fake = *state;

	unlink(fake->kcore);
	unlink(fake->kallsyms);
	rmdir(fake->folder);
	rmdir(fake->root);
	free(fake);
	return 0;
}

static bool refused(struct fake *fake)
{
	fake_kcore(fake->kcore, fake->memory, sizeof(fake->memory));
	return jump_was_refused(fake->root, PURGATORY);
}

static void what_purgatory_said_is_found(void **state)
{
	struct fake *fake = *state;
	uint8_t *params = fake->memory + 5 * FAKE_PAGE_BYTES;

	assert_true(refused(fake));
	le32_put(params + PURG_FLAGS, PURG_VERIFY);
	assert_false(refused(fake));
	/* What the other kernel left there is not purgatory's any more. */
	le32_put(params + PURG_FLAGS, UINT32_MAX);
	le32_put(params, 0);
	assert_false(refused(fake));
	le32_put(params, PURG_MAGIC_VALUE);
	le32_put(params + 4, 0);
	assert_false(refused(fake));
}

static void other_places_are_not_looked_at(void **state)
{
	struct fake *fake = *state;

	assert_true(refused(fake));
	assert_false(jump_was_refused(fake->root, PURGATORY + 4096));
	assert_false(jump_was_refused(fake->root, 0x1000));
	assert_false(jump_was_refused("/nowhere", PURGATORY));
}

/* Nothing is loaded; lists that end early, run off a page, lead nowhere or in circles. */
static void damaged_lists_say_nothing(void **state)
{
	static const uint64_t heads[] = { 0, IND_DONE, 0x1000 | IND_SOURCE,
					  0x7000 | IND_INDIRECTION, 0x40000000 | IND_INDIRECTION };
	const uint64_t circle[] = { 0x1000 | IND_DESTINATION, 0x2000 | IND_INDIRECTION };
	struct fake *fake = *state;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		put_word(fake, 0x1800, heads[i]);
		assert_false(refused(fake));
	}
	put_word(fake, 0x1000, 0);
	assert_false(refused(fake));
	fill(fake);
	memset(fake->memory + 3 * FAKE_PAGE_BYTES, IND_DESTINATION, FAKE_PAGE_BYTES);
	assert_false(refused(fake));
	fill(fake);
	put_list(fake, 2, circle, 2);
	assert_false(refused(fake));
}

static void a_kernel_that_hides_says_nothing(void **state)
{
	struct fake *fake = *state;

	assert_true(refused(fake));
	fake_file(fake->kallsyms, "00000000 B kexec_image\n", 23);
	assert_false(refused(fake));
	fake_file(fake->kallsyms, "c0000000 T _text\n", 17);
	assert_false(refused(fake));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_purgatory_said_is_found),
		TEST(other_places_are_not_looked_at),
		TEST(damaged_lists_say_nothing),
		TEST(a_kernel_that_hides_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
