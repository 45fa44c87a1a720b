/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Image type "uki": what is taken out of a PE file, whose command line counts, and headers that
 * lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load_test.h"
#include "uki_builder.h"
#include "unwrap.h"

#define TABLE 0x188 /* of sections, as the builder makes them */
#define ROW   40

static const char initrd[] = "the initrd inside";
static const char microcode[] = "microcode";

/* What the file is made of. */
static struct image kernel;
static struct uki_section sections[8];
static unsigned count;

static struct span text(const char *string)
{
	return (struct span){ (const uint8_t *)string, strlen(string) };
}

static void add(const char *name, struct span data)
{
	sections[count++] = (struct uki_section){ name, data };
}

/* The file of the sections so far, as the image of the request. */
static void build(struct load_test *f, uint16_t machine)
{
	struct image file;

	file.data = uki_build(machine, sections, count, &file.size);
	assert_non_null(file.data);
	take(f, file);
}

static int setup_uki(void **state)
{
	struct image_bzimage fields = image_modern;
	struct load_test *f;

	if (setup(state))
		return -1;
	f = *state;
	strcpy(f->machine.arch, "x86_64");
	f->machine.cpu = CPU_LONG_MODE | CPU_PAE;
	fields.xloadflags = 0x7f;
	kernel = image_bzimage(&fields);
	f->request.image_name = "linux.efi";
	count = 0;
	add(".osrel", text("ID=test\n"));
	add(".cmdline", text("\nroot=/dev/vda \tquiet\n"));
	add(".linux", image_span(&kernel));
	add(".initrd", text(initrd));
	build(f, 0);
	return 0;
}

static int teardown_uki(void **state)
{
	free(kernel.data);
	return teardown(state);
}

static int unwrap(struct load_test *f)
{
	return request_unwrap(&arch_x86_64, &f->request, &f->arena, &f->err);
}

static void it_is_taken_apart(void **state)
{
	struct load_test *f = *state;

	f->request.type = "uki";
	assert_int_equal(unwrap(f), 0);
	assert_string_equal(f->request.wrapper, "uki");
	assert_null(f->request.type);
	assert_int_equal(f->request.image.size, kernel.size);
	assert_memory_equal(f->request.image.data, kernel.data, kernel.size);
	assert_int_equal(f->request.initrd.size, strlen(initrd)); /* not rounded up */
	assert_memory_equal(f->request.initrd.data, initrd, strlen(initrd));
	assert_string_equal(f->request.cmdline, "root=/dev/vda  quiet");
}

static void it_is_planned(void **state)
{
	struct load_test *f = *state;

	made(f, "uki");
	assert_string_equal(f->plan.cmdline, "root=/dev/vda  quiet");
	assert_int_equal(plan_segment(&f->plan, "initrd")->data.size, strlen(initrd));
	assert_int_equal(plan_segment(&f->plan, "kernel")->at.start, 0x1000000);
}

static void the_users_word_counts(void **state)
{
	struct load_test *f = *state;

	f->request.cmdline = "single";
	f->request.given = REQUEST_CMDLINE;
	made(f, NULL);
	assert_string_equal(f->plan.cmdline, "single");
}

static void initrds_are_joined(void **state)
{
	static const char more[] = "more";
	struct load_test *f = *state;
	const uint8_t *joined;

	add(".ucode", text(microcode));
	build(f, 0);
	f->request.initrd = text(more);
	f->request.given = REQUEST_INITRD;
	assert_int_equal(unwrap(f), 0);
	joined = f->request.initrd.data;
	assert_int_equal(f->request.initrd.size, 12 + 20 + 4); /* each at a multiple of four */
	assert_memory_equal(joined, "microcode\0\0\0the initrd inside\0\0\0more", 36);
}

static void the_first_profile_is_taken(void **state)
{
	struct load_test *f = *state;

	add(".profile", text("ID=second\n"));
	add(".cmdline", text("second"));
	build(f, 0);
	assert_int_equal(unwrap(f), 0);
	assert_string_equal(f->request.cmdline, "root=/dev/vda  quiet");
	count = 0;
	add(".profile", text("ID=first\n"));
	add(".linux", image_span(&kernel));
	add(".profile", text("ID=second\n"));
	add(".cmdline", text("second"));
	f->request = (struct request){ .image_name = "linux.efi", .cmdline = "" };
	build(f, 0);
	assert_int_equal(unwrap(f), 0);
	assert_string_equal(f->request.cmdline, "");
	assert_int_equal(f->request.initrd.size, 0);
}

static void others_are_refused(void **state)
{
	struct load_test *f = *state;

	build(f, 0xaa64);
	refused(f, "another architecture (machine 0xaa64)");
	memcpy(f->image.data + 4, "zimg", 4);
	refused(f, "zboot");
	sections[2].data.size = 0;
	build(f, 0);
	refused(f, "Cannot determine the file type");
	sections[2].data = text("a kernel that is none");
	build(f, 0);
	refused(f, "holds no bzImage");
	f->request.type = "bzImage64";
	sections[2].data = image_span(&kernel);
	build(f, 0);
	refused(f, "matches type uki");
}

static void headers_that_lie(void **state)
{
	struct load_test *f = *state;
	uint8_t *row;

	row = f->image.data + TABLE + 2 * ROW;
	le32_put(row + 20, 0xfffffff0); /* where .linux is */
	refused(f, "uki");
	build(f, 0);
	row = f->image.data + TABLE + 3 * ROW;
	le32_put(row + 8, 0xffffffff); /* as large in memory as one likes: the file counts */
	made(f, NULL);
	le32_put(row + 16, 0xffffffff);
	refused(f, "truncated: section 3");
	build(f, 0);
	le16_put(f->image.data + 0x86, 97);
	refused(f, "Cannot determine");
	build(f, 0);
	le32_put(f->image.data + 0x3c, 0xfffffff0);
	refused(f, "Cannot determine");
	build(f, 0);
	for (size_t size = 0; size < TABLE + 4 * ROW; size++) {
		f->request.image.size = size;
		assert_int_equal(make(f), -1);
	}
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup_uki, teardown_uki)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(it_is_taken_apart),          T(it_is_planned),
		T(the_users_word_counts),      T(initrds_are_joined),
		T(the_first_profile_is_taken), T(others_are_refused),
		T(headers_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
