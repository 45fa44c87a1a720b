/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot of the running machine, read once. Everything a plan may depend on is a value in here;
 * tests fill it from recorded folders.
 */
#ifndef KEXEC_MACHINE_H
#define KEXEC_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "efi.h"
#include "memmap.h"
#include "rsdp.h"
#include "screen_info.h"
#include "smbios.h"

#define BOOT_PARAMS_BYTES     4096
#define MACHINE_RANDOM_BYTES  64
#define MACHINE_EDD_MAX       6 /* EDDMAXNR of the boot protocol */
#define MACHINE_EDD_SIGS_MAX  16
#define MACHINE_BOOT_ID_CHARS 36
#define MACHINE_NOTES_MAX     4
#define MACHINE_EDD_BYTES     82 /* struct edd_info */

enum cpu_flag {
	CPU_LONG_MODE = 1,  /* the running kernel is 64-bit */
	CPU_PAE = 2,        /* the running kernel has PAE on (always in long mode) */
	CPU_LA57 = 4,       /* five-level paging is on */
	CPU_UMIP = 8,       /* sgdt is hidden from user space */
	CPU_ENCRYPTED = 16, /* memory is encrypted (SME, SEV, TDX): nobody else can read it */
	CPU_NX = 32,        /* page tables may forbid execution, EFER.NXE is on */
};

/* The running kernel's descriptor table on CPU 0: without it no way back (see doc/jump.md). */
struct machine_gdtr {
	bool known;
	uint64_t base; /* kernel virtual address */
	uint16_t limit;
	char how[64];  /* "sgdt on CPU 0", "gdt_page in /proc/kcore", ... */
	char why[200]; /* when not known: what was tried and what each way said */
};

/* Where the running kernel will write an ELF note when it crashes: physical address, bytes. */
struct machine_note {
	uint64_t address, bytes;
};

/* One BIOS disk of /sys/firmware/edd; the bytes of struct edd_info (boot protocol, 82 bytes). */
struct machine_edd {
	uint32_t count; /* of info, at most MACHINE_EDD_MAX */
	uint8_t info[MACHINE_EDD_MAX][MACHINE_EDD_BYTES];
	uint32_t signature_count;
	uint32_t signatures[MACHINE_EDD_SIGS_MAX];
};

struct machine {
	char arch[32];     /* utsname.machine: "i686", "x86_64" */
	char release[72];  /* utsname.release */
	char version[136]; /* utsname.version */
	char boot_id[MACHINE_BOOT_ID_CHARS + 1];
	char *cmdline;      /* /proc/cmdline without the newline; never NULL */
	uint32_t cpu;       /* enum cpu_flag bits */
	uint32_t cpu_count; /* online */
	uint32_t
		phys_bits; /* of a physical address, as the running kernel sees it; 0 = not known */

	struct memmap
		firmware; /* /sys/firmware/memmap, else /proc/iomem: handed to the next kernel */
	bool firmware_is_iomem; /* the second of the two: without what the kernel took away */
	struct range_set ram;   /* System RAM of the running kernel, whole pages */
	struct range kernel;    /* physical extent of the running kernel's image; empty if hidden */
	struct range_set crash; /* crashkernel= reservations */
	uint64_t kernel_address;        /* virtual, of the start of that image; 0 = not known */
	struct machine_note *cpu_notes; /* of each processor, by number: its registers go there */
	unsigned cpu_note_count;
	struct machine_note vmcoreinfo_note; /* bytes 0 = not known */
	/* Bytes that the kernel wants of a core header to rewrite it; 0 = it never does. */
	uint64_t corehdr_bytes;
	uint64_t page_offset; /* virtual minus physical address of the linear map; 0 = not known */
	uint64_t total_bytes; /* MemTotal */
	uint64_t available_bytes; /* MemAvailable */

	struct span boot_params; /* /sys/kernel/boot_params/data: BOOT_PARAMS_BYTES, or empty */
	struct machine_edd edd;
	struct efi efi; /* all zero where the firmware is none, or not told of */
	struct screen screen;
	uint64_t rsdp; /* physical address of the ACPI root pointer, 0 = not known */
	/* Its bytes, and SMBIOS: only machine_read_tables() fills them. 0 = not known. */
	uint8_t rsdp_copy[RSDP_BYTES_MAX];
	uint32_t rsdp_copy_bytes;
	struct smbios smbios;
	struct span vmcoreinfo;   /* text of the running kernel's VMCOREINFO, or empty */
	struct machine_gdtr gdtr; /* read only when a jump is planned */
	uint8_t random[MACHINE_RANDOM_BYTES];

	const char
		*notes[MACHINE_NOTES_MAX]; /* constant texts: what was read by a second-best way */
	unsigned note_count;
};

/* What is worth the time to read: the parts a request does not need are left empty. */
enum machine_want {
	MACHINE_WANT_JUMP = 1, /* gdtr, page_offset, vmcoreinfo, boot_id */
	/* page_offset, kernel_address, cpu_notes, vmcoreinfo_note, corehdr_bytes */
	MACHINE_WANT_CRASH = 2,
};

/*
 * Read the machine below root ("" for the running one, else a recorded folder as made by
 * tests/data/record-machine). In a folder, what no file of the system tells is in files of its own:
 * "uname" (the line "release|version|machine"), "vmcoreinfo" (text), "gdtr" ("base limit", hex),
 * "random" (hex digits that replace the generator), "sys/firmware/memmap.txt" (lines "start end
 * type"), "sys/firmware/efi/runtime-map.txt" (see efi.h), "rsdp" (its bytes), "fb0.txt" (see
 * screen_info.h); any binary file X may be given as hex digits in X.hex. Without root the running
 * machine's map comes from boot_params, and a note says so. On failure there is nothing to free.
 */
int machine_read(const char *root, uint32_t want, struct machine *machine, struct error *err);

/*
 * Add copies of the firmware's tables to a machine that was read from the same root. What cannot be
 * read stays empty: the next kernel can search by itself.
 */
void machine_read_tables(const char *root, struct machine *machine);
void machine_done(struct machine *machine);

#endif
