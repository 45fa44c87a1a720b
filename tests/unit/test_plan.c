/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The planner's frame with image types and an architecture made of a few lines each: limits, the
 * choice of the type and its refusals, placing, the order of the steps, and every rule of the seal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loader.h"
#include "plan.h"

#define R(s, e) ((struct range){ (s), (e) })
#define MIB     UINT64_C(0x100000)

/* --- An image type whose images start with "AAAA" and then say how large they are. --- */

static bool a_looks_like(struct span image)
{
	return image.size >= 4 && !memcmp(image.data, "AAAA", 4);
}

static int a_probe(struct span image, struct error *err)
{
	if (!a_looks_like(image))
		return error_set(err, "no AAAA at 0x0");
	if (image.size < 8 || !bytes_fit(image.size, 8, le32_get(image.data + 4)))
		return error_set(err, "the file ends at 0x%zx", image.size);
	return 0;
}

static bool yes(const struct request *request)
{
	(void)request;
	return true;
}

static bool no(const struct request *request)
{
	(void)request;
	return false;
}

/* Kernel high, then a smaller thing low: the seal has to sort them. */
static int a_plan(const struct request *request, const struct machine *machine, struct plan *plan,
		  struct error *err)
{
	struct place high = { .size = request->image.size, .align = 1, .top_down = true };
	struct place low = { .size = 1, .align = 1 };
	struct segment *kernel, *params;

	(void)machine;
	kernel = plan_place(plan, "kernel", request->image, &high, err);
	params = kernel ? plan_place(plan, "boot_params", (struct span){ 0 }, &low, err) : NULL;
	if (!params)
		return -1;
	assert_ptr_equal(plan_segment(plan, "kernel"), kernel);
	assert_null(plan_segment(plan, "kernels"));
	kernel->hashed = true;
	plan->entry = kernel->at.start + 16;
	plan_note(plan, "%u segments", plan->segment_count);
	return 0;
}

static const struct loader type_a = { .name = "type-a",
				      .accepts = REQUEST_CMDLINE | REQUEST_INITRD,
				      .probe = a_probe,
				      .looks_like = a_looks_like,
				      .is_kernel = yes,
				      .plan = a_plan };

/* --- Another: programs that start with "B"; it has no magic worth the name. --- */

static int b_probe(struct span image, struct error *err)
{
	return image.size && image.data[0] == 'B' ? 0 : error_set(err, "no B");
}

static int b_plan(const struct request *request, const struct machine *machine, struct plan *plan,
		  struct error *err)
{
	(void)machine;
	if (!plan_claim(plan, "program", request->image, R(2 * MIB, 3 * MIB), err))
		return -1;
	plan->entry = 2 * MIB;
	return 0;
}

static const struct loader type_b = { .name = "type-b",
				      .accepts = REQUEST_ELF_ARGS,
				      .probe = b_probe,
				      .is_kernel = no,
				      .plan = b_plan };

static const struct loader *const loaders[] = { &type_a, &type_b, NULL };

/* --- An architecture that notes the order of its calls. --- */

static int jump_prepare(const struct request *request, const struct machine *machine,
			const struct loader *loader, struct plan *plan, struct error *err)
{
	(void)request;
	(void)err;
	plan_note(plan, "prepare %s", loader->name);
	plan->jump.preserve = true;
	plan->jump.low = machine->ram.items[0];
	plan->jump.low.start = PAGE_BYTES;
	return 0;
}

static int jump_finish(const struct request *request, const struct machine *machine,
		       struct plan *plan, struct error *err)
{
	(void)request;
	(void)machine;
	plan_note(plan, "finish entry 0x%llx", (unsigned long long)plan->entry);
	if (range_set_add(&plan->free, plan->jump.low, err))
		return -1;
	return plan_claim(plan, "low", (struct span){ 0 }, plan->jump.low, err) ? 0 : -1;
}

