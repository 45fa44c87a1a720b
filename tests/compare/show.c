/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shows what a kernel is told by the segments in a folder (files "0xADDRESS-0xBYTES"), one line
 * "field value" for everything: the zero page byte by byte, the command line, the memory map, the
 * setup_data, the ramdisk, the kernel, the core header; of a Multiboot kernel its information.
 * Addresses of segments are left out where only what lies there matters: the information is looked
 * for by the command line, which begins with "one". usage: show FOLDER IMAGE
 */
#include <dirent.h>
#include <elf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define SEGMENTS_MAX 16

struct segment {
	uint64_t start, bytes; /* in memory */
	uint8_t *data;         /* what is in it, zeros behind it */
	size_t size;
};

static struct segment segments[SEGMENTS_MAX];
static unsigned segment_count;

/* Documentation/arch/x86/zero-page.rst and boot.rst of Linux. */
static const struct field {
	const char *name;
	unsigned offset, bytes;
} fields[] = {
	{ "orig_cursor", 0, 2 },
	{ "ext_mem_k", 2, 2 },
	{ "orig_video_page", 4, 2 },
	{ "orig_video_mode", 6, 1 },
	{ "orig_video_cols", 7, 1 },
	{ "screen_info_8", 8, 6 },
	{ "orig_video_lines", 14, 1 },
	{ "orig_video_isVGA", 15, 1 },
	{ "orig_video_points", 16, 2 },
	{ "lfb", 18, 14 },
	{ "cl_magic", 0x20, 2 },
	{ "cl_offset", 0x22, 2 },
	{ "screen_info_24", 0x24, 0x1c },
	{ "apm_bios_info", 0x40, 0x14 },
	{ "pad_54", 0x54, 4 },
	{ "tboot_addr", 0x58, 8 },
	{ "ist_info", 0x60, 0x10 },
	{ "acpi_rsdp_addr", 0x70, 8 },
	{ "pad_78", 0x78, 8 },
	{ "hd0_info", 0x80, 16 },
	{ "hd1_info", 0x90, 16 },
	{ "sys_desc_table", 0xa0, 16 },
	{ "olpc_ofw_header", 0xb0, 16 },
	{ "pad_cc", 0xcc, 0x70 },
	{ "cc_blob_address", 0x13c, 4 },
	{ "edid_info", 0x140, 0x80 },
	{ "efi_signature", 0x1c0, 4 },
	{ "efi_systab", 0x1c4, 4 },
	{ "efi_memdesc_size", 0x1c8, 4 },
	{ "efi_memdesc_version", 0x1cc, 4 },
	{ "efi_memmap_size", 0x1d4, 4 },
	{ "efi_systab_hi", 0x1d8, 4 },
	{ "alt_mem_k", 0x1e0, 4 },
	{ "scratch", 0x1e4, 4 },
	{ "e820_entries", 0x1e8, 1 },
	{ "eddbuf_entries", 0x1e9, 1 },
	{ "edd_mbr_sig_buf_entries", 0x1ea, 1 },
	{ "kbd_status", 0x1eb, 1 },
	{ "secure_boot", 0x1ec, 1 },
	{ "pad_1ed", 0x1ed, 2 },
	{ "sentinel", 0x1ef, 1 },
	{ "pad_1f0", 0x1f0, 1 },
	{ "setup_sects", 0x1f1, 1 },
	{ "root_flags", 0x1f2, 2 },
	{ "syssize", 0x1f4, 4 },
	{ "ram_size", 0x1f8, 2 },
	{ "vid_mode", 0x1fa, 2 },
	{ "root_dev", 0x1fc, 2 },
	{ "boot_flag", 0x1fe, 2 },
	{ "jump", 0x200, 2 },
	{ "header", 0x202, 4 },
	{ "version", 0x206, 2 },
	{ "realmode_swtch", 0x208, 4 },
	{ "start_sys_seg", 0x20c, 2 },
	{ "kernel_version", 0x20e, 2 },
	{ "type_of_loader", 0x210, 1 },
	{ "loadflags", 0x211, 1 },
	{ "setup_move_size", 0x212, 2 },
	{ "code32_start", 0x214, 4 },
	{ "bootsect_kludge", 0x220, 4 },
	{ "heap_end_ptr", 0x224, 2 },
	{ "ext_loader", 0x226, 2 },
	{ "initrd_addr_max", 0x22c, 4 },
	{ "kernel_alignment", 0x230, 4 },
	{ "relocatable_kernel", 0x234, 1 },
	{ "min_alignment", 0x235, 1 },
	{ "xloadflags", 0x236, 2 },
	{ "cmdline_size", 0x238, 4 },
	{ "hardware_subarch", 0x23c, 4 },
	{ "hardware_subarch_data", 0x240, 8 },
	{ "payload", 0x248, 8 },
	{ "pref_address", 0x258, 8 },
	{ "init_size", 0x260, 4 },
	{ "handover_offset", 0x264, 4 },
	{ "kernel_info_offset", 0x268, 4 },
	{ "header_behind_26c", 0x26c, 0x24 },
	{ "edd_mbr_sig_buffer", 0x290, 0x40 },
	{ "pad_cd0", 0xcd0, 0x30 },
	{ "edd_0", 0xd00, 82 },
	{ "edd_1", 0xd52, 82 },
	{ "edd_2", 0xda4, 82 },
	{ "edd_3", 0xdf6, 82 },
	{ "edd_4", 0xe48, 82 },
	{ "edd_5", 0xe9a, 82 },
	{ "pad_eec", 0xeec, 0x114 },
};

