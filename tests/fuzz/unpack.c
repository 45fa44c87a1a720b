/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: compressed files. Unpacking a kernel (kexec/unpack.h), and the estimate of
 * what an initrd unpacks to (kexec/initrd.h).
 */
#include "fuzz.h"
#include "initrd.h"
#include "tests/unit/packers.h"
#include "unpack.h"

/* Large enough to grow into, small enough for a fuzzer's memory. */
#define LIMIT_BYTES (UINT64_C(4) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span packed = { data, size };
	const struct unpack_format *format = unpack_format_of(packed);
	struct file_map map;
	struct error err;

	initrd_unpacked_bytes(packed);
	if (!format)
		return 0;
	if (unpack(format, packed, LIMIT_BYTES, &map, &err)) {
		FUZZ_CHECK(!map.mapping);
		return 0;
	}
	FUZZ_CHECK(map.data.size && map.data.size <= LIMIT_BYTES);
	FUZZ_CHECK(map.data.data[0] == map.data.data[0] &&
		   map.data.data[map.data.size - 1] <= UINT8_MAX);
	file_map_done(&map);
	return 0;
}

/* One member of so many bytes. */
static void pack(const struct packer *packer, size_t bytes, uint8_t *buffer, size_t capacity,
		 size_t *used)
{
	uint8_t plain[4096];
	struct packed packed;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i >> 5);
	packed = packer->pack(plain, bytes < sizeof(plain) ? bytes : sizeof(plain));
	fuzz_append(buffer, capacity, used, packed.data, packed.size);
	free(packed.data);
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

/* For each format one member, and two with something behind them; then a ramdisk. */
static size_t make_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	size_t used = 0;

	if (n < 2 * packer_count) {
		const struct packer *packer = &packers[n / 2];

		pack(packer, n % 2 ? 100 : 4096, buffer, capacity, &used);
		if (n % 2) {
			pack(packer, 1000, buffer, capacity, &used);
			fuzz_append(buffer, capacity, &used, "behind", 6);
		}
	} else if (n == 2 * packer_count) {
		put_cpio(buffer, capacity, &used);
		pack(&packers[0], 500, buffer, capacity, &used);
	}
	return used;
}

/* The same seed is asked for again and again, and packing takes longer than unpacking. */
size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	static uint8_t seed[16384];
	static unsigned number = (unsigned)-1;
	static size_t size;

	if (number != n) {
		size = make_seed(n, seed, sizeof(seed));
		number = n;
	}
	FUZZ_CHECK(size <= capacity);
	memcpy(buffer, seed, size);
	return size;
}
