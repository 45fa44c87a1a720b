/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks and checks the way back that A's kernel left in its control page; see jumpmap.h. What
 * differs between architectures is the table of layouts. The kernel side of this is
 * relocate_kernel_32.S, relocate_kernel_64.S and kimage_add_entry() of kernel/kexec_core.c,
 * unchanged on i386 from 2.6.27 to 6.16, on x86_64 up to 6.13. It knows nothing of files and
 * formats.
 */
#include <elf.h>
#include <stdlib.h>

#include "jumpmap.h"
#include "kexec/bytes.h"
#include "kexec/kimage.h"
#include "kexec/machine.h"

#define CR0_PE   UINT64_C(0x1)
#define CR0_PG   UINT64_C(0x80000000)
#define CR4_PAE  UINT64_C(0x20)
#define CR4_LA57 UINT64_C(0x1000)

#define CODE_BYTES_MAX 37

/* How one family of kernels lays out its control page. Offsets are bytes from the start of the
 * page. */
struct layout {
	uint16_t machine;
	uint8_t entry_bytes; /* of a list entry and of every field */
	uint8_t before;      /* bytes of the signature in front of the re-entry address */
	uint8_t code_bytes;
	uint8_t code[CODE_BYTES_MAX]; /* signature */
	uint8_t mask[CODE_BYTES_MAX]; /* 0xff where it must match */
	uint8_t pop_at;    /* from the re-entry address: where the code learns its own place */
	uint8_t offset_at; /* ... and a u32, the distance from the page's start to there */
	bool is_back;      /* ... or from there to the start */
	bool table_first;  /* the page table is used before D is back */
	/* 0 = there is no such field */
	uint16_t cr0, cr3, cr4, va_control_page, page_table, swap_page, head;
};

static const struct layout layouts[] = {
	{
		/* call *%edx | mov (%esp),%ebp; call +0; pop %ebx; sub $imm32,%ebx */
		.machine = EM_386,
		.entry_bytes = 4,
		.before = 2,
		.code_bytes = 13,
		.code = { 0xff, 0xd2, 0x8b, 0x2c, 0x24, 0xe8, 0, 0, 0, 0, 0x5b, 0x81, 0xeb },
		.mask = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			  0xff },
		.pop_at = 8,
		.offset_at = 11,
		.cr0 = 0x804,
		.cr3 = 0x808,
		.cr4 = 0x80c,
		.va_control_page = 0x810,
		.page_table = 0x814,
		.swap_page = 0x818,
		.head = 0x81c,
	},
	{
		/* call *%rdx | mov (%rsp),%rbp; lea rel32(%rip),%r8; mov 0x828(%r8),%r10;
		 * mov 0x830(%r8),%rdi; mov 0x820(%r8),%rax; mov %rax,%cr3 */
		.machine = EM_X86_64,
		.entry_bytes = 8,
		.before = 2,
		.code_bytes = 37,
		.code = { 0xff, 0xd2, 0x48, 0x8b, 0x2c, 0x24, 0x4c, 0x8d, 0x05, 0,    0,    0,    0,
			  0x4d, 0x8b, 0x90, 0x28, 0x08, 0,    0,    0x49, 0x8b, 0xb8, 0x30, 0x08, 0,
			  0,    0x49, 0x8b, 0x80, 0x20, 0x08, 0,    0,    0x0f, 0x22, 0xd8 },
		.mask = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,
			  0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		.pop_at = 11,
		.offset_at = 7,
		.is_back = true,
		.table_first = true,
		.cr0 = 0x808,
		.cr3 = 0x810,
		.cr4 = 0x818,
		.page_table = 0x820,
		.swap_page = 0x828,
		.head = 0x830,
	},
};

/* Pages that were seen: open addressing, at most half full. As large as the list, not as memory. */
struct pages {
	uint64_t *slots; /* page address + 1; 0 = free */
	size_t count, capacity;
};

