/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One table of compression formats, one loop, and a thin layer over each library. The libraries
 * check the data; growth and endless input are bounded here. Knows no files and no images.
 */
#include "unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifdef HAVE_LZMA
#include <lzma.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_BZIP2
#include <bzlib.h>
#endif
#ifdef HAVE_LZ4
#include <lz4.h>
#include <lz4frame.h>
#endif

/* Some libraries count in unsigned int. */
#define STEP_MAX_BYTES ((size_t)1 << 30)
/* For the dictionary: no tool makes files that need as much. */
#define LZMA_MEMORY_MAX_BYTES (UINT64_C(512) << 20)

/* What a step works on: takes bytes off the front of in, puts some to out. */
struct flow {
	struct span in;
	uint8_t *out;
	size_t room;
};

enum step { STEP_MORE, STEP_END, STEP_DAMAGED };

struct unpack_format {
	const char *name, *library, *tool;
	bool (*is)(struct span data);
	bool skippable; /* frames that hold no data may stand between members */
	bool padded;    /* zeros in fours may, too */
	/* One member is unpacked between open and close. All NULL: the library was left out. */
	void *(*open)(void);
	/* Go on; *why is set with STEP_DAMAGED. Whoever does nothing has come to the end of in. */
	enum step (*step)(void *state, struct flow *flow, const char **why);
	void (*close)(void *state);
};

static size_t step_bytes(size_t bytes)
{
	return bytes < STEP_MAX_BYTES ? bytes : STEP_MAX_BYTES;
}

static void flow_took(struct flow *flow, size_t in, size_t out)
{
	flow->in.data += in;
	flow->in.size -= in;
	flow->out += out;
	flow->room -= out;
}

static bool begins_with(struct span data, const void *magic, size_t bytes)
{
	return data.size >= bytes && !memcmp(data.data, magic, bytes);
}

/* --- gzip: RFC 1952 --- */

static bool is_gzip(struct span data)
{
	return begins_with(data, "\x1f\x8b\x08", 3);
}

static void *gzip_open(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, 16 + MAX_WBITS) != Z_OK) { /* 16: with a gzip header */
		free(z);
		z = NULL;
	}
	return z;
}

static enum step gzip_step(void *state, struct flow *flow, const char **why)
{
	size_t in = step_bytes(flow->in.size), out = step_bytes(flow->room);
	z_stream *z = state;
	int result;

	z->next_in = (Bytef *)(uintptr_t)flow->in.data;
	z->avail_in = (uInt)in;
	z->next_out = flow->out;
	z->avail_out = (uInt)out;
	result = inflate(z, Z_NO_FLUSH);
	flow_took(flow, in - z->avail_in, out - z->avail_out);
	if (result == Z_STREAM_END)
		return STEP_END;
	if (result == Z_OK || result == Z_BUF_ERROR)
		return STEP_MORE;
	if (result == Z_NEED_DICT)
		*why = "it needs a dictionary";
	else if (z->msg)
		*why = z->msg;
	return STEP_DAMAGED;
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

/* --- xz, and what came before it: tukaani.org/xz, "The .xz File Format", ".lzma" --- */

static bool is_xz(struct span data)
{
	return begins_with(data,
			   "\xfd"
			   "7zXZ",
			   6);
}

/* No magic number: the usual parameters, a dictionary size that tools choose, a possible size. */
static bool is_lzma(struct span data)
{
	uint32_t dictionary, lowest;
	uint64_t size;

	if (data.size < 13 || data.data[0] != 0x5d)
		return false;
	dictionary = le32_get(data.data + 1);
	size = le64_get(data.data + 5);
	lowest = dictionary & -dictionary;
	if (dictionary < 4096 || (dictionary != lowest && dictionary != 3 * (uint64_t)lowest))
		return false;
	return size == UINT64_MAX || size < UINT64_C(1) << 38;
}

#ifdef HAVE_LZMA
static void *lzma_open(lzma_ret (*init)(lzma_stream *, uint64_t))
{
	lzma_stream *lzma = malloc(sizeof(*lzma));

	if (!lzma)
		return NULL;
	*lzma = (lzma_stream)LZMA_STREAM_INIT;
	if (init(lzma, LZMA_MEMORY_MAX_BYTES) == LZMA_OK)
		return lzma;
	free(lzma);
	return NULL;
}

static lzma_ret xz_init(lzma_stream *lzma, uint64_t memory)
{
	return lzma_stream_decoder(lzma, memory, 0);
}

static void *xz_open(void)
{
	return lzma_open(xz_init);
}

static void *lzma_alone_open(void)
{
	return lzma_open(lzma_alone_decoder);
}

static const char *lzma_why(lzma_ret result)
{
	switch (result) {
	case LZMA_MEM_ERROR:
		return "it needs more memory than there is";
	case LZMA_MEMLIMIT_ERROR:
		return "it needs more than 512 MiB of memory to be unpacked";
	case LZMA_FORMAT_ERROR:
		return "its header is wrong";
	case LZMA_OPTIONS_ERROR:
		return "it was made with options that are not known";
	default:
		return "it contradicts itself or its checksum";
	}
}

static enum step lzma_step(void *state, struct flow *flow, const char **why)
{
	size_t in = flow->in.size, out = flow->room;
	lzma_stream *lzma = state;
	lzma_ret result;

