/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz target: files packed in one format: FORMAT, what a name in kexec/unpack.c begins with. Every
 * input stays in it. Byte 0 says what the others are: a file, in which magic numbers and the
 * checksums of headers are put right, since no mutation would find them; or a recipe: what is to be
 * packed how, and what stands between and behind. What comes out of that must be what was packed.
 */
#include <zlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "fuzz.h"
#include "tests/unit/packers.h"
#include "unpack.h"

#define LIMIT_BYTES  (UINT64_C(3) << 20) /* the buffer grows twice until there */
#define MEMBER_BYTES ((size_t)1 << 20)
#define FILE_BYTES   ((size_t)9 << 20)
#define STEPS        12
#define HEAD_BYTES   20 /* all that put_right() looks at, but for the header of a block of xz */

/* Bits of byte 0. */
enum { CASE_RECIPE = 1, CASE_LEGACY = 2 };

static void put_gzip_right(uint8_t *head, size_t bytes)
{
	(void)bytes;
	memcpy(head, "\x1f\x8b\x08", 3);
}

/* The checksums of the stream's and the first block's header. */
static void put_xz_right(uint8_t *head, size_t bytes)
{
	size_t block = ((size_t)head[12] + 1) * 4;

	memcpy(head,
	       "\xfd"
	       "7zXZ",
	       6);
	le32_put(head + 8, (uint32_t)crc32(0, head + 6, 2));
	if (bytes_fit(bytes, 12, block) && block > 4)
		le32_put(head + 8 + block, (uint32_t)crc32(0, head + 12, (uInt)block - 4));
}

/* A dictionary as tools choose it, of 4 KiB to 128 MiB, and a size there can be. */
static void put_lzma_right(uint8_t *head, size_t bytes)
{
	uint64_t size = le64_get(head + 5);

	(void)bytes;
	head[0] = 0x5d;
	le32_put(head + 1, UINT32_C(1) << (12 + head[2] % 16));
	if (size != UINT64_MAX)
		le64_put(head + 5, size & 0x3fffffff);
}

static void put_zstd_right(uint8_t *head, size_t bytes)
{
	(void)bytes;
	le32_put(head, 0xfd2fb528);
}

static void put_bzip2_right(uint8_t *head, size_t bytes)
{
	(void)bytes;
	memcpy(head, "BZh", 3);
	head[3] = (uint8_t)('1' + head[3] % 9);
	memcpy(head + 4, head[4] == 0x17 ? "\x17\x72\x45\x38\x50\x90" : "1AY&SY", 6);
}

/* The checksum of the descriptor, behind the sizes that its first byte announces. */
static void put_lz4_right(uint8_t *head, size_t bytes)
{
	size_t descriptor = 2 + (head[4] & 8 ? 8u : 0u) + (head[4] & 1 ? 4u : 0u);

	(void)bytes;
	le32_put(head, 0x184d2204);
	head[4 + descriptor] = (uint8_t)(XXH32(head + 4, descriptor, 0) >> 8);
}

static void put_lz4_legacy_right(uint8_t *head, size_t bytes)
{
	(void)bytes;
	le32_put(head, 0x184c2102);
}

static const struct kind {
	const char *name; /* as unpack.h has it */
	void (*put_right)(uint8_t *head, size_t bytes);
	bool skippable; /* frames without data between members */
	bool padded;    /* zeros in fours there */
	bool endless;   /* a member ends where something else begins: none is empty */
} kinds[] = {
	{ "gzip", put_gzip_right, false, false, false },
	{ "xz", put_xz_right, false, true, false },
	{ "lzma", put_lzma_right, false, false, false },
	{ "zstd", put_zstd_right, true, false, false },
	{ "bzip2", put_bzip2_right, false, false, false },
	{ "lz4", put_lz4_right, true, false, false },
	{ "lz4 (legacy)", put_lz4_legacy_right, false, false, true },
};

static const struct kind *kind_of(uint8_t how)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, FORMAT))
			return &kinds[!strcmp(FORMAT, "lz4") && how & CASE_LEGACY ? i + 1 : i];
	abort();
}

static const struct packer *packer_of(const struct kind *kind)
{
	for (size_t i = 0; i < packer_count; i++)
		if (!strcmp(packers[i].name, kind->name))
			return &packers[i];
	abort();
}