static int jump_back(const struct request *request, const struct machine *machine,
		     struct plan *plan, struct error *err)
{
	struct place want = { .size = PAGE_BYTES, .align = PAGE_BYTES };
	struct segment *pad = plan_place(plan, "pad", (struct span){ 0 }, &want, err);

	(void)machine;
	if (!pad)
		return -1;
	plan->loader = "jump-back";
	plan->jump.preserve = !request->one_way;
	plan->entry = request->one_way ? request->entry : pad->at.start;
	return 0;
}

static int seal_purgatory(const struct request *request, struct plan *plan, struct error *err)
{
	(void)request;
	(void)err;
	plan_note(plan, "seal");
	return 0;
}

static const struct arch arch = { .name = "test",
				  .kexec_arch = 3u << 16,
				  .memory_end = 0x40000000,
				  .loaders = loaders,
				  .jump_prepare = jump_prepare,
				  .jump_finish = jump_finish,
				  .jump_back = jump_back,
				  .seal_purgatory = seal_purgatory };

/* --- What every test starts with. --- */

static const uint8_t image_a[32] = { 'A', 'A', 'A', 'A', 24 };
static const uint8_t image_b[8] = { 'B' };

struct fixture {
	struct machine machine;
	struct request request;
	struct plan plan;
	struct error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(range_set_add(&f->machine.ram, R(0, 0x9f000), &f->err), 0);
	assert_int_equal(range_set_add(&f->machine.ram, R(MIB, 256 * MIB), &f->err), 0);
	assert_int_equal(memmap_add(&f->machine.firmware, R(0, 0x9fc00), 1, &f->err), 0);
	assert_int_equal(memmap_add(&f->machine.firmware, R(MIB, 256 * MIB), 1, &f->err), 0);
	f->request.image_name = "file";
	f->request.image = (struct span){ image_a, sizeof(image_a) };
	f->request.cmdline = "quiet";
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	plan_done(&f->plan);
	assert_int_equal(f->plan.free.capacity, 0);
	range_set_done(&f->machine.ram);
	memmap_done(&f->machine.firmware);
	free(f);
	return 0;
}

static void make(struct fixture *f)
{
	f->err.text[0] = '\0';
	plan_done(&f->plan);
	if (plan_make(&f->request, &f->machine, &arch, &f->plan, &f->err))
		fail_msg("refused: %s", f->err.text);
}

static void refused(struct fixture *f, const char *message)
{
	plan_done(&f->plan);
	assert_int_equal(plan_make(&f->request, &f->machine, &arch, &f->plan, &f->err), -1);
	assert_string_equal(f->err.text, message);
	assert_int_equal(f->plan.segment_count, 0);
	assert_int_equal(f->plan.note_count, 0);
	assert_int_equal(f->plan.given.count, 0);
	assert_int_equal(f->plan.entry, 0);
	assert_null(f->plan.cmdline);
}

static void test_boot(void **state)
{
	struct fixture *f = *state;
	const struct segment *s = f->plan.segments;

	make(f);
	assert_string_equal(f->plan.loader, "type-a");
	assert_int_equal(f->plan.segment_count, 2);
	assert_string_equal(s[0].name, "boot_params");
	assert_int_equal(s[0].at.start, 0x1000); /* never page 0 */
	assert_int_equal(s[0].at.end, 0x2000);
	assert_string_equal(s[1].name, "kernel");
	assert_int_equal(s[1].at.start, 256 * MIB - 0x1000);
	assert_ptr_equal(s[1].data.data, image_a);
	assert_true(s[1].hashed);
	assert_int_equal(f->plan.entry, s[1].at.start + 16);
	assert_int_equal(f->plan.flags, 3 << 16);
	assert_int_equal(f->plan.given.count, 2);
	assert_int_equal(f->plan.given.entries[0].at.end, 0x9fc00);
	assert_string_equal(f->plan.cmdline, "quiet");
	assert_int_equal(f->plan.note_count, 2);
	assert_string_equal(f->plan.notes[0], "2 segments");
	assert_string_equal(f->plan.notes[1], "seal");
}

