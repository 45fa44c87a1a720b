/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the running kernel's descriptor table on CPU 0 by sgdt, by the kernel's symbols or by an
 * MSR. Reads the machine, changes nothing but its own CPU affinity, which it puts back; knows no
 * plan.
 */
#define _GNU_SOURCE /* cpu_set_t */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "gdtr.h"
#include "kcore.h"
#include "machine_parse.h"

#define MSR_SYSENTER_ESP 0x175
#define GDT_BYTES_MAX    256
#define ACCESSED_BIT     (UINT64_C(1) << 40) /* the CPU sets it in a descriptor */

/* Index of the data segment whose base is the per-CPU offset (i386). */
#define GDT_PERCPU_32 27

struct descriptor {
	uint8_t index;
	uint64_t value; /* without the accessed bit */
};

/* Constant descriptors of Linux: gdt_page in arch/x86/kernel/cpu/common.c. */
static const struct descriptor constants_32[] = {
	{ 0, 0 },
	{ 12, UINT64_C(0x00cf9a000000ffff) }, /* __KERNEL_CS */
	{ 13, UINT64_C(0x00cf92000000ffff) }, /* __KERNEL_DS */
	{ 14, UINT64_C(0x00cffa000000ffff) }, /* __USER_CS */
	{ 15, UINT64_C(0x00cff2000000ffff) }, /* __USER_DS */
};
static const struct descriptor constants_64[] = {
	{ 0, 0 },
	{ 1, UINT64_C(0x00cf9a000000ffff) }, /* __KERNEL32_CS */
	{ 2, UINT64_C(0x00af9a000000ffff) }, /* __KERNEL_CS */
	{ 3, UINT64_C(0x00cf92000000ffff) }, /* __KERNEL_DS */
	{ 4, UINT64_C(0x00cffa000000ffff) }, /* __USER32_CS */
	{ 5, UINT64_C(0x00cff2000000ffff) }, /* __USER_DS */
	{ 6, UINT64_C(0x00affa000000ffff) }, /* __USER_CS */
};

/* What the search knows and has opened. */
struct search {
	const struct gdtr_sources *sources;
	const struct machine *machine;
	bool have_kcore;
	struct kcore kcore;
	struct error no_kcore; /* why there is none */
	bool have_symbols;
	struct kernel_symbol symbols[2];
	struct error no_symbols;
};

enum { SYMBOL_GDT_PAGE, SYMBOL_PER_CPU_OFFSET };

uint16_t gdt_bytes(uint32_t cpu)
{
	return cpu & CPU_LONG_MODE ? 128 : 256;
}

static uint64_t descriptor_base(uint64_t descriptor)
{
	return (descriptor >> 16 & 0xffffff) | (descriptor >> 56) << 24;
}

int gdt_check(struct span table, uint32_t cpu, struct error *err)
{
	bool wide = cpu & CPU_LONG_MODE;
	const struct descriptor *expected = wide ? constants_64 : constants_32;
	size_t count = wide ? sizeof(constants_64) / sizeof(constants_64[0])
			    : sizeof(constants_32) / sizeof(constants_32[0]);

	if (table.size < gdt_bytes(cpu))
		return error_set(err, "only %zu bytes of the table", table.size);
	for (size_t i = 0; i < count; i++) {
		uint64_t value = le64_get(table.data + expected[i].index * 8);

		if ((value & ~ACCESSED_BIT) != expected[i].value)
			return error_set(err, "descriptor %u is 0x%016llx", expected[i].index,
					 (unsigned long long)value);
	}
	/* i386 reloads %fs from the per-CPU descriptor before it has its own table back. */
	if (!wide && !(le64_get(table.data + GDT_PERCPU_32 * 8) >> 47 & 1))
		return error_set(err, "descriptor %d (per CPU) is not present", GDT_PERCPU_32);
	return 0;
}

/* The lowest address a kernel of this kind can have. */
static uint64_t kernel_half(uint32_t cpu)
{
	return cpu & CPU_LONG_MODE ? UINT64_C(1) << 63 : UINT64_C(0x40000000);
}

int gdtr_check(uint64_t base, uint16_t limit, uint32_t cpu, struct error *err)
{
	/* The stand-in of arch/x86/kernel/umip.c: limit 0, base -131072. */
	if (!limit)
		return error_set(err, "hidden by UMIP");
	if (limit != gdt_bytes(cpu) - 1)
		return error_set(err, "limit 0x%x", limit);
	if (base < kernel_half(cpu) || base % 8)
		return error_set(err, "base 0x%llx is no kernel address", (unsigned long long)base);
	return 0;
}