struct walk {
	const struct jumpmap_question *question;
	const struct jumpmap_memory *memory;
	const struct jumpmap_visitor *visitor;
	const struct layout *layout;
	struct jumpmap *map;
	struct pages came_back;       /* destinations */
	struct pages used;            /* sources, list pages, control page, swap page */
	uint64_t dest, source, bytes; /* the run that is being collected */
};

static uint64_t get_field(const struct layout *layout, const uint8_t *p)
{
	return layout->entry_bytes == 8 ? le64_get(p) : le32_get(p);
}

/* The slot of a page, or the free one it would get. */
static uint64_t *pages_slot(const struct pages *pages, uint64_t page)
{
	uint64_t hash = (page / PAGE_BYTES) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 32) & (pages->capacity - 1);

	while (pages->slots[at] && pages->slots[at] != page + 1)
		at = (at + 1) & (pages->capacity - 1);
	return &pages->slots[at];
}

static int pages_grow(struct pages *pages, struct error *err)
{
	struct pages grown = { .count = pages->count,
			       .capacity = pages->capacity ? pages->capacity * 2 : 1024 };

	grown.slots = calloc(grown.capacity, sizeof(*grown.slots));
	if (!grown.slots)
		return error_no_memory(err);
	for (size_t i = 0; i < pages->capacity; i++)
		if (pages->slots[i])
			*pages_slot(&grown, pages->slots[i] - 1) = pages->slots[i];
	free(pages->slots);
	*pages = grown;
	return 0;
}

/* Note the page: 0, or 1 when it was noted before, or -1 without memory. */
static int pages_take(struct pages *pages, uint64_t page, struct error *err)
{
	uint64_t *slot;

	if (pages->count >= pages->capacity / 2 && pages_grow(pages, err))
		return -1;
	slot = pages_slot(pages, page);
	if (*slot)
		return 1;
	*slot = page + 1;
	pages->count++;
	return 0;
}

/* Whether the page lies in the set as a whole; page is below the last of 64 bits. */
static bool has_page(const struct range_set *set, uint64_t page)
{
	return page <= UINT64_MAX - PAGE_BYTES &&
	       range_set_contains(set, (struct range){ page, page + PAGE_BYTES });
}

static bool in_lent(const struct walk *walk, uint64_t page)
{
	return has_page(walk->question->lent, page);
}

/* A page that A's re-entry needs before the swap: stored, outside D, used once. */
static int take_own_page(struct walk *walk, uint64_t page, const char *what, struct error *err)
{
	unsigned long long at = page;
	int seen;

	if (in_lent(walk, page))
		return error_set(err,
				 "the way back is damaged: its %s at 0x%llx lies in the "
				 "memory that was lent",
				 what, at);
	if (!has_page(walk->question->stored, page))
		return error_set(err,
				 "the way back is damaged: its %s at 0x%llx is not in the image",
				 what, at);
	seen = pages_take(&walk->used, page, err);
	if (seen > 0)
		return error_set(err,
				 "the way back is damaged: the page at 0x%llx is used twice "
				 "(now as %s)",
				 at, what);
	return seen;
}

static int flush_run(struct walk *walk, struct error *err)
{
	uint64_t bytes = walk->bytes;

	walk->bytes = 0;
	if (!bytes || !walk->visitor)
		return 0;
	return walk->visitor->run(walk->visitor->context, walk->dest, walk->source, bytes, err);
}

static int add_pair(struct walk *walk, uint64_t dest, uint64_t source, struct error *err)
{
	int seen;

	if (!in_lent(walk, dest))
		return error_set(err,
				 "the way back is damaged: it would bring back the page at "
				 "0x%llx, which was not lent",
				 (unsigned long long)dest);
	seen = pages_take(&walk->came_back, dest, err);
	if (seen > 0)
		return error_set(err,
				 "the way back is damaged: the page at 0x%llx comes back twice",
				 (unsigned long long)dest);
	if (seen)
		return -1;
	if (source == dest)
		walk->map->in_place++;
	else if (take_own_page(walk, source, "source page", err))
		return -1;
	walk->map->pages++;
	if (walk->bytes && walk->dest + walk->bytes == dest &&
	    walk->source + walk->bytes == source) {
		walk->bytes += PAGE_BYTES;
		return 0;
	}
	if (flush_run(walk, err))
		return -1;
	walk->dest = dest;
	walk->source = source;
	walk->bytes = PAGE_BYTES;
	return 0;
}

