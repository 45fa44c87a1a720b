/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second hop: a kernel that is told that only D is RAM, with an initramfs of this very program,
 * which then restores the direct way. The image is named to it by its place on the disk, so that no
 * file system has to be mounted a second time.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmdline.h"
#include "confine.h"
#include "cpio.h"
#include "explain.h"
#include "loader.h"
#include "plan_load.h"
#include "request_files.h"
#include "resume.h"
#include "resume_config.h"

#define SELF "/proc/self/exe"

struct hop {
	const struct resume_job *job;
	struct arena arena;
	struct file_map kernel, self;
	struct machine machine; /* as the second kernel shall see it; borrows but for two members */
	struct resume_config config;
	uint8_t *archive;
	struct request request;
	struct plan plan;
};

/* The kernel that is asked for, or the running one where distributions keep it. */
static const char *find_kernel(const struct resume_request *request, const char *release,
			       char path[300])
{
	static const char *const others[] = { "/boot/vmlinuz", "/boot/bzImage", "/vmlinuz" };

	if (request->kernel)
		return request->kernel;
	snprintf(path, 300, "/boot/vmlinuz-%s", release);
	if (!access(path, R_OK))
		return path;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!access(others[i], R_OK))
			return others[i];
	return NULL;
}

/* A program that needs a loader or libraries is of no use as the only file there is. */
static int check_static(struct span elf, struct error *err)
{
	bool is64 = elf.size > EI_CLASS && elf.data[EI_CLASS] == ELFCLASS64;
	size_t header = is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	uint64_t at, step, count;

	if (elf.size < header)
		return error_set(err, "'%s' is no program", SELF);
	at = is64 ? le64_get(elf.data + offsetof(Elf64_Ehdr, e_phoff))
		  : le32_get(elf.data + offsetof(Elf32_Ehdr, e_phoff));
	step = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	count = le16_get(elf.data +
			 (is64 ? offsetof(Elf64_Ehdr, e_phnum) : offsetof(Elf32_Ehdr, e_phnum)));
	if (!bytes_fit(elf.size, at, count * step))
		return error_set(err, "'%s' is no program", SELF);
	for (uint64_t i = 0; i < count; i++)
		if (le32_get(elf.data + at + i * step) == PT_INTERP)
			return error_set(err,
					 "this kexec is linked with shared libraries and could "
					 "not run alone; use one that was configured with "
					 "--enable-static-programs");
	return 0;
}

static int check_self(struct error *err)
{
	const char *const self[] = { SELF };
	struct file_map map = { 0 };
	int result;

	if (file_map_joined(self, 1, &map, err))
		return -1;
	result = check_static(map.data, err);
	file_map_done(&map);
	return result;
}

int resume_two_hop_check(const struct resume_image *image, const struct resume_request *request,
			 const struct machine *machine, struct error *err)
{
	struct backing_extent *extents;
	char path[300], device[64];
	const char *kernel;
	size_t count;

	if (!image->has_note)
		return error_set(err, "it has no note of ours: nothing tells where a second kernel "
				      "could be put");
	if (image->backing.extents)
		return error_set(err, "this is the second kernel");
	kernel = find_kernel(request, machine->release, path);
	if (!kernel)
		return error_set(err, "there is no kernel for it in /boot; name one by "
				      "--resume-kernel=FILE");
	if (access(kernel, R_OK))
		return error_set(err, "the kernel '%s' cannot be read", kernel);
	if (cpio_check(err) || check_self(err) ||
	    backing_map_file(&image->backing, &extents, &count, device, err))
		return -1;
	free(extents);
	return 0;
}

/* D without H as the only RAM; what else was RAM is reserved, the rest is as it is. */
static int confine(struct hop *hop, struct error *err)
{
	const struct jump_note *note = &hop->job->image->note;
	struct machine *machine = &hop->machine;

	*machine = *hop->job->machine;
	machine->firmware = (struct memmap){ 0 };
	machine->ram = (struct range_set){ 0 };
	for (size_t i = 0; i < note->lent.count; i++)
		if (range_set_add(&machine->ram, note->lent.items[i], err))
			return -1;
	if (range_set_remove(&machine->ram, note->handoff, err))
		return -1;
	for (size_t i = 0; i < machine->ram.count; i++)
		if (!range_set_contains(&hop->job->machine->ram, machine->ram.items[i]))
			return error_set(err,
					 "the memory 0x%llx-0x%llx, which the second kernel "
					 "would get, is not RAM here",
					 (unsigned long long)machine->ram.items[i].start,
					 (unsigned long long)machine->ram.items[i].end - 1);
	return memmap_confine(&hop->job->machine->firmware, &machine->ram, &machine->firmware, err);
}

