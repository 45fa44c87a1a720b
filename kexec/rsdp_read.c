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

#define BIOS_START UINT64_C(0xe0000) /* where the specification has kernels look for it */
#define BIOS_BYTES 0x20000

static void keep(struct machine *machine, struct span found)
{
	if (found.size && found.size <= sizeof(machine->rsdp_copy)) {
		memcpy(machine->rsdp_copy, found.data, found.size);
		machine->rsdp_copy_bytes = (uint32_t)found.size;
	}
}

static void search(struct machine *machine, uint64_t address, size_t bytes)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	uint8_t *memory = malloc(bytes);
	ssize_t got = -1;

	if (fd >= 0 && memory)
		got = pread64(fd, memory, bytes, (off64_t)address);
	if (got > 0)
		keep(machine, rsdp_find((struct span){ memory, (size_t)got }));
	free(memory);
	if (fd >= 0)
		close(fd);
}

void rsdp_read(const struct reader *reader)
{
	struct machine *machine = reader->machine;
	struct span content;

	if (!reader_is_live(reader)) {
		if (!reader_binary(reader, "rsdp", &content)) {
			keep(machine, rsdp_find(content));
			reader_content_done(&content);
		}
	} else if (machine->rsdp) {
		search(machine, machine->rsdp, RSDP_BYTES_MAX);
	} else if (!efi_is_firmware(machine)) {
		search(machine, BIOS_START, BIOS_BYTES);
	}
}
