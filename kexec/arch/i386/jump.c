/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kexec jump on x86: which memory A lends to B (D), what B is told about memory, the hand-off area
 * with the pad in it, and the helper with which B goes back. doc/jump.md describes the protocol;
 * the pads themselves are purgatory/arch/.../pad.S. Pure, like every planner.
 */
#include <elf.h>

#include "purgatory/blobs.h"
#include "purgatory/abi.h"
#include "cmdline.h"
#include "confine.h"
#include "handoff.h"
#include "x86.h"

#define MIB UINT64_C(0x100000)

#define REGION_ALIGN (2 * MIB)
/* Of the room a loader asks for, what a region chosen by the user may go without. */
#define ROOM_TO_SPARE (32 * MIB)

/* What the two word sizes do differently. Selectors: __KERNEL_CS, __KERNEL_DS of asm/segment.h, the
 * same in every kernel. */
struct kind {
	uint16_t elf_machine;
	const uint8_t *pad;
	uint32_t code_selector, data_selector;
	uint32_t pad_flags;  /* beside what the CPU's state asks for */
	uint64_t memory_end; /* of what the way back can reach */
	bool one_way_pad;    /* some kernels leave no word on the stack: the pad puts one there */
};

static const struct kind kinds[] = {
	/* Every processor that has PAE has CR4; a kernel without PAE is never run by one without
	 * CR4 since the Pentium, and the oldest have no use for a pad. */
	{ EM_386, pad_i386_blob, 0x60, 0x68, PAD_FLAG_CR4, FOUR_GIB, false },
	{ EM_X86_64, pad_x86_64_blob, 0x10, 0x18, PAD_FLAG_CR4, X86_64_MEMORY_END, true },
};

static const struct kind *kind_of(const struct machine *machine)
{
	return &kinds[machine->cpu & CPU_LONG_MODE ? 1 : 0];
}

static const char no_gdt[] = "the way back would reset this machine: its kernel's descriptor table "
			     "(GDT) is not known: %s";

static int remove_all(struct range_set *set, const struct range_set *gone, struct error *err)
{
	for (size_t i = 0; i < gone->count; i++)
		if (range_set_remove(set, gone->items[i], err))
			return -1;
	return 0;
}

static int no_region(const struct place *want, struct error *err)
{
	return error_set(err,
			 "no free stretch of 0x%llx bytes between 0x%llx and 0x%llx for the other "
			 "kernel; use a smaller kernel or initrd, or give a region by --mem-min "
			 "and --mem-max",
			 (unsigned long long)want->size, (unsigned long long)want->within.start,
			 (unsigned long long)want->within.end);
}

/*
 * Look for the region where A loses least: inside a crashkernel= reservation nothing is displaced;
 * next best is memory clear of A's kernel image, so that A's own structures stay visible to B at
 * their addresses; at last anywhere.
 */
static int find_region(const struct machine *machine, const struct place *want, uint64_t *start,
		       struct error *err)
{
	struct range_set clear = { 0 };
	int result = -1;

	if (range_bytes(want->within) < want->size)
		return no_region(want, err);
	if (range_set_copy(&clear, &machine->ram, err) ||
	    range_set_remove(&clear, machine->kernel, err) ||
	    remove_all(&clear, &machine->crash, err))
		goto out;
	if (!range_set_find(&machine->crash, want, start) || !range_set_find(&clear, want, start) ||
	    !range_set_find(&machine->ram, want, start))
		result = 0;
	else
		no_region(want, err);
out:
	range_set_done(&clear);
	return result;
}

static uint64_t least_room(const struct place *room)
{
	return room->size > 2 * ROOM_TO_SPARE ? room->size - ROOM_TO_SPARE : room->size;
}

/*
 * What is lent is not in an image of A, nor free while B runs: where there is little memory B gets
 * a fifth of it, or what it cannot do without.
 */
static uint64_t fair_room(const struct place *room, const struct machine *machine)
{
	uint64_t fifth = align_up(machine->total_bytes / 5, MIB);

	if (!machine->total_bytes || room->size <= fifth)
		return room->size;
	return fifth > least_room(room) ? fifth : least_room(room);
}

