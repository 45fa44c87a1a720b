/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: the search for the descriptor table (kexec/gdtr.h) in /proc/kcore, /proc/kallsyms
 * and the MSRs of a processor. The first bytes choose the kernel and give the MSR; then the symbols
 * up to a zero byte; the rest is the core.
 */
#define _GNU_SOURCE /* nftw() */
#include "folder.h"
#include "gdtr.h"
#include "tests/unit/gdt_table.h"

#define MSR_SYSENTER_ESP 0x175 /* of a file that is read at the MSR's number */

static const uint32_t cpus[] = { 0, CPU_PAE, CPU_LONG_MODE | CPU_PAE,
				 CPU_LONG_MODE | CPU_PAE | CPU_LA57 };
static const char *const infos[] = {
	"SYMBOL(swapper_pg_dir)=c0001000\n",
	"SYMBOL(swapper_pg_dir)=c0001000\n",
	"SYMBOL(swapper_pg_dir)=ffff888000001000\n",
	"SYMBOL(swapper_pg_dir)=ffff888000001000\n",
};

bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	unsigned which = fuzz_u8(&input) & 3;
	uint8_t msr[MSR_SYSENTER_ESP + 8] = { 0 };
	char kcore[FOLDER_PATH], kallsyms[FOLDER_PATH], msrs[FOLDER_PATH];
	struct gdtr_sources sources = { GDTR_KCORE, kcore, kallsyms, msrs };
	struct machine machine = { .cpu = cpus[which] };
	struct machine_gdtr gdtr;
	struct error err;

	machine.vmcoreinfo = (struct span){ (const uint8_t *)infos[which], strlen(infos[which]) };
	fuzz_take(&input, msr + MSR_SYSENTER_ESP, 8);
	fuzz_put_file("msr", (struct span){ msr, sizeof(msr) });
	fuzz_put_file("kallsyms", fuzz_part(&input, 0));
	fuzz_put_file("kcore", input);
	fuzz_path("msr", msrs);
	fuzz_path("kallsyms", kallsyms);
	fuzz_path("kcore", kcore);
	for (; sources.ways; sources.ways = sources.ways == GDTR_KCORE ? GDTR_MSR : 0)
		if (gdtr_find_in(&sources, &machine, &gdtr))
			FUZZ_CHECK(!gdtr.known && *gdtr.why);
		else
			FUZZ_CHECK(gdtr.known &&
				   !gdtr_check(gdtr.base, gdtr.limit, machine.cpu, &err));
	fuzz_accepted = gdtr.known; /* by the last way, which needs most */
	return 0;
}

/* Pieces of memory, each as large as what is read there. */
#define PIECES 6

struct piece {
	uint64_t paddr;
	uint32_t bytes, at; /* where the words are */
	uint64_t words[2];
};

static const struct kernel {
	const char *symbols;
	uint64_t page_offset, msr;
	struct piece pieces[PIECES]; /* the third is the table, the last has no memory */
} kernels[] = {
	{ "c0000000 T _text\nbff03000 D gdt_page\nc0004000 D __per_cpu_offset\n",
	  0xc0000000,
	  0x40004000,
	  { { 0x1000, 0x408, 0x400, { 0x2063 } },
	    { 0x2000, 8, 0, { UINT64_C(0x316100000000) } },
	    { .paddr = 0x3000, .bytes = 256 },
	    { 0x4000, 8, 0, { 0x100000 } },
	    { .paddr = 0x5000 },
	    { .paddr = UINT64_MAX } } },
	{ "c0000000 T _text\nbff03000 D gdt_page\nc0004000 D __per_cpu_offset\n",
	  0xc0000000,
	  0xff804000,
	  { { 0x1000, 32, 24, { 0x5001 } },
	    { 0x2000, 16, 8, { 0x3161 } },
	    { .paddr = 0x3000, .bytes = 256 },
	    { 0x4000, 8, 0, { 0x100000 } },
	    { 0x5fe0, 8, 0, { 0x2063 } },
	    { .paddr = UINT64_MAX } } },
	{ "ffff888000000000 T _text\n0000000000003000 D gdt_page\n"
	  "ffff888000004000 D __per_cpu_offset\n",
	  UINT64_C(0xffff888000000000),
	  UINT64_C(0xfffffe0000003000),
	  { { 0x1000, 0xfe8, 0xfe0, { 0x5063 } },
	    { 0x2000, 16, 0, { 0x2063, 0x3161 } },
	    { .paddr = 0x3000, .bytes = 128 },
	    { 0x4000, 8, 0, { UINT64_C(0xffff888000000000) } },
	    { 0x5000, 8, 0, { 0x2063 } },
	    { .paddr = UINT64_MAX } } },
};

static void put_words(uint8_t *p, size_t word, const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word == 8)
			le64_put(p + i * 8, values[i]);
		else
			le32_put(p + i * 4, (uint32_t)values[i]);
}

/* An ELF header of either class; type and flags of a program header have other places in each. */
static size_t put_kcore(const struct kernel *kernel, bool wide, uint8_t *core)
{
	size_t word = wide ? 8 : 4, header = wide ? 64 : 52, entry = wide ? 56 : 32;
	size_t used = header + PIECES * entry;
	const uint64_t offset = header;

	memcpy(core, wide ? "\177ELF\2\1\1" : "\177ELF\1\1\1", 7);
	le16_put(core + 16, 4);
	put_words(core + 24 + word, word, &offset, 1);
	le16_put(core + header - 10, (uint16_t)entry);
	le16_put(core + header - 8, PIECES);
	for (unsigned i = 0; i < PIECES; i++) {
		const struct piece *piece = &kernel->pieces[i];
		uint64_t fields[] = { used, kernel->page_offset + piece->paddr, piece->paddr,
				      piece->bytes, piece->bytes };
		uint8_t *p = core + header + i * entry;

		le32_put(p, 1);
		put_words(p + word, word, fields, 5);
		for (unsigned j = 0; j < 2 && piece->at + j * 8 < piece->bytes; j++)
			le64_put(core + used + piece->at + j * 8, piece->words[j]);
		if (i == 2 && wide)
			gdt_table_64(core + used);
		else if (i == 2)
			gdt_table_32(core + used, 0x100000);
		used += piece->bytes;
	}
	return used;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	uint8_t head[9] = { (uint8_t)n }, core[8192] = { 0 };
	size_t used = 0, bytes;

	if (n >= sizeof(kernels) / sizeof(kernels[0]))
		return 0;
	le64_put(head + 1, kernels[n].msr);
	bytes = put_kcore(&kernels[n], n == 2, core);
	fuzz_append(buffer, capacity, &used, head, sizeof(head));
	fuzz_append(buffer, capacity, &used, kernels[n].symbols, strlen(kernels[n].symbols) + 1);
	fuzz_append(buffer, capacity, &used, core, bytes);
	return used;
}
