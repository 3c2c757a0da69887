/* gunzip.h — reads a gzip body as clients do: by zlib, one member, nothing behind it.
 * Uses: base, zlib.  Threads: any.  Owner: tests. */
#ifndef KG_TESTS_SUPPORT_GUNZIP_H
#define KG_TESTS_SUPPORT_GUNZIP_H

#include "base/buf.h"

#include <zlib.h>

/* Appends what the body stands for to out. False when it is not one whole, valid gzip member. */
static inline bool gunzip(struct str body, struct buf *out)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)body.p, .avail_in = (unsigned)body.n };
    if (inflateInit2(&z, 15 + 16) != Z_OK) {
        return false;
    }
    int r = Z_OK;
    while (r == Z_OK && buf_reserve(out, 65536) == 0) {
        z.next_out = (unsigned char *)out->p + out->n;
        z.avail_out = 65536;
        r = inflate(&z, Z_NO_FLUSH);
        out->n += 65536 - z.avail_out;
    }
    bool whole = r == Z_STREAM_END && z.avail_in == 0;
    inflateEnd(&z);
    return whole;
}

#endif