static _Noreturn void die(const char *what, const char *name)
{
	fprintf(stderr, "show: %s: %s\n", name, what);
	exit(2);
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	uint8_t *data;
	long end;

	if (!file || fseek(file, 0, SEEK_END) || (end = ftell(file)) < 0)
		die("cannot be read", path);
	rewind(file);
	data = calloc(1, (size_t)end + 1);
	if (!data || fread(data, 1, (size_t)end, file) != (size_t)end)
		die("cannot be read", path);
	fclose(file);
	*size = (size_t)end;
	return data;
}

static void read_segments(const char *folder)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;

	if (!directory)
		die("cannot be read", folder);
	while ((entry = readdir(directory))) {
		struct segment *segment = &segments[segment_count];
		char path[PATH_MAX];

		if (segment_count == SEGMENTS_MAX || sscanf(entry->d_name, "%" SCNx64 "-%" SCNx64,
							    &segment->start, &segment->bytes) != 2)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		segment->data = read_file(path, &segment->size);
		segment_count++;
	}
	closedir(directory);
}

/* What is in memory at an address: at most bytes, less at the end of the data of a segment. */
static struct span at(uint64_t address, uint64_t bytes)
{
	for (unsigned i = 0; i < segment_count; i++) {
		const struct segment *s = &segments[i];
		uint64_t offset = address - s->start;

		if (address >= s->start && offset < s->size)
			return (struct span){ s->data + offset,
					      s->size - offset < bytes ? s->size - offset : bytes };
	}
	return (struct span){ NULL, 0 };
}

static uint64_t hash(struct span bytes)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	while (bytes.size && !bytes.data[bytes.size - 1])
		bytes.size--;
	for (size_t i = 0; i < bytes.size; i++)
		value = (value ^ bytes.data[i]) * UINT64_C(0x100000001b3);
	return value;
}

static void show_bytes(const char *name, const uint8_t *data, size_t bytes)
{
	printf("%s ", name);
	for (size_t i = 0; i < bytes; i++)
		printf("%02x", data[i]);
	printf("\n");
}

static void show_entry(const uint8_t *entry)
{
	uint64_t start = le64_get(entry), bytes = le64_get(entry + 8);

	printf("%s 0x%012" PRIx64 "-0x%012" PRIx64 " %u\n", start < 4096 ? "e820_page_0" : "e820",
	       start, start + bytes - 1, le32_get(entry + 16));
}