uint64_t gdt_base_from_sysenter(uint64_t stack, uint32_t cpu)
{
	/* struct cpu_entry_area: the table, on i386 a guard page, then the stack that ends here. */
	uint64_t before = cpu & CPU_LONG_MODE ? 1 : 2;
	uint64_t page;

	if (stack <= kernel_half(cpu) || (!(cpu & CPU_LONG_MODE) && stack > UINT32_MAX))
		return 0;
	page = align_down(stack - 1, PAGE_BYTES);
	return page - before * PAGE_BYTES;
}

static int read_physical(void *context, uint64_t address, void *buffer, size_t bytes)
{
	return kcore_read_physical(context, address, buffer, bytes);
}

/* Read by the running kernel's page tables what /proc/kcore does not show by its address. */
static int read_by_tables(struct search *search, uint64_t address, uint8_t *buffer, size_t bytes)
{
	const struct machine *machine = search->machine;
	struct physical_reader reader = { read_physical, &search->kcore };
	struct span value;
	uint64_t tables, root, physical;

	if (text_field(machine->vmcoreinfo, "SYMBOL(swapper_pg_dir)", &value) ||
	    text_number(value, 16, &tables) ||
	    kcore_to_physical(&search->kcore.map, tables, &root) ||
	    paging_walk(paging_format(machine->cpu), &reader, root, address, &physical))
		return -1;
	return kcore_read_physical(&search->kcore, physical, buffer, bytes);
}

/* 1 when the table at base is the kernel's for CPU 0, 0 when it cannot be looked at, -1 when it is
 * not. */
static int look_at(struct search *search, uint64_t base, struct error *err)
{
	uint32_t cpu = search->machine->cpu;
	uint8_t table[GDT_BYTES_MAX];

	if (!search->have_kcore) {
		*err = search->no_kcore;
		return 0;
	}
	if (kcore_read(&search->kcore, base, table, gdt_bytes(cpu)) &&
	    read_by_tables(search, base, table, gdt_bytes(cpu))) {
		error_set(err, "0x%llx cannot be read to check it", (unsigned long long)base);
		return 0;
	}
	if (gdt_check((struct span){ table, gdt_bytes(cpu) }, cpu, err)) {
		error_prefix(err, "no table at 0x%llx: ", (unsigned long long)base);
		return -1;
	}
	if (!(cpu & CPU_LONG_MODE) && search->have_symbols &&
	    search->symbols[SYMBOL_PER_CPU_OFFSET].found) {
		uint64_t used = descriptor_base(le64_get(table + GDT_PERCPU_32 * 8));
		uint8_t bytes[4];

		if (!kcore_read(&search->kcore, search->symbols[SYMBOL_PER_CPU_OFFSET].address,
				bytes, sizeof(bytes)) &&
		    le32_get(bytes) != used) {
			error_set(err, "the table at 0x%llx is not CPU 0's",
				  (unsigned long long)base);
			return -1;
		}
	}
	return 1;
}

/* Run sgdt on CPU 0. */
static int sgdt_on_cpu0(uint64_t *base, uint16_t *limit, struct error *err)
{
#if defined(__i386__) || defined(__x86_64__)
	uint8_t stored[10] = { 0 };
	cpu_set_t before, first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_getaffinity(0, sizeof(before), &before) ||
	    sched_setaffinity(0, sizeof(first), &first))
		return error_set(err, "cannot run on CPU 0: %s", strerror(errno));
	__asm__ volatile("sgdt %0" : "=m"(stored));
	if (sched_setaffinity(0, sizeof(before), &before))
		return error_set(err, "cannot leave CPU 0: %s", strerror(errno));
	*limit = le16_get(stored);
	*base = sizeof(void *) == 8 ? le64_get(stored + 2) : le32_get(stored + 2);
	return 0;
#else
	(void)base;
	(void)limit;
	return error_set(err, "no x86");
#endif
}

static int by_sgdt(struct search *search, uint64_t *base, struct error *err)
{
	uint32_t cpu = search->machine->cpu;
	uint64_t found;
	uint16_t limit;

	/* Kernels that do not emulate it answer with a signal. */
	if (cpu & CPU_UMIP)
		return error_set(err, "hidden by UMIP");
	if ((sizeof(void *) == 8) != !!(cpu & CPU_LONG_MODE))
		return error_set(err, "not the kernel's word size");
	if (sgdt_on_cpu0(&found, &limit, err) || gdtr_check(found, limit, cpu, err))
		return -1;
	if (look_at(search, found, err) < 0)
		return -1;
	*base = found;
	return 0;
}

