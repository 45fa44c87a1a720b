/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Range sets and the search for a place: by hand at the edges of 64 bits, and against a map of
 * single pages for many random steps. The arena and error values, which have no test of their own,
 * ride along.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "bytes.h"
#include "range.h"

static struct error err;

#define R(s, e) ((struct range){ (s), (e) })

static void add(struct range_set *set, uint64_t start, uint64_t end)
{
	assert_int_equal(range_set_add(set, R(start, end), &err), 0);
}

static void cut(struct range_set *set, uint64_t start, uint64_t end)
{
	assert_int_equal(range_set_remove(set, R(start, end), &err), 0);
}

static void expect(const struct range_set *set, size_t count, const struct range *ranges)
{
	assert_int_equal(set->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(set->items[i].start, ranges[i].start);
		assert_int_equal(set->items[i].end, ranges[i].end);
	}
}

#define EXPECT(set, ...)                                                            \
	expect(set, sizeof((struct range[]){ __VA_ARGS__ }) / sizeof(struct range), \
	       (struct range[]){ __VA_ARGS__ })

static void test_arithmetic(void **state)
{
	struct range r;

	(void)state;
	r = range_intersect(R(0x1000, 0x5000), R(0x3000, 0x9000));
	assert_int_equal(r.start, 0x3000);
	assert_int_equal(r.end, 0x5000);
	assert_int_equal(range_bytes(range_intersect(R(0, 1), R(1, 2))), 0);
	assert_int_equal(range_bytes(range_intersect(R(5, 9), R(1, 2))), 0);

	r = range_whole_pages(R(0x1001, 0x3fff));
	assert_int_equal(r.start, 0x2000);
	assert_int_equal(r.end, 0x3000);
	assert_int_equal(range_bytes(range_whole_pages(R(0x1001, 0x1fff))), 0);
	assert_int_equal(range_bytes(range_whole_pages(R(UINT64_MAX - 5, UINT64_MAX))), 0);
	r = range_whole_pages(R(0, UINT64_MAX));
	assert_int_equal(r.end, UINT64_MAX - 4095);
}

static void test_add_merges(void **state)
{
	struct range_set set = { 0 };

	(void)state;
	add(&set, 10, 20);
	add(&set, 30, 40);
	add(&set, 5, 5);
	add(&set, 9, 3);
	EXPECT(&set, { 10, 20 }, { 30, 40 });
	add(&set, 0, 5);
	add(&set, 20, 30); /* touches both */
	EXPECT(&set, { 0, 5 }, { 10, 40 });
	add(&set, 12, 18);
	EXPECT(&set, { 0, 5 }, { 10, 40 });
	add(&set, 0, UINT64_MAX);
	EXPECT(&set, { 0, UINT64_MAX });
	range_set_done(&set);
	assert_int_equal(set.count, 0);
}

static void test_remove_splits(void **state)
{
	struct range_set set = { 0 };

	(void)state;
	cut(&set, 0, UINT64_MAX);
	add(&set, 0, UINT64_MAX);
	cut(&set, 100, 200);
	EXPECT(&set, { 0, 100 }, { 200, UINT64_MAX });
	cut(&set, 300, 300);
	cut(&set, 0, 50);
	cut(&set, UINT64_MAX - 1, UINT64_MAX);
	EXPECT(&set, { 50, 100 }, { 200, UINT64_MAX - 1 });
	cut(&set, 60, 250);
	EXPECT(&set, { 50, 60 }, { 250, UINT64_MAX - 1 });
	cut(&set, 0, UINT64_MAX);
	assert_int_equal(set.count, 0);
	range_set_done(&set);
}

