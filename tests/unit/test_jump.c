/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kexec jump plans on i386: which memory is lent, what the next kernel is told, the bytes of the
 * hand-off area, refusals. The image types are stand-ins; the hooks are the real ones.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "handoff.h"
#include "loader.h"
#include "purgatory/abi.h"
#include "purgatory/blobs.h"
#include "arch/i386/x86.h"

#define MIB UINT64_C(0x100000)

static const uint8_t image_bytes[8192] = { 1 };

static int accept_image(struct span image, struct error *err)
{
	(void)image;
	(void)err;
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

/* A kernel of two pages that wants 64 MiB from 16 MiB on. */
static int kernel_room(const struct request *request, const struct machine *machine,
		       struct place *want, struct error *err)
{
	(void)machine;
	(void)request;
	(void)err;
	*want = (struct place){ .size = 64 * MIB,
				.align = 4096,
				.within = { 16 * MIB, 0x38000000 } };
	return 0;
}

static int roomy_room(const struct request *request, const struct machine *machine,
		      struct place *want, struct error *err)
{
	if (kernel_room(request, machine, want, err))
		return -1;
	want->size = 96 * MIB;
	return 0;
}

static int plan_kernel(const struct request *request, const struct machine *machine,
		       struct plan *plan, struct error *err)
{
	struct place place = { .size = 16 * MIB, .align = MIB, .within = { 16 * MIB, 0x38000000 } };
	struct segment *s = plan_place(plan, "kernel", request->image, &place, err);

	(void)machine;
	if (!s)
		return -1;
	plan->entry = s->at.start;
	return 0;
}

static int plan_program(const struct request *request, const struct machine *machine,
			struct plan *plan, struct error *err)
{
	struct range at = { 20 * MIB, 20 * MIB + 0x2000 };

	(void)machine;
	if (!plan_claim(plan, "program", request->image, at, err))
		return -1;
	plan->entry = 20 * MIB + 0x10;
	return 0;
}

static int seal_nothing(const struct request *request, struct plan *plan, struct error *err)
{
	(void)request;
	(void)plan;
	(void)err;
	return 0;
}

static const struct loader kernel_loader = {
	.name = "kernel",
	.accepts = REQUEST_CMDLINE,
	.probe = accept_image,
	.is_kernel = yes,
	.plan = plan_kernel,
	.room = kernel_room,
};

static const struct loader roomy_loader = {
	.name = "kernel",
	.accepts = REQUEST_CMDLINE,
	.probe = accept_image,
	.is_kernel = yes,
	.plan = plan_kernel,
	.room = roomy_room,
};

static const struct loader program_loader = {
	.name = "program",
	.accepts = REQUEST_CMDLINE,
	.probe = accept_image,
	.is_kernel = no,
	.plan = plan_program,
};

static const struct loader *const kernel_loaders[] = { &kernel_loader, NULL };
static const struct loader *const roomy_loaders[] = { &roomy_loader, NULL };
static const struct loader *const program_loaders[] = { &program_loader, NULL };

static struct arch test_arch(const struct loader *const *loaders)
{
	return (struct arch){
		.name = "i386",
		.kexec_arch = UINT32_C(3) << 16,
		.elf_machine = EM_386,
		.memory_end = UINT64_C(1) << 32,
		.loaders = loaders,
		.jump_prepare = x86_jump_prepare,
		.jump_finish = x86_jump_finish,
		.jump_back = x86_jump_back,
		.seal_purgatory = seal_nothing,
	};
}

struct fixture {
	struct machine machine;
	struct request request;
	struct plan plan;
	struct error err;
};

static void add_ram(struct fixture *f, uint64_t start, uint64_t end)
{
	struct range r = { start, end };

	assert_int_equal(memmap_add(&f->machine.firmware, r, MEMORY_RAM, &f->err), 0);
	assert_int_equal(range_set_add(&f->machine.ram, range_whole_pages(r), &f->err), 0);
}

static int setup(void **state)
{
	static char cmdline[] = "root=/dev/ram0";
	struct fixture *f = calloc(1, sizeof(*f));
	struct range bios = { 0xf0000, 0x100000 };

	assert_non_null(f);
	add_ram(f, 0, 0x9fc00);
	memmap_add(&f->machine.firmware, bios, MEMORY_RESERVED, &f->err);
	add_ram(f, MIB, 512 * MIB);
	f->machine.cmdline = cmdline;
	f->machine.kernel = (struct range){ 16 * MIB, 24 * MIB };
	f->machine.total_bytes = 500 * MIB;
	f->machine.available_bytes = 400 * MIB;
	f->machine.page_offset = 0xc0000000;
	f->machine.cpu = CPU_PAE;
	f->machine.cpu_count = 2;
	f->machine.gdtr = (struct machine_gdtr){ .known = true, .base = 0xffc01000, .limit = 0xff };
	snprintf(f->machine.release, sizeof(f->machine.release), "6.1.0-test");
	snprintf(f->machine.boot_id, sizeof(f->machine.boot_id),
		 "01234567-89ab-cdef-0123-456789abcdef");
	f->request = (struct request){
		.mode = REQUEST_PRESERVE,
		.image_name = "image",
		.image = { image_bytes, sizeof(image_bytes) },
		.cmdline = "quiet",
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	plan_done(&f->plan);
	memmap_done(&f->machine.firmware);
	range_set_done(&f->machine.ram);
	range_set_done(&f->machine.crash);
	free(f);
	return 0;
}

static int make(struct fixture *f, const struct loader *const *loaders)
{
	struct arch arch = test_arch(loaders);

	return plan_make(&f->request, &f->machine, &arch, &f->plan, &f->err);
}

static void assert_refused(struct fixture *f, const struct loader *const *loaders, const char *why)
{
	assert_int_equal(make(f, loaders), -1);
	if (!strstr(f->err.text, why))
		fail_msg("'%s' does not say '%s'", f->err.text, why);
	assert_null(strchr(f->err.text, '\n'));
}

static void test_region_is_clear_of_the_kernel(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make(f, kernel_loaders), 0);
	assert_true(f->plan.jump.preserve);
	assert_int_equal(f->plan.jump.low.start, 0x1000);
	assert_int_equal(f->plan.jump.low.end, 0x9f000);
	assert_int_equal(f->plan.jump.main.start, 24 * MIB);
	assert_int_equal(f->plan.jump.handoff.start, 24 * MIB);
	assert_int_equal(f->plan.jump.main.end, 88 * MIB + range_bytes(f->plan.jump.handoff));
	assert_int_equal(f->plan.flags, 3 << 16 | PLAN_PRESERVE_CONTEXT);
	assert_int_equal(f->plan.entry, f->plan.jump.out);
	assert_int_equal(f->plan.jump.in - f->plan.jump.out, PAD_IN - PAD_OUT);
}

/* The smaller the machine the less is lent, down to what the kernel cannot do without. */
static void test_region_is_a_fair_share(void **state)
{
	static const struct {
		uint64_t total, region;
	} cases[] = {
		{ 500 * MIB, 96 * MIB },
		{ 400 * MIB - 4096, 80 * MIB },
		{ 200 * MIB, 64 * MIB },
		{ 0, 96 * MIB },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->machine.total_bytes = cases[i].total;
		assert_int_equal(make(f, roomy_loaders), 0);
		assert_int_equal(f->plan.jump.main.end - f->plan.jump.handoff.end, cases[i].region);
		plan_done(&f->plan);
	}
}

static void test_crash_region_comes_first(void **state)
{
	struct fixture *f = *state;
	struct range crash = { 256 * MIB, 384 * MIB };

	assert_int_equal(range_set_add(&f->machine.crash, crash, &f->err), 0);
	assert_int_equal(make(f, kernel_loaders), 0);
	assert_int_equal(f->plan.jump.main.start, 256 * MIB);
}

static void test_every_lent_page_is_in_a_segment(void **state)
{
	struct fixture *f = *state;
	struct range_set lent = { 0 };

	assert_int_equal(make(f, kernel_loaders), 0);
	for (unsigned i = 0; i < f->plan.segment_count; i++)
		assert_int_equal(range_set_add(&lent, f->plan.segments[i].at, &f->err), 0);
	assert_int_equal(lent.count, 2);
	assert_memory_equal(&lent.items[0], &f->plan.jump.low, sizeof(struct range));
	assert_memory_equal(&lent.items[1], &f->plan.jump.main, sizeof(struct range));
	range_set_done(&lent);
}

static void test_next_kernel_is_told_only_what_is_lent(void **state)
{
	struct fixture *f = *state;
	struct range_set ram = { 0 };
	uint64_t covered = 0;

	assert_int_equal(make(f, kernel_loaders), 0);
	assert_int_equal(memmap_of_type(&f->plan.given, MEMORY_RAM, &ram, &f->err), 0);
	assert_int_equal(ram.count, 2);
	assert_memory_equal(&ram.items[0], &f->plan.jump.low, sizeof(struct range));
	assert_int_equal(ram.items[1].start, f->plan.jump.handoff.end);
	assert_int_equal(ram.items[1].end, f->plan.jump.main.end);
	for (size_t i = 0; i < f->plan.given.count; i++)
		covered += range_bytes(f->plan.given.entries[i].at);
	assert_int_equal(covered, 0x9fc00 + 0x10000 + 511 * MIB); /* reserved, no holes */
	range_set_done(&ram);
}

static void test_command_line_names_the_way_back(void **state)
{
	struct fixture *f = *state;
	char expected[120];

	assert_int_equal(make(f, kernel_loaders), 0);
	snprintf(expected, sizeof(expected), "quiet elfcorehdr=0x%llx kexec_jump_back_entry=0x%llx",
		 (unsigned long long)f->plan.jump.elfcorehdr, (unsigned long long)f->plan.jump.in);
	assert_string_equal(f->plan.cmdline, expected);

	f->request.cmdline = "quiet -- single";
	plan_done(&f->plan);
	assert_int_equal(make(f, kernel_loaders), 0);
	assert_non_null(strstr(f->plan.cmdline, "kexec_jump_back_entry="));
	assert_string_equal(strstr(f->plan.cmdline, " -- "), " -- single");
}

static void test_core_header(void **state)
{
	struct fixture *f = *state;
	const struct segment *h;
	const uint8_t *core, *note;
	uint64_t loads = 0, base;
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;

	f->machine.vmcoreinfo = (struct span){ (const uint8_t *)"OSRELEASE=6.1\n", 14 };
	assert_int_equal(make(f, kernel_loaders), 0);
	h = plan_segment(&f->plan, "handoff");
	core = h->data.data;
	base = h->at.start;
	memcpy(&ehdr, core, sizeof(ehdr));
	assert_int_equal(ehdr.e_type, ET_CORE);
	assert_int_equal(ehdr.e_machine, EM_386);
	assert_int_equal(ehdr.e_entry, f->plan.jump.in);
	for (unsigned i = 0; i < ehdr.e_phnum; i++) {
		memcpy(&phdr, core + sizeof(ehdr) + i * sizeof(phdr), sizeof(phdr));
		assert_int_equal(phdr.p_type, i == 0 ? PT_NOTE : PT_LOAD);
		if (i)
			loads += phdr.p_memsz;
	}
	assert_int_equal(loads, range_set_bytes(&f->machine.ram) - range_bytes(f->plan.jump.low) -
					range_bytes(f->plan.jump.main) +
					range_bytes(f->plan.jump.handoff));
	memcpy(&phdr, core + sizeof(ehdr), sizeof(phdr));
	note = core + (phdr.p_offset - base);
	assert_int_equal(le32_get(note + 8), NOTE_TYPE);
	assert_string_equal((const char *)note + 12, NOTE_OWNER);
	note += 20 + 8;
	assert_int_equal(le64_get(note + NOTE_ENTRY_IN), f->plan.jump.in);
	assert_int_equal(le32_get(note + NOTE_ENTRY_CPU), CPU_PAE);
	assert_int_equal(le64_get(note + NOTE_ENTRY_GDTR_BASE), 0xffc01000);
	assert_int_equal(le64_get(note + NOTE_ENTRY_RAW), 0);
	assert_int_equal(le64_get(note + NOTE_ENTRY_HANDOFF), f->plan.jump.handoff.start);
}

static struct jump_pad pad_of(const struct segment *segment)
{
	struct jump_pad pad;

	memcpy(&pad, segment->data.data + segment->data.size - PAD_BYTES + PAD_DATA, sizeof(pad));
	return pad;
}

static void test_pad(void **state)
{
	struct fixture *f = *state;
	const struct segment *h;
	struct jump_pad pad;

	assert_int_equal(make(f, kernel_loaders), 0);
	h = plan_segment(&f->plan, "handoff");
	pad = pad_of(h);
	assert_int_equal(pad.magic_lo, PAD_MAGIC_LO);
	assert_int_equal(pad.peer, plan_segment(&f->plan, "kernel")->at.start);
	assert_int_equal(pad.payload, 0);
	assert_int_equal(pad.gdtr_base, 0xffc01000);
	assert_int_equal(pad.gdtr_limit, 0xff);
	assert_int_equal(pad.flags, PAD_FLAG_CR4 | PAD_FLAG_PAE);
	assert_int_equal(pad.code_selector, 0x60);
	assert_in_range(pad.note_raw, f->plan.jump.handoff.start, f->plan.jump.handoff.end);
	assert_false(h->hashed); /* the pad changes before purgatory runs */
}

static void test_program_lends_only_its_pages(void **state)
{
	struct fixture *f = *state;
	uint64_t lent = 0;

	assert_int_equal(make(f, program_loaders), 0);
	for (unsigned i = 0; i < f->plan.segment_count; i++)
		lent += range_bytes(f->plan.segments[i].at);
	assert_int_equal(lent, 0x2000 + range_bytes(f->plan.jump.handoff));
	assert_int_equal(pad_of(plan_segment(&f->plan, "handoff")).payload, 20 * MIB + 0x10);
}

static void test_unknown_gdt_is_refused(void **state)
{
	struct fixture *f = *state;

	f->machine.gdtr = (struct machine_gdtr){ .why = "sgdt: hidden by UMIP" };
	assert_refused(f, kernel_loaders, "sgdt: hidden by UMIP");

	f->request.only_shown = true;
	plan_done(&f->plan);
	assert_int_equal(make(f, kernel_loaders), 0);
	assert_int_equal(f->plan.note_count, 1);
}

static void test_small_region_names_the_smallest(void **state)
{
	struct fixture *f = *state;
	struct range seed = { 0, 0x1000000 };
	char *named;

	f->request.limit = seed;
	assert_refused(f, kernel_loaders, "--mem-max=0x");
	named = strstr(f->err.text, "--mem-max=") + strlen("--mem-max=");
	f->request.limit.end = strtoull(named, NULL, 16) + 1;
	plan_done(&f->plan);
	assert_int_equal(make(f, kernel_loaders), 0);
	f->request.limit.end -= 4096;
	plan_done(&f->plan);
	assert_refused(f, kernel_loaders, "is too small");
}

static void test_limit_is_the_region(void **state)
{
	struct fixture *f = *state;

	f->request.limit = (struct range){ 128 * MIB, 256 * MIB };
	assert_int_equal(make(f, kernel_loaders), 0);
	assert_int_equal(f->plan.jump.main.start, 128 * MIB);
	assert_int_equal(f->plan.jump.main.end, 256 * MIB);
	assert_int_equal(f->plan.jump.low.end, 0x9f000);
}

static void test_too_little_memory(void **state)
{
	struct fixture *f = *state;

	f->machine.available_bytes = 40 * MIB;
	assert_refused(f, kernel_loaders, "40 MiB are available");
	f->machine.total_bytes = 100 * MIB;
	assert_refused(f, kernel_loaders, "half of its 100 MiB");
}

static void test_helper(void **state)
{
	struct fixture *f = *state;
	const struct segment *page;

	f->request = (struct request){
		.mode = REQUEST_JUMP_BACK, .cmdline = "", .entry = 0x40001100, .entry_given = true
	};
	assert_int_equal(make(f, kernel_loaders), 0);
	page = plan_segment(&f->plan, "pad");
	assert_int_equal(f->plan.segment_count, 1);
	assert_int_equal(page->at.end, 512 * MIB);
	assert_int_equal(pad_of(page).peer, 0x40001100);
	assert_int_equal(f->plan.entry, page->at.start + PAD_OUT);
	assert_int_equal(f->plan.flags, 3 << 16 | PLAN_PRESERVE_CONTEXT);
}

static void test_one_way_helper(void **state)
{
	struct fixture *f = *state;

	f->request = (struct request){ .mode = REQUEST_JUMP_BACK,
				       .cmdline = "",
				       .entry = 0x40001100,
				       .entry_given = true,
				       .one_way = true };
	assert_int_equal(make(f, kernel_loaders), 0);
	assert_int_equal(f->plan.entry, 0x40001100);
	assert_int_equal(f->plan.flags, 3 << 16);
	assert_int_equal(f->plan.note_count, 1);
}

static void test_helper_needs_a_way_back(void **state)
{
	struct fixture *f = *state;

	f->request = (struct request){ .mode = REQUEST_JUMP_BACK, .cmdline = "" };
	assert_refused(f, kernel_loaders, "please specify jump back entry");
	f->request.entry_given = true;
	f->request.entry = 64 * MIB;
	assert_refused(f, kernel_loaders, "this kernel's own memory");
	f->request.entry = UINT64_C(0x100000000);
	assert_refused(f, kernel_loaders, "above 4 GiB");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_region_is_clear_of_the_kernel),
		TEST(test_region_is_a_fair_share),
		TEST(test_crash_region_comes_first),
		TEST(test_every_lent_page_is_in_a_segment),
		TEST(test_next_kernel_is_told_only_what_is_lent),
		TEST(test_command_line_names_the_way_back),
		TEST(test_core_header),
		TEST(test_pad),
		TEST(test_program_lends_only_its_pages),
		TEST(test_unknown_gdt_is_refused),
		TEST(test_small_region_names_the_smallest),
		TEST(test_limit_is_the_region),
		TEST(test_too_little_memory),
		TEST(test_helper),
		TEST(test_one_way_helper),
		TEST(test_helper_needs_a_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
