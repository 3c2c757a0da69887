/* gzip: a member of full flushes (ISA-L), with a CRC made of those of the pieces (zlib). */
#include "metrics/pack_coding.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

/* By measurement: level 2 is larger and slower, 3 three times as slow, 0 larger (docs/adr/0010). */
#define LEVEL 1

/* Stored blocks, which the library falls back to, take 5 bytes each 64 KB; a flush and a block's
 * header of codes come on top. */
#define STORED_BYTES 0xFFFF
#define DEFLATED_MAX(n) ((n) + ((n) / STORED_BYTES + 1) * 5 + ISAL_DEF_MAX_HDR_SIZE + 16)

/* A last block with fixed codes and nothing in it, filled up to two bytes. */
static const char member_tail[] = "\x03\0";

struct gzip_packer {
    struct packer base;
    struct isal_zstream stream;
    uint8_t level_buf[ISAL_DEF_LVL1_DEFAULT];
};

static struct packer *create(void)
{
    struct gzip_packer *g = malloc(sizeof(*g));
    return g ? &g->base : NULL;
}

static void destroy(struct packer *p)
{
    free(KG_CONTAINER_OF(p, struct gzip_packer, base));
}

static size_t most(size_t text_bytes)
{
    return DEFLATED_MAX(text_bytes);
}

static ssize_t piece(struct packer *p, struct str text, unsigned char *out, size_t room)
{
    struct gzip_packer *g = KG_CONTAINER_OF(p, struct gzip_packer, base);
    struct isal_zstream *stream = &g->stream;
    isal_deflate_stateless_init(stream);
    stream->level = LEVEL;
    stream->level_buf = g->level_buf;
    stream->level_buf_size = sizeof(g->level_buf);
    stream->flush = FULL_FLUSH;
    /* The library reads only; its struct lacks the const. */
    stream->next_in = (uint8_t *)(uintptr_t)text.p;
    stream->avail_in = (uint32_t)text.n;
    stream->next_out = out;
    stream->avail_out = (uint32_t)KG_MIN(room, (size_t)UINT32_MAX);
    if (isal_deflate_stateless(stream) != COMP_OK || stream->avail_in) {
        return -EIO;
    }
    return (ssize_t)stream->total_out;
}

static struct pack_sum sum(struct str text)
{
    return (struct pack_sum){
        .crc = crc32_gzip_refl(0, (const unsigned char *)text.p, text.n),
        .crc_op = (uint32_t)crc32_combine_gen((z_off_t)text.n),
    };
}

static uint32_t join(uint32_t crc, const struct pack_sum *of)
{
    return (uint32_t)crc32_combine_op(crc, of->crc, of->crc_op);
}

static void add_le32(struct buf *out, uint32_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        buf_add_char(out, (char)(value >> shift & 0xFF));
    }
}

static void end(const struct pack_body *b, struct buf *out)
{
    buf_add(out, (struct str){ member_tail, sizeof(member_tail) - 1 });
    add_le32(out, b->crc);
    add_le32(out, (uint32_t)b->n_raw);
}

const struct pack_ops pack_gzip = {
    .name = "gzip",
    .create = create,
    .destroy = destroy,
    .most = most,
    .piece = piece,
    .sum = sum,
    .join = join,
    /* No name, no time, no flags; written by Unix (RFC 1952). */
    .head = STR_INIT("\x1f\x8b\x08\0\0\0\0\0\0\x03"),
    .end = end,
};