static int read_page(const struct walk *walk, uint64_t page, uint8_t *to, struct error *err)
{
	if (walk->memory->read(walk->memory->context, page, to, (size_t)PAGE_BYTES))
		return error_set(err, "the way back is damaged: the page at 0x%llx cannot be read",
				 (unsigned long long)page);
	return 0;
}

/*
 * Follow the list from its head. It ends because every page it lies in is taken only once, and an
 * entry behind the last of a page ends it.
 */
static int walk_list(struct walk *walk, uint8_t *page, struct error *err)
{
	const size_t step = walk->layout->entry_bytes;
	uint64_t entry = walk->map->head, dest = 0;
	bool have_dest = false;
	size_t at = PAGE_BYTES;

	for (;;) {
		uint64_t address = entry & ~(PAGE_BYTES - 1);

		switch (entry & IND_FLAGS) {
		case IND_DESTINATION:
			dest = address;
			have_dest = true;
			break;
		case IND_INDIRECTION:
			if (take_own_page(walk, address, "list page", err) ||
			    read_page(walk, address, page, err))
				return -1;
			walk->map->list_pages++;
			at = 0;
			break;
		case IND_SOURCE:
			if (!have_dest)
				return error_set(err, "the way back is damaged: its list names a "
						      "source page before a destination");
			if (add_pair(walk, dest, address, err))
				return -1;
			dest += PAGE_BYTES;
			break;
		case IND_DONE:
			return flush_run(walk, err);
		default:
			return error_set(err,
					 "the way back is damaged: its list holds the entry "
					 "0x%llx",
					 (unsigned long long)entry);
		}
		if (at + step > PAGE_BYTES)
			return error_set(err, "the way back is damaged: its list runs past the end "
					      "of a page");
		entry = get_field(walk->layout, page + at);
		at += step;
	}
}

static int check_mode(const struct walk *walk, struct error *err)
{
	const struct jumpmap *map = walk->map;
	uint32_t cpu = walk->question->cpu;

	if ((map->cr0 & (CR0_PE | CR0_PG)) != (CR0_PE | CR0_PG))
		return error_set(err, "the way back is damaged: CR0 0x%llx would leave paging off",
				 (unsigned long long)map->cr0);
	if (!(map->cr4 & CR4_PAE) != !(cpu & CPU_PAE))
		return error_set(err,
				 "the note says that the kernel ran %s PAE, its saved CR4 "
				 "(0x%llx) says %s",
				 cpu & CPU_PAE ? "with" : "without", (unsigned long long)map->cr4,
				 map->cr4 & CR4_PAE ? "with" : "without");
	if (!(map->cr4 & CR4_LA57) != !(cpu & CPU_LA57))
		return error_set(err,
				 "the note and the saved CR4 (0x%llx) disagree about "
				 "five-level paging",
				 (unsigned long long)map->cr4);
	return 0;
}

/* The page table is A's kernel's, which may lie in D and is used only after D is back; or one for
 * the way back alone, which is used before. */
static int check_table(struct walk *walk, struct error *err)
{
	uint64_t table = walk->map->page_table, told = walk->question->cr3;

	if (walk->layout->table_first && told && told != table)
		return error_set(err,
				 "the way back is damaged: its page table is at 0x%llx, the note "
				 "says 0x%llx",
				 (unsigned long long)table, (unsigned long long)told);
	if (walk->layout->table_first)
		return take_own_page(walk, table, "page table", err);
	if (!has_page(walk->question->stored, table) && !in_lent(walk, table))
		return error_set(err,
				 "the way back is damaged: its page table at 0x%llx is not in "
				 "the image",
				 (unsigned long long)table);
	return 0;
}