/* RAM that only the running kernel knows of. */
static void test_untold_ram(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(range_set_add(&f->machine.ram, R(0x300 * MIB, 0x310 * MIB), &f->err), 0);
	make(f);
	assert_int_equal(f->plan.segments[1].at.end, 256 * MIB);
	f->machine.firmware.entries[1].at.end = 128 * MIB + 5;
	f->machine.firmware.entries[0].type = MEMORY_RESERVED;
	make(f);
	assert_int_equal(f->plan.segments[0].at.start, MIB);
	assert_int_equal(f->plan.segments[1].at.end, 128 * MIB);
	f->request.image = (struct span){ image_b, sizeof(image_b) };
	f->request.given = REQUEST_ELF_ARGS;
	f->machine.firmware.count = 0; /* a program is told of no memory at all */
	make(f);
}

static void test_program(void **state)
{
	struct fixture *f = *state;

	f->request.image = (struct span){ image_b, sizeof(image_b) };
	f->request.given = REQUEST_ELF_ARGS;
	make(f);
	assert_string_equal(f->plan.loader, "type-b");
	assert_int_equal(f->plan.given.count, 0); /* nobody to tell about memory */
	assert_null(f->plan.cmdline);
	assert_int_equal(f->plan.refusal_count, 1);
	assert_string_equal(f->plan.refusals[0], "type-a: no AAAA at 0x0");
}

static void test_preserve(void **state)
{
	struct fixture *f = *state;

	f->request.mode = REQUEST_PRESERVE;
	f->request.limit = R(16 * MIB, 32 * MIB); /* does not hold for low */
	f->request.entry = 32 * MIB - 0x1000 + 4;
	f->request.entry_given = true;
	make(f);
	assert_int_equal(f->plan.flags, 3 << 16 | PLAN_PRESERVE_CONTEXT);
	assert_int_equal(f->plan.segment_count, 3);
	assert_string_equal(f->plan.segments[0].name, "low");
	assert_string_equal(f->plan.segments[2].name, "kernel");
	assert_int_equal(f->plan.given.count, 0); /* jump_prepare's business */
	assert_int_equal(f->plan.note_count, 4);
	assert_string_equal(f->plan.notes[0], "prepare type-a");
	assert_string_equal(f->plan.notes[2], "finish entry 0x1fff004"); /* after --entry */
	assert_string_equal(f->plan.notes[3], "seal");
}

static void test_jump_back(void **state)
{
	struct fixture *f = *state;

	f->request.mode = REQUEST_JUMP_BACK;
	f->request.image = (struct span){ NULL, 0 };
	f->request.entry = 0x12345678;
	f->request.entry_given = true;
	make(f);
	assert_int_equal(f->plan.entry, 0x1000);
	assert_int_equal(f->plan.flags, 3 << 16 | PLAN_PRESERVE_CONTEXT);
	assert_int_equal(f->plan.note_count, 0);
	f->request.one_way = true;
	make(f);
	assert_int_equal(f->plan.entry, 0x12345678);
	assert_int_equal(f->plan.flags, 3 << 16);
	f->request.given = REQUEST_INITRD;
	refused(f, "--load-jump-back-helper does not take --initrd");
}