/* The user's region: the largest stretch of RAM above 1 MiB inside the limit. */
static int limited_region(const struct machine *machine, const struct place *room,
			  uint64_t handoff_bytes, struct plan *plan, struct error *err)
{
	const struct range limit = plan->limit;
	struct range allowed = { limit.start > MIB ? limit.start : MIB, limit.end };
	uint64_t need = least_room(room);
	struct range best = { 0, 0 };
	uint64_t first, enough;

	for (size_t i = 0; i < machine->ram.count; i++) {
		struct range piece =
			range_whole_pages(range_intersect(machine->ram.items[i], allowed));

		if (range_bytes(piece) > range_bytes(best))
			best = piece;
	}
	/* The pad and B's RAM share a 2 MiB page: a kernel that maps its RAM maps the pad. */
	if (best.end && (best.start + handoff_bytes) % REGION_ALIGN == 0)
		best.start += PAGE_BYTES;
	first = (best.end ? best.start : allowed.start) + handoff_bytes;
	if (first < room->within.start)
		first = room->within.start;
	enough = first + need;
	if (enough > best.end)
		return error_set(err,
				 "the region 0x%llx-0x%llx is too small for this kernel: "
				 "the smallest that would do is --mem-max=0x%llx",
				 (unsigned long long)limit.start, (unsigned long long)limit.end - 1,
				 (unsigned long long)enough - 1);
	plan->jump.main = best;
	return 0;
}

/* An upper end makes the user's limits a region; --mem-min alone only says from where to look. */
static bool gives_region(const struct request *request)
{
	return request->limit.end && request->limit.end != UINT64_MAX;
}

static int choose_region(const struct request *request, const struct machine *machine,
			 const struct loader *loader, uint64_t handoff_bytes, struct plan *plan,
			 struct error *err)
{
	struct place room, want, below;
	uint64_t start;

	if (loader->room(request, machine, &room, err))
		return -1;
	if (gives_region(request))
		return limited_region(machine, &room, handoff_bytes, plan, err);
	want = (struct place){
		.size = fair_room(&room, machine) + handoff_bytes,
		.align = range_bytes(room.within) > room.size ? REGION_ALIGN : PAGE_BYTES,
		.within = room.within,
	};
	if (want.within.start >= MIB + handoff_bytes)
		want.within.start -= handoff_bytes;
	want.within = range_intersect(want.within, plan->limit);
	/* Below 4 GiB by preference: every device reaches it. */
	below = want;
	below.within = range_intersect(want.within, (struct range){ 0, FOUR_GIB });
	if (find_region(machine, &below, &start, err) &&
	    (want.within.end == below.within.end || find_region(machine, &want, &start, err)))
		return -1;
	plan->jump.main = (struct range){ start, start + want.size };
	return 0;
}

/* What A lends is kept elsewhere while it is lent: that memory must be there. */
static int check_memory(const struct machine *machine, uint64_t lent, struct error *err)
{
	unsigned long long lent_mib = (lent + MIB - 1) / MIB;

	if (machine->total_bytes && lent > machine->total_bytes / 2)
		return error_set(
			err,
			"too little memory: the other kernel needs %llu MiB, and this kernel lends "
			"at most "
			"half of its %llu MiB; use a smaller kernel or initrd, or a smaller region "
			"(--mem-max)",
			lent_mib, (unsigned long long)(machine->total_bytes / MIB));
	if (machine->available_bytes && lent > machine->available_bytes)
		return error_set(
			err,
			"too little free memory: %llu MiB are needed to keep what the other kernel "
			"displaces, %llu MiB are available; stop programs, or give a smaller "
			"region "
			"(--mem-max)",
			lent_mib, (unsigned long long)(machine->available_bytes / MIB));
	return 0;
}

/* B's map: only D is RAM, H and A's other RAM are reserved (never holes), the rest is as it was. */
static int restrict_map(const struct machine *machine, struct plan *plan, struct error *err)
{
	const struct plan_jump *jump = &plan->jump;
	struct range_set ram = { 0 };
	int result = -1;

	if (!range_set_add(&ram, jump->low, err) && !range_set_add(&ram, jump->main, err) &&
	    !range_set_remove(&ram, jump->handoff, err))
		result = memmap_confine(&machine->firmware, &ram, &plan->given, err);
	range_set_done(&ram);
	return result;
}

