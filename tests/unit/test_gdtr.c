/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The search for the descriptor table, on a made-up kernel: a small /proc/kcore, /proc/kallsyms and
 * msr file with a table in linear memory and an alias of it behind page tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_kcore.h"
#include "gdt_table.h"
#include "gdtr.h"
#include "kcore.h"

static struct error err;

static void test_table_32(void **state)
{
	uint8_t table[256];
	struct span span = { table, sizeof(table) };

	(void)state;
	gdt_table_32(table, 0x1b935be0);
	assert_int_equal(gdt_check(span, 0, &err), 0);
	assert_int_equal(gdt_check(span, CPU_PAE, &err), 0);
	assert_int_equal(gdt_check(span, CPU_LONG_MODE, &err), -1);
	assert_int_equal(gdt_check((struct span){ table, 255 }, 0, &err), -1);

	table[27 * 8 + 5] &= 0x7f;
	assert_int_equal(gdt_check(span, 0, &err), -1);
	assert_non_null(strstr(err.text, "descriptor 27"));

	gdt_table_32(table, 0);
	table[12 * 8 + 2] = 1;
	assert_int_equal(gdt_check(span, 0, &err), -1);
	assert_non_null(strstr(err.text, "descriptor 12 is 0x00cf9a000001ffff"));

	memset(table, 0, sizeof(table));
	assert_int_equal(gdt_check(span, 0, &err), -1);
	memset(table, 0xff, sizeof(table));
	assert_int_equal(gdt_check(span, 0, &err), -1);
}

static void test_table_64(void **state)
{
	uint8_t table[128];
	struct span span = { table, sizeof(table) };

	(void)state;
	gdt_table_64(table);
	assert_int_equal(gdt_check(span, CPU_LONG_MODE | CPU_PAE, &err), 0);
	table[6 * 8 + 6] ^= 0x20;
	assert_int_equal(gdt_check(span, CPU_LONG_MODE | CPU_PAE, &err), -1);
}

static void test_stand_ins(void **state)
{
	(void)state;
	assert_int_equal(gdtr_check(0xff801000, 0xff, 0, &err), 0);
	assert_int_equal(gdtr_check(UINT64_C(0xfffffe0000001000), 0x7f, CPU_LONG_MODE, &err), 0);
	/* UMIP's, for programs of both word sizes. */
	assert_int_equal(gdtr_check(0xfffe0000, 0, 0, &err), -1);
	assert_string_equal(err.text, "hidden by UMIP");
	assert_int_equal(gdtr_check(UINT64_C(0xfffffffffffe0000), 0, CPU_LONG_MODE, &err), -1);
	assert_int_equal(gdtr_check(0xff801000, 0x7f, 0, &err), -1);
	assert_int_equal(gdtr_check(0x08048000, 0xff, 0, &err), -1);
	assert_int_equal(gdtr_check(0xff801004, 0xff, 0, &err), -1);
}

static void test_sysenter(void **state)
{
	(void)state;
	assert_int_equal(gdt_base_from_sysenter(0xff804000, 0), 0xff801000);
	assert_int_equal(gdt_base_from_sysenter(0xff803100, 0), 0xff801000);
	assert_int_equal(gdt_base_from_sysenter(UINT64_C(0xfffffe0000003000), CPU_LONG_MODE),
			 UINT64_C(0xfffffe0000001000));
	assert_int_equal(gdt_base_from_sysenter(0, 0), 0);
	assert_int_equal(gdt_base_from_sysenter(0, CPU_LONG_MODE), 0);
	assert_int_equal(gdt_base_from_sysenter(UINT64_C(0x1ff804000), 0), 0);
}

/*
 * The made-up kernel: 8 pages of linear memory from 0xc0000000 (physical 0). Page 1 page directory,
 * page 2 page table, page 3 the table, page 4 __per_cpu_offset. The alias lies at 0xff801000.
 */
#define PAGES  8
#define ALIAS  UINT32_C(0xff801000)
#define PERCPU UINT32_C(0x00100000)

struct fake {
	char folder[32];
	char kcore[64], kallsyms[64], msr[64];
	struct gdtr_sources sources;
	uint8_t memory[PAGES * 4096];
	struct machine machine;
};

