#include "metrics/gzip.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

/* By measurement: level 2 is larger and slower, 3 three times as slow, 0 larger (docs/adr/0010). */
#define LEVEL 1

/* Stored blocks, which the library falls back to, take 5 bytes each 64 KB; a flush and a block's
 * header of codes come on top. */
#define STORED_BYTES 0xFFFF
#define DEFLATED_MAX(n) ((n) + ((n) / STORED_BYTES + 1) * 5 + ISAL_DEF_MAX_HDR_SIZE + 16)

/* Deflated at a time: ends what one call takes of 32-bit lengths. */
#define PIECE_BYTES ((size_t)64 << 20)

/* No name, no time, no flags; written by Unix (RFC 1952). */
static const char member_head[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";

/* A last block with fixed codes and nothing in it, filled up to two bytes. */
static const char member_tail[] = "\x03\0";

struct gzip_deflater {
    struct isal_zstream stream;
    struct buf out; /* of a segment in the making */
    uint64_t n_raw;
    uint8_t level_buf[ISAL_DEF_LVL1_DEFAULT];
};

struct gzip_deflater *gzip_deflater_new(void)
{
    struct gzip_deflater *d = malloc(sizeof(*d));
    if (d) {
        d->n_raw = 0;
        buf_init(&d->out, SIZE_MAX);
    }
    return d;
}

void gzip_deflater_free(struct gzip_deflater *d)
{
    if (d) {
        buf_done(&d->out);
        free(d);
    }
}

uint64_t gzip_deflater_bytes(const struct gzip_deflater *d)
{
    return d->n_raw;
}

/* text.n is at most PIECE_BYTES. */
static int deflate_piece(struct gzip_deflater *d, struct str text, struct buf *out)
{
    int r = buf_reserve(out, DEFLATED_MAX(text.n));
    if (r < 0) {
        return r;
    }
    struct isal_zstream *stream = &d->stream;
    isal_deflate_stateless_init(stream);
    stream->level = LEVEL;
    stream->level_buf = d->level_buf;
    stream->level_buf_size = sizeof(d->level_buf);
    stream->flush = FULL_FLUSH;
    /* The library reads only; its struct lacks the const. */
    stream->next_in = (uint8_t *)(uintptr_t)text.p;
    stream->avail_in = (uint32_t)text.n;
    stream->next_out = (uint8_t *)out->p + out->n;
    stream->avail_out = (uint32_t)KG_MIN(out->cap - out->n, (size_t)UINT32_MAX);
    if (isal_deflate_stateless(stream) != COMP_OK || stream->avail_in) {
        return -EIO;
    }
    out->n += stream->total_out;
    d->n_raw += text.n;
    return 0;
}

static int deflate_all(struct gzip_deflater *d, struct str text, struct buf *out)
{
    while (text.n) {
        struct str piece = str_head(text, PIECE_BYTES);
        int r = deflate_piece(d, piece, out);
        if (r < 0) {
            return r;
        }
        text = str_from(text, piece.n);
    }
    return 0;
}

static uint32_t crc_of(uint32_t before, struct str text)
{
    return crc32_gzip_refl(before, (const unsigned char *)text.p, text.n);
}

size_t gzip_segment_most(size_t text_bytes)
{
    return sizeof(struct gzip_segment) + DEFLATED_MAX(text_bytes);
}

struct gzip_segment *gzip_segment_new(struct gzip_deflater *d, struct str text,
                                      atomic_size_t *account)
{
    buf_clear(&d->out);
    if (text.n > UINT32_MAX || deflate_all(d, text, &d->out) < 0) {
        return NULL;
    }
    struct gzip_segment *s = malloc(sizeof(*s) + d->out.n);
    if (s) {
        atomic_init(&s->refs, 1);
        s->account = account;
        s->n_raw = (uint32_t)text.n;
        s->n = (uint32_t)d->out.n;
        s->crc = crc_of(0, text);
        s->crc_op = (uint32_t)crc32_combine_gen((z_off_t)text.n);
        if (d->out.n) {
            memcpy(s->bytes, d->out.p, d->out.n);
        }
        if (account) {
            atomic_fetch_add(account, sizeof(*s) + s->n);
        }
    }
    return s;
}

void gzip_segment_unref(struct gzip_segment *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        if (s->account) {
            atomic_fetch_sub(s->account, sizeof(*s) + s->n);
        }
        free(s);
    }
}

static void begin(struct gzip_member *m, struct buf *out)
{
    if (!m->begun) {
        m->begun = true;
        buf_add(out, (struct str){ member_head, sizeof(member_head) - 1 });
    }
}

int gzip_add(struct gzip_member *m, struct gzip_deflater *d, struct str text, struct buf *out)
{
    begin(m, out);
    int r = deflate_all(d, text, out);
    if (r < 0) {
        return r;
    }
    m->crc = text.n ? crc_of(m->crc, text) : m->crc;
    m->n_raw += text.n;
    return buf_failed(out);
}

int gzip_add_segment(struct gzip_member *m, const struct gzip_segment *s, struct buf *out)
{
    begin(m, out);
    buf_add(out, (struct str){ (const char *)s->bytes, s->n });
    m->crc = (uint32_t)crc32_combine_op(m->crc, s->crc, s->crc_op);
    m->n_raw += s->n_raw;
    return buf_failed(out);
}

static void add_le32(struct buf *out, uint32_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        buf_add_char(out, (char)(value >> shift & 0xFF));
    }
}

int gzip_end(struct gzip_member *m, struct buf *out)
{
    begin(m, out);
    buf_add(out, (struct str){ member_tail, sizeof(member_tail) - 1 });
    add_le32(out, m->crc);
    add_le32(out, (uint32_t)m->n_raw);
    return buf_failed(out);
}
