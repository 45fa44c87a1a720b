/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loader's side of purgatory, on a made-up blob: where it is placed, what its parameters say,
 * and that the digest covers the content of the checked segments in address order and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "abi.h"
#include "plan.h"
#include "purgatory.h"
#include "sha256.h"

#define MEMORY 0x2345 /* what the blob asks for */

struct fixture {
	uint8_t blob[PURG_ENTRY + 100];
	struct plan plan;
	struct request request;
	struct error err;
};

static void start(struct fixture *f)
{
	struct purgatory_params params = { .magic = PURG_MAGIC_VALUE,
					   .size = sizeof(struct purgatory_params) };
	struct range ram = { 0x10000, 0x100000 };

	memset(f, 0, sizeof(*f));
	memset(f->blob, 0xcc, sizeof(f->blob));
	memcpy(f->blob, &params, sizeof(params));
	le32_put(f->blob + PURG_MEMORY, MEMORY);
	assert_int_equal(range_set_add(&f->plan.free, ram, &f->err), 0);
}

static void place(struct fixture *f)
{
	struct place want = { .size = 1, .align = 4096 };

	assert_int_equal(purgatory_place(&f->request, (struct span){ f->blob, sizeof(f->blob) },
					 &f->plan, &want, &f->err),
			 0);
}

static struct purgatory_params params_of(struct fixture *f)
{
	struct purgatory_params params;

	memcpy(&params, plan_segment(&f->plan, PURGATORY_SEGMENT)->data.data, sizeof(params));
	return params;
}

static void claim(struct fixture *f, const char *name, const char *text, uint64_t at, bool hashed)
{
	struct span data = { (const uint8_t *)text, strlen(text) };
	struct segment *segment;

	segment = plan_claim(&f->plan, name, data, (struct range){ at, at + 0x1000 }, &f->err);
	assert_non_null(segment);
	segment->hashed = hashed;
}

static void it_is_placed_with_its_memory(void **state)
{
	const struct segment *segment;
	struct fixture f;

	(void)state;
	start(&f);
	place(&f);
	segment = plan_segment(&f.plan, PURGATORY_SEGMENT);
	assert_non_null(segment);
	assert_int_equal(range_bytes(segment->at), 0x3000);
	assert_int_equal(segment->data.size, sizeof(f.blob));
	assert_true(segment->data.data != f.blob);
	assert_memory_equal(segment->data.data + PURG_PARAMS_BYTES, f.blob + PURG_PARAMS_BYTES,
			    sizeof(f.blob) - PURG_PARAMS_BYTES);
	assert_int_equal(f.plan.entry, segment->at.start + PURG_ENTRY);
	assert_int_equal(params_of(&f).flags, 0);
	plan_done(&f.plan);
}

static void no_room_is_a_failure(void **state)
{
	struct place want = { .align = 4096, .within = { 0x10000, 0x11000 } };
	struct fixture f;

	(void)state;
	start(&f);
	assert_int_equal(purgatory_place(&f.request, (struct span){ f.blob, sizeof(f.blob) },
					 &f.plan, &want, &f.err),
			 -1);
	assert_true(f.err.text[0]);
	assert_null(plan_segment(&f.plan, PURGATORY_SEGMENT));
	plan_done(&f.plan);
}

static void consoles_and_mode_become_flags(void **state)
{
	struct purgatory_params params;
	struct fixture f;

	(void)state;
	start(&f);
	f.request.mode = REQUEST_PRESERVE;
	f.request.console = (struct request_console){ .reset_vga = true,
						      .vga = true,
						      .serial = true,
						      .serial_base = 0x2f8,
						      .serial_baud = 57600 };
	place(&f);
	params = params_of(&f);
	assert_int_equal(params.flags,
			 PURG_KEEP_STACK | PURG_CONSOLE_VGA | PURG_CONSOLE_SERIAL | PURG_RESET_VGA);
	assert_int_equal(params.serial_base, 0x2f8);
	assert_int_equal(params.serial_baud, 57600);
	plan_done(&f.plan);
}