static void show_setup_data(uint64_t next)
{
	for (unsigned i = 0; next && i < 16; i++) {
		struct span head = at(next, 16), data;
		uint32_t type, bytes;

		if (head.size < 16) {
			printf("setup_data leads nowhere\n");
			return;
		}
		type = le32_get(head.data + 8);
		bytes = le32_get(head.data + 12);
		data = at(next + 16, bytes);
		if (type == 1) {
			for (size_t e = 0; e + 20 <= data.size; e += 20)
				show_entry(data.data + e);
		} else if (type == 9) {
			printf("setup_data_seed %u bytes\n", bytes);
		} else {
			char name[32];

			snprintf(name, sizeof(name), "setup_data_%u", type);
			show_bytes(name, data.data, data.size);
		}
		next = le64_get(head.data);
	}
}

static void show_part(const Elf64_Phdr *phdr, uint64_t backup)
{
	if (phdr->p_type == PT_NOTE)
		printf("core_note 0x%012" PRIx64 " 0x%" PRIx64 "\n", phdr->p_paddr, phdr->p_memsz);
	else
		printf("core_load 0x%012" PRIx64 " 0x%" PRIx64 " virtual 0x%" PRIx64 "%s\n",
		       phdr->p_paddr, phdr->p_memsz, phdr->p_vaddr,
		       phdr->p_offset == phdr->p_paddr ? ""
		       : phdr->p_offset == backup      ? " in the copy"
						       : " elsewhere");
	if (phdr->p_filesz != phdr->p_memsz)
		printf("core_filesz 0x%" PRIx64 "\n", phdr->p_filesz);
}

static void read_part(const uint8_t *from, bool wide, Elf64_Phdr *phdr)
{
	Elf32_Phdr narrow;

	if (wide) {
		memcpy(phdr, from, sizeof(*phdr));
		return;
	}
	memcpy(&narrow, from, sizeof(narrow));
	*phdr = (Elf64_Phdr){
		.p_type = narrow.p_type,
		.p_offset = narrow.p_offset,
		.p_vaddr = narrow.p_vaddr,
		.p_paddr = narrow.p_paddr,
		.p_filesz = narrow.p_filesz,
		.p_memsz = narrow.p_memsz,
	};
}

/* Where the copy of low memory goes: a segment of that size, empty or of zeros. */
static uint64_t backup_address(void)
{
	for (unsigned i = 0; i < segment_count; i++)
		if (segments[i].bytes >= 0x90000 && segments[i].bytes <= 0xa0000 &&
		    hash((struct span){ segments[i].data, segments[i].size }) ==
			    hash((struct span){ NULL, 0 }))
			return segments[i].start;
	return 0;
}

/* The header of /proc/vmcore, and what it is hidden from the kernel in the command line by. */
static void show_core(const char *word)
{
	struct span core;
	char *end;
	uint64_t address = strtoull(word, &end, 0);
	size_t phoff, count, bytes;
	bool wide;

	address <<= *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
	core = at(address, UINT32_MAX);
	if (core.size < sizeof(Elf64_Ehdr))
		die("no core header", word);
	wide = core.data[EI_CLASS] == ELFCLASS64;
	printf("core_class %u\n", core.data[EI_CLASS]);
	phoff = wide ? le64_get(core.data + 32) : le32_get(core.data + 28);
	count = le16_get(core.data + (wide ? 56 : 44));
	bytes = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	printf("core_machine %u\n", le16_get(core.data + 18));
	for (size_t i = 0; i < count && phoff + (i + 1) * bytes <= core.size; i++) {
		Elf64_Phdr phdr;

		read_part(core.data + phoff + i * bytes, wide, &phdr);
		show_part(&phdr, backup_address());
	}
}

