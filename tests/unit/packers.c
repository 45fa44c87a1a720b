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

static struct packed pack_gzip(const uint8_t *data, size_t size)
{
	z_stream z = { 0 };
	struct packed p;

	must(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	p = room(deflateBound(&z, (uLong)size));
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
static struct packed pack_xz(const uint8_t *data, size_t size)
{
	struct packed p = room(lzma_stream_buffer_bound(size));
	size_t at = 0;

	must(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, data, size, p.data, &at, p.size) ==
	     LZMA_OK);
	p.size = at;
	return p;
}

static struct packed pack_lzma(const uint8_t *data, size_t size)
{
	struct packed p = room(size + size / 2 + 1000);
	lzma_stream lzma = LZMA_STREAM_INIT;
	lzma_options_lzma options;

	must(!lzma_lzma_preset(&options, 1) && lzma_alone_encoder(&lzma, &options) == LZMA_OK);
	lzma.next_in = data;
	lzma.avail_in = size;
	lzma.next_out = p.data;
	lzma.avail_out = p.size;
	must(lzma_code(&lzma, LZMA_FINISH) == LZMA_STREAM_END);
	p.size -= lzma.avail_out;
	lzma_end(&lzma);
	return p;
}
#endif

#ifdef HAVE_ZSTD
static struct packed pack_zstd(const uint8_t *data, size_t size)
{
	struct packed p = room(ZSTD_compressBound(size));
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	must(zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)));
	p.size = ZSTD_compress2(zstd, p.data, p.size, data, size);
	must(!ZSTD_isError(p.size));
	ZSTD_freeCCtx(zstd);
	return p;
}
#endif

#ifdef HAVE_BZIP2
static struct packed pack_bzip2(const uint8_t *data, size_t size)
{
	struct packed p = room(size + size / 10 + 1000);
	unsigned bytes = (unsigned)p.size;

	must(BZ2_bzBuffToBuffCompress((char *)p.data, &bytes, (char *)(uintptr_t)data,
				      (unsigned)size, 1, 0, 0) == BZ_OK);
	p.size = bytes;
	return p;
}
#endif

#ifdef HAVE_LZ4
static struct packed pack_lz4(const uint8_t *data, size_t size)
{
	LZ4F_preferences_t wish = { .frameInfo = { .contentChecksumFlag =
							   LZ4F_contentChecksumEnabled } };
	struct packed p = room(LZ4F_compressFrameBound(size, &wish));

	p.size = LZ4F_compressFrame(p.data, p.size, data, size, &wish);
	must(!LZ4F_isError(p.size));
	return p;
}

/* One block of 8 MiB is all that tests need. */
static struct packed pack_lz4_legacy(const uint8_t *data, size_t size)
{
	struct packed p = room(8 + (size_t)LZ4_compressBound((int)size));
	int bytes = LZ4_compress_default((const char *)data, (char *)p.data + 8, (int)size,
					 (int)p.size - 8);

	must(size <= 8 << 20 && bytes > 0);
	le32_put(p.data, 0x184c2102);
	le32_put(p.data + 4, (uint32_t)bytes);
	p.size = 8 + (size_t)bytes;
	return p;
}
#endif

const struct packer packers[] = {
	{ "gzip", true, pack_gzip },
#ifdef HAVE_LZMA
	{ "xz", true, pack_xz },       { "lzma", false, pack_lzma },
#endif
#ifdef HAVE_ZSTD
	{ "zstd", true, pack_zstd },
#endif
#ifdef HAVE_BZIP2
	{ "bzip2", true, pack_bzip2 },
#endif
#ifdef HAVE_LZ4
	{ "lz4", true, pack_lz4 },     { "lz4 (legacy)", false, pack_lz4_legacy },
#endif
};

const size_t packer_count = sizeof(packers) / sizeof(packers[0]);
