/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loader "nbi-x86": images tagged for network boot (Draft Net Boot Image Proposal 0.3), as
 * Etherboot's mknbi made them: a header of 512 bytes with records that say where the parts of the
 * file go, entered in real mode or, by an extension of Etherboot's, in 32-bit mode. The program
 * finds addresses of its header and of a BOOTP reply on the stack.
 */
#include <stdlib.h>

#include "elf_image.h"
#include "x86.h"

#define MIB          UINT64_C(0x100000)
#define FIRST_PLACE  UINT64_C(0x3000) /* the first pages belong to the BIOS */
#define LOW_END      UINT64_C(0x9f000)
#define NBI_MAGIC    UINT32_C(0x1b031336)
#define HEADER_BYTES 512
#define OTHERS       2 /* segments beside the program's: stack, purgatory */

/* The header: magic, flags with lengths, where it goes (segment:offset), where the program begins.
 */
#define HEADER_FLAGS    4
#define HEADER_LOCATION 8
#define HEADER_EXECUTE  12
#define LINEAR_EXECUTE  UINT32_C(0x80000000) /* in 32-bit mode, at a physical address */

/* A record: lengths, vendor's tag, 0, flags; address, bytes in the file, bytes in memory. */
#define RECORD_BYTES 16
#define RECORD_FLAGS 3
#define RECORD_LAST  0x04
#define RECORDS_MAX  (HEADER_BYTES / RECORD_BYTES)

/* What the address of a record is counted from; the lowest bits of its flags. */
enum { FROM_ZERO, FROM_END_OF_LAST, FROM_END_OF_MEMORY, BEFORE_START_OF_LAST, FROM_MASK = 3 };

/*
 * The stack the program is entered on: code to return to, a BOOTP reply that says nothing (RFC 951,
 * RFC 1497), the stack itself.
 */
#define STACK_BYTES  0x2000
#define BOOTP_OFFSET 0x10
#define BOOTP_VENDOR 236
#define FRAME_BYTES  16
#define FRAME_OFFSET (STACK_BYTES - FRAME_BYTES)
#define BOOTP_REPLY  2
#define BOOTP_ETHER  1
#define BOOTP_END    255

typedef unsigned long long ull;

struct nbi {
	struct elf_image program;
	uint32_t location, execute;
	bool is_linear;
};

/* Lengths come as two counts of 32-bit words. */
static size_t length_of(uint8_t lengths)
{
	return ((lengths & 0xfu) + (lengths >> 4)) * 4;
}

static uint64_t linear(uint32_t segment_and_offset)
{
	return (uint64_t)(segment_and_offset >> 16) * 16 + (segment_and_offset & 0xffff);
}

/* Where a record's bytes go, last being what was loaded before. -1: nowhere. */
static int place_of(const uint8_t *record, struct range last, uint64_t memory_end, uint64_t *start)
{
	uint32_t address = le32_get(record + 4);

	switch (record[RECORD_FLAGS] & FROM_MASK) {
	case FROM_END_OF_LAST:
		*start = last.end + address;
		return 0;
	case FROM_END_OF_MEMORY:
		*start = memory_end - address;
		return address <= memory_end ? 0 : -1;
	case BEFORE_START_OF_LAST:
		*start = last.start - address;
		return address <= last.start ? 0 : -1;
	default:
		*start = address;
		return 0;
	}
}

static int take_record(const uint8_t *record, size_t at, uint64_t memory_end, uint64_t *offset,
		       struct range *last, struct elf_image *program, struct error *err)
{
	uint32_t bytes = le32_get(record + 8), memory = le32_get(record + 12);
	struct elf_load *load = &program->loads[program->count];
	uint64_t start;

	if (bytes > memory)
		return error_set(err,
				 "the record at 0x%zx has 0x%x bytes that do not fit into 0x%x "
				 "bytes of memory",
				 at, bytes, memory);
	if (!bytes_fit(program->file.size, *offset, bytes))
		return error_set(
			err,
			"truncated: the record at 0x%zx has 0x%x bytes at 0x%llx, the file "
			"ends at 0x%zx",
			at, bytes, (ull)*offset, program->file.size);
	if (place_of(record, *last, memory_end, &start) || start + memory > FOUR_GIB)
		return error_set(err, "the record at 0x%zx does not lie below 4 GiB", at);
	*last = (struct range){ start, start + memory };
	if (memory) {
		*load = (struct elf_load){ *last, start, *offset, bytes };
		program->count++;
	}
	*offset += bytes;
	return 0;
}

