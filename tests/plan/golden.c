/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes the plan that a case file describes, on a recorded machine, and prints it after the
 * description: what tests/plan/run compares with the file. Values that depend on the compiler
 * (purgatory's code, the pad's) are left out; all other bytes are there as a sha256.
 *
 * usage: golden MACHINES CASE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_builder.h"
#include "loader.h"
#include "machine.h"
#include "plan.h"
#include "purgatory/abi.h"
#include "sha256.h"
#include "uki_builder.h"

#define LINE_CHARS  4096
#define WORDS_MAX   40
#define MODULES_MAX 4

typedef unsigned long long ull;

struct golden {
	const char *machines;
	char machine_name[64];
	char cmdline[LINE_CHARS];
	char type[32];
	struct machine machine;
	struct request request;
	struct image image, initrd, modules;
	struct request_module module_list[MODULES_MAX];
	struct plan plan;
};

static void fail(const char *what, const char *detail)
{
	fprintf(stderr, "golden: %s: %s\n", what, detail);
	exit(1);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || (*end && *end != ','))
		fail("no number", text);
	return value;
}

static void bzimage(struct golden *g, char **words, size_t count)
{
	struct image_bzimage f = image_modern;

	for (size_t i = 0; i < count; i++) {
		char *value = strchr(words[i], '=');
		uint64_t n;

		if (!value)
			fail("no value", words[i]);
		*value++ = '\0';
		n = number(value);
		if (!strcmp(words[i], "protocol"))
			f.protocol = (uint16_t)n;
		else if (!strcmp(words[i], "payload"))
			f.payload_bytes = (uint32_t)n;
		else if (!strcmp(words[i], "relocatable"))
			f.relocatable = (uint8_t)n;
		else if (!strcmp(words[i], "alignment"))
			f.alignment = (uint32_t)n;
		else if (!strcmp(words[i], "pref_address"))
			f.pref_address = n;
		else if (!strcmp(words[i], "init_size"))
			f.init_size = (uint32_t)n;
		else if (!strcmp(words[i], "initrd_max"))
			f.initrd_max = (uint32_t)n;
		else if (!strcmp(words[i], "xloadflags"))
			f.xloadflags = (uint16_t)n;
		else
			fail("bzimage has no field", words[i]);
	}
	g->image = image_bzimage(&f);
}

/* elf ENTRY ADDRESS,MEMORY,FILE... */
static void elf(struct golden *g, char **words, size_t count)
{
	struct image_elf f = { 0 };

	if (count < 2 || count > IMAGE_LOADS_MAX)
		fail("elf", "an entry and loads are needed");
	f.entry = number(words[0]);
	for (f.count = 0; f.count + 1 < count; f.count++) {
		char *memory = strchr(words[f.count + 1], ',');
		char *file = memory ? strchr(memory + 1, ',') : NULL;

		if (!file)
			fail("no load", words[f.count + 1]);
		f.loads[f.count] = (struct image_load){ number(words[f.count + 1]),
							number(memory + 1), number(file + 1) };
	}
	g->image = image_elf(&f);
}

/* multiboot OFFSET FLAGS WORD..., multiboot2 OFFSET WORD...: a header over what is there. */
static void multiboot(struct golden *g, char **words, size_t count)
{
	bool second = !strcmp(words[0], "multiboot2");
	size_t skip = second ? 2 : 3;
	uint32_t numbers[WORDS_MAX];

	if (count < skip)
		fail(words[0], "an offset is needed, and flags for the first version");
	for (size_t i = skip; i < count; i++)
		numbers[i - skip] = (uint32_t)number(words[i]);
	if (second)
		image_put_multiboot2(&g->image, number(words[1]), numbers, count - skip);
	else
		image_put_multiboot(&g->image, number(words[1]), (uint32_t)number(words[2]),
				    numbers, count - skip);
}

