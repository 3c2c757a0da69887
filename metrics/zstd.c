/* zstd: a frame a piece (RFC 8878), each with its own checksum.
 *
 * Prometheus takes an answer that breaks off between two frames for a whole one (klauspost/compress
 * 1.20 hears the broken connection where a frame may end as its end). So a piece here is all of a
 * frame but its first four bytes, and the first four of the next one: what has gone out is never
 * whole before the empty frame at the end. */
#include "metrics/pack_coding.h"

#include <zstd.h>
#include <zstd_errors.h>

/* By measurement (docs/adr/0017): level 1, but with matches of 7 bytes at least, since shorter ones
 * within random ids cost more than they save, and a table that stays in the processor's cache. */
static const struct {
    ZSTD_cParameter name;
    int value;
} parameters[] = {
    { ZSTD_c_compressionLevel, 1 }, { ZSTD_c_minMatch, 7 },     { ZSTD_c_hashLog, 15 },
    { ZSTD_c_windowLog, 17 },       { ZSTD_c_checksumFlag, 1 },
};

#define MAGIC "\x28\xb5\x2f\xfd"
#define MAGIC_BYTES (sizeof(MAGIC) - 1)

struct zstd_packer {
    struct packer base;
    ZSTD_CCtx *context;
};

static void destroy(struct packer *p)
{
    struct zstd_packer *z = KG_CONTAINER_OF(p, struct zstd_packer, base);
    ZSTD_freeCCtx(z->context);
    free(z);
}

static struct packer *create(void)
{
    struct zstd_packer *z = malloc(sizeof(*z));
    if (!z) {
        return NULL;
    }
    z->context = ZSTD_createCCtx();
    bool good = z->context != NULL;
    for (size_t i = 0; i < KG_ARRAY_LEN(parameters) && good; i++) {
        good = !ZSTD_isError(
            ZSTD_CCtx_setParameter(z->context, parameters[i].name, parameters[i].value));
    }
    if (!good) {
        destroy(&z->base);
        return NULL;
    }
    return &z->base;
}

static size_t most(size_t text_bytes)
{
    return ZSTD_compressBound(text_bytes);
}

static ssize_t piece(struct packer *p, struct str text, unsigned char *out, size_t room)
{
    struct zstd_packer *z = KG_CONTAINER_OF(p, struct zstd_packer, base);
    size_t n = ZSTD_compress2(z->context, out, room, text.p, text.n);
    if (ZSTD_isError(n)) {
        return ZSTD_getErrorCode(n) == ZSTD_error_memory_allocation ? -ENOMEM : -EIO;
    }
    memmove(out, out + MAGIC_BYTES, n - MAGIC_BYTES);
    memcpy(out + n - MAGIC_BYTES, MAGIC, MAGIC_BYTES);
    return (ssize_t)n;
}

/* The rest of an empty frame: one byte of length, 0; a last block, of 0 bytes. */
static void end(const struct pack_body *b, struct buf *out)
{
    (void)b;
    buf_add(out, STR("\x20\0\x01\0\0"));
}

const struct pack_ops pack_zstd = {
    .name = "zstd",
    .create = create,
    .destroy = destroy,
    .most = most,
    .piece = piece,
    .head = STR_INIT(MAGIC),
    .end = end,
};
