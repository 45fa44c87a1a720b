/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a small image that loads but does nothing: "bzimage" (boot protocol 2.15, relocatable),
 * "bzimage64" (the same with a 64-bit entry), "elf" (a program of one instruction) or "multiboot"
 * (8192 bytes with a header of the first version) to standard output.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

#define SETUP_BYTES   1024
#define PAYLOAD_BYTES 65536
#define LOAD_ADDRESS  0x2000000

static int write_bzimage(uint16_t xloadflags)
{
	static uint8_t image[SETUP_BYTES + PAYLOAD_BYTES];

	for (size_t i = SETUP_BYTES; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7);
	image[0x1f1] = SETUP_BYTES / 512 - 1;
	le32_put(image + 0x1f4, PAYLOAD_BYTES / 16);
	le16_put(image + 0x1fe, 0xaa55);
	image[0x200] = 0xeb; /* jmp over the header */
	image[0x201] = 0x6a;
	memcpy(image + 0x202, "HdrS", 4);
	le16_put(image + 0x206, 0x020f);
	image[0x211] = 1; /* LOADED_HIGH */
	le32_put(image + 0x214, 0x100000);
	le32_put(image + 0x22c, 0x7fffffff);
	le32_put(image + 0x230, 0x200000);
	image[0x234] = 1; /* relocatable */
	image[0x235] = 21;
	le16_put(image + 0x236, xloadflags);
	le32_put(image + 0x238, 2047);
	le64_put(image + 0x258, 0x1000000);
	le32_put(image + 0x260, 0x400000);
	return fwrite(image, sizeof(image), 1, stdout) != 1;
}

static int write_elf(void)
{
	struct {
		Elf32_Ehdr header;
		Elf32_Phdr load;
		uint8_t code[4];
	} image = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
				     EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_386,
			.e_version = EV_CURRENT,
			.e_entry = LOAD_ADDRESS,
			.e_phoff = sizeof(Elf32_Ehdr),
			.e_ehsize = sizeof(Elf32_Ehdr),
			.e_phentsize = sizeof(Elf32_Phdr),
			.e_phnum = 1,
		},
		.load = {
			.p_type = PT_LOAD,
			.p_offset = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
			.p_vaddr = LOAD_ADDRESS,
			.p_paddr = LOAD_ADDRESS,
			.p_filesz = 4,
			.p_memsz = 4096,
			.p_flags = PF_R | PF_X,
			.p_align = 4,
		},
		.code = { 0xc3, 0x90, 0x90, 0x90 }, /* ret */
	};

	return fwrite(&image, sizeof(image), 1, stdout) != 1;
}

static int write_multiboot(void)
{
	static uint8_t image[8192];
	const uint32_t header[] = {
		0x1badb002,
		0x10003,
		0u - (0x1badb002u + 0x10003u),
		LOAD_ADDRESS,
		LOAD_ADDRESS,
		LOAD_ADDRESS + sizeof(image),
		LOAD_ADDRESS + sizeof(image),
		LOAD_ADDRESS,
	};

	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		le32_put(image + 4 * i, header[i]);
	return fwrite(image, sizeof(image), 1, stdout) != 1;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "bzimage"))
		return write_bzimage(0);
	if (argc == 2 && !strcmp(argv[1], "bzimage64"))
		return write_bzimage(0x33); /* 64-bit entry, anywhere, EFI handed on, five levels */
	if (argc == 2 && !strcmp(argv[1], "elf"))
		return write_elf();
	if (argc == 2 && !strcmp(argv[1], "multiboot"))
		return write_multiboot();
	fprintf(stderr, "usage: make_image bzimage|bzimage64|elf|multiboot\n");
	return 2;
}