/* module BYTES TEXT: each begins a page, as the files of a request do. */
static void add_module(struct golden *g, char *line)
{
	size_t n = g->request.module_count, offset = g->modules.size, bytes;
	char *text;

	if (n == MODULES_MAX)
		fail("module", "too many");
	offset = (offset + 4095) / 4096 * 4096;
	bytes = strtoul(line, &text, 0);
	text += *text == ' ';
	text[strcspn(text, "\n")] = '\0';
	g->modules.data = realloc(g->modules.data, offset + bytes);
	text = strdup(text);
	if (!g->modules.data || !text)
		fail("module", "no memory");
	memset(g->modules.data + g->modules.size, 0, offset - g->modules.size);
	for (size_t i = 0; i < bytes; i++)
		g->modules.data[offset + i] = image_pattern(i);
	g->modules.size = offset + bytes;
	g->module_list[n] = (struct request_module){ offset, bytes, text };
	g->request.modules = image_span(&g->modules);
	g->request.module_list = g->module_list;
	g->request.module_count = n + 1;
	g->request.given |= REQUEST_MODULES;
}

/* words OFFSET WORD...: 32-bit words over what is there. */
static void put_words(struct golden *g, char **words, size_t count)
{
	uint64_t offset = number(words[1]);

	if (offset + 4 * (count - 2) > g->image.size)
		fail("words", "they go past the end of the image");
	for (size_t i = 2; i < count; i++)
		le32_put(g->image.data + offset + 4 * (i - 2), (uint32_t)number(words[i]));
}

static void set_mode(struct golden *g, const char *mode)
{
	if (!strcmp(mode, "boot"))
		g->request.mode = REQUEST_BOOT;
	else if (!strcmp(mode, "preserve"))
		g->request.mode = REQUEST_PRESERVE;
	else if (!strcmp(mode, "crash"))
		g->request.mode = REQUEST_CRASH;
	else if (!strcmp(mode, "back"))
		g->request.mode = REQUEST_JUMP_BACK;
	else
		fail("no mode", mode);
}

static void set_args(struct golden *g, const char *args)
{
	g->request.given |= REQUEST_ELF_ARGS;
	if (!strcmp(args, "none"))
		g->request.elf_args = ELF_ARGS_NONE;
	else if (!strcmp(args, "elf"))
		g->request.elf_args = ELF_ARGS_ELF;
	else if (!strcmp(args, "linux"))
		g->request.elf_args = ELF_ARGS_LINUX;
	else
		fail("no --args", args);
}

static void set_entry_mode(struct golden *g, uint64_t bits)
{
	g->request.given |= REQUEST_ENTRY_MODE;
	g->request.entry_mode = bits == 16 ? ENTRY_MODE_16 : ENTRY_MODE_32;
}

static void set_initrd(struct golden *g, uint64_t bytes)
{
	g->initrd.data = malloc(bytes);
	g->initrd.size = bytes;
	if (!g->initrd.data)
		fail("initrd", "no memory");
	for (size_t i = 0; i < bytes; i++)
		g->initrd.data[i] = image_pattern(i);
	g->request.initrd = image_span(&g->initrd);
	g->request.given |= REQUEST_INITRD;
}

static size_t cut(char *text, char **words)
{
	size_t count = 0;

	for (char *w = strtok(text, " \n"); w && count < WORDS_MAX; w = strtok(NULL, " \n"))
		words[count++] = w;
	return count;
}

/* "uki 1": kernel, initrd and command line so far are the sections of one file. */
static void wrap(struct golden *g)
{
	const struct uki_section sections[] = {
		{ ".cmdline", { (const uint8_t *)g->cmdline, strlen(g->cmdline) } },
		{ ".linux", image_span(&g->image) },
		{ ".initrd", g->request.initrd },
	};
	struct image file;

	file.data = uki_build(0, sections, 3, &file.size);
	if (!file.data)
		fail("uki", "no memory");
	free(g->image.data);
	g->image = file;
	g->request.initrd = (struct span){ NULL, 0 };
	g->request.cmdline = "";
	g->request.given &= ~(uint32_t)(REQUEST_INITRD | REQUEST_CMDLINE);
}

