/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Estimates what an initrd unpacks to, by looking at its outside: newc cpio headers (Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst) and the length at the end of a gzip
 * file. Unpacks nothing.
 */
#include "initrd.h"

#define CPIO_HEADER_BYTES 110
#define CPIO_FILE_BYTES   54 /* offset of eight hexadecimal digits */
#define CPIO_NAME_BYTES   94
#define GZIP_RATIO_MAX    1032 /* deflate cannot do better */
#define GUESSED_RATIO     4

bool initrd_is_cpio(struct span s)
{
	return s.size >= CPIO_HEADER_BYTES &&
	       (!memcmp(s.data, "070701", 6) || !memcmp(s.data, "070702", 6));
}

static bool hex8(const uint8_t *digits, uint64_t *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		uint8_t c = digits[i];
		uint8_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint8_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint8_t)((c | 0x20) - 'a' + 10);
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

static struct span skip(struct span s, uint64_t bytes)
{
	if (bytes > s.size)
		bytes = s.size;
	return (struct span){ s.data + bytes, s.size - (size_t)bytes };
}

/* Go past one cpio member. The numbers have 32 bits: their sum does not wrap in 64. */
static bool skip_member(struct span *rest)
{
	uint64_t name, file, head;

	if (!initrd_is_cpio(*rest) || !hex8(rest->data + CPIO_NAME_BYTES, &name) ||
	    !hex8(rest->data + CPIO_FILE_BYTES, &file))
		return false;
	head = align_up(CPIO_HEADER_BYTES + name, 4);
	*rest = skip(*rest, head + align_up(file, 4));
	return true;
}

static uint64_t compressed_bytes(struct span s)
{
	uint64_t guess = (uint64_t)s.size * GUESSED_RATIO, said;

	if (s.size < 18 || s.data[0] != 0x1f || s.data[1] != 0x8b)
		return guess;
	said = le32_get(s.data + s.size - 4);
	return said >= s.size && said / GZIP_RATIO_MAX <= s.size ? said : guess;
}

uint64_t initrd_unpacked_bytes(struct span initrd)
{
	struct span rest = initrd;

	for (;;) {
		while (rest.size && !rest.data[0])
			rest = skip(rest, 1);
		if (!skip_member(&rest))
			break;
	}
	return initrd.size - rest.size + (rest.size ? compressed_bytes(rest) : 0);
}