static int take_records(struct span image, uint64_t memory_end, struct nbi *nbi, struct error *err)
{
	struct range last = { linear(nbi->location), linear(nbi->location) + HEADER_BYTES };
	struct elf_image *program = &nbi->program;
	size_t at = length_of(image.data[HEADER_FLAGS]);
	uint64_t offset = HEADER_BYTES;

	if (at < RECORD_BYTES)
		return error_set(err, "the header has a length of %zu bytes", at);
	program->loads[program->count++] = (struct elf_load){ last, last.start, 0, HEADER_BYTES };
	for (;;) {
		const uint8_t *record = image.data + at;

		if (!bytes_fit(HEADER_BYTES, at, RECORD_BYTES))
			return error_set(err,
					 "the records go past the header: none up to 0x%zx is "
					 "the last one",
					 at);
		if (length_of(record[0]) < RECORD_BYTES)
			return error_set(err, "the record at 0x%zx has a length of %zu bytes", at,
					 length_of(record[0]));
		if (take_record(record, at, memory_end, &offset, &last, program, err))
			return -1;
		if (record[RECORD_FLAGS] & RECORD_LAST)
			return 0;
		at += length_of(record[0]);
	}
}

static int by_start(const void *left, const void *right)
{
	const struct elf_load *a = left, *b = right;

	return a->at.start < b->at.start ? -1 : a->at.start > b->at.start;
}

/* Zeros of one part may lie over another part, as in images of old: what is in the file counts. */
static int make_disjoint(struct elf_image *program, struct error *err)
{
	struct elf_load *loads = program->loads;

	qsort(loads, program->count, sizeof(*loads), by_start);
	for (size_t i = 0; i + 1 < program->count; i++) {
		struct elf_load *load = &loads[i], *next = &loads[i + 1];

		if (load->at.end <= next->at.start)
			continue;
		if (load->at.start + load->file_bytes > next->at.start ||
		    load->at.start == next->at.start)
			return error_set(err, "the parts at 0x%llx and 0x%llx overlap",
					 (ull)load->at.start, (ull)next->at.start);
		if (next->at.end < load->at.end)
			next->at.end = load->at.end;
		load->at.end = next->at.start;
	}
	return 0;
}

static int parse(struct span image, uint64_t memory_end, struct arena *arena, struct nbi *nbi,
		 struct error *err)
{
	uint64_t entry;

	*nbi = (struct nbi){ .program.file = image };
	if (image.size < 4 || le32_get(image.data) != NBI_MAGIC)
		return error_set(err, "no network boot image: no magic number 0x%x at 0x0",
				 NBI_MAGIC);
	if (image.size < HEADER_BYTES)
		return error_set(err, "truncated: the header has %d bytes, the file ends at 0x%zx",
				 HEADER_BYTES, image.size);
	nbi->location = le32_get(image.data + HEADER_LOCATION);
	nbi->execute = le32_get(image.data + HEADER_EXECUTE);
	nbi->is_linear = le32_get(image.data + HEADER_FLAGS) & LINEAR_EXECUTE;
	nbi->program.loads = arena_alloc(arena, (RECORDS_MAX + 1) * sizeof(*nbi->program.loads));
	if (!nbi->program.loads)
		return error_no_memory(err);
	if (take_records(image, memory_end, nbi, err) || make_disjoint(&nbi->program, err))
		return -1;
	entry = nbi->is_linear ? nbi->execute : linear(nbi->execute);
	if (!elf_image_holds(&nbi->program, entry))
		return error_set(err, "the entry 0x%llx lies in nothing that is loaded",
				 (ull)entry);
	return 0;
}

static int probe(struct span image, struct error *err)
{
	struct arena arena = { NULL };
	struct nbi nbi;
	int failed = parse(image, FOUR_GIB, &arena, &nbi, err);

	arena_done(&arena);
	return failed;
}