	lzma->next_in = flow->in.data;
	lzma->avail_in = in;
	lzma->next_out = flow->out;
	lzma->avail_out = out;
	result = lzma_code(lzma, LZMA_RUN);
	flow_took(flow, in - lzma->avail_in, out - lzma->avail_out);
	if (result == LZMA_STREAM_END)
		return STEP_END;
	if (result == LZMA_OK || result == LZMA_BUF_ERROR)
		return STEP_MORE;
	*why = lzma_why(result);
	return STEP_DAMAGED;
}

static void lzma_close(void *state)
{
	lzma_end(state);
	free(state);
}
#endif

/* --- zstd: RFC 8878 --- */

static bool is_zstd(struct span data)
{
	return begins_with(data, "\x28\xb5\x2f\xfd", 4);
}

#ifdef HAVE_ZSTD
static void *zstd_open(void)
{
	return ZSTD_createDStream();
}

static enum step zstd_step(void *state, struct flow *flow, const char **why)
{
	ZSTD_inBuffer in = { flow->in.data, flow->in.size, 0 };
	ZSTD_outBuffer out = { flow->out, flow->room, 0 };
	size_t result = ZSTD_decompressStream(state, &out, &in);

	flow_took(flow, in.pos, out.pos);
	if (!ZSTD_isError(result))
		return result ? STEP_MORE : STEP_END;
	*why = ZSTD_getErrorName(result);
	return STEP_DAMAGED;
}

static void zstd_close(void *state)
{
	ZSTD_freeDStream(state);
}
#endif

/* --- bzip2 --- */

static bool is_bzip2(struct span data)
{
	return data.size >= 10 && begins_with(data, "BZh", 3) && data.data[3] >= '1' &&
	       data.data[3] <= '9' &&
	       (!memcmp(data.data + 4, "1AY&SY", 6) ||
		!memcmp(data.data + 4, "\x17\x72\x45\x38\x50\x90", 6));
}

#ifdef HAVE_BZIP2
static void *bzip2_open(void)
{
	bz_stream *bz = calloc(1, sizeof(*bz));

	if (bz && BZ2_bzDecompressInit(bz, 0, 0) != BZ_OK) {
		free(bz);
		bz = NULL;
	}
	return bz;
}

static enum step bzip2_step(void *state, struct flow *flow, const char **why)
{
	size_t in = step_bytes(flow->in.size), out = step_bytes(flow->room);
	bz_stream *bz = state;
	int result;

	bz->next_in = (char *)(uintptr_t)flow->in.data;
	bz->avail_in = (unsigned)in;
	bz->next_out = (char *)flow->out;
	bz->avail_out = (unsigned)out;
	result = BZ2_bzDecompress(bz);
	flow_took(flow, in - bz->avail_in, out - bz->avail_out);
	if (result == BZ_OK)
		return STEP_MORE;
	if (result == BZ_STREAM_END)
		return STEP_END;
	*why = result == BZ_MEM_ERROR ? "it needs more memory than there is"
				      : "it contradicts itself or its checksum";
	return STEP_DAMAGED;
}

static void bzip2_close(void *state)
{
	BZ2_bzDecompressEnd(state);
	free(state);
}
#endif

/* --- lz4: lz4_Frame_format.md, the frame and what is called the legacy frame there --- */

static bool is_lz4(struct span data)
{
	return begins_with(data, "\x04\x22\x4d\x18", 4);
}

#define LZ4_LEGACY_MAGIC_BYTES 4

static bool is_lz4_legacy(struct span data)
{
	return begins_with(data, "\x02\x21\x4c\x18", LZ4_LEGACY_MAGIC_BYTES);
}

#ifdef HAVE_LZ4
static void *lz4_open(void)
{
	LZ4F_dctx *lz4;

	return LZ4F_isError(LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION)) ? NULL : lz4;
}