static int check_fields(struct walk *walk, const uint8_t *page, struct error *err)
{
	uint16_t va_at = walk->layout->va_control_page;
	uint64_t va_control_page = get_field(walk->layout, page + va_at);
	struct jumpmap *map = walk->map;

	if (check_mode(walk, err))
		return -1;
	if ((va_at && (!va_control_page || va_control_page % PAGE_BYTES)) ||
	    map->page_table % PAGE_BYTES || map->swap_page % PAGE_BYTES)
		return error_set(err,
				 "the way back is damaged: an address in the control page at "
				 "0x%llx is not that of a page",
				 (unsigned long long)map->control_page);
	if (check_table(walk, err))
		return -1;
	return take_own_page(walk, map->control_page, "control page", err) ||
			       take_own_page(walk, map->swap_page, "swap page", err)
		       ? -1
		       : 0;
}

static bool signature_matches(const struct layout *layout, const uint8_t *page, size_t raw_offset)
{
	uint32_t distance;

	if (raw_offset < layout->before ||
	    !bytes_fit(PAGE_BYTES, raw_offset - layout->before, layout->code_bytes) ||
	    !bytes_fit(PAGE_BYTES, raw_offset + layout->offset_at, 4))
		return false;
	for (size_t i = 0; i < layout->code_bytes; i++)
		if ((page[raw_offset - layout->before + i] ^ layout->code[i]) & layout->mask[i])
			return false;
	/* The code says where it begins: must be the start of this page. */
	distance = le32_get(page + raw_offset + layout->offset_at);
	if (layout->is_back)
		distance = 0 - distance;
	return distance == raw_offset + layout->pop_at;
}

static const struct layout *find_layout(uint16_t machine, const uint8_t *page, size_t raw_offset)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].machine == machine &&
		    signature_matches(&layouts[i], page, raw_offset))
			return &layouts[i];
	return NULL;
}

static int walk_control_page(struct walk *walk, uint8_t *page, struct error *err)
{
	const struct layout *layout = walk->layout;
	struct jumpmap *map = walk->map;
	uint64_t lent_pages;

	map->cr0 = get_field(layout, page + layout->cr0);
	map->cr3 = get_field(layout, page + layout->cr3);
	map->cr4 = get_field(layout, page + layout->cr4);
	map->page_table = get_field(layout, page + layout->page_table);
	map->swap_page = get_field(layout, page + layout->swap_page);
	map->head = get_field(layout, page + layout->head);
	if (check_fields(walk, page, err) || walk_list(walk, page, err))
		return -1;
	lent_pages = range_set_bytes(walk->question->lent) / PAGE_BYTES;
	if (map->pages != lent_pages)
		return error_set(err,
				 "the way back is damaged: it brings back %llu pages of the "
				 "%llu that were lent",
				 (unsigned long long)map->pages, (unsigned long long)lent_pages);
	return 0;
}

int jumpmap_walk(const struct jumpmap_question *question, const struct jumpmap_memory *memory,
		 const struct jumpmap_visitor *visitor, struct jumpmap *map, struct error *err)
{
	struct walk walk = {
		.question = question, .memory = memory, .visitor = visitor, .map = map
	};
	uint8_t page[PAGE_BYTES];
	int result;

	*map = (struct jumpmap){ 0 };
	map->control_page = align_down(question->raw, PAGE_BYTES);
	if (!question->raw)
		return error_set(err,
				 "the way back was never recorded: this memory was not left by "
				 "a jump");
	if (read_page(&walk, map->control_page, page, err))
		return -1;
	walk.layout = find_layout(question->machine, page, (size_t)(question->raw % PAGE_BYTES));
	if (!walk.layout) {
		map->warning = "the code of the way back is not one that is known; it was not "
			       "checked";
		return 0;
	}
	map->known = true;
	result = walk_control_page(&walk, page, err);
	free(walk.came_back.slots);
	free(walk.used.slots);
	return result;
}
