/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loader "bzImage64": bzImages entered in 64-bit mode (Linux, Documentation/arch/x86/boot.rst,
 * "64-bit boot protocol"), anywhere in memory where the kernel allows it. Where it lies and what
 * surrounds it is arch/i386's affair; this file knows what 64-bit mode asks of the image.
 */
#include "arch/i386/boot_params.h"
#include "arch/i386/bzimage.h"
#include "arch/i386/x86.h"
#include "cmdline.h"

#define ENTRY_64 0x200 /* from where the kernel was loaded */

static const struct bzimage_way way_near = {
	.wide = true,
	.offset = ENTRY_64,
	.memory_end = FOUR_GIB,
};

static const struct bzimage_way way_far = {
	.wide = true,
	.offset = ENTRY_64,
	.memory_end = FOUR_GIB,
	.far_end = X86_64_MEMORY_END,
};

static int parse(struct span image, struct bzimage *kernel, struct error *err)
{
	if (bzimage_parse(image, kernel, err))
		return -1;
	if (!(kernel->xloadflags & XLOAD_KERNEL_64))
		return error_set(err, "no 64-bit entry (xloadflags 0x%x at 0x%x)",
				 kernel->xloadflags, BP_XLOADFLAGS);
	if (kernel->payload.size <= ENTRY_64)
		return error_set(err, "truncated: the 64-bit entry would lie behind its end");
	return 0;
}

static int probe(struct span image, struct error *err)
{
	struct bzimage kernel;

	return parse(image, &kernel, err);
}

/* Leaving long mode leaves five-level page tables, too. */
static const struct bzimage_way *way_of(const struct bzimage *kernel, const struct machine *machine)
{
	if (machine->cpu & CPU_LA57 && !(kernel->xloadflags & XLOAD_5LEVEL))
		return &bzimage_way_32;
	return kernel->xloadflags & XLOAD_ABOVE_4G ? &way_far : &way_near;
}

/*
 * The depth of the page tables cannot change in 64-bit mode: who comes back must have kept it. A
 * kernel with more levels than the caller's is told to do without.
 */
static int match_levels(const struct request *request, const struct machine *machine,
			const struct bzimage *kernel, struct plan *plan, struct error *err)
{
	bool has_five = kernel->xloadflags & XLOAD_5LEVEL_ON, told;
	struct span value;

	if (request->mode != REQUEST_PRESERVE)
		return 0;
	told = cmdline_find(plan->cmdline, "no5lvl", &value);
	if (machine->cpu & CPU_LA57 && (!has_five || told))
		return error_set(
			err,
			"the running kernel uses five-level page tables, the other one %s: it "
			"could not come back; %s",
			told ? "is told not to (no5lvl)" : "has none",
			told ? "leave no5lvl out" : "boot the running kernel with no5lvl");
	if (machine->cpu & CPU_LA57 || !has_five || told)
		return 0;
	plan->cmdline = cmdline_add(&plan->arena, plan->cmdline, "no5lvl");
	return plan->cmdline ? 0 : error_no_memory(err);
}

static int plan_bzimage64(const struct request *request, const struct machine *machine,
			  struct plan *plan, struct error *err)
{
	struct bzimage kernel;

	if (parse(request->image, &kernel, err) ||
	    match_levels(request, machine, &kernel, plan, err))
		return -1;
	return bzimage_plan(request, machine, way_of(&kernel, machine), plan, err);
}

static int room(const struct request *request, const struct machine *machine, struct place *want,
		struct error *err)
{
	struct bzimage kernel;

	if (parse(request->image, &kernel, err))
		return -1;
	return bzimage_room(request, bzimage_way(request, way_of(&kernel, machine)), want, err);
}

/* The kernel's own loader wants to place the image anywhere. */
static bool by_file(struct span image)
{
	struct error unused;
	struct bzimage kernel;

	return !parse(image, &kernel, &unused) && kernel.xloadflags & XLOAD_ABOVE_4G;
}

const struct loader loader_bzimage64 = {
	.name = "bzImage64",
	.accepts = BZIMAGE_OPTIONS,
	.probe = probe,
	.is_kernel = bzimage_is_kernel,
	.by_file = by_file,
	.plan = plan_bzimage64,
	.room = room,
};