static void test_limits(void **state)
{
	struct fixture *f = *state;

	f->request.limit = R(0x2345, 8 * MIB + 5);
	make(f);
	assert_int_equal(f->plan.segments[0].at.start, 0x3000);
	assert_int_equal(f->plan.segments[1].at.end, 8 * MIB);
	f->request.limit = R(MIB, 0); /* only --mem-min */
	make(f);
	assert_int_equal(f->plan.segments[0].at.start, MIB);

	f->request.limit = R(0x5000, 0x5000);
	refused(f, "--mem-max=0x4fff is below --mem-min=0x5000");
	f->request.limit = R(UINT64_MAX, 1);
	refused(f, "--mem-max=0x0 is below --mem-min=0xffffffffffffffff");
	f->request.limit = R(0x40000000, 0);
	refused(f, "--mem-min=0x40000000 is too high: test can use memory up to 0x3fffffff");
	f->request.limit = R(0x1001, 0x2fff);
	refused(f, "no whole page lies between 0x1001 and 0x2ffe");
	f->request.limit = R(0xa0000, 0xf0000);
	refused(f, "Could not get memory layout: there is no System RAM between 0xa0000 and "
		   "0xeffff; give another --mem-min and --mem-max");
	f->request.limit = R(0, 0x2000);
	refused(f, "Could not find a free area of memory of 0x1 bytes for the boot_params between "
		   "0x0 and 0x1fff: the largest left there has 0x0 bytes (alignment 0x1); give a "
		   "wider --mem-min and --mem-max");
	f->request.limit = R(0, 0);
	f->machine.ram.count = 0;
	refused(f,
		"Could not get memory layout: there is no System RAM between 0x0 and 0x3fffffff");
}

static void test_types(void **state)
{
	static const uint8_t torn[] = { 'A', 'A', 'A', 'A', 25, 0, 0, 0, 1 };
	struct fixture *f = *state;

	f->request.type = "type-c";
	refused(f, "Unsupported kernel type type-c; test knows type-a, type-b");
	f->request.type = "type-b";
	refused(f, "Wrong file type type-b, file 'file' matches type type-a");
	f->request.type = "type-a";
	make(f);
	f->request.image = (struct span){ torn, sizeof(torn) };
	refused(f, "Cannot load file: type-a: the file ends at 0x9");
	f->request.type = "type-b";
	refused(f, "Wrong file type type-b, file 'file' is none: no B");
	f->request.type = NULL;
	refused(f, "Cannot load file: type-a: the file ends at 0x9");
	assert_int_equal(f->plan.refusal_count, 2);
	assert_string_equal(f->plan.refusals[0], "type-a: the file ends at 0x9");
	assert_string_equal(f->plan.refusals[1], "type-b: no B");
	f->request.image.size = 3;
	refused(f, "Cannot determine the file type of file: it is none of type-a, type-b (-d "
		   "tells why)");
	f->request.image.size = 0;
	refused(f, "Cannot determine the file type of file: it is empty");
}

static void test_options(void **state)
{
	struct fixture *f = *state;

	f->request.given = REQUEST_CMDLINE | REQUEST_INITRD;
	make(f);
	f->request.given = REQUEST_CMDLINE | REQUEST_ELF_ARGS;
	refused(f, "'file': the image type type-a does not take --args-elf, --args-linux or "
		   "--args-none");
	f->request.given = 1u << 30;
	refused(f, "'file': the image type type-a does not take an option that was given");
}

static void test_entry(void **state)
{
	struct fixture *f = *state;

	f->request.entry_given = true;
	f->request.entry = 0x1ffc;
	make(f);
	assert_int_equal(f->plan.entry, 0x1ffc);
	f->request.entry = 0x2000;
	refused(f, "--entry=0x2000 is not inside anything that is loaded of 'file'");
	f->request.entry = 0;
	refused(f, "--entry=0x0 is not inside anything that is loaded of 'file'");
}

/* --- Placing and claiming by hand. --- */

static void claim_fails(struct fixture *f, struct range at, const char *message)
{
	assert_null(plan_claim(&f->plan, "initrd", (struct span){ 0 }, at, &f->err));
	assert_string_equal(f->err.text, message);
}