static void write_fake(struct fake *fake)
{
	fake_kcore(fake->kcore, fake->memory, sizeof(fake->memory));
}

static int set_up(void **state)
{
	static const char info[] = "OSRELEASE=6.1\nSYMBOL(swapper_pg_dir)=c0001000\n";
	static const char symbols[] =
		"c0000000 T _text\nbff03000 D gdt_page\n"
		"c0005000 d gdt_page\t[module]\nc0004000 D __per_cpu_offset\n";
	uint8_t msr[0x180] = { 0 };
	struct fake *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	strcpy(fake->folder, "/tmp/test_gdtr.XXXXXX");
	assert_non_null(mkdtemp(fake->folder));
	snprintf(fake->kcore, sizeof(fake->kcore), "%s/kcore", fake->folder);
	snprintf(fake->kallsyms, sizeof(fake->kallsyms), "%s/kallsyms", fake->folder);
	snprintf(fake->msr, sizeof(fake->msr), "%s/msr", fake->folder);
	fake->sources = (struct gdtr_sources){ 0, fake->kcore, fake->kallsyms, fake->msr };
	fake->machine.vmcoreinfo = (struct span){ (const uint8_t *)info, sizeof(info) - 1 };

	le32_put(fake->memory + 0x1000 + (ALIAS >> 22) * 4, 0x2063);
	le32_put(fake->memory + 0x2000 + (ALIAS >> 12 & 1023) * 4, 0x3161);
	gdt_table_32(fake->memory + 0x3000, PERCPU);
	le32_put(fake->memory + 0x4000, PERCPU);
	write_fake(fake);
	fake_file(fake->kallsyms, symbols, sizeof(symbols) - 1);
	le64_put(msr + 0x175, ALIAS + 0x3000);
	fake_file(fake->msr, msr, sizeof(msr));
	*state = fake;
	return 0;
}

static int tear_down(void **state)
{
	struct fake *fake = *state;

	unlink(fake->kcore);
	unlink(fake->kallsyms);
	unlink(fake->msr);
	rmdir(fake->folder);
	free(fake);
	return 0;
}

static struct machine_gdtr find(struct fake *fake, uint32_t ways)
{
	struct machine_gdtr gdtr;
	int result;

	fake->sources.ways = ways;
	result = gdtr_find_in(&fake->sources, &fake->machine, &gdtr);
	assert_int_equal(result, gdtr.known ? 0 : -1);
	assert_true(gdtr.known == !gdtr.why[0]);
	return gdtr;
}

static void test_by_kcore(void **state)
{
	struct machine_gdtr gdtr = find(*state, GDTR_KCORE);

	assert_true(gdtr.known);
	assert_int_equal(gdtr.base, 0xc0003000);
	assert_int_equal(gdtr.limit, 0xff);
	assert_string_equal(gdtr.how, "gdt_page in /proc/kcore");
}

static void test_by_msr(void **state)
{
	struct machine_gdtr gdtr = find(*state, GDTR_MSR);

	assert_true(gdtr.known);
	assert_int_equal(gdtr.base, ALIAS);
	assert_int_equal(gdtr.limit, 0xff);
}

static void test_by_msr_pae(void **state)
{
	struct fake *fake = *state;

	/* Directory pointers in page 1, page directory in page 5, page table in page 2. */
	memset(fake->memory + 0x1000, 0, 0x2000);
	le64_put(fake->memory + 0x1000 + (ALIAS >> 30) * 8, 0x5001);
	le64_put(fake->memory + 0x5000 + (ALIAS >> 21 & 511) * 8, 0x2063);
	le64_put(fake->memory + 0x2000 + (ALIAS >> 12 & 511) * 8, UINT64_C(0x8000000000003161));
	write_fake(fake);
	assert_false(find(fake, GDTR_MSR).known);
	fake->machine.cpu = CPU_PAE;
	assert_true(find(fake, GDTR_MSR).known);
	assert_int_equal(find(fake, GDTR_MSR).base, ALIAS);
}