/* Of the running kernel's parameters, those about consoles and about how the hardware is driven. */
static const char *compose_cmdline(struct hop *hop)
{
	static const char *const kept[] = {
		"console",   "earlyprintk", "acpi",    "pci",           "iommu",     "intel_iommu",
		"amd_iommu", "noapic",      "nolapic", "nox2apic",      "nomodeset", "loglevel",
		"quiet",     "clocksource", "tsc",     "no_timer_check"
	};
	const char *append = hop->job->request->append ? hop->job->request->append : "";
	uint32_t cpu = hop->job->image->note.cpu;
	/* It must page with as many levels as the image's kernel. */
	const char *text = cpu & CPU_LONG_MODE && !(cpu & CPU_LA57) ? "nokaslr no5lvl" : "nokaslr";
	struct span value;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (!cmdline_find(hop->job->machine->cmdline, kept[i], &value))
			continue;
		text = arena_printf(&hop->arena, "%s %s%s%.*s", text, kept[i],
				    value.size ? "=" : "", (int)value.size,
				    value.size ? (const char *)value.data : "");
		if (!text)
			return NULL;
	}
	return arena_printf(&hop->arena, "%s%s%s", text, *append ? " " : "", append);
}

static int make_config(struct hop *hop, char **text, size_t *size, struct error *err)
{
	const struct resume_image *image = hop->job->image;
	struct resume_config *config = &hop->config;

	if (backing_map_file(&image->backing, &config->extents, &config->extent_count,
			     config->device, err))
		return -1;
	config->entry = hop->job->entry;
	config->has_uuid = image->has_info;
	if (image->has_info)
		memcpy(config->uuid, image->info.uuid, IMAGE_UUID_BYTES);
	*text = resume_config_text(config, size);
	return *text ? 0 : error_no_memory(err);
}

static int make_initramfs(struct hop *hop, struct error *err)
{
	const char *const self[] = { SELF };
	char *text = NULL;
	size_t text_bytes;
	struct cpio_entry entries[] = {
		{ .name = "dev", .mode = S_IFDIR | 0755 },
		{ .name = "dev/console", .mode = S_IFCHR | 0600, .major = 5, .minor = 1 },
		{ .name = "proc", .mode = S_IFDIR | 0755 },
		{ .name = "sys", .mode = S_IFDIR | 0755 },
		{ .name = "init", .mode = S_IFREG | 0755 },
		{ .name = &RESUME_INIT_CONFIG[1], .mode = S_IFREG | 0600 },
	};
	unsigned count = sizeof(entries) / sizeof(entries[0]);
	size_t size;
	int result;

	if (file_map_joined(self, 1, &hop->self, err) || check_static(hop->self.data, err) ||
	    make_config(hop, &text, &text_bytes, err))
		return -1;
	entries[count - 2].data = hop->self.data;
	entries[count - 1].data = (struct span){ (const uint8_t *)text, text_bytes };
	result = cpio_make(entries, count, &hop->archive, &size, err);
	free(text);
	if (!result)
		hop->request.initrd = (struct span){ hop->archive, size };
	return result;
}

static int make_plan(struct hop *hop, struct error *err)
{
	const struct machine *machine = hop->job->machine;
	const struct arch *arch = arch_find(machine->arch);
	char path[300];
	const char *kernel = find_kernel(hop->job->request, machine->release, path);

	if (!arch)
		return error_set(err, "nothing is known about loading on %s", machine->arch);
	if (file_map_image(kernel, &hop->kernel, err) || confine(hop, err) ||
	    make_initramfs(hop, err))
		return -1;
	hop->request.mode = REQUEST_BOOT;
	hop->request.image_name = kernel;
	hop->request.image = hop->kernel.data;
	hop->request.cmdline = compose_cmdline(hop);
	hop->request.given = REQUEST_CMDLINE | REQUEST_INITRD;
	if (!hop->request.cmdline)
		return error_no_memory(err);
	if (plan_make(&hop->request, &hop->machine, arch, &hop->plan, err))
		return error_prefix(err, "the second kernel: ");
	for (unsigned i = 0; i < hop->plan.segment_count; i++)
		if (range_set_overlaps(&hop->job->image->stored, hop->plan.segments[i].at))
			return error_set(err,
					 "the second kernel's %s would lie in memory that is "
					 "to be restored (0x%llx)",
					 hop->plan.segments[i].name,
					 (unsigned long long)hop->plan.segments[i].at.start);
	return 0;
}

int resume_two_hop(const struct resume_job *job, struct resume_loaded *loaded, struct error *err)
{
	struct hop hop = { .job = job };
	int result = make_plan(&hop, err), failure = 0;

	if (!result && !job->request->dry_run)
		failure = plan_load(&hop.plan);
	if (failure) {
		explain_load("", -failure, &hop.machine, &hop.plan, err);
		result = error_prefix(err, "the second kernel: ");
	}
	if (!result) {
		loaded->segments = hop.plan.segment_count;
		loaded->entry = hop.plan.entry;
		snprintf(loaded->cmdline, sizeof(loaded->cmdline), "%s", hop.request.cmdline);
	}
	plan_done(&hop.plan);
	memmap_done(&hop.machine.firmware);
	range_set_done(&hop.machine.ram);
	resume_config_done(&hop.config);
	file_map_done(&hop.kernel);
	file_map_done(&hop.self);
	free(hop.archive);
	arena_done(&hop.arena);
	return result;
}