static void test_claim(void **state)
{
	struct fixture *f = *state;
	struct segment *kernel;

	assert_int_equal(range_set_add(&f->plan.free, R(0x1000, 0x9000), &f->err), 0);
	kernel = plan_claim(&f->plan, "kernel", (struct span){ 0 }, R(0x2000, 0x4000), &f->err);
	assert_non_null(kernel);
	claim_fails(f, R(0x3000, 0x5000),
		    "Overlapping memory segments at 0x3000 (kernel and initrd)");
	claim_fails(f, R(0x1000, 0x9000),
		    "Overlapping memory segments at 0x2000 (kernel and initrd)");
	claim_fails(f, R(0x8000, 0xa000),
		    "Invalid memory segment 0x8000 - 0x9fff (initrd): not all of it is RAM that "
		    "may be used");
	claim_fails(f, R(0x5000, 0x5800),
		    "Invalid memory segment 0x5000 - 0x57ff (initrd): it does not begin and end at "
		    "a page boundary");
	claim_fails(f, R(0x5000, 0x5000),
		    "Invalid memory segment 0x5000 - 0x4fff (initrd): it does not begin and end at "
		    "a page boundary");
	f->plan.limit_given = true;
	claim_fails(f, R(UINT64_MAX - 0xfff - 0x1000, UINT64_MAX - 0xfff),
		    "Invalid memory segment 0xffffffffffffe000 - 0xffffffffffffefff (initrd): not "
		    "all of it is RAM inside --mem-min and --mem-max");
	assert_int_equal(f->plan.segment_count, 1);
	assert_int_equal(range_set_bytes(&f->plan.free), 0x6000);
}

static void test_place(void **state)
{
	struct place huge = { .size = UINT64_MAX, .align = 1 };
	struct place small = { .size = 1, .align = 1 };
	struct fixture *f = *state;
	struct segment *first;

	assert_int_equal(range_set_add(&f->plan.free, R(0, UINT64_MAX), &f->err), 0);
	assert_null(plan_place(&f->plan, "kernel", (struct span){ 0 }, &huge, &f->err));
	assert_non_null(strstr(f->err.text, "Could not find a free area of memory of "
					    "0xffffffffffffffff bytes for the kernel"));
	first = plan_place(&f->plan, "first", (struct span){ 0 }, &small, &f->err);
	for (unsigned i = 1; i < PLAN_SEGMENTS_MAX; i++)
		assert_non_null(plan_place(&f->plan, "more", (struct span){ 0 }, &small, &f->err));
	assert_string_equal(first->name, "first"); /* pointers stay good */
	assert_ptr_equal(first, plan_segment(&f->plan, "first"));
	assert_null(plan_place(&f->plan, "more", (struct span){ 0 }, &small, &f->err));
	assert_non_null(strstr(f->err.text, "too many memory segments"));
}

static void test_lists_are_bounded(void **state)
{
	struct fixture *f = *state;
	char deep[2000];

	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	for (unsigned i = 0; i < 2 * PLAN_NOTES_MAX; i++) {
		plan_note(&f->plan, "%s", deep);
		plan_refuse(&f->plan, "%u", i);
	}
	assert_int_equal(f->plan.note_count, PLAN_NOTES_MAX);
	assert_int_equal(strlen(f->plan.notes[0]), sizeof(f->err.text) - 1);
	assert_string_equal(f->plan.refusals[PLAN_NOTES_MAX - 1], "15");
}

/* --- The seal, on plans that no loader should make. --- */

static void seal_fails(struct fixture *f, const char *message)
{
	assert_int_equal(plan_seal(&f->plan, &f->machine, &f->err), -1);
	assert_string_equal(f->err.text, message);
}