/* The command line; where the core header lies is left out, what lies there counts. */
static void show_cmdline(const char *line)
{
	const char *word = strstr(line, "elfcorehdr=");
	size_t value;

	if (!word) {
		printf("cmdline %s\n", line);
		return;
	}
	word += strlen("elfcorehdr=");
	value = strcspn(word, " ");
	printf("cmdline %.*s...%s\n", (int)(word - line), line, word + value);
	show_core(word);
}

static struct span string_at(uint64_t address)
{
	struct span text = at(address, UINT32_MAX);

	if (!text.size || !memchr(text.data, 0, text.size))
		return (struct span){ NULL, 0 };
	return text;
}

static bool is_our_line(uint64_t address)
{
	struct span text = string_at(address);

	return text.size && strstr((const char *)text.data, "one");
}

static int by_physical(const void *left, const void *right)
{
	uint64_t a = le64_get((const uint8_t *)left + 8), b = le64_get((const uint8_t *)right + 8);

	return a < b ? -1 : a > b;
}

/* The EFI runtime map, whose order means nothing; descriptors as in the UEFI specification, 7.2. */
static void show_efi_map(const uint8_t *page)
{
	uint64_t address = le32_get(page + 0x1d0) | (uint64_t)le32_get(page + 0x1dc) << 32;
	uint32_t size = le32_get(page + 0x1c8);
	struct span map = at(address, le32_get(page + 0x1d4));
	size_t count = size >= 40 ? map.size / size : 0;
	uint8_t *regions = malloc(count * size + 1);

	if (!regions)
		die("no memory", "the EFI map");
	if (count) {
		memcpy(regions, map.data, count * size);
		qsort(regions, count, size, by_physical);
	}
	for (const uint8_t *r = regions; r < regions + count * size; r += size)
		printf("efi_map type %u physical 0x%" PRIx64 " virtual 0x%" PRIx64
		       " pages 0x%" PRIx64 " attribute 0x%" PRIx64 "\n",
		       le32_get(r), le64_get(r + 8), le64_get(r + 16), le64_get(r + 24),
		       le64_get(r + 32));
	free(regions);
}

static uint64_t page_cmdline(const uint8_t *page)
{
	return le32_get(page + 0x228) | (uint64_t)le32_get(page + 0xc8) << 32;
}

static void show_page(const uint8_t *page)
{
	uint64_t initrd = le32_get(page + 0x218) | (uint64_t)le32_get(page + 0xc0) << 32;
	uint64_t initrd_bytes = le32_get(page + 0x21c) | (uint64_t)le32_get(page + 0xc4) << 32;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		show_bytes(fields[i].name, page + fields[i].offset, fields[i].bytes);
	for (unsigned i = 0; i < page[0x1e8]; i++)
		show_entry(page + 0x2d0 + i * 20);
	for (size_t i = 0x2d0 + page[0x1e8] * 20u; i < 0xcd0; i++)
		if (page[i])
			printf("behind_e820 byte at 0x%zx\n", i);
	show_setup_data(le64_get(page + 0x250));
	show_efi_map(page);
	printf("initrd 0x%" PRIx64 " bytes, hash %016" PRIx64 "\n", initrd_bytes,
	       hash(at(initrd, initrd_bytes)));
	show_cmdline((const char *)string_at(page_cmdline(page)).data);
}

/* All bytes of the page are in the table but those that are shown in words. */
static void check_fields(void)
{
	static const struct field words[] = {
		{ "ext_ramdisk, ext_cmdline", 0xc0, 12 },
		{ "efi_memmap", 0x1d0, 4 },
		{ "efi_memmap_hi", 0x1dc, 4 },
		{ "ramdisk", 0x218, 8 },
		{ "cmdline", 0x228, 4 },
		{ "setup_data", 0x250, 8 },
		{ "e820_table", 0x2d0, 0xa00 },
	};
	static uint8_t seen[4096];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		memset(seen + fields[i].offset, 1, fields[i].bytes);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		memset(seen + words[i].offset, 1, words[i].bytes);
	if (memchr(seen, 0, sizeof(seen)))
		die("a byte of the zero page is not shown", "fields");
}

