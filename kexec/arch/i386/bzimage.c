/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loader "bzImage": Linux kernels in the format of the x86 boot protocol (Linux,
 * Documentation/arch/x86/boot.rst), entered in 32-bit mode. Knows where the kernel itself must lie,
 * for other ways of entering too; what surrounds it is placed by linux.c.
 */
#include "bzimage.h"

#include "boot_params.h"
#include "x86.h"
#include "linux.h"

#define MIB               UINT64_C(0x100000)
#define SECTOR_BYTES      512
#define LOAD_ADDRESS      MIB /* of kernels that cannot be moved */
#define OLD_SETUP_SECTS   4
#define OLD_INITRD_MAX    UINT32_C(0x37ffffff)
#define OLD_CMDLINE_CHARS 255
/* Regions for a jump are cut in these steps; a kernel's own alignment may be coarser. */
#define ROOM_ALIGN (2 * MIB)

const struct bzimage_way bzimage_way_32 = { .memory_end = LINUX_LOW_MEMORY_END };
static const struct bzimage_way way_16 = { .real = true, .memory_end = LINUX_LOW_MEMORY_END };

const struct bzimage_way *bzimage_way(const struct request *request, const struct bzimage_way *best)
{
	if (request->entry_mode == ENTRY_MODE_16)
		return &way_16;
	return request->entry_mode == ENTRY_MODE_32 ? &bzimage_way_32 : best;
}

/* Where a kernel was put, and where it will run: the decompressor moves itself up. */
struct placement {
	struct range load, run;
};

bool bzimage_looks_like(struct span image)
{
	return bytes_fit(image.size, BP_HEADER, 6) && !memcmp(image.data + BP_HEADER, "HdrS", 4) &&
	       le16_get(image.data + BP_BOOT_FLAG) == BOOT_FLAG;
}

/* Setup sectors, then the protected-mode part: both must be there. */
static int parse_parts(struct span image, struct bzimage *kernel, struct error *err)
{
	size_t sectors = image.data[BP_SETUP_SECTS] ? image.data[BP_SETUP_SECTS] : OLD_SETUP_SECTS;
	size_t setup = (sectors + 1) * SECTOR_BYTES;
	uint64_t paragraphs = le32_get(image.data + BP_SYSSIZE), declared;

	if (image.size <= setup)
		return error_set(
			err,
			"truncated: the kernel starts at 0x%zx, the file ends at 0x%zx; get "
			"the file again",
			setup, image.size);
	kernel->setup = (struct span){ image.data, setup };
	kernel->payload = (struct span){ image.data + setup, image.size - setup };
	declared = kernel->protocol >= PROTOCOL_2_04 ? paragraphs * 16 : 0;
	/* the last paragraph need not be there in full */
	if (declared > kernel->payload.size + UINT64_C(15))
		return error_set(
			err,
			"truncated: the kernel takes 0x%llx bytes from 0x%zx (syssize), the "
			"file ends at 0x%zx; get the file again",
			(unsigned long long)declared, setup, image.size);
	return 0;
}

/* The setup header is as long as its first jump says, and at least what its protocol defines. */
static int parse_header(struct span image, struct bzimage *kernel, struct error *err)
{
	size_t end;

	if (!bzimage_looks_like(image))
		return error_set(err, "no bzImage: no \"HdrS\" at 0x%x or no 0xaa55 at 0x%x",
				 BP_HEADER, BP_BOOT_FLAG);
	if (image.size < SETUP_HEADER_END)
		return error_set(
			err,
			"truncated: the setup header goes up to 0x%x, the file ends at 0x%zx; "
			"get the file again",
			SETUP_HEADER_END, image.size);
	kernel->protocol = le16_get(image.data + BP_VERSION);
	if (kernel->protocol < PROTOCOL_2_00)
		return error_set(err,
				 "boot protocol %u.%02u at 0x%x is not known (2.00 and later are)",
				 kernel->protocol >> 8, kernel->protocol & 0xff, BP_VERSION);
	if (!(image.data[BP_LOADFLAGS] & LOADFLAG_HIGH))
		return error_set(err,
				 "a zImage (loadflags 0x%x at 0x%x): kernels that load below 1 MiB "
				 "are not supported; use the bzImage of this kernel",
				 image.data[BP_LOADFLAGS], BP_LOADFLAGS);
	end = BP_HEADER + (size_t)image.data[BP_JUMP_LENGTH];
	if (end < BP_INIT_SIZE + 4 && kernel->protocol >= PROTOCOL_2_10)
		end = BP_INIT_SIZE + 4;
	else if (end < BP_SETUP_DATA)
		end = BP_SETUP_DATA;
	if (end > SETUP_HEADER_END)
		end = SETUP_HEADER_END;
	kernel->header = (struct span){ image.data + SETUP_HEADER_START, end - SETUP_HEADER_START };
	return 0;
}