static void place_handoff(struct plan_jump *jump, uint64_t start,
			  const struct handoff_layout *layout)
{
	uint64_t pad = start + layout->core_bytes;

	jump->handoff = (struct range){ start, start + layout->total_bytes };
	jump->elfcorehdr = start;
	jump->out = pad + PAD_OUT;
	jump->in = pad + PAD_IN;
}

static int prepare_kernel(const struct request *request, const struct machine *machine,
			  const struct loader *loader, struct plan *plan, struct error *err)
{
	struct plan_jump *jump = &plan->jump;
	struct handoff_layout layout;
	struct range rest;
	const char *added;

	if (handoff_measure(machine, &layout, err) ||
	    choose_region(request, machine, loader, layout.total_bytes, plan, err))
		return -1;
	jump->low = memmap_low_ram(&machine->ram);
	if (check_memory(machine, range_bytes(jump->low) + range_bytes(jump->main), err))
		return -1;
	place_handoff(jump, jump->main.start, &layout);
	rest = (struct range){ jump->handoff.end, jump->main.end };
	range_set_done(&plan->free);
	if (range_set_add(&plan->free, rest, err) || restrict_map(machine, plan, err))
		return -1;
	added = arena_printf(&plan->arena, "elfcorehdr=0x%llx kexec_jump_back_entry=0x%llx",
			     (unsigned long long)jump->elfcorehdr, (unsigned long long)jump->in);
	plan->cmdline = added ? cmdline_add(&plan->arena, request->cmdline, added) : NULL;
	return plan->cmdline ? 0 : error_no_memory(err);
}

int x86_jump_prepare(const struct request *request, const struct machine *machine,
		     const struct loader *loader, struct plan *plan, struct error *err)
{
	if (loader->is_kernel(request) && !loader->room)
		return error_set(err,
				 "'%s': a kernel of type %s can be booted, but not jumped to: it "
				 "would not know how to come back",
				 request->image_name, loader->name);
	if (!machine->gdtr.known && !request->only_shown)
		return error_set(err, no_gdt, machine->gdtr.why);
	if (!machine->gdtr.known)
		plan_note(plan, no_gdt, machine->gdtr.why);
	if (machine->cpu & CPU_ENCRYPTED)
		return error_set(err,
				 "this kernel's memory is encrypted (SME, SEV or TDX): another "
				 "kernel could not keep it; boot with mem_encrypt=off");
	plan->jump.preserve = true;
	if (loader->is_kernel(request))
		return prepare_kernel(request, machine, loader, plan, err);
	return 0; /* a program: D is what it claims, H is placed behind it */
}

static uint8_t *pad_new(const struct machine *machine, struct plan *plan, uint64_t peer,
			struct error *err)
{
	const struct kind *kind = kind_of(machine);
	uint8_t *page = arena_alloc(&plan->arena, PAD_BYTES);
	struct jump_pad pad;

	if (!page) {
		error_no_memory(err);
		return NULL;
	}
	memcpy(page, kind->pad, PAD_BYTES);
	memcpy(&pad, page + PAD_DATA, sizeof(pad));
	pad.peer = peer;
	pad.gdtr_base = machine->gdtr.base;
	pad.gdtr_limit = machine->gdtr.limit;
	pad.flags = kind->pad_flags | (machine->cpu & CPU_PAE ? PAD_FLAG_PAE : 0) |
		    (machine->cpu & CPU_LA57 ? PAD_FLAG_LA57 : 0) |
		    (machine->cpu & CPU_NX && !(machine->cpu & CPU_LONG_MODE) ? PAD_FLAG_EFER : 0);
	pad.code_selector = kind->code_selector;
	pad.data_selector = kind->data_selector;
	memcpy(page + PAD_DATA, &pad, sizeof(pad));
	return page;
}

/* Every page of main that no segment holds would be A's: give it to the segment before it, zero
 * filled, or to one of its own behind H, which must stay as it is. */