static void directive(struct golden *g, char *line)
{
	char *words[WORDS_MAX];
	size_t count;

	if (!strncmp(line, "cmdline ", 8)) {
		strcpy(g->cmdline, line + 8);
		g->cmdline[strcspn(g->cmdline, "\n")] = '\0';
		g->request.given |= REQUEST_CMDLINE;
		return;
	}
	if (!strncmp(line, "module ", 7)) {
		add_module(g, line + 7);
		return;
	}
	count = cut(line, words);
	if (!count || *words[0] == '#')
		return;
	if (count < 2)
		fail("nothing follows", words[0]);
	if (!strcmp(words[0], "machine"))
		snprintf(g->machine_name, sizeof(g->machine_name), "%s", words[1]);
	else if (!strcmp(words[0], "mode"))
		set_mode(g, words[1]);
	else if (!strcmp(words[0], "bzimage"))
		bzimage(g, words + (!strcmp(words[1], "modern") ? 2 : 1),
			count - (!strcmp(words[1], "modern") ? 2 : 1));
	else if (!strcmp(words[0], "elf"))
		elf(g, words + 1, count - 1);
	else if (!strcmp(words[0], "raw"))
		g->image = image_raw(number(words[1]));
	else if (!strcmp(words[0], "words"))
		put_words(g, words, count);
	else if (!strncmp(words[0], "multiboot", 9))
		multiboot(g, words, count);
	else if (!strcmp(words[0], "type"))
		snprintf(g->type, sizeof(g->type), "%s", words[1]), g->request.type = g->type;
	else if (!strcmp(words[0], "args"))
		set_args(g, words[1]);
	else if (!strcmp(words[0], "initrd"))
		set_initrd(g, number(words[1]));
	else if (!strcmp(words[0], "mem-min"))
		g->request.limit.start = number(words[1]);
	else if (!strcmp(words[0], "mem-max"))
		g->request.limit.end = number(words[1]) + 1;
	else if (!strcmp(words[0], "entry"))
		g->request.entry = number(words[1]), g->request.entry_given = true;
	else if (!strcmp(words[0], "memmap-cmdline"))
		g->request.memmap_cmdline = number(words[1]) != 0;
	else if (!strcmp(words[0], "entry-mode"))
		set_entry_mode(g, number(words[1]));
	else if (!strcmp(words[0], "hotplug"))
		g->request.hotplug = number(words[1]) != 0;
	else if (!strcmp(words[0], "core-class"))
		g->request.core_class =
			number(words[1]) == 32 ? CORE_CLASS_ELF32 : CORE_CLASS_ELF64;
	else if (!strcmp(words[0], "uki"))
		wrap(g);
	else if (!strcmp(words[0], "noefi"))
		g->request.no_efi = number(words[1]) != 0;
	else if (!strcmp(words[0], "one-way"))
		g->request.one_way = number(words[1]) != 0;
	else
		fail("no directive", words[0]);
}