/* The Multiboot specification, 0.6.96, section 3.3. */
static void show_multiboot(const uint8_t *info)
{
	struct span map = at(le32_get(info + 48), le32_get(info + 44));

	printf("mb_flags %08x\n", le32_get(info));
	printf("mb_mem_lower %u\n", le32_get(info + 4));
	printf("mb_mem_upper %u\n", le32_get(info + 8));
	show_bytes("mb_boot_device", info + 12, 4);
	printf("cmdline %s\n", (const char *)string_at(le32_get(info + 16)).data);
	for (uint32_t i = 0; i < le32_get(info + 20) && i < 16; i++) {
		struct span module = at(le32_get(info + 24) + 16 * i, 16), data;
		uint32_t bytes = le32_get(module.data + 4) - le32_get(module.data);

		data = at(le32_get(module.data), bytes);
		printf("mb_module 0x%x bytes, hash %016" PRIx64 " %s\n", bytes, hash(data),
		       (const char *)string_at(le32_get(module.data + 8)).data);
		show_bytes("mb_module_reserved", module.data + 12, 4);
	}
	show_bytes("mb_syms", info + 28, 16);
	for (size_t i = 0; i + 24 <= map.size; i += le32_get(map.data + i) + 4)
		printf("mb_mmap %u 0x%012" PRIx64 "-0x%012" PRIx64 " %u\n", le32_get(map.data + i),
		       le64_get(map.data + i + 4),
		       le64_get(map.data + i + 4) + le64_get(map.data + i + 12) - 1,
		       le32_get(map.data + i + 20));
	show_bytes("mb_drives", info + 52, 12);
	printf("mb_loader_name %s\n", (const char *)string_at(le32_get(info + 64)).data);
	show_bytes("mb_apm_vbe", info + 68, 20);
	show_bytes("mb_framebuffer", info + 88, 28);
}

static void show_kernel(const struct segment *segment, struct span payload)
{
	printf("kernel_bytes 0x%zx, hash %016" PRIx64 "\n", payload.size,
	       hash((struct span){ segment->data, segment->size }));
	printf("kernel_room 0x%" PRIx64 "\n", segment->bytes);
	printf("kernel_address 0x%" PRIx64 "\n", segment->start);
}

/* What of an image is loaded as the kernel: a bzImage without its setup code, the first part of an
 * ELF file, a flat file as it is. */
static struct span image_payload(struct span image)
{
	size_t from = 0;

	if (image.size > 0x206 && !memcmp(image.data + 0x202, "HdrS", 4)) {
		from = (image.data[0x1f1] + 1u) * 512;
	} else if (image.size > sizeof(Elf32_Ehdr) && !memcmp(image.data, ELFMAG, SELFMAG)) {
		const uint8_t *phdr = image.data + le32_get(image.data + 28);

		return (struct span){ image.data + le32_get(phdr + 4), le32_get(phdr + 16) };
	}
	return (struct span){ image.data + from, image.size - from };
}

int main(int argc, char **argv)
{
	struct span image, payload;
	bool told = false;

	if (argc != 3)
		die("usage: show FOLDER IMAGE", "arguments");
	check_fields();
	read_segments(argv[1]);
	image.data = read_file(argv[2], &image.size);
	payload = image_payload(image);
	for (unsigned i = 0; i < segment_count; i++) {
		const struct segment *s = &segments[i];

		if (s->size >= payload.size && !memcmp(s->data, payload.data, payload.size)) {
			show_kernel(s, payload);
		} else if (s->size >= 4096 && is_our_line(page_cmdline(s->data))) {
			show_page(s->data);
			told = true;
		} else if (s->size >= 116 && is_our_line(le32_get(s->data + 16))) {
			show_multiboot(s->data);
			told = true;
		}
	}
	if (!told)
		die("no segment tells the kernel its command line", argv[1]);
	return 0;
}
