/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes kernel and program images for tests from a few numbers. Knows the formats by itself, not
 * through the code under test, but for the names of the offsets.
 */
#include "image_builder.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/i386/boot_params.h"

#define PAGE 4096

const struct image_bzimage image_modern = {
	.protocol = 0x20f,
	.setup_sects = 3,
	.payload_bytes = 5 * PAGE + 100,
	.relocatable = 1,
	.alignment = 0x200000,
	.pref_address = 0x1000000,
	.init_size = 0x606000,
	.initrd_max = 0x7fffffff,
	.cmdline_size = 2047,
};

struct span image_span(const struct image *image)
{
	return (struct span){ image->data, image->size };
}

uint8_t image_pattern(size_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8) * 13 + 1);
}

static struct image image_new(size_t size)
{
	struct image image = { calloc(1, size ? size : 1), size };

	if (!image.data)
		abort();
	return image;
}

static void fill(uint8_t *to, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = image_pattern(i);
}

struct image image_bzimage(const struct image_bzimage *f)
{
	size_t setup = ((f->setup_sects ? f->setup_sects : 4) + 1) * (size_t)512;
	struct image image = image_new(setup + f->payload_bytes);
	uint8_t *d = image.data;

	fill(d + setup, f->payload_bytes);
	d[BP_SETUP_SECTS] = f->setup_sects;
	le32_put(d + BP_SYSSIZE, (f->payload_bytes + 15) / 16);
	le16_put(d + BP_BOOT_FLAG, 0xaa55);
	d[0x200] = 0xeb;
	d[BP_JUMP_LENGTH] = f->protocol >= 0x20f ? 0x6a : f->protocol >= 0x20a ? 0x62 : 0x4e;
	memcpy(d + BP_HEADER, "HdrS", 4);
	le16_put(d + BP_VERSION, f->protocol);
	d[BP_LOADFLAGS] = 1;
	le32_put(d + BP_CODE32_START, 0x100000);
	if (f->protocol >= 0x203)
		le32_put(d + BP_INITRD_ADDR_MAX, f->initrd_max);
	if (f->protocol >= 0x205) {
		le32_put(d + BP_KERNEL_ALIGNMENT, f->alignment);
		d[BP_RELOCATABLE_KERNEL] = f->relocatable;
	}
	if (f->protocol >= 0x206)
		le32_put(d + BP_CMDLINE_SIZE, f->cmdline_size);
	if (f->protocol >= 0x20c)
		le16_put(d + BP_XLOADFLAGS, f->xloadflags);
	if (f->protocol >= 0x208) {
		le32_put(d + BP_PAYLOAD_OFFSET, 0x94);
		le32_put(d + BP_PAYLOAD_LENGTH, f->payload_bytes - 0x94);
	}
	if (f->protocol >= 0x20a) {
		le64_put(d + BP_PREF_ADDRESS, f->pref_address);
		le32_put(d + BP_INIT_SIZE, f->init_size);
	}
	return image;
}

static void put_header64(uint8_t *d, const struct image_elf *f, size_t count)
{
	Elf64_Ehdr h = {
		.e_type = f->type ? f->type : ET_EXEC,
		.e_machine = f->machine ? f->machine : EM_386,
		.e_version = EV_CURRENT,
		.e_entry = f->entry,
		.e_phoff = sizeof(h),
		.e_ehsize = sizeof(h),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)count,
	};

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	h.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(d, &h, sizeof(h));
}

static void put_header32(uint8_t *d, const struct image_elf *f, size_t count)
{
	Elf32_Ehdr h = {
		.e_type = f->type ? f->type : ET_EXEC,
		.e_machine = f->machine ? f->machine : EM_386,
		.e_version = EV_CURRENT,
		.e_entry = (uint32_t)f->entry,
		.e_phoff = sizeof(h),
		.e_ehsize = sizeof(h),
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = (uint16_t)count,
	};

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS32;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	h.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(d, &h, sizeof(h));
}

static void put_load(uint8_t *d, uint8_t elf_class, size_t index, const struct image_load *load,
		     size_t offset)
{
	Elf64_Phdr p64 = { .p_type = PT_LOAD,
			   .p_offset = offset,
			   .p_paddr = load->address,
			   .p_filesz = load->file_bytes,
			   .p_memsz = load->memory_bytes };
	Elf32_Phdr p32 = { .p_type = PT_LOAD,
			   .p_offset = (uint32_t)offset,
			   .p_paddr = (uint32_t)load->address,
			   .p_filesz = (uint32_t)load->file_bytes,
			   .p_memsz = (uint32_t)load->memory_bytes };

	if (elf_class == ELFCLASS64)
		memcpy(d + sizeof(Elf64_Ehdr) + index * sizeof(p64), &p64, sizeof(p64));
	else
		memcpy(d + sizeof(Elf32_Ehdr) + index * sizeof(p32), &p32, sizeof(p32));
}

static size_t pages(size_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

struct image image_elf(const struct image_elf *f)
{
	size_t size = PAGE, offset = PAGE;
	struct image image;

	for (size_t i = 0; i < f->count; i++)
		size += pages(f->loads[i].file_bytes);
	image = image_new(size);
	if (f->elf_class == ELFCLASS64)
		put_header64(image.data, f, f->count);
	else
		put_header32(image.data, f, f->count);
	for (size_t i = 0; i < f->count; i++) {
		put_load(image.data, f->elf_class, i, &f->loads[i], offset);
		fill(image.data + offset, f->loads[i].file_bytes);
		offset += pages(f->loads[i].file_bytes);
	}
	return image;
}

struct image image_elf_many(size_t count)
{
	struct image_elf fields = { .entry = 0x100000 };
	struct image image = image_new(sizeof(Elf32_Ehdr) + count * sizeof(Elf32_Phdr));

	put_header32(image.data, &fields, count);
	for (size_t i = 0; i < count; i++) {
		struct image_load load = { .address = 0x100000 + i * 2 * PAGE,
					   .memory_bytes = PAGE };

		put_load(image.data, ELFCLASS32, i, &load, 0);
	}
	return image;
}

struct image image_raw(size_t size)
{
	struct image image = image_new(size);

	fill(image.data, size);
	return image;
}

static void put_words(struct image *image, size_t offset, const uint32_t *words, size_t count)
{
	if (offset + 4 * count > image->size)
		abort();
	for (size_t i = 0; i < count; i++)
		le32_put(image->data + offset + 4 * i, words[i]);
}

void image_put_multiboot(struct image *image, size_t offset, uint32_t flags, const uint32_t *words,
			 size_t count)
{
	const uint32_t head[] = { 0x1badb002, flags, 0 - (0x1badb002 + flags) };

	put_words(image, offset, head, 3);
	put_words(image, offset + sizeof(head), words, count);
}

void image_put_multiboot2(struct image *image, size_t offset, const uint32_t *words, size_t count)
{
	uint32_t bytes = (uint32_t)(16 + 4 * count);
	const uint32_t head[] = { 0xe85250d6, 0, bytes, 0 - (0xe85250d6 + bytes) };

	put_words(image, offset, head, 4);
	put_words(image, offset + sizeof(head), words, count);
}

int image_write(const struct image *image, const char *path)
{
	FILE *file = fopen(path, "wb");
	size_t written;

	if (!file)
		return -1;
	written = fwrite(image->data, 1, image->size, file);
	return fclose(file) || written != image->size ? -1 : 0;
}