static void test_questions(void **state)
{
	struct range_set set = { 0 }, copy = { 0 };

	(void)state;
	assert_false(range_set_contains(&set, R(0, 1)));
	add(&set, 0x1000, 0x3000);
	add(&set, UINT64_MAX - 0x1000, UINT64_MAX);
	assert_true(range_set_contains(&set, R(0x1000, 0x3000)));
	assert_true(range_set_first(&set, R(0x1800, 0x9000000)).start == 0x1800);
	assert_true(range_set_first(&set, R(0x1800, 0x9000000)).end == 0x3000);
	assert_int_equal(range_bytes(range_set_first(&set, R(0, 0x1000))), 0);
	assert_false(range_set_contains(&set, R(0x1000, 0x3001)));
	assert_false(range_set_contains(&set, R(0xfff, 0x2000)));
	assert_false(range_set_contains(&set, R(0x2000, 0x2000)));
	assert_true(range_set_contains(&set, R(UINT64_MAX - 1, UINT64_MAX)));
	assert_true(range_set_overlaps(&set, R(0, 0x1001)));
	assert_false(range_set_overlaps(&set, R(0, 0x1000)));
	assert_false(range_set_overlaps(&set, R(0x3000, UINT64_MAX - 0x1000)));
	assert_true(range_set_overlaps(&set, R(0x3000, UINT64_MAX)));
	assert_int_equal(range_set_bytes(&set), 0x3000);

	assert_int_equal(range_set_copy(&copy, &set, &err), 0);
	assert_int_equal(range_set_clip(&copy, R(0x2000, 0x2800), &err), 0);
	EXPECT(&copy, { 0x2000, 0x2800 });
	assert_int_equal(range_set_clip(&copy, R(0x5000, 0x6000), &err), 0);
	assert_int_equal(copy.count, 0);
	assert_int_equal(set.count, 2);

	range_set_whole_pages(&set);
	EXPECT(&set, { 0x1000, 0x3000 });
	range_set_done(&copy);
	range_set_done(&set);
}

static void test_find(void **state)
{
	struct range_set set = { 0 };
	struct place want = { .size = 0x1000, .align = 0x1000 };
	uint64_t at = 7;

	(void)state;
	assert_int_equal(range_set_find(&set, &want, &at), -1);
	add(&set, 0x1800, 0x2800); /* large enough, but not once it is aligned */
	add(&set, 0x10000, 0x20000);
	add(&set, 0x40000, 0x50000);
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, 0x10000);
	want.top_down = true;
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, 0x4f000);
	want.within = R(0x11000, 0x41fff);
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, 0x40000);
	want.top_down = false;
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, 0x11000);
	want = (struct place){ .size = 0x10000, .align = 0x20000 };
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, 0x40000);
	want.size = 0x10001;
	assert_int_equal(range_set_find(&set, &want, &at), -1);
	want = (struct place){ .size = 1, .align = 1, .within = R(0x30000, 0) };
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, 0x40000);
	range_set_done(&set);
}

static void test_find_at_the_edges(void **state)
{
	struct range_set set = { 0 };
	struct place want = { .size = UINT64_MAX, .align = 1 };
	uint64_t at = 7;

	(void)state;
	add(&set, 1, UINT64_MAX);
	assert_int_equal(range_set_find(&set, &want, &at), -1);
	want.size = UINT64_MAX - 1;
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, 1);
	want.align = UINT64_C(1) << 63;
	assert_int_equal(range_set_find(&set, &want, &at), -1);
	want.size = 4;
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, UINT64_C(1) << 63);
	want.within = R((UINT64_C(1) << 63) + 1, 0); /* rounding up leaves 64 bits */
	assert_int_equal(range_set_find(&set, &want, &at), -1);
	want.top_down = true;
	assert_int_equal(range_set_find(&set, &want, &at), -1);
	want = (struct place){ .size = 0x1000, .align = 0x1000, .top_down = true };
	assert_int_equal(range_set_find(&set, &want, &at), 0);
	assert_int_equal(at, UINT64_MAX - 0x1fff);
	at = 7;
	assert_int_equal(range_set_find(&set, &(struct place){ .size = 0, .align = 1 }, &at), -1);
	assert_int_equal(range_set_find(&set, &(struct place){ .size = 1, .align = 0 }, &at), -1);
	assert_int_equal(range_set_find(&set, &(struct place){ .size = 1, .align = 3 }, &at), -1);
	assert_int_equal(at, 7); /* written only on success */
	range_set_done(&set);
}

#define UNITS 96