static enum step lz4_step(void *state, struct flow *flow, const char **why)
{
	size_t in = flow->in.size, out = flow->room;
	size_t result = LZ4F_decompress(state, flow->out, &out, flow->in.data, &in, NULL);

	if (LZ4F_isError(result)) {
		*why = LZ4F_getErrorName(result);
		return STEP_DAMAGED;
	}
	flow_took(flow, in, out);
	return result ? STEP_MORE : STEP_END;
}

static void lz4_close(void *state)
{
	LZ4F_freeDecompressionContext(state);
}

#define LZ4_LEGACY_BLOCK_BYTES (8 << 20) /* unpacked; only the last block has less */

/* Blocks of u32 packed size and data, to the end of the file: nothing else ends it. */
struct lz4_legacy {
	bool begun;     /* the magic number was read */
	uint64_t total; /* unpacked so far */
	size_t have, given;
	char block[LZ4_LEGACY_BLOCK_BYTES];
};

static void *lz4_legacy_open(void)
{
	struct lz4_legacy *lz4 = malloc(sizeof(*lz4));

	if (lz4) {
		lz4->begun = false;
		lz4->total = lz4->have = lz4->given = 0;
	}
	return lz4;
}

/* Give what is unpacked. */
static void lz4_legacy_give(struct lz4_legacy *lz4, struct flow *flow)
{
	size_t bytes = lz4->have - lz4->given;

	if (bytes > flow->room)
		bytes = flow->room;
	memcpy(flow->out, lz4->block + lz4->given, bytes);
	lz4->given += bytes;
	flow_took(flow, 0, bytes);
}

/* The size of the next block cannot be one: another member, or what does not belong here. Builds of
 * Linux put the unpacked size behind the last block. */
static bool lz4_legacy_ends(const struct lz4_legacy *lz4, struct span rest)
{
	uint32_t packed = le32_get(rest.data);

	return packed > (uint32_t)LZ4_compressBound(LZ4_LEGACY_BLOCK_BYTES) ||
	       (rest.size == 4 && packed == lz4->total);
}

static enum step lz4_legacy_step(void *state, struct flow *flow, const char **why)
{
	struct lz4_legacy *lz4 = state;
	uint32_t packed;
	int unpacked;

	if (lz4->given < lz4->have) {
		lz4_legacy_give(lz4, flow);
		return STEP_MORE;
	}
	if (!lz4->begun) {
		flow_took(flow, LZ4_LEGACY_MAGIC_BYTES, 0);
		lz4->begun = true;
		return STEP_MORE;
	}
	if (!flow->in.size && lz4->total)
		return STEP_END;
	if (flow->in.size < 4)
		return STEP_MORE;
	if (lz4_legacy_ends(lz4, flow->in))
		return STEP_END;
	packed = le32_get(flow->in.data);
	if (packed > flow->in.size - 4)
		return STEP_MORE;
	unpacked = LZ4_decompress_safe((const char *)flow->in.data + 4, lz4->block, (int)packed,
				       LZ4_LEGACY_BLOCK_BYTES);
	if (unpacked <= 0) {
		*why = "a block contradicts itself";
		return STEP_DAMAGED;
	}
	lz4->total += (unsigned)unpacked;
	lz4->have = (size_t)unpacked;
	lz4->given = 0;
	flow_took(flow, 4 + (size_t)packed, 0);
	return STEP_MORE;
}

static void lz4_legacy_close(void *state)
{
	free(state);
}
#endif

/* --- The table --- */

#ifdef HAVE_LZMA
#define LZMA(...) __VA_ARGS__
#else
#define LZMA(...) NULL, NULL, NULL
#endif
#ifdef HAVE_ZSTD
#define ZSTD(...) __VA_ARGS__
#else
#define ZSTD(...) NULL, NULL, NULL
#endif
#ifdef HAVE_BZIP2
#define BZIP2(...) __VA_ARGS__
#else
#define BZIP2(...) NULL, NULL, NULL
#endif
#ifdef HAVE_LZ4
#define LZ4(...) __VA_ARGS__
#else
#define LZ4(...) NULL, NULL, NULL
#endif

