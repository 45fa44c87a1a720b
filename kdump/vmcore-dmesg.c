/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmcore-dmesg: print the kernel log out of a core or an image. Finds VMCOREINFO, translates the
 * kernel's addresses, and leaves the log's formats to dmesg.c.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "dmesg.h"
#include "layout.h"
#include "source.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

#define KERNEL_TEXT_64  UINT64_C(0xffffffff80000000) /* __START_KERNEL_map of x86_64 */
#define PAGE_OFFSET_386 UINT64_C(0xc0000000)         /* where the split is not known */

/* Exit codes beside those of enum dmesg_result. */
enum {
	EXIT_USAGE = 1,
	EXIT_OPEN = 2,
	EXIT_CORE = 10,
	EXIT_OUTPUT = 54,
};

static const char help_text[] =
	"usage: vmcore-dmesg CORE\n"
	"Print the kernel log that is in a core: /proc/vmcore, a saved file or partition, or an\n"
	"image that kdump wrote.\n"
	"\n"
	"  -h, --help     this text\n"
	"  -v, --version  the version\n"
	"\n"
	"Exit: 0 printed; 1 usage; 2 cannot open; 10 not a core; 20 the core does not say where "
	"its\n"
	"log is; 30 an address is not in it; 50 the log is damaged; 54 output failed.\n";

struct reader {
	const struct core *core;
	struct layout layout; /* runs: where A's pages of D are kept */
	uint64_t page_offset; /* 0 = not known */
	uint64_t phys_base;   /* x86_64 */
	bool output_failed;
};

/* Where the bytes of a physical address are: A's memory in D was displaced. Runs are in order. */
static uint64_t displaced(const struct reader *reader, uint64_t paddr)
{
	size_t low = 0, high = reader->layout.run_count;
	const struct layout_run *run;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reader->layout.runs[middle].dest <= paddr)
			low = middle + 1;
		else
			high = middle;
	}
	run = low ? &reader->layout.runs[low - 1] : NULL;
	return run && paddr - run->dest < run->bytes ? run->source + (paddr - run->dest) : paddr;
}

static bool translate(const struct reader *reader, uint64_t vaddr, uint64_t *paddr)
{
	const struct core *core = reader->core;

	if (core_virtual_to_physical(core, vaddr, paddr))
		return true;
	if (core->machine == EM_X86_64 && vaddr >= KERNEL_TEXT_64) {
		*paddr = vaddr - KERNEL_TEXT_64 + reader->phys_base;
		return true;
	}
	if (!reader->page_offset || vaddr < reader->page_offset)
		return false;
	*paddr = vaddr - reader->page_offset;
	return true;
}

static int read_virtual(void *context, uint64_t vaddr, void *buffer, size_t size, struct error *err)
{
	const struct reader *reader = context;
	uint8_t *to = buffer;

	while (size) {
		size_t now = (size_t)(PAGE_BYTES - vaddr % PAGE_BYTES);
		uint64_t paddr;

		if (!translate(reader, vaddr, &paddr))
			return error_set(err, "No program header covering vaddr 0x%llx found",
					 (unsigned long long)vaddr);
		if (now > size)
			now = size;
		if (core_read_physical(reader->core, displaced(reader, paddr), to, now, err))
			return -1;
		to += now;
		size -= now;
		vaddr += now;
	}
	return 0;
}

static int write_out(void *context, const char *text, size_t size, struct error *err)
{
	struct reader *reader = context;

	if (fwrite(text, 1, size, stdout) == size)
		return 0;
	reader->output_failed = true;
	return error_set(err, "standard output cannot be written");
}

/* The offset of the linear map, from our note, else from a PT_LOAD, else what is usual. */
static uint64_t guess_page_offset(const struct core *core)
{
	for (size_t i = 0; i < core->load_count; i++)
		if (core->loads[i].vaddr != CORE_VADDR_UNKNOWN &&
		    core->loads[i].vaddr > core->loads[i].paddr)
			return core->loads[i].vaddr - core->loads[i].paddr;
	return core->machine == EM_386 ? PAGE_OFFSET_386 : 0;
}

/* Our note helps to find memory; a core without one, or with a damaged one, is read without. */
static void use_note(struct reader *reader)
{
	struct jump_note note;
	struct error ignored;
	int found = jump_note_of_core(reader->core, &note, &ignored);

	reader->page_offset = guess_page_offset(reader->core);
	if (found < 0)
		fprintf(stderr, "vmcore-dmesg: %s\n", ignored.text);
	if (found <= 0)
		return;
	if (note.page_offset)
		reader->page_offset = note.page_offset;
	if (!layout_plan(reader->core, &note, IMAGE_VIEW_DEBUG, &reader->layout, &ignored) &&
	    layout_walk(reader->core, &note, IMAGE_VIEW_DEBUG, &reader->layout, &ignored))
		layout_done(&reader->layout);
	jump_note_done(&note);
}

static int print_log(const struct core *core, struct error *err)
{
	struct reader reader = { .core = core };
	struct dmesg_io io = { read_virtual, write_out, &reader };
	unsigned word = core->machine == EM_386 || !core->is64 ? 4 : 8;
	struct span info;
	int code;

	if (!core_note_find(core, "VMCOREINFO", 0, &info)) {
		error_set(err, "there is no VMCOREINFO in it: the log cannot be found");
		return DMESG_NO_LOG;
	}
	use_note(&reader);
	vmcoreinfo_value(info, "NUMBER(phys_base)", &reader.phys_base);
	code = (int)dmesg_write(info, word, &io, err);
	layout_done(&reader.layout);
	if (fflush(stdout) || reader.output_failed) {
		error_set(err, "standard output cannot be written");
		return EXIT_OUTPUT;
	}
	return code;
}

static int run(const char *path, struct error *err)
{
	struct source source;
	struct core_source callbacks;
	struct core core;
	int code = EXIT_CORE;

	if (source_open(&source, path, err))
		return EXIT_OPEN;
	callbacks = source_callbacks(&source);
	if (!core_open(&core, &callbacks, err)) {
		code = print_log(&core, err);
		core_done(&core);
	}
	source_close(&source);
	if (code)
		error_prefix(err, "'%s': ", path);
	return code;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	int code;

	if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
		return fputs(help_text, stdout) < 0 ? EXIT_OUTPUT : 0;
	if (argc == 2 && (!strcmp(argv[1], "-v") || !strcmp(argv[1], "--version")))
		return puts("vmcore-dmesg (kexec-jump) " PACKAGE_VERSION) < 0 ? EXIT_OUTPUT : 0;
	if (argc != 2) {
		fputs(help_text, stderr);
		return EXIT_USAGE;
	}
	code = run(argv[1], &err);
	if (code)
		fprintf(stderr, "vmcore-dmesg: %s\n", err.text);
	return code;
}
