/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel that says on the second serial line what it was told by its loader, in lines
 * "@@ got KEY VALUE", and switches the machine off. It reads both versions of Multiboot and ELF
 * boot notes, by itself, not through the code under test. Freestanding; shares console and sha256
 * with purgatory.
 */
#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "console.h"
/* This kernel is moved: no addresses of functions from a table that the linker filled. */
#pragma GCC visibility push(hidden)
#include "sha256.h"
#pragma GCC visibility pop

#define SERIAL_BASE    0x2f8
#define MAGIC_1        0x2badb002
#define MAGIC_2        0x36d76289
#define MAGIC_NOTES    0x0e1fb007
#define RAM            1
#define POWER_PORT     0x604  /* QEMU's PC: the power management's control register ... */
#define POWER_PORT_EFI 0xb004 /* where OVMF puts it */
#define POWER_OFF      0x2000 /* ... and what switches off */
#define CR0_PROTECTED  0x1
#define CR0_PAGING     0x80000000
#define EFLAGS_ENABLED 0x200 /* interrupts */

void multiboot_main(uint32_t magic, const uint8_t *info, uint32_t by_header);

static struct console console = { .flags = PURG_CONSOLE_SERIAL, .serial_base = SERIAL_BASE };
static uint8_t zeros[8192];
extern uint8_t image_start[] __attribute__((visibility("hidden")));

static const uint8_t *at(uint32_t address)
{
	return (const uint8_t *)(uintptr_t)address;
}

static void got(const char *key, const char *value)
{
	console_put(&console, "@@ got ");
	console_put(&console, key);
	console_put(&console, " ");
	console_put(&console, value);
	console_put(&console, "\n");
}

static void got_number(const char *key, uint64_t value)
{
	console_put(&console, "@@ got ");
	console_put(&console, key);
	console_put(&console, " ");
	console_put_hex(&console, value);
	console_put(&console, "\n");
}

static void put_digest(const uint8_t *data, uint32_t bytes)
{
	uint8_t digest[SHA256_BYTES];
	struct sha256 sha;

	sha256_init(&sha, sha256_blocks_c);
	sha256_update(&sha, data, bytes);
	sha256_final(&sha, digest);
	console_put_bytes(&console, digest, SHA256_BYTES);
	console_put(&console, "\n");
}

static void got_module(uint32_t start, uint32_t end, const char *text)
{
	console_put(&console, "@@ got module ");
	console_put(&console, text);
	console_put(&console, start % 4096 ? " unaligned " : " aligned ");
	console_put_hex(&console, end - start);
	console_put(&console, " ");
	put_digest(at(start), end - start);
}

static void got_tables(const uint8_t *tables, uint32_t bytes)
{
	console_put(&console, "@@ got smbios ");
	put_digest(tables, bytes);
}

static uint64_t ram_in(const uint8_t *entry, uint32_t bytes, uint32_t stride)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < bytes; i += stride)
		if (le32_get(entry + i + 16) == RAM)
			sum += le64_get(entry + i + 8);
	return sum;
}

static void read_version_1(const uint8_t *info)
{
	const uint8_t *module = at(le32_get(info + 24));
	uint32_t flags = le32_get(info);

	got_number("flags", flags & ~UINT32_C(0x1000)); /* the screen is the machine's affair */
	got("cmdline", (const char *)at(le32_get(info + 16)));
	got("loader", (const char *)at(le32_get(info + 64)));
	got_number("lower", le32_get(info + 4));
	for (uint32_t i = 0; i < le32_get(info + 20); i++, module += 16)
		got_module(le32_get(module), le32_get(module + 4),
			   (const char *)at(le32_get(module + 8)));
	/* each entry has its size in front of it, and does not count that */
	got_number("ram", ram_in(at(le32_get(info + 48)) + 4, le32_get(info + 44), 24));
}

static void read_tag(const uint8_t *tag, uint32_t bytes)
{
	switch (le32_get(tag)) {
	case 1:
		got("cmdline", (const char *)tag + 8);
		break;
	case 2:
		got("loader", (const char *)tag + 8);
		break;
	case 3:
		got_module(le32_get(tag + 8), le32_get(tag + 12), (const char *)tag + 16);
		break;
	case 4:
		got_number("lower", le32_get(tag + 8));
		break;
	case 6:
		got_number("ram", ram_in(tag + 16, bytes - 16, le32_get(tag + 8)));
		break;
	case 8:
		got_number("screen", le64_get(tag + 8));
		break;
	case 13:
		got_tables(tag + 16, bytes - 16);
		break;
	case 14:
		got("rsdp", memcmp(tag + 8, "RSD PTR ", 8) ? "wrong" : "right");
		break;
	case 21:
		got("base", at(le32_get(tag + 8)) == image_start ? "right" : "wrong");
		break;
	default:
		break;
	}
}

static void read_version_2(const uint8_t *info)
{
	uint32_t end = le32_get(info), bytes;

	for (uint32_t offset = 8; offset < end; offset += (bytes + 7) & ~UINT32_C(7)) {
		bytes = le32_get(info + offset + 4);
		if (!le32_get(info + offset))
			break;
		read_tag(info + offset, bytes);
	}
}

/* The sum of the Internet protocols: words, with what overflows, complemented. */
static uint16_t checksum(const uint8_t *data, uint32_t bytes)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i + 1 < bytes; i += 2)
		sum += le16_get(data + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Magic, size, checksum, count; then notes without an owner: 2 the loader, 3 its version, 4 the
 * command line. */
static void read_notes(const uint8_t *notes)
{
	const uint8_t *note = notes + 12;
	bool right = le32_get(notes) == MAGIC_NOTES && !checksum(notes, le32_get(notes + 4));

	got("checksum", right ? "right" : "wrong");
	for (uint32_t i = 0; i < le16_get(notes + 10); i++) {
		const char *text = (const char *)note + 12 + ((le32_get(note) + 3) & ~UINT32_C(3));

		if (le32_get(note + 8) == 2)
			got("loader", text);
		else if (le32_get(note + 8) == 4)
			got("cmdline", text);
		note = (const uint8_t *)text + ((le32_get(note + 4) + 3) & ~UINT32_C(3));
	}
}

/* What the specifications promise of the processor. */
static bool state_is_right(void)
{
	uint32_t cr0, eflags;

	__asm__ volatile("movl %%cr0, %0\n\tpushfl\n\tpopl %1" : "=r"(cr0), "=r"(eflags));
	return cr0 & CR0_PROTECTED && !(cr0 & CR0_PAGING) && !(eflags & EFLAGS_ENABLED);
}

static bool is_zeroed(void)
{
	for (size_t i = 0; i < sizeof(zeros); i++)
		if (((volatile uint8_t *)zeros)[i])
			return false;
	return true;
}

void multiboot_main(uint32_t magic, const uint8_t *info, uint32_t by_header)
{
	got("state", state_is_right() ? "right" : "wrong");
	got("bss", is_zeroed() ? "zero" : "dirty");
	got("entry", by_header ? "header" : "elf");
	got("version", magic == MAGIC_1 ? "1" : magic == MAGIC_2 ? "2" : "none");
	if (magic == MAGIC_1)
		read_version_1(info);
	else if (magic == MAGIC_2)
		read_version_2(info);
	else if (magic == MAGIC_NOTES)
		read_notes(info);
	console_put(&console, "@@ result ok\n");
	__asm__ volatile("outw %w0, %w1" : : "a"(POWER_OFF), "Nd"(POWER_PORT));
	__asm__ volatile("outw %w0, %w1" : : "a"(POWER_OFF), "Nd"(POWER_PORT_EFI));
}