static unsigned next_random(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

/* The set must equal the map of units, and be in its one normal form. */
static void compare(const struct range_set *set, const bool *map, uint64_t base)
{
	size_t index = 0;
	uint64_t bytes = 0;

	for (unsigned u = 0; u < UNITS; u++) {
		bool starts = map[u] && (!u || !map[u - 1]);

		bytes += map[u];
		assert_true(range_set_overlaps(set, R(base + u, base + u + 1)) == map[u]);
		if (!starts)
			continue;
		assert_true(index < set->count);
		assert_int_equal(set->items[index++].start, base + u);
	}
	assert_int_equal(index, set->count);
	assert_int_equal(range_set_bytes(set), bytes);
}

static void walk(unsigned seed, uint64_t base)
{
	struct range_set set = { 0 };
	bool map[UNITS] = { false };

	for (unsigned step = 0; step < 2000; step++) {
		unsigned start = next_random(&seed, UNITS), chars = next_random(&seed, 12);
		unsigned end = start + chars > UNITS ? UNITS : start + chars;
		bool adds = next_random(&seed, 2);

		if (adds)
			add(&set, base + start, base + end);
		else
			cut(&set, base + start, base + end);
		for (unsigned u = start; u < end; u++)
			map[u] = adds;
		compare(&set, map, base);
	}
	range_set_done(&set);
}

static void test_random_steps(void **state)
{
	(void)state;
	walk(1, 0);
	walk(2, UINT64_MAX - UNITS);
}

static void test_bytes(void **state)
{
	(void)state;
	assert_true(bytes_fit(10, 0, 10));
	assert_true(bytes_fit(10, 10, 0));
	assert_false(bytes_fit(10, 11, 0));
	assert_false(bytes_fit(10, 1, UINT64_MAX));
	assert_false(bytes_fit(10, UINT64_MAX, 1));
	assert_int_equal(align_up(1, 4096), 4096);
	assert_int_equal(align_up(UINT64_MAX, 4096), UINT64_MAX - 4095);
}

static void test_errors(void **state)
{
	struct error e;
	char deep[700];

	(void)state;
	assert_int_equal(error_set(&e, "'%s' ends at 0x%x", "a\nb\033[1m", 16), -1);
	assert_string_equal(e.text, "'a?b?[1m' ends at 0x10");
	assert_int_equal(error_prefix(&e, "%s: ", "bzImage"), -1);
	assert_string_equal(e.text, "bzImage: 'a?b?[1m' ends at 0x10");

	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	error_set(&e, "%s", deep);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	error_prefix(&e, "ab");
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "abxx", 4);
	error_prefix(&e, "%s", deep);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_int_equal(error_no_memory(&e), -1);
	assert_non_null(strstr(e.text, "out of memory"));
}

static void test_arena(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 5000, 16384, 16385, 100000, 3 };
	struct arena arena = { 0 };
	unsigned char *places[64];
	unsigned count = 0;

	(void)state;
	for (unsigned round = 0; round < 6; round++)
		for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			unsigned char *place = arena_alloc(&arena, sizes[i]);

			assert_non_null(place);
			assert_int_equal((uintptr_t)place % 16, 0);
			for (size_t b = 0; b < sizes[i]; b++)
				assert_int_equal(place[b], 0);
			memset(place, (int)count + 1, sizes[i]);
			places[count++] = place;
		}
	for (unsigned i = 0; i < count; i++) { /* nobody wrote into another's place */
		size_t size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];

		for (size_t b = 0; b < size; b++)
			assert_int_equal(places[i][b], i + 1);
	}
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 15));
	assert_string_equal(arena_strdup(&arena, "text"), "text");
	assert_string_equal(arena_printf(&arena, "%s=0x%x", "a", 255), "a=0xff");
	arena_done(&arena);
	assert_non_null(arena_alloc(&arena, 8));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),    cmocka_unit_test(test_add_merges),
		cmocka_unit_test(test_remove_splits), cmocka_unit_test(test_questions),
		cmocka_unit_test(test_find),          cmocka_unit_test(test_find_at_the_edges),
		cmocka_unit_test(test_random_steps),  cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_errors),        cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
