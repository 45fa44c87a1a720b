/* SPDX-License-Identifier: GPL-2.0-only */
/* The libraries' one-call functions, where they have them; whatever fails ends the program. */
#include "packers.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"

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

static void must(bool condition)
{
	if (!condition)
		abort();
}

static struct packed room(size_t bytes)
{
	struct packed p = { malloc(bytes), bytes };

	must(p.data != NULL);
	return p;
}

/* Ways: levels; a small window; with all that a header may hold. */
static struct packed pack_gzip(const uint8_t *data, size_t size, unsigned way)
{
	static const int levels[] = { 6, 0, 1, 9 };
	gz_header head = {
		.extra = (Bytef *)"AB\2\0xy",
		.extra_len = 6,
		.name = (Bytef *)"name",
		.comment = (Bytef *)"comment",
		.hcrc = 1,
	};
	z_stream z = { 0 };
	struct packed p;

	must(deflateInit2(&z, levels[way % 4], Z_DEFLATED, 16 + (way & 4 ? 9 : MAX_WBITS), 8,
			  Z_DEFAULT_STRATEGY) == Z_OK);
	if (way & 8)
		must(deflateSetHeader(&z, &head) == Z_OK);
	/* One more: zlib 1.2.13 counts too few where a small window is stored. */
	p = room(deflateBound(&z, (uLong)size) + 1);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)size;
	z.next_out = p.data;
	z.avail_out = (uInt)p.size;
	must(deflate(&z, Z_FINISH) == Z_STREAM_END);
	p.size = z.total_out;
	deflateEnd(&z);
	return p;
}

#ifdef HAVE_LZMA
#define LZMA_DICTIONARY_BYTES (1 << 16)

static void run_lzma(lzma_stream *lzma, const uint8_t *data, size_t size, lzma_action action)
{
	lzma->next_in = data;
	lzma->avail_in = size;
	must(lzma_code(lzma, action) == LZMA_STREAM_END);
}

/* Ways: checksums; a filter for programs; two blocks. */
static struct packed pack_xz(const uint8_t *data, size_t size, unsigned way)
{
	static const lzma_check checks[] = { LZMA_CHECK_CRC32, LZMA_CHECK_NONE, LZMA_CHECK_CRC64,
					     LZMA_CHECK_SHA256 };
	struct packed p = room(2 * lzma_stream_buffer_bound(size));
	lzma_stream lzma = LZMA_STREAM_INIT;
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{ LZMA_FILTER_X86, NULL },
		{ LZMA_FILTER_LZMA2, &options },
		{ LZMA_VLI_UNKNOWN, NULL },
	};
	size_t first = way & 8 ? size / 2 : 0;

	must(!lzma_lzma_preset(&options, 1));
	options.dict_size = LZMA_DICTIONARY_BYTES;
	must(lzma_stream_encoder(&lzma, way & 4 ? filters : filters + 1, checks[way % 4]) ==
	     LZMA_OK);
	lzma.next_out = p.data;
	lzma.avail_out = p.size;
	if (first)
		run_lzma(&lzma, data, first, LZMA_FULL_FLUSH);
	run_lzma(&lzma, data + first, size - first, LZMA_FINISH);
	p.size -= lzma.avail_out;
	lzma_end(&lzma);
	return p;
}

/* Ways: the header says the size, or that the end is marked. */
static struct packed pack_lzma(const uint8_t *data, size_t size, unsigned way)
{
	struct packed p = room(size + size / 2 + 1000);
	lzma_stream lzma = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	must(!lzma_lzma_preset(&options, 1));
	options.dict_size = LZMA_DICTIONARY_BYTES;
	must(lzma_alone_encoder(&lzma, &options) == LZMA_OK);
	lzma.next_out = p.data;
	lzma.avail_out = p.size;
	run_lzma(&lzma, data, size, LZMA_FINISH);
	p.size -= lzma.avail_out;
	lzma_end(&lzma);
	if (way)
		le64_put(p.data + 5, size);
	return p;
}
#endif

#ifdef HAVE_ZSTD
static void set_zstd(ZSTD_CCtx *zstd, ZSTD_cParameter parameter, int value)
{
	must(!ZSTD_isError(ZSTD_CCtx_setParameter(zstd, parameter, value)));
}