/* clang-format off */
static const struct unpack_format formats[] = {
	{ "gzip", "zlib", "gzip -d", is_gzip, false, false, gzip_open, gzip_step, gzip_close },
	{ "xz", "liblzma", "xz -d", is_xz, false, true, LZMA(xz_open, lzma_step, lzma_close) },
	{ "lzma", "liblzma", "xz -d", is_lzma, false, false,
	  LZMA(lzma_alone_open, lzma_step, lzma_close) },
	{ "zstd", "libzstd", "zstd -d", is_zstd, true, false,
	  ZSTD(zstd_open, zstd_step, zstd_close) },
	{ "bzip2", "libbz2", "bzip2 -d", is_bzip2, false, false,
	  BZIP2(bzip2_open, bzip2_step, bzip2_close) },
	{ "lz4", "liblz4", "lz4 -d", is_lz4, true, false, LZ4(lz4_open, lz4_step, lz4_close) },
	{ "lz4 (legacy)", "liblz4", "lz4 -d", is_lz4_legacy, false, false,
	  LZ4(lz4_legacy_open, lz4_legacy_step, lz4_legacy_close) },
};
/* clang-format on */

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct unpack_format *unpack_format_of(struct span packed)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (formats[i].is(packed))
			return &formats[i];
	return NULL;
}

const char *unpack_format_name(const struct unpack_format *format)
{
	return format->name;
}

const struct unpack_format *unpack_format_number(size_t n)
{
	return n < FORMATS ? &formats[n] : NULL;
}

bool unpack_format_is_built(const struct unpack_format *format)
{
	return format->open != NULL;
}

/* --- The loop --- */

static int damaged(const struct unpack_format *format, const char *why, struct error *err)
{
	return error_set(err, "damaged %s data: %s", format->name, why);
}

/* Where unpacked bytes go. */
struct sink {
	struct file_map *map;
	size_t have;
	uint64_t limit_bytes;
};

/* Room behind the bytes that are there, more if there is none left. */
static int give_room(struct sink *sink, struct flow *flow, struct error *err)
{
	struct file_map *map = sink->map;

	if (sink->have == map->mapping_bytes && file_map_grow(map, sink->limit_bytes))
		return error_set(err, "the unpacked image is too large: %s (at most %llu MiB)",
				 strerror(errno), (unsigned long long)(sink->limit_bytes >> 20));
	flow->out = (uint8_t *)map->mapping + sink->have;
	flow->room = map->mapping_bytes - sink->have;
	return 0;
}

/* One member from the front of flow->in. Whoever neither takes nor gives has come to its end. */
static int unpack_steps(const struct unpack_format *format, void *state, struct flow *flow,
			struct sink *sink, struct error *err)
{
	const char *why = "it cannot be unpacked";
	enum step step;
	bool moved;

	do {
		size_t in = flow->in.size, room;

		if (give_room(sink, flow, err))
			return -1;
		room = flow->room;
		step = format->step(state, flow, &why);
		sink->have += room - flow->room;
		moved = in != flow->in.size || room != flow->room;
	} while (step == STEP_MORE && moved);
	if (step == STEP_END)
		return 0;
	return damaged(format, step == STEP_DAMAGED ? why : "it ends too early", err);
}

static int unpack_member(const struct unpack_format *format, struct span *rest, struct sink *sink,
			 struct error *err)
{
	struct flow flow = { .in = *rest };
	void *state = format->open();
	int failed;

	if (!state)
		return error_no_memory(err);
	failed = unpack_steps(format, state, &flow, sink, err);
	format->close(state);
	*rest = flow.in;
	return failed;
}

/* Frames for the use of others: zstd and lz4 have the same. */
static bool is_skippable(struct span data)
{
	return data.size >= 4 && (le32_get(data.data) & ~UINT32_C(0xf)) == 0x184d2a50;
}

/* Whether another member follows; what may stand before it is taken off. */
static bool another(const struct unpack_format *format, struct span *rest)
{
	while (format->padded && begins_with(*rest, "\0\0\0", 4)) {
		rest->data += 4;
		rest->size -= 4;
	}
	return format->is(*rest) || (format->skippable && is_skippable(*rest));
}

static int unpack_all(const struct unpack_format *format, struct span rest, struct sink *sink,
		      struct error *err)
{
	do
		if (unpack_member(format, &rest, sink, err))
			return -1;
	while (another(format, &rest));
	if (!sink->have)
		return damaged(format, "nothing is in it", err);
	return file_map_trim(sink->map, sink->have) ? error_no_memory(err) : 0;
}

int unpack(const struct unpack_format *format, struct span packed, uint64_t limit_bytes,
	   struct file_map *map, struct error *err)
{
	struct sink sink = { .map = map, .limit_bytes = limit_bytes };
	int failed;

	*map = (struct file_map){ 0 };
	if (!format->open)
		return error_set(err,
				 "it is compressed with %s, and this program was built without %s: "
				 "unpack it first (%s)",
				 format->name, format->library, format->tool);
	failed = unpack_all(format, packed, &sink, err);
	if (failed)
		file_map_done(map);
	return failed;
}
