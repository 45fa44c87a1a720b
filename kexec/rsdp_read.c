/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads /dev/mem, where the firmware's tables are shown even by kernels that hide RAM. Not being
 * allowed to is no failure: the next kernel can search by itself, as it always had to.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pread64() */
#endif
#include "rsdp_read.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "efi.h"
#include "rsdp.h"

/* Where the specification has kernels look for it: in the extended BIOS data area first. */
#define EBDA_POINTER 0x40e /* u16: its address by 16 */
#define EBDA_BYTES   1024
#define BIOS_START   UINT64_C(0xe0000)
#define BIOS_BYTES   0x20000

static void keep(struct machine *machine, struct span found)
{
	if (found.size && found.size <= sizeof(machine->rsdp_copy)) {
		memcpy(machine->rsdp_copy, found.data, found.size);
		machine->rsdp_copy_bytes = (uint32_t)found.size;
	}
}

static void search(int fd, struct machine *machine, uint64_t address, size_t bytes)
{
	uint8_t *memory = malloc(bytes);
	ssize_t got = -1;

	if (memory)
		got = pread64(fd, memory, bytes, (off64_t)address);
	if (got > 0)
		keep(machine, rsdp_find((struct span){ memory, (size_t)got }));
	free(memory);
}

static void search_bios(int fd, struct machine *machine)
{
	uint8_t pointer[2];

	if (pread64(fd, pointer, sizeof(pointer), EBDA_POINTER) == sizeof(pointer) &&
	    le16_get(pointer))
		search(fd, machine, (uint64_t)le16_get(pointer) << 4, EBDA_BYTES);
	if (!machine->rsdp_copy_bytes)
		search(fd, machine, BIOS_START, BIOS_BYTES);
}

void rsdp_search(int memory, struct machine *machine)
{
	if (machine->rsdp)
		search(memory, machine, machine->rsdp, RSDP_BYTES_MAX);
	else if (!efi_is_firmware(machine))
		search_bios(memory, machine);
}

void rsdp_read(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span content;
	int fd;

	if (!reader_is_live(reader)) {
		if (!reader_binary(reader, "rsdp", &content)) {
			keep(machine, rsdp_find(content));
			reader_content_done(&content);
		}
		return;
	}
	fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	rsdp_search(fd, machine);
	close(fd);
}
