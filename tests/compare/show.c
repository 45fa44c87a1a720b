/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shows what a Linux kernel is told by the segments in a folder (files "0xADDRESS-0xBYTES"), one
 * line "field value" for everything: the zero page byte by byte, the command line, the memory map,
 * the setup_data, the ramdisk, the kernel, the core header. Addresses of segments are left out
 * where only what lies there matters. usage: show FOLDER IMAGE
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
	{ "efi_info", 0x1c0, 0x20 },
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
	{ "eddbuf", 0xd00, 0x1ec },
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

/* The header of /proc/vmcore. */
static void show_core(const char *cmdline)
{
	const char *word = strstr(cmdline, "elfcorehdr=");
	struct span core;
	char *end;
	uint64_t address;
	Elf64_Ehdr header;
	Elf64_Phdr phdr;

	if (!word)
		return;
	address = strtoull(word + 11, &end, 0);
	address <<= *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
	core = at(address, UINT32_MAX);
	if (core.size < sizeof(header))
		die("no core header", word);
	memcpy(&header, core.data, sizeof(header));
	printf("core_class %u\n", header.e_ident[EI_CLASS]);
	if (header.e_ident[EI_CLASS] != ELFCLASS64)
		return;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		memcpy(&phdr, core.data + header.e_phoff + i * sizeof(phdr), sizeof(phdr));
		printf("%s 0x%012" PRIx64 " 0x%" PRIx64 " virtual 0x%" PRIx64 "\n",
		       phdr.p_type == PT_NOTE ? "core_note" : "core_load", phdr.p_paddr,
		       phdr.p_memsz, phdr.p_type == PT_NOTE ? 0 : phdr.p_vaddr);
	}
}

static void show_page(const uint8_t *page)
{
	uint64_t initrd = le32_get(page + 0x218) | (uint64_t)le32_get(page + 0xc0) << 32;
	uint64_t initrd_bytes = le32_get(page + 0x21c) | (uint64_t)le32_get(page + 0xc4) << 32;
	uint64_t line = le32_get(page + 0x228) | (uint64_t)le32_get(page + 0xc8) << 32;
	struct span cmdline = at(line, UINT32_MAX);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		show_bytes(fields[i].name, page + fields[i].offset, fields[i].bytes);
	for (unsigned i = 0; i < page[0x1e8]; i++)
		show_entry(page + 0x2d0 + i * 20);
	for (size_t i = 0x2d0 + page[0x1e8] * 20u; i < 0xcd0; i++)
		if (page[i])
			printf("behind_e820 byte at 0x%zx\n", i);
	show_setup_data(le64_get(page + 0x250));
	printf("initrd 0x%" PRIx64 " bytes, hash %016" PRIx64 "\n", initrd_bytes,
	       hash(at(initrd, initrd_bytes)));
	if (!cmdline.size || !memchr(cmdline.data, 0, cmdline.size))
		die("no command line", "boot_params");
	printf("cmdline %s\n", (const char *)cmdline.data);
	show_core((const char *)cmdline.data);
}

static void show_kernel(const struct segment *segment, struct span payload)
{
	printf("kernel_bytes 0x%zx, hash %016" PRIx64 "\n", payload.size,
	       hash((struct span){ segment->data, segment->size }));
	printf("kernel_room 0x%" PRIx64 "\n", segment->bytes);
	printf("kernel_address 0x%" PRIx64 "\n", segment->start);
}

int main(int argc, char **argv)
{
	const uint8_t *page = NULL;
	struct span payload;
	size_t setup;

	if (argc != 3)
		die("usage: show FOLDER IMAGE", "arguments");
	read_segments(argv[1]);
	payload.data = read_file(argv[2], &payload.size);
	setup = (payload.data[0x1f1] + 1u) * 512;
	payload.data += setup;
	payload.size -= setup;
	for (unsigned i = 0; i < segment_count; i++) {
		const struct segment *s = &segments[i];

		if (s->size >= 4096 && !memcmp(s->data + 0x202, "HdrS", 4))
			page = s->data;
		else if (s->size >= 4096 && !memcmp(s->data, payload.data, 4096))
			show_kernel(s, payload);
	}
	if (!page)
		die("no segment is a zero page", argv[1]);
	show_page(page);
	return 0;
}