static int unpack_as(const struct kind *kind, struct span packed, struct file_map *map)
{
	const struct unpack_format *format = unpack_format_of(packed);
	struct error err = { "" };

	FUZZ_CHECK(format && !strcmp(unpack_format_name(format), kind->name));
	if (unpack(format, packed, LIMIT_BYTES, map, &err)) {
		FUZZ_CHECK(*err.text && !map->mapping);
		return -1;
	}
	FUZZ_CHECK(map->data.size && map->data.size <= LIMIT_BYTES);
	fuzz_accepted = true;
	return 0;
}

bool fuzz_accepted;

/* --- A file --- */

static void run_file(const struct kind *kind, struct span input)
{
	uint8_t *file = fuzz_copy(input);
	struct file_map map;

	kind->put_right(file, input.size);
	if (!unpack_as(kind, (struct span){ file, input.size }, &map)) {
		volatile uint8_t last = map.data.data[map.data.size - 1];

		(void)last;
		file_map_done(&map);
	}
	free(file);
}

/* --- A recipe --- */

enum step {
	STEP_MEMBER,
	STEP_FRAME,
	STEP_ZEROS,
	STEP_BEHIND, /* the end: what comes now belongs to nobody */
	STEP_SIZE,   /* the end: the size, as builds of Linux have it there */
	STEP_CUT,    /* the end: the last member is not whole */
	STEPS_KNOWN
};

struct made {
	const struct kind *kind;
	uint8_t *file, *plain;
	size_t file_bytes, plain_bytes;
	size_t last_bytes; /* of the member that ends the file; 0: something else ends it */
	size_t last_plain_bytes;
	bool is_cut;
};

static void put(struct made *made, const void *data, size_t bytes)
{
	FUZZ_CHECK(bytes_fit(FILE_BYTES, made->file_bytes, bytes));
	memcpy(made->file + made->file_bytes, data, bytes);
	made->file_bytes += bytes;
	made->last_bytes = 0;
}

/* One value stands for very often: packing so much takes its time. */
static size_t take_times(struct span *input)
{
	uint8_t byte = fuzz_u8(input);

	return byte == 0xb7 ? MEMBER_BYTES : (size_t)1 << byte % 8;
}

/* The next bytes of the input, some times over. */
static void add_member(struct made *made, struct span *input)
{
	const struct packer *packer = packer_of(made->kind);
	unsigned way = fuzz_u8(input) % packer->ways;
	size_t times = take_times(input), bytes = fuzz_u8(input), all = 0;
	uint8_t piece[UINT8_MAX], *plain = made->plain + made->plain_bytes;
	struct packed packed;

	if (!bytes && made->kind->endless)
		bytes = 1;
	fuzz_take(input, piece, bytes);
	for (; bytes && times && all + bytes <= MEMBER_BYTES; times--, all += bytes)
		memcpy(plain + all, piece, bytes);
	packed = packer->pack(plain, all, way);
	put(made, packed.data, packed.size);
	free(packed.data);
	made->plain_bytes += all;
	made->last_plain_bytes = all;
	made->last_bytes = packed.size;
}

static void add_frame(struct made *made, struct span *input)
{
	uint8_t bytes = fuzz_u8(input), frame[8 + UINT8_MAX];

	le32_put(frame, 0x184d2a50 | (bytes & 0xf));
	le32_put(frame + 4, bytes);
	fuzz_take(input, frame + 8, bytes);
	if (made->kind->skippable)
		put(made, frame, 8u + bytes);
}

static void add_zeros(struct made *made, struct span *input)
{
	static const uint8_t zeros[4 * UINT8_MAX];
	size_t fours = fuzz_u8(input);

	if (made->kind->padded)
		put(made, zeros, 4 * fours);
}

static void add_behind(struct made *made, struct span *input)
{
	put(made, "\xff\xff\xff\xff", 4);
	put(made, input->data, input->size < 1000 ? input->size : 1000);
}

static void add_size(struct made *made)
{
	uint8_t bytes[4];

	le32_put(bytes, (uint32_t)made->last_plain_bytes);
	put(made, bytes, sizeof(bytes));
}

/* Of what is left of the last member its format must be seen. */
static void cut(struct made *made, struct span *input)
{
	size_t off = 1 + (size_t)fuzz_u8(input);
	struct span left = { made->file + made->file_bytes - made->last_bytes, 0 };
	const struct unpack_format *format;

	if (off >= made->last_bytes)
		return;
	left.size = made->last_bytes - off;
	format = unpack_format_of(left);
	if (!format || strcmp(unpack_format_name(format), made->kind->name))
		return;
	made->file_bytes -= off;
	made->is_cut = true;
}

