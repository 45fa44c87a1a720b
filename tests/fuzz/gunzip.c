/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: compressed files. Unpacking a kernel (kexec/request_files.h), and the estimate of
 * what an initrd unpacks to (kexec/initrd.h).
 */
#include <zlib.h>

#include "cpio.h"
#include "fuzz.h"
#include "initrd.h"
#include "request_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span packed = { data, size };
	struct file_map map;
	struct error err;

	initrd_unpacked_bytes(packed);
	if (gunzip(packed, &map, &err)) {
		FUZZ_CHECK(!map.mapping);
		return 0;
	}
	FUZZ_CHECK(map.data.size && map.data.size <= UNPACKED_MAX_BYTES);
	FUZZ_CHECK(map.data.data[0] == map.data.data[0] &&
		   map.data.data[map.data.size - 1] <= UINT8_MAX);
	file_map_done(&map);
	return 0;
}

/* One gzip member of so many bytes. */
static void pack(size_t bytes, uint8_t *buffer, size_t capacity, size_t *used)
{
	uint8_t plain[4096], packed[8192];
	z_stream stream = { 0 };

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i >> 5);
	FUZZ_CHECK(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
		   Z_OK);
	stream.next_in = plain;
	stream.avail_in = (uInt)(bytes < sizeof(plain) ? bytes : sizeof(plain));
	stream.next_out = packed;
	stream.avail_out = sizeof(packed);
	FUZZ_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
	fuzz_append(buffer, capacity, used, packed, sizeof(packed) - stream.avail_out);
	deflateEnd(&stream);
}

static void put_cpio(uint8_t *buffer, size_t capacity, size_t *used)
{
	static const struct cpio_entry entries[] = {
		{ .name = "init", .mode = 0100755, .data = { (const uint8_t *)"#!/bin/sh\n", 10 } },
		{ .name = "dev/console", .mode = 020600, .major = 5, .minor = 1 },
	};
	size_t bytes = (size_t)cpio_size(entries, 2);

	FUZZ_CHECK(bytes <= capacity - *used);
	cpio_fill(entries, 2, buffer + *used);
	*used += bytes;
}

size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	size_t used = 0;

	switch (n) {
	case 0:
		pack(4096, buffer, capacity, &used);
		break;
	case 1: /* two members, and something behind them */
		pack(100, buffer, capacity, &used);
		pack(1000, buffer, capacity, &used);
		fuzz_append(buffer, capacity, &used, "behind", 6);
		break;
	case 2:
		put_cpio(buffer, capacity, &used);
		pack(500, buffer, capacity, &used);
		break;
	default:
		break;
	}
	return used;
}