static void the_hand_over_is_written_down(void **state)
{
	struct purgatory_state to = { .entry = 0x123456,
				      .eax = 1,
				      .ebx = 2,
				      .ecx = 3,
				      .edx = 4,
				      .esi = 0x90000,
				      .edi = 6,
				      .ebp = 7,
				      .esp = 0x8000 };
	struct purgatory_params params;
	struct fixture f;

	(void)state;
	start(&f);
	place(&f);
	purgatory_hand_over(&f.plan, &to);
	params = params_of(&f);
	assert_int_equal(params.magic, PURG_MAGIC_VALUE);
	assert_int_equal(params.entry, 0x123456);
	assert_int_equal(params.eax, 1);
	assert_int_equal(params.ebx, 2);
	assert_int_equal(params.ecx, 3);
	assert_int_equal(params.edx, 4);
	assert_int_equal(params.esi, 0x90000);
	assert_int_equal(params.edi, 6);
	assert_int_equal(params.ebp, 7);
	assert_int_equal(params.esp, 0x8000);
	plan_done(&f.plan);
}

static void the_digest_is_of_checked_content(void **state)
{
	struct purgatory_params params;
	uint8_t expected[SHA256_BYTES];
	struct fixture f;

	(void)state;
	start(&f);
	place(&f);
	claim(&f, "kernel", "second", 0x60000, true);
	claim(&f, "handoff", "changes on the way out", 0x40000, false);
	claim(&f, "boot_params", "first ", 0x50000, true);
	claim(&f, "low", "", 0x30000, true);
	assert_int_equal(purgatory_seal(&f.request, &f.plan, &f.err), 0);
	params = params_of(&f);
	sha256("first second", 12, expected);
	assert_int_equal(params.flags, PURG_VERIFY);
	assert_int_equal(params.region_count, 2);
	assert_int_equal(params.regions[0].start, 0x50000);
	assert_int_equal(params.regions[0].size, 6);
	assert_int_equal(params.regions[1].start, 0x60000);
	assert_int_equal(params.regions[1].size, 6);
	assert_int_equal(params.regions[2].start, 0);
	assert_memory_equal(params.digest, expected, SHA256_BYTES);
	plan_done(&f.plan);
}

static void nothing_to_check_is_checked_too(void **state)
{
	struct purgatory_params params;
	uint8_t expected[SHA256_BYTES];
	struct fixture f;

	(void)state;
	start(&f);
	place(&f);
	assert_int_equal(purgatory_seal(&f.request, &f.plan, &f.err), 0);
	params = params_of(&f);
	sha256("", 0, expected);
	assert_int_equal(params.flags, PURG_VERIFY);
	assert_int_equal(params.region_count, 0);
	assert_memory_equal(params.digest, expected, SHA256_BYTES);
	plan_done(&f.plan);
}

static void no_checks_means_none(void **state)
{
	struct purgatory_params params;
	struct fixture f;

	(void)state;
	start(&f);
	f.request.no_checks = true;
	place(&f);
	claim(&f, "kernel", "kernel", 0x60000, true);
	assert_int_equal(purgatory_seal(&f.request, &f.plan, &f.err), 0);
	params = params_of(&f);
	assert_int_equal(params.flags, 0);
	assert_int_equal(params.region_count, 0);
	plan_done(&f.plan);
}

static void a_plan_without_purgatory_is_left_alone(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	claim(&f, "kernel", "kernel", 0x60000, true);
	assert_int_equal(purgatory_seal(&f.request, &f.plan, &f.err), 0);
	assert_int_equal(f.plan.segment_count, 1);
	plan_done(&f.plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_placed_with_its_memory),
		cmocka_unit_test(no_room_is_a_failure),
		cmocka_unit_test(consoles_and_mode_become_flags),
		cmocka_unit_test(the_hand_over_is_written_down),
		cmocka_unit_test(the_digest_is_of_checked_content),
		cmocka_unit_test(nothing_to_check_is_checked_too),
		cmocka_unit_test(no_checks_means_none),
		cmocka_unit_test(a_plan_without_purgatory_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
