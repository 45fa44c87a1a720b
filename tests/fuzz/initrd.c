/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: files that may be packed, only looked at: the formats they begin like
 * (kexec/unpack.h), and the estimate of what an initrd unpacks to (kexec/initrd.h).
 */
#include "fuzz.h"
#include "initrd.h"
#include "tests/unit/packers.h"
#include "unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy((struct span){ data, size });
	struct span file = { copy, size };
	const struct unpack_format *format = unpack_format_of(file);
	uint64_t bytes = initrd_unpacked_bytes(file);

	FUZZ_CHECK(!format || *unpack_format_name(format));
	FUZZ_CHECK(!format || !initrd_is_cpio(file));
	FUZZ_CHECK(bytes >= size && bytes <= (uint64_t)size * 1100);
	free(copy);
	return 0;
}

static void put_cpio(uint8_t *buffer, size_t capacity, size_t *used)
{
	/* ino, mode, uid, gid, nlink, mtime, size, device, its rdev, size of the name, check. */
	static const char archive[] = "070701"
				      "00000001000081ed0000000000000000"
				      "00000001000000000000000a00000000"
				      "00000000000000000000000000000005"
				      "00000000"
				      "init\0\0#!/bin/sh\n\0";

	fuzz_append(buffer, capacity, used, archive, sizeof(archive));
}

/* For each format a ramdisk: microcode, as it were, and behind it what is packed. */
size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static const uint8_t plain[2000];
	struct packed packed;
	size_t used = 0;

	if (n > packer_count)
		return 0;
	if (n < packer_count) {
		if (n % 2)
			put_cpio(buffer, capacity, &used);
		packed = packers[n].pack(plain, sizeof(plain), 0);
		fuzz_append(buffer, capacity, &used, packed.data, packed.size);
		free(packed.data);
	} else {
		put_cpio(buffer, capacity, &used);
		put_cpio(buffer, capacity, &used);
	}
	return used;
}
