/* unpack.h — reads a compressed body as clients do, by zlib and libzstd.
 * Uses: metrics/pack, zlib, zstd.  Threads: any.  Owner: tests. */
#ifndef KG_TESTS_SUPPORT_UNPACK_H
#define KG_TESTS_SUPPORT_UNPACK_H

#include "metrics/pack.h"

#include <zlib.h>
#include <zstd.h>

#define UNPACK_STEP ((size_t)65536)

/* Whether it is one whole, valid gzip member, with nothing behind it. */
static inline bool gunzip(struct str body, struct buf *out)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)body.p, .avail_in = (unsigned)body.n };
    if (inflateInit2(&z, 15 + 16) != Z_OK) {
        return false;
    }
    int r = Z_OK;
    while (r == Z_OK && buf_reserve(out, UNPACK_STEP) == 0) {
        z.next_out = (unsigned char *)out->p + out->n;
        z.avail_out = UNPACK_STEP;
        r = inflate(&z, Z_NO_FLUSH);
        out->n += UNPACK_STEP - z.avail_out;
    }
    bool whole = r == Z_STREAM_END && z.avail_in == 0;
    inflateEnd(&z);
    return whole;
}

/* Whether it is one or more whole, valid frames, with nothing behind them, and none needs more
 * memory than Prometheus gives it (a window of 8 MiB). */
static inline bool unzstd(struct str body, struct buf *out)
{
    ZSTD_DCtx *z = ZSTD_createDCtx();
    ZSTD_inBuffer in = { body.p, body.n, 0 };
    size_t r = ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 23);
    bool within = true, whole = false; /* within: a frame, or before the first one */
    while (!ZSTD_isError(r) && !whole && buf_reserve(out, UNPACK_STEP) == 0) {
        size_t before = in.pos;
        ZSTD_outBuffer to = { out->p + out->n, UNPACK_STEP, 0 };
        r = ZSTD_decompressStream(z, &to, &in);
        out->n += to.pos;
        within = r != 0;
        whole = !within && in.pos == in.size;
        if (in.pos == before && to.pos == 0) {
            break;
        }
    }
    ZSTD_freeDCtx(z);
    return whole;
}

/* Appends what the body stands for to out. False when it is not a whole body of the coding. */
static inline bool unpack(enum pack_coding coding, struct str body, struct buf *out)
{
    return coding == PACK_GZIP ? gunzip(body, out) : unzstd(body, out);
}

#endif