static int parse_address(struct span image, struct bzimage *kernel, struct error *err)
{
	uint32_t alignment = le32_get(image.data + BP_KERNEL_ALIGNMENT);
	uint64_t pref = le64_get(image.data + BP_PREF_ADDRESS);

	kernel->alignment = PAGE_BYTES;
	kernel->pref_address = LOAD_ADDRESS;
	kernel->relocatable =
		kernel->protocol >= PROTOCOL_2_05 && image.data[BP_RELOCATABLE_KERNEL];
	if (kernel->relocatable) {
		if (!alignment || alignment & (alignment - 1))
			return error_set(err,
					 "kernel_alignment 0x%lx at 0x%x is not a power of two",
					 (unsigned long)alignment, BP_KERNEL_ALIGNMENT);
		if (alignment > PAGE_BYTES)
			kernel->alignment = alignment;
	}
	if (kernel->protocol < PROTOCOL_2_10)
		return 0;
	if (pref >= FOUR_GIB || pref % PAGE_BYTES)
		return error_set(err, "pref_address 0x%llx at 0x%x is %s", (unsigned long long)pref,
				 BP_PREF_ADDRESS,
				 pref % PAGE_BYTES ? "not page aligned" : "above 4 GiB");
	if (pref > LOAD_ADDRESS)
		kernel->pref_address = pref;
	return 0;
}

/*
 * Kernels before 2.10 do not say how much memory they take before they know the machine, and some
 * of later ones say 0: enough for what compressors reach, but not much more than any kernel is.
 */
static uint64_t estimated_bytes(uint64_t payload)
{
	uint64_t growth = payload * 3 < 64 * MIB ? payload * 3 : 64 * MIB;

	return payload + growth + MIB;
}

static int parse_sizes(struct span image, struct bzimage *kernel, struct error *err)
{
	uint64_t offset = le32_get(image.data + BP_PAYLOAD_OFFSET);
	uint64_t length = le32_get(image.data + BP_PAYLOAD_LENGTH);
	uint64_t run = le32_get(image.data + BP_INIT_SIZE);

	if (kernel->protocol >= PROTOCOL_2_08 && length &&
	    !bytes_fit(kernel->payload.size, offset, length))
		return error_set(
			err,
			"the compressed kernel, 0x%llx bytes at 0x%llx of the protected-mode "
			"part (payload_length at 0x%x), goes past the end of the file; that "
			"part has 0x%zx bytes",
			(unsigned long long)length, (unsigned long long)offset, BP_PAYLOAD_LENGTH,
			kernel->payload.size);
	if (kernel->protocol < PROTOCOL_2_10 || run < kernel->payload.size)
		run = estimated_bytes(kernel->payload.size);
	kernel->run_bytes = align_up(run, PAGE_BYTES);
	return 0;
}

int bzimage_parse(struct span image, struct bzimage *kernel, struct error *err)
{
	uint32_t initrd_max = OLD_INITRD_MAX;

	*kernel = (struct bzimage){ .cmdline_chars = OLD_CMDLINE_CHARS };
	if (parse_header(image, kernel, err) || parse_parts(image, kernel, err) ||
	    parse_address(image, kernel, err) || parse_sizes(image, kernel, err))
		return -1;
	if (kernel->protocol >= PROTOCOL_2_03)
		initrd_max = le32_get(image.data + BP_INITRD_ADDR_MAX);
	kernel->initrd_end = (uint64_t)initrd_max + 1;
	if (kernel->protocol >= PROTOCOL_2_06)
		kernel->cmdline_chars = le32_get(image.data + BP_CMDLINE_SIZE);
	if (kernel->protocol >= PROTOCOL_2_12)
		kernel->xloadflags = le16_get(image.data + BP_XLOADFLAGS);
	return 0;
}

static int probe(struct span image, struct error *err)
{
	struct bzimage kernel;

	return bzimage_parse(image, &kernel, err);
}

bool bzimage_is_kernel(const struct request *request)
{
	(void)request;
	return true;
}

/* Where a kernel runs that is loaded below the address it prefers. */
static struct range run_range(const struct bzimage *kernel)
{
	uint64_t start = kernel->pref_address;

	return (struct range){ start, align_up(start, kernel->alignment) + kernel->run_bytes };
}

