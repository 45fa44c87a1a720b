/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct boot_params ("the zero page") of the x86 boot protocol, as bytes: the offsets, and the
 * block of memory a kernel is given: zero page, command line, chain of setup_data. Documented in
 * Linux, Documentation/arch/x86/{boot,zero-page}.rst; the offsets never changed.
 */
#ifndef KEXEC_ARCH_I386_BOOT_PARAMS_H
#define KEXEC_ARCH_I386_BOOT_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "machine.h"
#include "memmap.h"
#include "range.h"

/* Versions of the boot protocol: what came with each is used from there on. */
enum boot_protocol {
	PROTOCOL_2_00 = 0x0200, /* HdrS: bzImage, initrd */
	PROTOCOL_2_01 = 0x0201, /* heap_end_ptr */
	PROTOCOL_2_02 = 0x0202, /* cmd_line_ptr */
	PROTOCOL_2_03 = 0x0203, /* initrd_addr_max */
	PROTOCOL_2_04 = 0x0204, /* syssize of 32 bits */
	PROTOCOL_2_05 = 0x0205, /* relocatable_kernel, kernel_alignment */
	PROTOCOL_2_06 = 0x0206, /* cmdline_size */
	PROTOCOL_2_07 = 0x0207, /* hardware_subarch */
	PROTOCOL_2_08 = 0x0208, /* payload_offset, payload_length */
	PROTOCOL_2_09 = 0x0209, /* setup_data */
	PROTOCOL_2_10 = 0x020a, /* pref_address, init_size */
	PROTOCOL_2_12 = 0x020c, /* xloadflags */
	PROTOCOL_2_15 = 0x020f, /* kernel_info; acpi_rsdp_addr came between */
};

/* Byte offsets in struct boot_params. 0x1f1 up to SETUP_HEADER_END is the setup header, which is at
 * the same offset of a bzImage file. */
enum boot_params_offset {
	BP_SCREEN_INFO = 0x000,       /* 64 bytes */
	BP_EXT_MEM_K = 0x002,         /* u16, inside screen_info: KiB above 1 MiB, old */
	BP_CL_MAGIC = 0x020,          /* u16 CL_MAGIC: the command line of protocols before 2.02 */
	BP_CL_OFFSET = 0x022,         /* u16, from the zero page */
	BP_ACPI_RSDP_ADDR = 0x070,    /* u64 */
	BP_EXT_RAMDISK_IMAGE = 0x0c0, /* u32: upper halves, of 64-bit kernels */
	BP_EXT_RAMDISK_SIZE = 0x0c4,  /* u32 */
	BP_EXT_CMD_LINE_PTR = 0x0c8,  /* u32 */
	BP_EFI_INFO = 0x1c0,          /* struct efi_info, 32 bytes */
	BP_ALT_MEM_K = 0x1e0,         /* u32: KiB above 1 MiB */
	BP_E820_ENTRIES = 0x1e8,      /* u8 */
	BP_EDDBUF_ENTRIES = 0x1e9,    /* u8 */
	BP_EDD_MBR_SIG_BUF_ENTRIES = 0x1ea, /* u8 */
	BP_SECURE_BOOT = 0x1ec,             /* u8: what the EFI stub found out */
	BP_SETUP_SECTS = 0x1f1,             /* u8; the setup header starts here */
	BP_ROOT_FLAGS = 0x1f2,              /* u16: mount the root read-only */
	BP_SYSSIZE = 0x1f4,                 /* u32: 16-byte paragraphs of the protected-mode part */
	BP_ROOT_DEV = 0x1fc,                /* u16 */
	BP_BOOT_FLAG = 0x1fe,               /* u16 BOOT_FLAG */
	BP_JUMP_LENGTH = 0x201,             /* u8: the header ends so many bytes behind 0x202 */
	BP_HEADER = 0x202,                  /* "HdrS" */
	BP_VERSION = 0x206,                 /* u16 enum boot_protocol */
	BP_TYPE_OF_LOADER = 0x210,          /* u8 */
	BP_LOADFLAGS = 0x211,               /* u8 LOADFLAG_* */
	BP_CODE32_START = 0x214,            /* u32 */
	BP_RAMDISK_IMAGE = 0x218,           /* u32 */
	BP_RAMDISK_SIZE = 0x21c,            /* u32 */
	BP_SETUP_MOVE_SIZE = 0x212,         /* u16: bytes that old setup code moves to 0x90000 */
	BP_HEAP_END_PTR = 0x224,            /* u16: end of the setup code's heap */
	BP_CMD_LINE_PTR = 0x228,            /* u32 */
	BP_INITRD_ADDR_MAX = 0x22c,         /* u32, inclusive */
	BP_KERNEL_ALIGNMENT = 0x230,        /* u32 */
	BP_RELOCATABLE_KERNEL = 0x234,      /* u8 */
	BP_XLOADFLAGS = 0x236,              /* u16 */
	BP_CMDLINE_SIZE = 0x238,            /* u32, without the zero */
	BP_HARDWARE_SUBARCH = 0x23c,        /* u32 */
	BP_HARDWARE_SUBARCH_DATA = 0x240,   /* u64 */
	BP_PAYLOAD_OFFSET = 0x248,          /* u32, in the protected-mode part */
	BP_PAYLOAD_LENGTH = 0x24c,          /* u32 */
	BP_SETUP_DATA = 0x250,              /* u64: head of the chain */
	BP_PREF_ADDRESS = 0x258,            /* u64 */
	BP_INIT_SIZE = 0x260,               /* u32 */
	BP_EDD_MBR_SIG_BUFFER = 0x290,      /* 16 u32 */
	BP_E820_TABLE = 0x2d0,              /* E820_TABLE_MAX entries of E820_ENTRY_BYTES */
	BP_EDDBUF = 0xd00,                  /* MACHINE_EDD_MAX times 82 bytes */
};