static void make(struct made *made, struct span *input)
{
	bool ended = false;

	add_member(made, input);
	for (unsigned i = 1; i < STEPS && input->size && !ended; i++) {
		uint8_t step = fuzz_u8(input) % STEPS_KNOWN;

		switch (step) {
		case STEP_MEMBER:
			if (made->plain_bytes <= LIMIT_BYTES)
				add_member(made, input);
			break;
		case STEP_FRAME:
			add_frame(made, input);
			break;
		case STEP_ZEROS:
			add_zeros(made, input);
			break;
		case STEP_BEHIND:
			add_behind(made, input);
			break;
		case STEP_SIZE:
			add_size(made);
			break;
		default:
			cut(made, input);
			break;
		}
		ended = step >= STEP_BEHIND;
	}
}

static void run_recipe(const struct kind *kind, struct span input)
{
	static uint8_t file[FILE_BYTES], plain[LIMIT_BYTES + MEMBER_BYTES];
	struct made made = { .kind = kind, .file = file, .plain = plain };
	struct file_map map;
	uint8_t *exact;

	make(&made, &input);
	exact = fuzz_copy((struct span){ file, made.file_bytes });
	if (unpack_as(kind, (struct span){ exact, made.file_bytes }, &map)) {
		FUZZ_CHECK(made.is_cut || !made.plain_bytes || made.plain_bytes >= LIMIT_BYTES);
	} else {
		FUZZ_CHECK(!made.is_cut || kind->endless);
		FUZZ_CHECK(made.is_cut ? map.data.size <= made.plain_bytes
				       : map.data.size == made.plain_bytes);
		FUZZ_CHECK(!memcmp(map.data.data, plain, map.data.size));
		file_map_done(&map);
	}
	fuzz_accepted = true; /* a member that is cut is to be refused */
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data, size };
	uint8_t how = fuzz_u8(&input);
	const struct kind *kind = kind_of(how);

	if (how & CASE_RECIPE)
		run_recipe(kind, input);
	else if (input.size >= HEAD_BYTES)
		run_file(kind, input);
	return 0;
}

/* --- Seeds --- */

static const struct {
	uint8_t size, bytes[40];
} recipes[] = {
	{ 22, { 0,   2,          5, 'a',         'b', 'c', 'd', 'e', STEP_FRAME, 2,        'x',
		'y', STEP_ZEROS, 2, STEP_MEMBER, 1,   9,   2,   'f', 'g',        STEP_CUT, 3 } },
	{ 13, { 1, 12, 2, 'a', 'b', STEP_MEMBER, 0, 0, 1, 'c', STEP_BEHIND, 'd', 'e' } },
	{ 7, { 2, 7, 3, 'a', 'b', 'c', STEP_SIZE } },
};

#define RECIPES (sizeof(recipes) / sizeof(recipes[0]))

static size_t seed_file(unsigned n, uint8_t *buffer, size_t capacity)
{
	uint8_t plain[2048], how = (uint8_t)(n % 2 * CASE_LEGACY);
	const struct packer *packer = packer_of(kind_of(how));
	size_t used = 0;

	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * i >> 5);
	fuzz_append(buffer, capacity, &used, &how, 1);
	for (unsigned i = 0; i <= n; i++) {
		struct packed packed =
			packer->pack(plain, sizeof(plain) >> 2 * i, n ? packer->ways - 1 - i : 0);

		fuzz_append(buffer, capacity, &used, packed.data, packed.size);
		free(packed.data);
	}
	return used;
}

/* Recipes, of lz4 for each of its formats; files of one member and of two. */
size_t fuzz_seed(unsigned n, uint8_t *buffer, size_t capacity)
{
	uint8_t how = CASE_RECIPE | n % 2 * CASE_LEGACY;
	size_t used = 0;

	if (n < 2)
		return seed_file(n, buffer, capacity);
	n = n / 2 - 1;
	if (n >= RECIPES)
		return 0;
	fuzz_append(buffer, capacity, &used, &how, 1);
	fuzz_append(buffer, capacity, &used, recipes[n].bytes, recipes[n].size);
	return used;
}