static uint64_t payload_pages(const struct bzimage *kernel)
{
	return align_up(kernel->payload.size, PAGE_BYTES);
}

/* Whether the kernel may move itself to run: RAM that the next kernel is given and nobody holds. */
static int may_run(const struct plan *plan, struct range run, struct error *err)
{
	struct range_set ram = { 0 };
	bool inside;

	if (run.end > FOUR_GIB)
		return error_set(err, "the kernel would run above 4 GiB");
	if (memmap_of_type(&plan->given, MEMORY_RAM, &ram, err))
		return -1;
	inside = range_set_contains(&ram, run);
	range_set_done(&ram);
	for (unsigned i = 0; inside && i < plan->segment_count; i++)
		inside = !range_overlaps(plan->segments[i].at, run);
	return inside ? 0
		      : error_set(err, "0x%llx-0x%llx is not free memory",
				  (unsigned long long)run.start, (unsigned long long)run.end - 1);
}

/* Where the kernel runs at once: no copy, and no memory outside of the segment is touched. */
static bool find_at_home(const struct bzimage *kernel, uint64_t end, const struct plan *plan,
			 struct placement *p)
{
	struct place want = { .size = kernel->run_bytes,
			      .align = kernel->alignment,
			      .within = { kernel->pref_address, end } };
	uint64_t start;

	if (!kernel->relocatable) {
		if (kernel->pref_address != LOAD_ADDRESS)
			return false;
		want.within.end = LOAD_ADDRESS + kernel->run_bytes;
	}
	if (range_set_find(&plan->free, &want, &start))
		return false;
	p->run = (struct range){ start, start + kernel->run_bytes };
	p->load = p->run;
	return true;
}

/*
 * Loaded below the address it prefers; its decompressor goes up to there by itself (head_32.S: to
 * the aligned load address or LOAD_PHYSICAL_ADDR, whichever is higher). This needs the memory
 * there, but no segment in it, and so works where --mem-max forbids one.
 */
static bool find_below(const struct bzimage *kernel, const struct plan *plan, struct placement *p)
{
	struct range run = run_range(kernel);
	struct place want = { .size = payload_pages(kernel),
			      .align = kernel->alignment,
			      .within = { LOAD_ADDRESS, run.start + payload_pages(kernel) } };
	struct error unused;
	uint64_t start;

	if (!kernel->relocatable)
		want.within.end = LOAD_ADDRESS + want.size;
	if (range_set_find(&plan->free, &want, &start))
		return false;
	p->load = (struct range){ start, start + want.size };
	p->run = run;
	return !may_run(plan, p->run, &unused);
}

/*
 * The lowest memory in which everything has room, if only the limits of the user were different.
 * *end: where the kernel's reach ends; on success, where that memory ends.
 */
static int find_without_limit(const struct request *request, const struct machine *machine,
			      const struct bzimage *kernel, const struct plan *plan, uint64_t *end)
{
	const uint64_t memory_end = *end;
	uint64_t from = request->limit.start, start;
	uint64_t beside = linux_beside_bytes(request, from);
	struct range run = run_range(kernel);
	struct place want = { .size = payload_pages(kernel) + beside,
			      .align = kernel->alignment,
			      .within = { from > LOAD_ADDRESS ? from : LOAD_ADDRESS, run.start } };
	struct error unused;

	if (!kernel->relocatable)
		want.within.end = LOAD_ADDRESS + want.size;
	if (request->mode == REQUEST_BOOT && want.within.start < want.within.end &&
	    !may_run(plan, run, &unused) && !range_set_find(&machine->ram, &want, &start)) {
		*end = start + want.size;
		return 0;
	}
	if (!kernel->relocatable)
		return -1;
	want.size = kernel->run_bytes + beside;
	want.within = (struct range){ from > run.start ? from : run.start, memory_end };
	if (range_set_find(&machine->ram, &want, &start))
		return -1;
	*end = start + want.size;
	return 0;
}

/* Say how much the kernel wants, and which --mem-max would give it. */
static int refuse_place(const struct request *request, const struct machine *machine,
			const struct bzimage *kernel, const struct plan *plan, struct error *err)
{
	uint64_t end = kernel->way->far_end ? kernel->way->far_end : kernel->way->memory_end;

	if (!plan->limit_given || find_without_limit(request, machine, kernel, plan, &end))
		return error_set(err,
				 "no free memory for the kernel: it takes 0x%llx bytes at or above "
				 "0x%llx",
				 (unsigned long long)kernel->run_bytes,
				 (unsigned long long)kernel->pref_address);
	return error_set(
		err,
		"no free memory for the kernel inside the limits: it takes 0x%llx bytes at or "
		"above 0x%llx; the smallest that would do is --mem-max=0x%llx",
		(unsigned long long)kernel->run_bytes, (unsigned long long)kernel->pref_address,
		(unsigned long long)end - 1);
}