static int back_up_holes(struct plan *plan, struct error *err)
{
	const struct range main_region = plan->jump.main;
	struct range_set holes = { 0 };
	int result = -1;

	if (range_set_add(&holes, main_region, err))
		goto out;
	for (unsigned i = 0; i < plan->segment_count; i++)
		if (range_set_remove(&holes, plan->segments[i].at, err))
			goto out;
	for (size_t h = 0; h < holes.count; h++) {
		struct range hole = holes.items[h];
		bool grown = false;

		for (unsigned i = 0; i < plan->segment_count && !grown; i++) {
			struct segment *s = &plan->segments[i];

			grown = s->at.end == hole.start && s->at.end != plan->jump.handoff.end;
			if (grown)
				s->at.end = hole.end;
		}
		if (!grown && !plan_claim(plan, "backup", (struct span){ NULL, 0 }, hole, err))
			goto out;
	}
	result = 0;
out:
	range_set_done(&holes);
	return result;
}

/* For a program: H goes wherever RAM is left, high, and clear of A's kernel where that is possible.
 */
static int place_program_handoff(const struct machine *machine, struct plan *plan,
				 const struct handoff_layout *layout, struct error *err)
{
	struct place want = {
		.size = layout->total_bytes,
		.align = PAGE_BYTES,
		.within = { MIB,
			    plan->free.count ? plan->free.items[plan->free.count - 1].end : MIB },
		.top_down = true,
	};
	struct range_set clear = { 0 };
	uint64_t start;
	int result = -1;

	if (range_set_copy(&clear, &plan->free, err) ||
	    range_set_remove(&clear, machine->kernel, err))
		goto out;
	if (range_set_find(&clear, &want, &start) && range_set_find(&plan->free, &want, &start)) {
		error_set(err, "no room of 0x%llx bytes for the hand-off area",
			  (unsigned long long)want.size);
		goto out;
	}
	place_handoff(&plan->jump, start, layout);
	result = 0;
out:
	range_set_done(&clear);
	return result;
}

/* Where purgatory hands over: a program that just returns is called there again. */
static uint64_t program_entry(struct plan *plan)
{
	const struct segment *purgatory = plan_segment(plan, PURGATORY_SEGMENT);

	return purgatory ? le64_get(purgatory->data.data + PURG_ENTRY_POINT) : plan->entry;
}

/* Whoever A jumps to next lives in what A lent. */
static void set_peer_range(const struct plan *plan, struct jump_pad *pad)
{
	pad->peer_start = UINT64_MAX;
	pad->peer_end = 0;
	for (unsigned i = 0; i < plan->segment_count; i++) {
		const struct range at = plan->segments[i].at;

		if (at.start < pad->peer_start)
			pad->peer_start = at.start;
		if (at.end > pad->peer_end)
			pad->peer_end = at.end;
	}
}

int x86_jump_finish(const struct request *request, const struct machine *machine, struct plan *plan,
		    struct error *err)
{
	bool program = range_bytes(plan->jump.main) == 0;
	struct plan_jump *jump = &plan->jump;
	struct handoff_layout layout;
	struct jump_pad pad;
	uint64_t peer = plan->entry, again = program ? program_entry(plan) : 0;
	uint8_t *core, *page;

	(void)request;
	if (handoff_measure(machine, &layout, err) ||
	    (program && place_program_handoff(machine, plan, &layout, err)))
		return -1;
	core = arena_alloc(&plan->arena, layout.total_bytes);
	page = pad_new(machine, plan, peer, err);
	if (!core || !page)
		return error_no_memory(err);
	range_set_add(&plan->free, jump->handoff, err);
	if (!plan_claim(plan, "handoff", (struct span){ core, layout.total_bytes }, jump->handoff,
			err))
		return -1;
	if (!program) {
		if (range_set_add(&plan->free, jump->low, err) || back_up_holes(plan, err))
			return -1;
		if (range_bytes(jump->low) &&
		    !plan_claim(plan, "low", (struct span){ NULL, 0 }, jump->low, err))
			return -1;
	}
	memcpy(&pad, page + PAD_DATA, sizeof(pad));
	if (handoff_fill(machine, kind_of(machine)->elf_machine, plan, core, layout.core_bytes,
			 &pad.note_raw, err))
		return -1;
	pad.payload = again;
	set_peer_range(plan, &pad);
	memcpy(page + PAD_DATA, &pad, sizeof(pad));
	memcpy(core + layout.core_bytes, page, PAD_BYTES);
	plan->entry = jump->out;
	return 0;
}