static bool looks_like(struct span image)
{
	return image.size >= 4 && le32_get(image.data) == NBI_MAGIC;
}

static bool is_kernel(const struct request *request)
{
	(void)request;
	return false;
}

/* For a program that returns although nobody waits. */
static const uint8_t halt[] = { 0xf4, 0xeb, 0xfd }; /* hlt, and again */

static void fill_bootp(uint8_t *packet)
{
	static const uint8_t cookie[] = { 99, 130, 83, 99, BOOTP_END };

	packet[0] = BOOTP_REPLY;
	packet[1] = BOOTP_ETHER;
	packet[2] = 6; /* bytes of an address */
	memcpy(packet + BOOTP_VENDOR, cookie, sizeof(cookie));
}

/* The stack as a far or near call leaves it: return address, then what the program is told. */
static void fill_frame(const struct nbi *nbi, uint64_t stack, uint8_t *frame)
{
	uint32_t segment = (uint32_t)stack << 12; /* as the upper half of segment:offset */

	if (nbi->is_linear) {
		le32_put(frame, (uint32_t)stack);
		le32_put(frame + 4, 0); /* no information about Etherboot */
		le32_put(frame + 8, (uint32_t)linear(nbi->location));
		le32_put(frame + 12, (uint32_t)stack + BOOTP_OFFSET);
	} else {
		le32_put(frame, segment);
		le32_put(frame + 4, nbi->location);
		le32_put(frame + 8, segment | BOOTP_OFFSET);
	}
}

static int place_stack(const struct nbi *nbi, struct plan *plan, uint64_t *address,
		       struct error *err)
{
	const struct place places[] = { { .within = { FIRST_PLACE, LOW_END }, .top_down = true } };
	uint8_t *data = arena_alloc(&plan->arena, STACK_BYTES);
	struct segment *segment;

	if (!data)
		return error_no_memory(err);
	segment = plan_place_any(plan, "stack", STACK_BYTES, places, 1);
	if (!segment)
		return error_set(err, "no free memory of 0x%x bytes below 640 KiB for the stack",
				 STACK_BYTES);
	*address = segment->at.start;
	memcpy(data, halt, sizeof(halt));
	fill_bootp(data + BOOTP_OFFSET);
	fill_frame(nbi, *address, data + FRAME_OFFSET);
	segment->data = (struct span){ data, STACK_BYTES };
	segment->hashed = true;
	return 0;
}

static int plan_nbi(const struct request *request, const struct machine *machine, struct plan *plan,
		    struct error *err)
{
	struct place want = { .size = PAGE_BYTES,
			      .align = PAGE_BYTES,
			      .within = { FIRST_PLACE, FOUR_GIB } };
	uint64_t memory_end = memmap_ram_end(&machine->firmware, MIB), stack = 0;
	struct purgatory_state state = { .leave_long_mode = machine->cpu & CPU_LONG_MODE };
	struct nbi nbi;

	if (request->mode == REQUEST_PRESERVE)
		return error_set(err, "'%s': a network boot image can be booted, but not jumped to",
				 request->image_name);
	if (parse(request->image, memory_end < FOUR_GIB ? memory_end : FOUR_GIB, &plan->arena, &nbi,
		  err) ||
	    x86_loads_place("program", &nbi.program, OTHERS, plan, err) ||
	    place_stack(&nbi, plan, &stack, err) ||
	    x86_purgatory_place(request, machine, plan, &want, err))
		return -1;
	state.entry = nbi.execute;
	state.esp = stack + FRAME_OFFSET;
	if (!nbi.is_linear) {
		state.real_mode = true;
		state.real_ss = state.real_ds = (uint16_t)(stack >> 4);
		state.esp = FRAME_OFFSET;
	}
	purgatory_hand_over(plan, &state);
	return 0;
}

const struct loader loader_nbi = {
	.name = "nbi-x86",
	.accepts = 0,
	.probe = probe,
	.looks_like = looks_like,
	.is_kernel = is_kernel,
	.plan = plan_nbi,
};

_Static_assert(BOOTP_OFFSET + 576 < FRAME_OFFSET - 0x1000, "room for the packet and the stack");