#define SETUP_HEADER_START BP_SETUP_SECTS
#define SETUP_HEADER_END   BP_EDD_MBR_SIG_BUFFER /* what there is room for */

#define BOOT_FLAG         0xaa55
#define CL_MAGIC          0xa33f
#define LOADER_KEXEC      0xd0 /* type_of_loader: kexec's number, any version */
#define LOADFLAG_HIGH     0x01 /* the protected-mode part goes to 0x100000 */
#define LOADFLAG_KASLR    0x02 /* the decompressor's own */
#define LOADFLAG_SEGMENTS 0x40 /* do not load segment registers */
#define LOADFLAG_HEAP     0x80 /* heap_end_ptr is valid: real mode only */
#define E820_TABLE_MAX    128
#define E820_ENTRY_BYTES  20   /* u64 start, u64 size, u32 type */
#define XLOAD_KERNEL_64   0x01 /* the 64-bit entry is there */
#define XLOAD_ABOVE_4G    0x02 /* it, its initrd and command line may lie above 4 GiB */
#define XLOAD_EFI_KEXEC   0x10 /* takes EFI's services from the kernel before it */
#define XLOAD_5LEVEL      0x20 /* may be entered with five-level page tables */
#define XLOAD_5LEVEL_ON   0x40 /* uses them where there are */
#define SETUP_DATA_BYTES  16   /* u64 next, u32 type, u32 length of the data behind it */
#define SETUP_E820_EXT    1
#define SETUP_DTB         2
#define SETUP_EFI         4
#define SETUP_RNG_SEED    9
#define RNG_SEED_BYTES    32

/* What of EFI is handed on. */
enum boot_efi {
	BOOT_EFI_NONE,
	BOOT_EFI_TABLES,   /* system table and memory map made for the next kernel: efi_tables.h */
	BOOT_EFI_SERVICES, /* all: efi.h */
};

/* What a block is made of. All is borrowed. */
struct boot_block {
	uint64_t address;      /* physical, of the zero page */
	uint16_t protocol;     /* enum boot_protocol, or newer */
	struct span header;    /* the image's setup header from SETUP_HEADER_START on */
	const char *cmdline;   /* short enough for the kernel: the caller checked */
	struct span dtb;       /* device tree; empty = none */
	struct range initrd;   /* empty = none; the bytes it has, not whole pages */
	uint64_t code32_start; /* where the kernel was loaded */
	const struct memmap *given;
	const struct machine *machine;
	bool reuse_video; /* --reuse-video-type */
	enum boot_efi efi;
};

/* Bytes the block takes; does not depend on its address. */
size_t boot_block_bytes(const struct boot_block *block);

/*
 * Fill what a loader has to fill in of the setup header in a page, which has the image's. cmdline
 * is where the command line begins, as an offset from the page; it lies below 4 GiB.
 */
void boot_header_fill(const struct boot_block *block, size_t cmdline, uint8_t *page);

/*
 * Write the block. bytes has boot_block_bytes() zeroed bytes. Of the memory map, protocols
 * before 2.09 are told the first E820_TABLE_MAX entries only.
 */
void boot_block_fill(const struct boot_block *block, uint8_t *bytes);

#endif