static int place_kernel(const struct bzimage *kernel, const struct placement *p, struct plan *plan,
			struct error *err)
{
	struct segment *segment = plan_claim(plan, "kernel", kernel->payload, p->load, err);

	if (!segment)
		return -1;
	segment->hashed = true;
	/* nothing else may lie where it will unpack itself */
	return range_set_remove(&plan->free, p->run, err);
}

/* The setup code gives the kernel all memory that the BIOS tells of. */
static int check_real(const struct request *request, const struct machine *machine,
		      struct error *err)
{
	if (efi_is_firmware(machine))
		return error_set(err, "--real-mode: this machine was started by EFI, there is no "
				      "BIOS the setup code could ask: leave --real-mode out");
	if (request->mode == REQUEST_BOOT)
		return 0;
	return error_set(err,
			 "--real-mode: '%s' would take all memory the BIOS tells of, not only what "
			 "it is lent: leave --real-mode out",
			 request->image_name);
}

int bzimage_plan(const struct request *request, const struct machine *machine,
		 const struct bzimage_way *way, struct plan *plan, struct error *err)
{
	struct bzimage kernel;
	struct placement p;
	struct linux_kernel linux_kernel;

	if (bzimage_parse(request->image, &kernel, err) ||
	    x86_check_mode(request, machine, kernel.xloadflags & XLOAD_KERNEL_64, err))
		return -1;
	way = bzimage_way(request, way);
	if (way->real && check_real(request, machine, err))
		return -1;
	kernel.way = way;
	if (!find_at_home(&kernel, way->memory_end, plan, &p) && !find_below(&kernel, plan, &p) &&
	    !(way->far_end && find_at_home(&kernel, way->far_end, plan, &p)))
		return refuse_place(request, machine, &kernel, plan, err);
	if (place_kernel(&kernel, &p, plan, err))
		return -1;
	linux_kernel = (struct linux_kernel){
		.protocol = kernel.protocol,
		.header = kernel.header,
		.cmdline_chars = kernel.cmdline_chars,
		.initrd_end = kernel.initrd_end,
		.load = p.load.start,
		.entry = p.load.start + way->offset,
		.end = p.run.end,
		.wide = way->wide,
		.takes_efi = kernel.xloadflags & XLOAD_EFI_KEXEC,
		.setup = way->real ? kernel.setup : (struct span){ NULL, 0 },
		.memory_end = way->memory_end,
		.far_end = way->far_end,
	};
	return linux_place(request, machine, &linux_kernel, plan, err);
}

/*
 * The region's start is a multiple of its alignment, with something of the jump's own at it; the
 * kernel begins at the next multiple. So one step below the preferred address is the lowest start.
 */
int bzimage_room(const struct request *request, const struct bzimage_way *way, struct place *want,
		 struct error *err)
{
	struct bzimage kernel;
	uint64_t step, home;

	if (bzimage_parse(request->image, &kernel, err))
		return -1;
	if (!kernel.relocatable)
		return error_set(err,
				 "this kernel cannot be moved: it must be loaded at 0x%llx (built "
				 "without CONFIG_RELOCATABLE); boot it, or build it with",
				 (unsigned long long)LOAD_ADDRESS);
	step = kernel.alignment > ROOM_ALIGN ? kernel.alignment : ROOM_ALIGN;
	home = align_up(kernel.pref_address, kernel.alignment);
	*want = (struct place){
		.size = align_up(step + kernel.run_bytes + linux_room_bytes(request), MIB),
		.align = step,
		.within = { home >= MIB + step ? home - step : MIB,
			    way->far_end ? way->far_end : way->memory_end },
	};
	return 0;
}

static int plan_32(const struct request *request, const struct machine *machine, struct plan *plan,
		   struct error *err)
{
	return bzimage_plan(request, machine, &bzimage_way_32, plan, err);
}

static int room_32(const struct request *request, const struct machine *machine, struct place *want,
		   struct error *err)
{
	(void)machine;
	return bzimage_room(request, bzimage_way(request, &bzimage_way_32), want, err);
}

const struct loader loader_bzimage = {
	.name = "bzImage",
	.accepts = BZIMAGE_OPTIONS,
	.probe = probe,
	.looks_like = bzimage_looks_like,
	.is_kernel = bzimage_is_kernel,
	.plan = plan_32,
	.room = room_32,
};