static void test_seal(void **state)
{
	struct fixture *f = *state;
	struct plan *plan = &f->plan;

	seal_fails(f, "0 memory segments where 1 to 16 can be loaded");
	plan->segment_count = PLAN_SEGMENTS_MAX + 1;
	seal_fails(f, "17 memory segments where 1 to 16 can be loaded");

	plan->segment_count = 2;
	plan->segments[0] = (struct segment){ .name = "b", .at = R(4 * MIB, 5 * MIB) };
	plan->segments[1] = (struct segment){ .name = "a", .at = R(2 * MIB, 3 * MIB) };
	plan->entry = 3 * MIB;
	seal_fails(f, "the entry 0x300000 is not inside any memory segment");
	plan->entry = 3 * MIB - 1;
	assert_int_equal(plan_seal(plan, &f->machine, &f->err), 0);
	assert_string_equal(plan->segments[0].name, "a");
	plan->entry = 0;
	plan->leaves_for_good = true;
	assert_int_equal(plan_seal(plan, &f->machine, &f->err), 0);

	plan->limit = R(MIB, 5 * MIB - 0x1000);
	seal_fails(f, "Invalid memory segment 0x400000 - 0x4fffff (b): it is not between 0x100000 "
		      "and 0x4fefff");
	plan->limit = R(0, 0);
	f->machine.total_bytes = 4 * MIB;
	assert_int_equal(plan_seal(plan, &f->machine, &f->err), 0);
	f->machine.total_bytes -= 1;
	seal_fails(f, "too little memory: the image takes 0x200000 bytes, and a kernel loads at "
		      "most half of its RAM, 0x1ff000 bytes; use a smaller image or initrd");
}

static void test_seal_segments(void **state)
{
	static const struct {
		struct range at;
		size_t data_bytes;
		const char *message;
	} rows[] = {
		{ { 2 * MIB, 2 * MIB },
		  0,
		  "Invalid memory segment 0x200000 - 0x1fffff (b): it does not begin and end at a "
		  "page boundary" },
		{ { 2 * MIB, MIB },
		  0,
		  "Invalid memory segment 0x200000 - 0xfffff (b): it does not begin and end at a "
		  "page boundary" },
		{ { 2 * MIB + 1, 3 * MIB },
		  0,
		  "Invalid memory segment 0x200001 - 0x2fffff (b): it does not begin and end at a "
		  "page boundary" },
		{ { 2 * MIB, 3 * MIB + 1 },
		  0,
		  "Invalid memory segment 0x200000 - 0x300000 (b): it does not begin and end at a "
		  "page boundary" },
		{ { 0, 0x1000 },
		  0,
		  "Invalid memory segment 0x0 - 0xfff (b): page 0 cannot be used" },
		{ { 2 * MIB, 3 * MIB },
		  MIB + 1,
		  "Invalid memory segment 0x200000 - 0x2fffff (b): its 0x100001 bytes do not fit "
		  "in" },
		{ { 255 * MIB, 257 * MIB },
		  0,
		  "Invalid memory segment 0xff00000 - 0x100fffff (b): not all of it is System "
		  "RAM" },
		{ { 0x9e000, 2 * MIB },
		  0,
		  "Invalid memory segment 0x9e000 - 0x1fffff (b): not all of it is System RAM" },
		{ { 7 * MIB, 9 * MIB }, 0, "Overlapping memory segments at 0x800000 (b and a)" },
	};
	struct fixture *f = *state;
	struct plan *plan = &f->plan;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		plan->segment_count = 2;
		plan->segments[0] = (struct segment){ .name = "a", .at = R(8 * MIB, 10 * MIB) };
		plan->segments[1] = (struct segment){ .name = "b",
						      .at = rows[i].at,
						      .data = { image_a, rows[i].data_bytes } };
		plan->entry = 8 * MIB;
		seal_fails(f, rows[i].message);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_boot),     TEST(test_untold_ram),    TEST(test_program),
		TEST(test_preserve), TEST(test_jump_back),     TEST(test_limits),
		TEST(test_types),    TEST(test_options),       TEST(test_entry),
		TEST(test_claim),    TEST(test_place),         TEST(test_lists_are_bounded),
		TEST(test_seal),     TEST(test_seal_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