static int by_kcore(struct search *search, uint64_t *base, struct error *err)
{
	size_t word = search->machine->cpu & CPU_LONG_MODE ? 8 : 4;
	const struct kernel_symbol *symbols = search->symbols;
	uint8_t bytes[8] = { 0 };
	uint64_t found;

	if (!search->have_kcore || !search->have_symbols) {
		*err = search->have_kcore ? search->no_symbols : search->no_kcore;
		return -1;
	}
	if (!symbols[SYMBOL_GDT_PAGE].found)
		return error_set(err, "no gdt_page in '/proc/kallsyms' (CONFIG_KALLSYMS_ALL)");
	found = symbols[SYMBOL_GDT_PAGE].address;
	if (symbols[SYMBOL_PER_CPU_OFFSET].found) {
		if (kcore_read(&search->kcore, symbols[SYMBOL_PER_CPU_OFFSET].address, bytes, word))
			return error_set(err, "__per_cpu_offset cannot be read");
		found += le64_get(bytes);
	}
	if (word == 4)
		found = (uint32_t)found;
	if (gdtr_check(found, gdt_bytes(search->machine->cpu) - 1, search->machine->cpu, err))
		return -1;
	if (look_at(search, found, err) <= 0)
		return -1;
	*base = found;
	return 0;
}

static int by_msr(struct search *search, uint64_t *base, struct error *err)
{
	const char *path = search->sources->msr;
	uint8_t bytes[8];
	uint64_t found;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return error_set(err, "'%s': %s", path, strerror(errno));
	got = pread(fd, bytes, sizeof(bytes), MSR_SYSENTER_ESP);
	close(fd);
	if (got != sizeof(bytes))
		return error_set(err, "'%s': cannot be read", path);
	found = gdt_base_from_sysenter(le64_get(bytes), search->machine->cpu);
	if (!found)
		return error_set(err, "no kernel stack in IA32_SYSENTER_ESP");
	if (look_at(search, found, err) <= 0)
		return -1;
	*base = found;
	return 0;
}

struct way {
	uint32_t bit;
	const char *name; /* in messages */
	const char *how;
	int (*find)(struct search *search, uint64_t *base, struct error *err);
};

static const struct way all_ways[] = {
	{ GDTR_SGDT, "sgdt", "sgdt on CPU 0", by_sgdt },
	{ GDTR_KCORE, "kcore", "gdt_page in /proc/kcore", by_kcore },
	{ GDTR_MSR, "msr", "IA32_SYSENTER_ESP on CPU 0", by_msr },
};

static void search_open(struct search *search)
{
	search->symbols[SYMBOL_GDT_PAGE].name = "gdt_page";
	search->symbols[SYMBOL_PER_CPU_OFFSET].name = "__per_cpu_offset";
	search->have_kcore = !kcore_open(search->sources->kcore, &search->kcore, &search->no_kcore);
	search->have_symbols =
		!kallsyms_read(search->sources->kallsyms, search->symbols, 2, &search->no_symbols);
}

/* Add "name: reason" to the reasons, as far as there is room. */
static void add_reason(struct machine_gdtr *gdtr, const char *name, const struct error *err)
{
	size_t used = strlen(gdtr->why);

	snprintf(gdtr->why + used, sizeof(gdtr->why) - used, "%s%s: %s", used ? "; " : "", name,
		 err->text);
}

int gdtr_find_in(const struct gdtr_sources *sources, const struct machine *machine,
		 struct machine_gdtr *gdtr)
{
	struct machine_gdtr found = { .limit = (uint16_t)(gdt_bytes(machine->cpu) - 1) };
	struct search search = { .sources = sources, .machine = machine };

	search_open(&search);
	for (size_t i = 0; i < sizeof(all_ways) / sizeof(all_ways[0]) && !found.known; i++) {
		struct error err = { "" };

		if (!(sources->ways & all_ways[i].bit))
			continue;
		if (all_ways[i].find(&search, &found.base, &err)) {
			add_reason(&found, all_ways[i].name, &err);
			continue;
		}
		found.known = true;
		snprintf(found.how, sizeof(found.how), "%s", all_ways[i].how);
	}
	if (search.have_kcore)
		kcore_close(&search.kcore);
	if (found.known)
		found.why[0] = 0;
	*gdtr = found;
	return found.known ? 0 : -1;
}

int gdtr_find(uint32_t ways, const struct machine *machine, struct machine_gdtr *gdtr)
{
	struct gdtr_sources sources = { ways, "/proc/kcore", "/proc/kallsyms", "/dev/cpu/0/msr" };

	return gdtr_find_in(&sources, machine, gdtr);
}
