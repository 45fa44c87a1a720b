/* SPDX-License-Identifier: GPL-2.0-only */
/* What a crash kernel is told: the core header, its memory map, on a recorded machine. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "crash.h"
#include "image_builder.h"

struct crash {
	struct machine machine;
	struct image image;
	struct plan plan;
	Elf64_Ehdr header;
	Elf64_Phdr parts[32];
};

static const struct range reserved = { 0x19000000, 0x1f000000 };

static const struct request usual = {
	.mode = REQUEST_CRASH,
	.image_name = "image",
	.cmdline = "quiet",
};

static void replan(struct crash *c, struct request request)
{
	struct error err;

	plan_done(&c->plan);
	request.image = image_span(&c->image);
	if (plan_make(&request, &c->machine, arch_find(c->machine.arch), &c->plan, &err))
		fail_msg("%s", err.text);
}

static int setup_on(const char *machine, uint16_t xloadflags, void **state)
{
	struct image_bzimage fields = image_modern;
	const char *top = getenv("srcdir");
	struct crash *c = calloc(1, sizeof(*c));
	struct error err;
	char root[512];

	assert_non_null(c);
	snprintf(root, sizeof(root), "%s/tests/data/machines/%s", top ? top : ".", machine);
	if (machine_read(root, MACHINE_WANT_CRASH, &c->machine, &err))
		fail_msg("%s", err.text);
	fields.xloadflags = xloadflags;
	c->image = image_bzimage(&fields);
	replan(c, usual);
	*state = c;
	return 0;
}

static int setup(void **state)
{
	return setup_on("pc-crash-512", 0, state);
}

/* Two reservations, and the kernel's image apart from the linear map. */
static int setup_64(void **state)
{
	return setup_on("pc-64-crash-high", 0x7f, state);
}

static int teardown(void **state)
{
	struct crash *c = *state;

	plan_done(&c->plan);
	machine_done(&c->machine);
	free(c->image.data);
	free(c);
	return 0;
}

static void read_header(struct crash *c)
{
	struct span bytes = plan_segment(&c->plan, "elfcorehdr")->data;

	assert_true(bytes.size >= sizeof(c->header));
	memcpy(&c->header, bytes.data, sizeof(c->header));
	assert_true(c->header.e_phnum <= 32);
	assert_int_equal(bytes.size, sizeof(c->header) + c->header.e_phnum * sizeof(c->parts[0]));
	memcpy(c->parts, bytes.data + c->header.e_phoff, c->header.e_phnum * sizeof(c->parts[0]));
}

static void test_machine_tells_its_notes(void **state)
{
	const struct machine *machine = &((struct crash *)*state)->machine;

	assert_int_equal(machine->cpu_note_count, 2);
	assert_int_equal(machine->cpu_notes[0].address, 0x1f600400);
	assert_int_equal(machine->cpu_notes[1].address, 0x1f610400);
	assert_int_equal(machine->cpu_notes[1].bytes, 260);
	assert_int_equal(machine->vmcoreinfo_note.address, 0x1f510000);
	assert_int_equal(machine->vmcoreinfo_note.bytes, 0x1024);
	assert_int_equal(machine->kernel_address, 0xc5a00000);
}

static void test_header_has_notes_first(void **state)
{
	static const uint64_t addresses[] = { 0x1f600400, 0x1f610400, 0x1f510000 };
	static const uint64_t sizes[] = { 260, 260, 0x1024 };
	struct crash *c = *state;

	read_header(c);
	assert_memory_equal(c->header.e_ident, ELFMAG, SELFMAG);
	assert_int_equal(c->header.e_ident[EI_CLASS], ELFCLASS64);
	assert_int_equal(c->header.e_type, ET_CORE);
	assert_int_equal(c->header.e_machine, EM_386);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(c->parts[i].p_type, PT_NOTE);
		assert_int_equal(c->parts[i].p_offset, addresses[i]);
		assert_int_equal(c->parts[i].p_filesz, sizes[i]);
	}
}

static void test_header_has_all_memory_but_the_reservation(void **state)
{
	struct crash *c = *state;
	uint64_t bytes = 0;

	read_header(c);
	for (unsigned i = 3; i < c->header.e_phnum; i++) {
		const Elf64_Phdr *part = &c->parts[i];
		struct range at = { part->p_paddr, part->p_paddr + part->p_memsz };

		assert_int_equal(part->p_type, PT_LOAD);
		assert_int_equal(part->p_filesz, part->p_memsz);
		assert_int_equal(part->p_vaddr, part->p_paddr + 0xc0000000);
		assert_true(range_set_contains(&c->machine.ram, at));
		assert_false(range_overlaps(at, reserved));
		bytes += part->p_memsz;
	}
	assert_int_equal(bytes, range_set_bytes(&c->machine.ram) - range_bytes(reserved));
}

