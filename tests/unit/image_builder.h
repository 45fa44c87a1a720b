/* SPDX-License-Identifier: GPL-2.0-only */
/* Images made by code: valid ones from a few fields, which tests then damage byte by byte. */
#ifndef TESTS_IMAGE_BUILDER_H
#define TESTS_IMAGE_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

struct image {
	uint8_t *data; /* free() it */
	size_t size;
};

/* Only what the protocol has is written. */
struct image_bzimage {
	uint16_t protocol;
	uint8_t setup_sects;
	uint32_t payload_bytes; /* of the protected-mode part */
	uint8_t relocatable;
	uint32_t alignment;
	uint64_t pref_address;
	uint32_t init_size;
	uint32_t initrd_max; /* inclusive */
	uint32_t cmdline_size;
	uint16_t xloadflags;
};

/* A kernel like Linux 6.1 (protocol 2.15), for images of a few pages: pref_address at 16 MiB. */
extern const struct image_bzimage image_modern;

struct image image_bzimage(const struct image_bzimage *fields);

#define IMAGE_LOADS_MAX 32

struct image_load {
	uint64_t address, memory_bytes, file_bytes;
};

struct image_elf {
	uint8_t elf_class; /* ELFCLASS32 or 64; 0 = 32 */
	uint16_t type;     /* ET_*; 0 = ET_EXEC */
	uint16_t machine;  /* EM_*; 0 = EM_386 */
	uint64_t entry;
	size_t count;
	struct image_load loads[IMAGE_LOADS_MAX];
};

/* The contents follow the headers one after the other, each on a page. */
struct image image_elf(const struct image_elf *fields);

/* An ELF32 program of count one-page loads without contents, each a page apart from the next. */
struct image image_elf_many(size_t count);

/* size bytes of the pattern. */
struct image image_raw(size_t size);

/* Write a Multiboot header with its checksum over what is at offset: the words follow the first
 * three (version 1), or are the tags behind the four (version 2). */
void image_put_multiboot(struct image *image, size_t offset, uint32_t flags, const uint32_t *words,
			 size_t count);
void image_put_multiboot2(struct image *image, size_t offset, const uint32_t *words, size_t count);

struct span image_span(const struct image *image);

/* The byte every builder puts at this offset of a part: contents can be told apart. */
uint8_t image_pattern(size_t offset);

/* Write image to a file; 0 or -1 with errno. */
int image_write(const struct image *image, const char *path);

#endif
