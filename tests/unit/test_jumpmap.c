/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kdump/jumpmap.c on synthetic memory: a control page and list as Linux 6.1 leaves them, and every
 * kind of damage to them.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "left_pages.h"
#include "kdump/jumpmap.h"
#include "kexec/bytes.h"
#include "kexec/machine.h"

#define PAGES 64

/* D = [0x1000, 0x3000) + [0x20000, 0x22000); the rest of 64 pages is stored. */
static struct range lent_items[] = { { 0x1000, 0x3000 }, { 0x20000, 0x22000 } };
static struct range stored_items[] = { { 0x3000, 0x20000 }, { 0x22000, PAGES * 4096 } };

struct fixture {
	uint8_t memory[PAGES * 4096];
	struct range_set lent, stored;
	struct jumpmap_question question;
	struct jumpmap_memory reader;
	struct jumpmap map;
	struct error err;
};

static int read_memory(void *context, uint64_t address, void *to, size_t size)
{
	struct fixture *f = context;

	if (!bytes_fit(sizeof(f->memory), address, size))
		return -1;
	memcpy(to, f->memory + address, size);
	return 0;
}

static void put(struct fixture *f, uint32_t address, uint32_t value)
{
	le32_put(f->memory + address, value);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	left_pages_put(false, f->memory + CONTROL);
	f->lent = (struct range_set){ lent_items, 2, 2 };
	f->stored = (struct range_set){ stored_items, 2, 2 };
	f->question = (struct jumpmap_question){ EM_386, 0, RAW, &f->lent, &f->stored, 0 };
	f->reader = (struct jumpmap_memory){ read_memory, f };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static int walk(struct fixture *f, const struct jumpmap_visitor *visitor)
{
	return jumpmap_walk(&f->question, &f->reader, visitor, &f->map, &f->err);
}

static void refused(struct fixture *f, const char *words)
{
	assert_int_equal(walk(f, NULL), -1);
	if (!strstr(f->err.text, words))
		fail_msg("'%s' does not say '%s'", f->err.text, words);
}

static void a_good_one_is_understood(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(walk(f, NULL), 0);
	assert_true(f->map.known);
	assert_int_equal(f->map.control_page, CONTROL);
	assert_int_equal(f->map.swap_page, SWAP);
	assert_int_equal(f->map.page_table, PGD);
	assert_int_equal(f->map.head, LIST | 2);
	assert_int_equal(f->map.cr4, 0x690);
	assert_int_equal(f->map.pages, 4);
	assert_int_equal(f->map.in_place, 1);
	assert_int_equal(f->map.list_pages, 2);
}

struct seen {
	uint64_t runs[8][3];
	size_t count;
};

static int note_run(void *context, uint64_t dest, uint64_t source, uint64_t bytes,
		    struct error *err)
{
	struct seen *seen = context;

	if (seen->count == 8)
		return error_set(err, "stop");
	seen->runs[seen->count][0] = dest;
	seen->runs[seen->count][1] = source;
	seen->runs[seen->count++][2] = bytes;
	return 0;
}

static void put64(struct fixture *f, uint32_t address, uint64_t value)
{
	le64_put(f->memory + address, value);
}

/* The same, as a 64-bit kernel leaves it. */
static void make_64(struct fixture *f)
{
	memset(f->memory, 0, sizeof(f->memory));
	left_pages_put(true, f->memory + CONTROL);
	f->question.machine = EM_X86_64;
	f->question.cpu = CPU_LONG_MODE | CPU_PAE;
	f->question.raw = RAW;
	f->question.cr3 = PGD;
}

static void a_good_64_bit_one_is_understood(void **state)
{
	struct fixture *f = *state;

	make_64(f);
	assert_int_equal(walk(f, NULL), 0);
	assert_true(f->map.known);
	assert_int_equal(f->map.swap_page, SWAP);
	assert_int_equal(f->map.page_table, PGD);
	assert_int_equal(f->map.cr3, 0x186a000);
	assert_int_equal(f->map.pages, 4);
	assert_int_equal(f->map.in_place, 1);
	f->memory[RAW + 7]++; /* begins elsewhere */
	assert_int_equal(walk(f, NULL), 0);
	assert_false(f->map.known);
}

static void damage_of_a_64_bit_one_is_refused(void **state)
{
	struct fixture *f = *state;

	make_64(f);
	f->question.cr3 = LIST;
	refused(f, "the note says 0xa000");
	f->question.cr3 = 0;
	put64(f, CONTROL + 0x820, 0x20000);
	refused(f, "page table at 0x20000 lies in the memory that was lent");
	put64(f, CONTROL + 0x820, PGD);
	put64(f, CONTROL + 0x818, 0x3516f0);
	refused(f, "five-level");
	put64(f, CONTROL + 0x818, 0x3506f0);
	put64(f, LIST + 8, UINT64_C(0x100010008));
	refused(f, "is not in the image");
	put64(f, LIST + 8, PGD | 8);
	refused(f, "used twice");
}

static void runs_are_merged(void **state)
{
	static const uint64_t expected[3][3] = { { 0x20000, 0x10000, 0x2000 },
						 { 0x1000, 0x13000, 0x1000 },
						 { 0x2000, 0x2000, 0x1000 } };
	struct seen seen = { .count = 0 };
	struct jumpmap_visitor visitor = { note_run, &seen };

	assert_int_equal(walk(*state, &visitor), 0);
	assert_int_equal(seen.count, 3);
	assert_memory_equal(seen.runs, expected, sizeof(expected));
}

static void a_visitor_can_stop_it(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { .count = 8 };
	struct jumpmap_visitor visitor = { note_run, &seen };

	assert_int_equal(walk(f, &visitor), -1);
	assert_string_equal(f->err.text, "stop");
}

static void unknown_code_is_a_warning(void **state)
{
	struct fixture *f = *state;

	f->memory[RAW] = 0x90;
	assert_int_equal(walk(f, NULL), 0);
	assert_false(f->map.known);
	assert_non_null(f->map.warning);
	f->memory[RAW] = 0x8b;
	put(f, RAW + 11, 0xe0); /* says that it begins elsewhere */
	assert_int_equal(walk(f, NULL), 0);
	assert_false(f->map.known);
	put(f, RAW + 11, 0xdf);
	f->question.machine = EM_X86_64;
	assert_int_equal(walk(f, NULL), 0);
	assert_false(f->map.known);
}

static void raw_at_the_ends_of_a_page(void **state)
{
	struct fixture *f = *state;

	f->question.raw = CONTROL;
	assert_int_equal(walk(f, NULL), 0);
	assert_false(f->map.known);
	f->question.raw = CONTROL + 0xfff;
	assert_int_equal(walk(f, NULL), 0);
	assert_false(f->map.known);
}

static void a_missing_raw_address_is_refused(void **state)
{
	struct fixture *f = *state;

	f->question.raw = 0;
	refused(f, "never recorded");
	f->question.raw = UINT64_MAX;
	refused(f, "cannot be read");
}

static void the_paging_mode_must_agree(void **state)
{
	struct fixture *f = *state;

	f->question.cpu = CPU_PAE;
	refused(f, "PAE");
	put(f, CONTROL + 0x80c, 0x6b0);
	assert_int_equal(walk(f, NULL), 0);
	f->question.cpu = 0;
	refused(f, "PAE");
	put(f, CONTROL + 0x80c, 0x1690);
	refused(f, "five-level");
	put(f, CONTROL + 0x804, 0x33);
	refused(f, "CR0");
}

/* One wrong word each: where, what, and a part of the refusal. */
static const struct {
	uint32_t at, value;
	const char *words;
} damage[] = {
	{ CONTROL + 0x810, 0xc0008004, "not that of a page" },
	{ CONTROL + 0x810, 0, "not that of a page" },
	{ CONTROL + 0x814, 0xc010, "not that of a page" },
	{ CONTROL + 0x814, 0x50000, "page table" },
	{ CONTROL + 0x818, 0x9001, "not that of a page" },
	{ CONTROL + 0x818, 0x20000, "swap page at 0x20000 lies in the memory that was lent" },
	{ CONTROL + 0x818, 0xfffff000, "is not in the image" },
	{ CONTROL + 0x818, CONTROL, "used twice" },
	{ CONTROL + 0x81c, 0, "the entry 0x0" },
	{ CONTROL + 0x81c, LIST | 3, "the entry" },
	{ CONTROL + 0x81c, LIST, "the entry" },
	{ CONTROL + 0x81c, 4, "0 pages of the 4" },
	{ CONTROL + 0x81c, 0x10000 | 1, "runs past the end" },
	{ CONTROL + 0x81c, 0x10000 | 8, "before a destination" },
	{ CONTROL + 0x81c, 0x20000 | 2, "lies in the memory that was lent" },
	{ CONTROL + 0x81c, SWAP | 2, "used twice" },
	{ LIST, 0x10000 | 8, "before a destination" },
	{ LIST, 0x30000 | 1, "was not lent" },
	{ LIST, 0xfffff000 | 1, "was not lent" },
	{ LIST, 0x21000 | 1, "was not lent" },
	{ LIST + 4, 0x21000 | 8, "lies in the memory that was lent" },
	{ LIST + 4, 0x50000 | 8, "is not in the image" },
	{ LIST + 4, 0x11000 | 8, "used twice" },
	{ LIST + 4, LIST | 8, "used twice" },
	{ LIST + 4, 4, "0 pages of the 4" },
	{ LIST + 8, 0x20000 | 1, "runs past the end" },
	{ LIST + 12, LIST | 2, "used twice" },
	{ LIST + 12, 0xfffff000 | 2, "is not in the image" },
	{ LIST2, 0x20000 | 1, "comes back twice" },
	{ LIST2 + 12, 0xfffffff8, "is not in the image" },
	{ LIST2 + 12, 4, "3 pages of the 4" },
	{ LIST2 + 16, 0xffffffff, "the entry" },
	{ LIST2 + 16, 0x22008, "was not lent" },
};

static void damage_is_refused(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		uint32_t good = le32_get(f->memory + damage[i].at);

		/* "runs past the end": everything behind must be harmless until there. */
		if (strstr(damage[i].words, "runs past")) {
			uint8_t saved[sizeof(f->memory)];

			memcpy(saved, f->memory, sizeof(saved));
			put(f, damage[i].at, damage[i].value);
			for (uint32_t at = damage[i].at + 4; at & 0xfff; at += 4)
				if (damage[i].at >= LIST)
					put(f, at, 0x1000 | 1);
			refused(f, damage[i].words);
			memcpy(f->memory, saved, sizeof(saved));
			continue;
		}
		put(f, damage[i].at, damage[i].value);
		refused(f, damage[i].words);
		put(f, damage[i].at, good);
	}
	assert_int_equal(walk(f, NULL), 0);
}