static void print_hash(struct span data)
{
	uint8_t digest[SHA256_BYTES];

	sha256(data.data, data.size, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
}

static void print_purgatory(const struct segment *s)
{
	struct purgatory_params p;

	memcpy(&p, s->data.data, sizeof(p));
	printf("  0x%08llx purgatory: flags 0x%x, entry 0x%llx, eax 0x%llx, ebx 0x%llx, "
	       "esi 0x%llx, other registers 0x%llx, %u regions ",
	       (ull)s->at.start, p.flags, (ull)p.entry, (ull)p.eax, (ull)p.ebx, (ull)p.esi,
	       (ull)(p.ecx | p.edx | p.edi | p.ebp | p.esp), p.region_count);
	for (size_t i = 0; i < sizeof(p.digest); i++)
		printf("%02x", p.digest[i]);
	putchar('\n');
	if (p.flags & PURG_ENTER_16)
		printf("    real mode: ss 0x%x, ds 0x%x\n", p.real_ss, p.real_ds);
	if (p.backup.size)
		printf("    copies 0x%llx bytes from 0x%llx to 0x%llx\n", (ull)p.backup.size,
		       (ull)p.backup.start, (ull)p.backup_target);
}

static void print_pad(const uint8_t *page)
{
	struct jump_pad pad;

	memcpy(&pad, page + PAD_DATA, sizeof(pad));
	printf("    pad: peer 0x%llx, payload 0x%llx, note 0x%llx, gdt 0x%llx limit 0x%x, flags "
	       "0x%x, "
	       "selectors 0x%x 0x%x\n",
	       (ull)pad.peer, (ull)pad.payload, (ull)pad.note_raw, (ull)pad.gdtr_base,
	       pad.gdtr_limit, pad.flags, pad.code_selector, pad.data_selector);
}

static void print_segment(const struct plan *plan, const struct segment *s)
{
	/* the core header of a program's plan tells where purgatory ends, which the compiler
	 * decides */
	bool is_told = range_bytes(plan->jump.main) || strcmp(s->name, "handoff");
	bool ends_in_pad = !strcmp(s->name, "handoff") || !strcmp(s->name, "pad");
	struct span data = s->data;

	if (!strcmp(s->name, "purgatory")) {
		print_purgatory(s);
		return;
	}
	if (ends_in_pad && data.size)
		data.size -= PAD_BYTES;
	printf("  0x%08llx-0x%08llx", (ull)s->at.start, (ull)s->at.end - 1);
	printf(" %s, %zu bytes%s", s->name, s->data.size, s->hashed ? ", checked" : "");
	if (data.size && is_told) {
		putchar(' ');
		print_hash(data);
	}
	putchar('\n');
	if (ends_in_pad && s->data.size)
		print_pad(s->data.data + data.size);
}

static void print_plan(const struct plan *plan)
{
	const struct plan_jump *jump = &plan->jump;

	printf("type %s, flags 0x%x\n", plan->loader, plan->flags);
	printf("command line: %s\n", plan->cmdline ? plan->cmdline : "(none)");
	printf("segments:\n");
	for (unsigned i = 0; i < plan->segment_count; i++)
		print_segment(plan, &plan->segments[i]);
	if (jump->preserve)
		printf("jump: low 0x%llx-0x%llx, main 0x%llx-0x%llx, H 0x%llx-0x%llx, in 0x%llx, "
		       "out 0x%llx\n",
		       (ull)jump->low.start, (ull)jump->low.end, (ull)jump->main.start,
		       (ull)jump->main.end, (ull)jump->handoff.start, (ull)jump->handoff.end,
		       (ull)jump->in, (ull)jump->out);
	if (plan->given.count)
		printf("memory map:\n");
	for (size_t i = 0; i < plan->given.count; i++)
		printf("  0x%08llx-0x%08llx %u\n", (ull)plan->given.entries[i].at.start,
		       (ull)plan->given.entries[i].at.end - 1, plan->given.entries[i].type);
	for (unsigned i = 0; i < plan->note_count; i++)
		printf("note: %s\n", plan->notes[i]);
}

static void run(struct golden *g)
{
	uint32_t want =
		g->request.mode == REQUEST_BOOT ? 0 : MACHINE_WANT_JUMP | MACHINE_WANT_CRASH;
	const struct arch *arch;
	struct error err;
	char root[512];

	snprintf(root, sizeof(root), "%s/%s", g->machines, g->machine_name);
	if (machine_read(root, want, &g->machine, &err))
		fail(g->machine_name, err.text);
	arch = arch_find(g->machine.arch);
	if (!arch)
		fail("no architecture", g->machine.arch);
	machine_read_tables(root, &g->machine);
	g->request.image = image_span(&g->image);
	if (plan_make(&g->request, &g->machine, arch, &g->plan, &err)) {
		printf("refused: %s\n", err.text);
		for (unsigned i = 0; i < g->plan.refusal_count; i++)
			printf("refusal: %s\n", g->plan.refusals[i]);
	} else {
		print_plan(&g->plan);
	}
	plan_done(&g->plan);
	machine_done(&g->machine);
}

int main(int argc, char **argv)
{
	struct golden g = { .request = { .image_name = "image" } };
	char line[LINE_CHARS];
	FILE *file;

	if (argc != 3)
		fail("usage", "golden MACHINES CASE");
	g.machines = argv[1];
	g.request.cmdline = g.cmdline;
	file = fopen(argv[2], "r");
	if (!file)
		fail("cannot open", argv[2]);
	while (fgets(line, sizeof(line), file) && strcmp(line, "---\n")) {
		fputs(line, stdout);
		directive(&g, line);
	}
	fclose(file);
	puts("---");
	run(&g);
	free(g.image.data);
	free(g.initrd.data);
	free(g.modules.data);
	for (size_t i = 0; i < g.request.module_count; i++)
		free((void *)(uintptr_t)g.module_list[i].text);
	return 0;
}