static void test_wrong_table_is_not_believed(void **state)
{
	struct fake *fake = *state;
	struct machine_gdtr gdtr;

	fake->memory[0x3000 + 13 * 8] = 0;
	write_fake(fake);
	gdtr = find(fake, GDTR_KCORE | GDTR_MSR);
	assert_false(gdtr.known);
	assert_non_null(strstr(gdtr.why, "kcore: no table at 0xc0003000: descriptor 13"));
	assert_non_null(strstr(gdtr.why, "msr: no table at 0xff801000: descriptor 13"));
}

static void test_other_cpu_is_not_believed(void **state)
{
	struct fake *fake = *state;

	gdt_table_32(fake->memory + 0x3000, PERCPU + 0x9000);
	write_fake(fake);
	assert_non_null(strstr(find(fake, GDTR_MSR).why, "not CPU 0's"));
}

static void test_not_mapped(void **state)
{
	struct fake *fake = *state;

	memset(fake->memory + 0x2000, 0, 4096);
	write_fake(fake);
	assert_non_null(strstr(find(fake, GDTR_MSR).why, "cannot be read to check it"));
	/* Tables that point outside memory, and at themselves. */
	le32_put(fake->memory + 0x1000 + (ALIAS >> 22) * 4, 0xfffff063);
	write_fake(fake);
	assert_false(find(fake, GDTR_MSR).known);
	le32_put(fake->memory + 0x1000 + (ALIAS >> 22) * 4, 0x1063);
	write_fake(fake);
	assert_false(find(fake, GDTR_MSR).known);
}

/* Symbols that lead to no place a table can be, whatever is there. */
static void test_no_kernel_address(void **state)
{
	static const char symbols[] =
		"c0000000 T _text\nbff03004 D gdt_page\nc0004000 D __per_cpu_offset\n";
	struct fake *fake = *state;

	gdt_table_32(fake->memory + 0x3004, PERCPU);
	write_fake(fake);
	fake_file(fake->kallsyms, symbols, sizeof(symbols) - 1);
	assert_non_null(strstr(find(fake, GDTR_KCORE).why, "0xc0003004 is no kernel address"));
}

static void test_reasons(void **state)
{
	struct fake *fake = *state;
	struct machine_gdtr gdtr;

	fake_file(fake->kallsyms, "00000000 T _text\n00000000 D gdt_page\n", 37);
	assert_non_null(strstr(find(fake, GDTR_KCORE).why, "kernel.kptr_restrict"));
	fake_file(fake->kallsyms, "c0000000 T _text\n", 17);
	assert_non_null(strstr(find(fake, GDTR_KCORE).why, "CONFIG_KALLSYMS_ALL"));
	unlink(fake->msr);
	assert_non_null(strstr(find(fake, GDTR_MSR).why, "No such file"));
	fake_file(fake->msr, "", 0);
	assert_non_null(strstr(find(fake, GDTR_MSR).why, "cannot be read"));
	fake_file(fake->kcore, "nothing", 7);
	fake->machine.cpu = CPU_UMIP;
	gdtr = find(fake, GDTR_ALL);
	assert_false(gdtr.known);
	assert_non_null(strstr(gdtr.why, "sgdt: hidden by UMIP; kcore: '"));
}

/* A program of the other word size stores half a base: not used, whatever the machine says. */
static void test_sgdt_of_other_word_size(void **state)
{
	struct fake *fake = *state;

	fake->machine.cpu = sizeof(void *) == 8 ? 0 : CPU_LONG_MODE;
	assert_non_null(strstr(find(fake, GDTR_SGDT).why, "word size"));
}

/* Every prefix of a kcore file is looked at without a fault. */
static void test_truncated_kcore(void **state)
{
	struct fake *fake = *state;
	uint8_t head[4096];

	fake_kcore_head(head, PAGES * FAKE_PAGE_BYTES);
	for (size_t size = 0; size < 160; size += 3) {
		fake_file(fake->kcore, head, size);
		assert_false(find(fake, GDTR_KCORE | GDTR_MSR).known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_32),
		cmocka_unit_test(test_table_64),
		cmocka_unit_test(test_stand_ins),
		cmocka_unit_test(test_sysenter),
		cmocka_unit_test_setup_teardown(test_by_kcore, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_msr, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_msr_pae, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wrong_table_is_not_believed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_other_cpu_is_not_believed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_mapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_kernel_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reasons, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sgdt_of_other_word_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_truncated_kcore, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