static void test_low_memory_is_found_in_its_copy(void **state)
{
	struct crash *c = *state;
	const struct segment *backup = plan_segment(&c->plan, "backup");

	read_header(c);
	assert_int_equal(c->parts[3].p_paddr, 0x1000);
	assert_int_equal(c->parts[3].p_memsz, 0x9e000);
	assert_int_equal(c->parts[3].p_offset, backup->at.start);
	assert_int_equal(range_bytes(backup->at), 0x9e000);
	assert_false(backup->hashed);
	for (unsigned i = 4; i < c->header.e_phnum; i++)
		assert_int_equal(c->parts[i].p_offset, c->parts[i].p_paddr);
}

static void test_everything_lies_in_the_reservation(void **state)
{
	struct crash *c = *state;

	assert_int_equal(c->plan.flags & 0xffff, PLAN_ON_CRASH);
	for (unsigned i = 0; i < c->plan.segment_count; i++)
		assert_true(range_contains(reserved, c->plan.segments[i].at));
}

static void test_map_spares_the_header_and_the_copy(void **state)
{
	struct crash *c = *state;
	struct range_set ram = { 0 };
	struct error err;

	assert_int_equal(memmap_of_type(&c->plan.given, MEMORY_RAM, &ram, &err), 0);
	assert_false(range_set_overlaps(&ram, plan_segment(&c->plan, "elfcorehdr")->at));
	assert_false(range_set_overlaps(&ram, plan_segment(&c->plan, "backup")->at));
	assert_true(range_set_contains(&ram, plan_segment(&c->plan, "kernel")->at));
	assert_int_equal(ram.count, 2);
	range_set_done(&ram);
}

static void test_elf32_header_says_the_same(void **state)
{
	struct crash *c = *state;
	struct request request = usual;
	Elf32_Ehdr header;
	Elf32_Phdr part;
	struct span bytes;

	read_header(c);
	request.core_class = CORE_CLASS_ELF32;
	replan(c, request);
	bytes = plan_segment(&c->plan, "elfcorehdr")->data;
	memcpy(&header, bytes.data, sizeof(header));
	assert_memory_equal(header.e_ident, ELFMAG, SELFMAG);
	assert_int_equal(header.e_ident[EI_CLASS], ELFCLASS32);
	assert_int_equal(header.e_type, ET_CORE);
	assert_int_equal(header.e_machine, EM_386);
	assert_int_equal(header.e_phentsize, sizeof(part));
	assert_int_equal(header.e_phnum, c->header.e_phnum);
	assert_int_equal(bytes.size, header.e_phoff + header.e_phnum * sizeof(part));
	for (unsigned i = 0; i < header.e_phnum; i++) {
		memcpy(&part, bytes.data + header.e_phoff + i * sizeof(part), sizeof(part));
		assert_int_equal(part.p_type, c->parts[i].p_type);
		assert_int_equal(part.p_offset, c->parts[i].p_offset);
		assert_int_equal(part.p_vaddr, c->parts[i].p_vaddr);
		assert_int_equal(part.p_paddr, c->parts[i].p_paddr);
		assert_int_equal(part.p_filesz, c->parts[i].p_filesz);
		assert_int_equal(part.p_memsz, c->parts[i].p_memsz);
		assert_int_equal(part.p_flags, c->parts[i].p_flags);
	}
}

static void test_elf32_cannot_name_memory_above_4_gib(void **state)
{
	struct crash *c = *state;
	struct request request = usual;
	struct plan plan;
	struct error err;

	request.core_class = CORE_CLASS_ELF32;
	request.image = image_span(&c->image);
	assert_int_equal(range_set_add(&c->machine.ram, (struct range){ 0x100000000, 0x100001000 },
				       &err),
			 0);
	assert_int_equal(plan_make(&request, &c->machine, &arch_i386, &plan, &err), -1);
	assert_non_null(strstr(err.text, "leave --elf32-core-headers out"));
	plan_done(&plan);
}

static void test_hotplug_leaves_room_and_no_digest(void **state)
{
	struct crash *c = *state;
	struct request request = usual;
	const struct segment *header;

	request.hotplug = true;
	c->machine.corehdr_bytes = 0x2001;
	replan(c, request);
	header = plan_segment(&c->plan, "elfcorehdr");
	assert_int_equal(range_bytes(header->at), 0x3000);
	assert_false(header->hashed);
	assert_int_equal(c->plan.flags & 0xffff, PLAN_ON_CRASH | PLAN_UPDATE_COREHDR);
	c->machine.corehdr_bytes = 1; /* never less than there is to say */
	replan(c, request);
	assert_int_equal(range_bytes(plan_segment(&c->plan, "elfcorehdr")->at), 0x1000);
}

