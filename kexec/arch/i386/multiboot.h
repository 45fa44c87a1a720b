/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two versions of Multiboot share (Multiboot Specification 0.6.96 and 2.0, Free Software
 * Foundation): what a kernel's header asks for, and the facts it is told. Each version has its own
 * bytes for both: multiboot1.c and multiboot2.c. Where things go is the same: multiboot.c.
 */
#ifndef KEXEC_ARCH_I386_MULTIBOOT_H
#define KEXEC_ARCH_I386_MULTIBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "error.h"
#include "machine.h"
#include "memmap.h"
#include "request.h"

/* Where a kernel that is not ELF says by itself that it goes. Addresses are physical. */
struct multiboot_addresses {
	uint64_t offset; /* of the header in the file */
	uint32_t header, load;
	uint32_t load_end; /* 0 = the file to its end */
	uint32_t bss_end;  /* 0 = no bss */
};

/* What a header asks for. */
struct multiboot_header {
	bool has_addresses, has_entry, is_relocatable;
	bool wants_smbios;
	bool wants_screen; /* the kernel asked for a screen: worth a note if there is none */
	struct multiboot_addresses addresses;
	uint32_t entry;
	struct {
		uint64_t min, end; /* the whole image lies in there, half open */
		uint64_t align;    /* a power of two */
		uint32_t preference;
	} relocate;
};

enum multiboot_preference { MULTIBOOT_ANYWHERE, MULTIBOOT_LOWEST, MULTIBOOT_HIGHEST };

/* Of a colour in a pixel. */
struct multiboot_colour {
	uint8_t position, bits;
};

enum multiboot_screen_type {
	MULTIBOOT_NO_SCREEN = 0xff,
	MULTIBOOT_SCREEN_RGB = 1,
	MULTIBOOT_SCREEN_TEXT = 2,
};

/* The screen as the firmware set it up, as far as the running kernel knows. */
struct multiboot_screen {
	uint8_t type; /* enum multiboot_screen_type */
	uint64_t address;
	uint32_t pitch, width, height; /* bytes; pixels or characters */
	uint8_t bits;                  /* of a pixel or character */
	struct multiboot_colour red, green, blue;
};

/* What a kernel is told. Borrowed. */
struct multiboot_facts {
	const char *cmdline;
	const struct request *request; /* for its modules */
	uint64_t modules_at;
	uint32_t lower_kib, upper_kib;
	const struct memmap *map;
	struct multiboot_screen screen;
	const struct machine *machine;
	bool is_relocatable;
	uint64_t load_base; /* only where is_relocatable */
	bool wants_smbios;
};

/* What the loader calls itself. Xen takes anything with "GRUB " in it for a loader that leaves the
 * kernel's name out of the command line. */
#define MULTIBOOT_LOADER_NAME "kexec " PACKAGE_VERSION

/* One version of the specification. */
struct multiboot_version {
	uint32_t magic;  /* in eax at the kernel's entry */
	bool tells_rsdp; /* the ACPI root pointer is among the information */
	/* The offset of the header, which has the magic number and the right checksum; -1: none. */
	int64_t (*find)(struct span image);
	/* Read the header. -1: err says what is wrong with it, or asked for and not to be had. */
	int (*parse)(struct span image, const struct multiboot_facts *facts,
		     struct multiboot_header *header, struct error *err);
	/* Bytes of the information for the kernel. With to, they are written there; they are for
	 * the physical address at, a multiple of 8. */
	size_t (*inform)(const struct multiboot_facts *facts, uint64_t at, uint8_t *to);
};

extern const struct multiboot_version multiboot_version_1, multiboot_version_2;

/* The type of a memory map entry, which has the numbers of e820 as far as kernels know them. */
uint32_t multiboot_memory_type(uint32_t type);

/* Six bytes that tell how a pixel holds its colours. */
void multiboot_put_colours(const struct multiboot_screen *screen, uint8_t *to);

#endif