/* Any byte of the pages that matter may be anything: an answer must come, and no crash. */
static void noise_is_survived(void **state)
{
	struct fixture *f = *state;
	uint32_t seed = 1, refusals = 0;

	for (int round = 0; round < 20000; round++) {
		static const uint32_t pages[] = { CONTROL + 0x800, LIST, LIST2 };
		uint32_t at;
		uint8_t good;

		seed = seed * 1664525 + 1013904223;
		at = pages[(seed >> 8) % 3] + (seed >> 16) % 0x20;
		good = f->memory[at];
		f->memory[at] ^= (uint8_t)(1 << (seed >> 29));
		refusals += walk(f, NULL) != 0;
		f->memory[at] = good;
	}
	assert_true(refusals > 5000);
}

/* What the note says about sizes costs nothing until the list confirms it. */
static void sizes_are_not_believed(void **state)
{
	struct range all = { 0x1000, UINT64_C(1) << 60 };
	struct range_set endless = { &all, 1, 1 };
	struct fixture *f = *state;

	f->question.stored = &endless;
	assert_int_equal(walk(f, NULL), 0);
	f->question.stored = &f->stored;
	lent_items[1].end = UINT64_C(1) << 60;
	refused(f, "4 pages of the");
	lent_items[1].end = 0x22000;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_one_is_understood, setup, teardown),
		cmocka_unit_test_setup_teardown(a_good_64_bit_one_is_understood, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_of_a_64_bit_one_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(runs_are_merged, setup, teardown),
		cmocka_unit_test_setup_teardown(a_visitor_can_stop_it, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_code_is_a_warning, setup, teardown),
		cmocka_unit_test_setup_teardown(raw_at_the_ends_of_a_page, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_raw_address_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(the_paging_mode_must_agree, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes_are_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(noise_is_survived, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