static int check_way_back(const struct request *request, const struct machine *machine,
			  struct error *err)
{
	unsigned long long entry = request->entry;

	if (!request->entry_given || !entry)
		return error_set(err,
				 "no way back is known: please specify jump back entry in command "
				 "line (--entry=ADDRESS)");
	for (size_t i = 0; i < machine->ram.count; i++)
		if (entry >= machine->ram.items[i].start && entry < machine->ram.items[i].end)
			return error_set(err,
					 "0x%llx is no way back: it lies in this kernel's own "
					 "memory; the entry is "
					 "the kexec_jump_back_entry= on the command line of a "
					 "kernel that was "
					 "jumped to",
					 entry);
	if (entry >= kind_of(machine)->memory_end)
		return error_set(err, "0x%llx is no way back: it lies above %s", entry,
				 kind_of(machine)->memory_end == FOUR_GIB ? "4 GiB" : "all memory");
	return 0;
}

/* One page of this kernel's own memory, below 4 GiB by preference. */
static struct segment *place_helper(const struct kind *kind, struct plan *plan, struct error *err)
{
	struct place page = { .size = PAGE_BYTES,
			      .align = PAGE_BYTES,
			      .within = { MIB, FOUR_GIB - PAGE_BYTES },
			      .top_down = true };
	struct segment *segment = plan_place(plan, "pad", (struct span){ NULL, 0 }, &page, err);

	if (segment || kind->memory_end == FOUR_GIB)
		return segment;
	page.within.end = kind->memory_end;
	return plan_place(plan, "pad", (struct span){ NULL, 0 }, &page, err);
}

/* The pad in the helper's page; the only peer it ever has is the page with the way back. */
static int fill_helper(const struct request *request, const struct machine *machine, bool one_way,
		       struct plan *plan, struct error *err)
{
	struct segment *segment = plan_segment(plan, "pad");
	uint8_t *page = pad_new(machine, plan, request->entry, err);
	struct jump_pad pad;

	if (!page)
		return -1;
	memcpy(&pad, page + PAD_DATA, sizeof(pad));
	pad.peer_start = align_down(request->entry, PAGE_BYTES);
	pad.peer_end = pad.peer_start + PAGE_BYTES;
	if (one_way)
		pad.flags |= PAD_FLAG_ONE_WAY;
	memcpy(page + PAD_DATA, &pad, sizeof(pad));
	segment->data = (struct span){ page, PAD_BYTES };
	plan->entry = segment->at.start + PAD_OUT;
	return 0;
}

/*
 * The helper: one page of this kernel's own memory (so A lent it). With the pad in it this kernel
 * can be jumped to again; otherwise (the kernel cannot keep itself, or hides its GDT) it is left
 * for good.
 */
int x86_jump_back(const struct request *request, const struct machine *machine, struct plan *plan,
		  struct error *err)
{
	const struct kind *kind = kind_of(machine);
	bool one_way = request->one_way || !machine->gdtr.known;
	struct segment *segment;

	if (check_way_back(request, machine, err))
		return -1;
	segment = place_helper(kind, plan, err);
	if (!segment)
		return -1;
	plan->loader = "jump-back";
	if (one_way) {
		plan_note(plan, "this kernel ends with the jump back: %s",
			  request->one_way ? "it cannot keep itself (no CONFIG_KEXEC_JUMP)"
					   : machine->gdtr.why);
		plan->entry = request->entry;
		return kind->one_way_pad ? fill_helper(request, machine, true, plan, err) : 0;
	}
	plan->jump.preserve = true;
	plan->jump.out = segment->at.start + PAD_OUT;
	plan->jump.in = segment->at.start + PAD_IN;
	return fill_helper(request, machine, false, plan, err);
}