/* Ways: without a checksum; without the size; a small window. */
static struct packed pack_zstd(const uint8_t *data, size_t size, unsigned way)
{
	struct packed p = room(ZSTD_compressBound(size));
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	must(zstd != NULL);
	set_zstd(zstd, ZSTD_c_checksumFlag, !(way & 1));
	set_zstd(zstd, ZSTD_c_contentSizeFlag, !(way & 2));
	if (way & 4)
		set_zstd(zstd, ZSTD_c_windowLog,
			 ZSTD_cParam_getBounds(ZSTD_c_windowLog).lowerBound);
	p.size = ZSTD_compress2(zstd, p.data, p.size, data, size);
	must(!ZSTD_isError(p.size));
	ZSTD_freeCCtx(zstd);
	return p;
}
#endif

#ifdef HAVE_BZIP2
/* Ways: the smallest and the largest blocks. */
static struct packed pack_bzip2(const uint8_t *data, size_t size, unsigned way)
{
	struct packed p = room(size + size / 10 + 1000);
	unsigned bytes = (unsigned)p.size;

	must(BZ2_bzBuffToBuffCompress((char *)p.data, &bytes, (char *)(uintptr_t)data,
				      (unsigned)size, way ? 9 : 1, 0, 0) == BZ_OK);
	p.size = bytes;
	return p;
}
#endif

#ifdef HAVE_LZ4
/* Ways: without a checksum, with one for each block, with the size, blocks that do not refer to
 * each other, larger blocks. */
static struct packed pack_lz4(const uint8_t *data, size_t size, unsigned way)
{
	LZ4F_preferences_t wish = {
		.frameInfo = {
			.contentChecksumFlag = way & 1 ? LZ4F_noContentChecksum
						       : LZ4F_contentChecksumEnabled,
			.blockChecksumFlag = way & 2 ? LZ4F_blockChecksumEnabled
						     : LZ4F_noBlockChecksum,
			.contentSize = way & 4 ? size : 0,
			.blockMode = way & 8 ? LZ4F_blockIndependent : LZ4F_blockLinked,
			.blockSizeID = way & 16 ? LZ4F_max256KB : LZ4F_max64KB,
		},
	};
	struct packed p = room(LZ4F_compressFrameBound(size, &wish));

	p.size = LZ4F_compressFrame(p.data, p.size, data, size, &wish);
	must(!LZ4F_isError(p.size));
	return p;
}

/* Ways: the blocks that the format wants, and smaller ones. */
static struct packed pack_lz4_legacy(const uint8_t *data, size_t size, unsigned way)
{
	static const size_t blocks[] = { 8 << 20, 4096, 100 };
	size_t block = size < blocks[way] ? size + 1 : blocks[way], at = 4;
	struct packed p = room(4 + (size / block + 1) * (4 + LZ4_COMPRESSBOUND(block)));

	le32_put(p.data, 0x184c2102);
	for (size_t done = 0; done < size; done += block) {
		size_t take = size - done < block ? size - done : block;
		int bytes = LZ4_compress_default((const char *)data + done, (char *)p.data + at + 4,
						 (int)take, (int)(p.size - at - 4));

		must(bytes > 0);
		le32_put(p.data + at, (uint32_t)bytes);
		at += 4 + (size_t)bytes;
	}
	p.size = at;
	return p;
}
#endif

const struct packer packers[] = {
	{ "gzip", true, 16, pack_gzip },
#ifdef HAVE_LZMA
	{ "xz", true, 16, pack_xz },      { "lzma", false, 2, pack_lzma },
#endif
#ifdef HAVE_ZSTD
	{ "zstd", true, 8, pack_zstd },
#endif
#ifdef HAVE_BZIP2
	{ "bzip2", true, 2, pack_bzip2 },
#endif
#ifdef HAVE_LZ4
	{ "lz4", true, 32, pack_lz4 },    { "lz4 (legacy)", false, 3, pack_lz4_legacy },
#endif
};

const size_t packer_count = sizeof(packers) / sizeof(packers[0]);