static void test_hotplug_asks_for_too_much(void **state)
{
	struct crash *c = *state;
	struct request request = usual;
	struct plan plan;
	struct error err;

	request.hotplug = true;
	request.image = image_span(&c->image);
	c->machine.corehdr_bytes = UINT64_MAX;
	assert_int_equal(plan_make(&request, &c->machine, &arch_i386, &plan, &err), -1);
	assert_non_null(strstr(err.text, "--hotplug"));
	plan_done(&plan);
}

static void test_image_of_a_64_bit_kernel_has_a_part_of_its_own(void **state)
{
	struct crash *c = *state;
	const Elf64_Phdr *text = &c->parts[3]; /* behind three notes */

	read_header(c);
	assert_int_equal(c->header.e_machine, EM_X86_64);
	assert_int_equal(text->p_type, PT_LOAD);
	assert_int_equal(text->p_vaddr, 0xffffffffabc00000);
	assert_int_equal(text->p_paddr, 0x12f800000);
	assert_int_equal(text->p_offset, text->p_paddr);
	assert_int_equal(text->p_paddr + text->p_memsz, 0x130820000);
	for (unsigned i = 4; i < c->header.e_phnum; i++)
		assert_true(c->parts[i].p_vaddr - c->parts[i].p_paddr == 0xff38032f00000000);
}

static void test_neither_reservation_is_dumped_and_both_are_given(void **state)
{
	static const struct range low = { 0xaf000000, 0xbf000000 },
				  high = { 0x1ab000000, 0x1bf000000 };
	struct crash *c = *state;
	struct range_set ram = { 0 };
	struct error err;

	read_header(c);
	for (unsigned i = 3; i < c->header.e_phnum; i++) {
		struct range at = { c->parts[i].p_paddr,
				    c->parts[i].p_paddr + c->parts[i].p_memsz };

		assert_false(range_overlaps(at, low) || range_overlaps(at, high));
	}
	for (unsigned i = 0; i < c->plan.segment_count; i++)
		assert_true(range_contains(high, c->plan.segments[i].at));
	assert_int_equal(memmap_of_type(&c->plan.given, MEMORY_RAM, &ram, &err), 0);
	assert_true(range_set_contains(&ram, low));
	range_set_done(&ram);
}

static void replan_with_rsdp(struct crash *c, uint64_t rsdp, const char *cmdline)
{
	struct request request = usual;

	c->machine.rsdp = rsdp;
	request.cmdline = cmdline;
	replan(c, request);
}

/* Only kernels before 5.5 need the parameter, and not below 1 MiB; who names another one is obeyed.
 */
static void test_the_root_pointer_is_told(void **state)
{
	struct image_bzimage fields = image_modern;
	struct crash *c = *state;

	replan_with_rsdp(c, 0x7ffe014, "quiet");
	assert_null(strstr(c->plan.cmdline, "acpi_rsdp"));
	free(c->image.data);
	fields.protocol = 0x20d;
	c->image = image_bzimage(&fields);
	replan_with_rsdp(c, 0x7ffe014, "quiet");
	assert_non_null(strstr(c->plan.cmdline, " acpi_rsdp=0x7ffe014"));
	replan_with_rsdp(c, 0x7ffe014, "acpi_rsdp=0x1234567");
	assert_null(strstr(c->plan.cmdline, "acpi_rsdp=0x7ffe014"));
	replan_with_rsdp(c, 0xf5ad0, "quiet");
	assert_null(strstr(c->plan.cmdline, "acpi_rsdp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_machine_tells_its_notes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header_has_notes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header_has_all_memory_but_the_reservation,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_low_memory_is_found_in_its_copy, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_everything_lies_in_the_reservation, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_image_of_a_64_bit_kernel_has_a_part_of_its_own,
						setup_64, teardown),
		cmocka_unit_test_setup_teardown(
			test_neither_reservation_is_dumped_and_both_are_given, setup_64, teardown),
		cmocka_unit_test_setup_teardown(test_the_root_pointer_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_elf32_header_says_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_elf32_cannot_name_memory_above_4_gib, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_hotplug_leaves_room_and_no_digest, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_hotplug_asks_for_too_much, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map_spares_the_header_and_the_copy, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
