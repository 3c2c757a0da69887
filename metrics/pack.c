#include "metrics/pack_coding.h"

static const struct pack_ops *const codings[PACK_N_CODINGS] = {
    [PACK_GZIP] = &pack_gzip,
    [PACK_ZSTD] = &pack_zstd,
};

const char *pack_name(enum pack_coding coding)
{
    return codings[coding]->name;
}

struct packer *packer_new(enum pack_coding coding)
{
    struct packer *p = codings[coding]->create();
    if (p) {
        p->ops = codings[coding];
        p->coding = coding;
        p->n_raw = 0;
        buf_init(&p->out, SIZE_MAX);
    }
    return p;
}

void packer_free(struct packer *p)
{
    if (p) {
        buf_done(&p->out);
        p->ops->destroy(p);
    }
}

enum pack_coding packer_coding(const struct packer *p)
{
    return p->coding;
}

uint64_t packer_bytes(const struct packer *p)
{
    return p->n_raw;
}

/* Appends the text in pieces. */
static int pack(struct packer *p, struct str text, struct buf *out)
{
    while (text.n) {
        struct str piece = str_head(text, PACK_PIECE_BYTES);
        int r = buf_reserve(out, p->ops->most(piece.n));
        if (r < 0) {
            return r;
        }
        ssize_t n = p->ops->piece(p, piece, (unsigned char *)out->p + out->n, out->cap - out->n);
        if (n < 0) {
            return (int)n;
        }
        out->n += (size_t)n;
        p->n_raw += piece.n;
        text = str_from(text, piece.n);
    }
    return 0;
}

static struct pack_sum sum_of(const struct pack_ops *ops, struct str text)
{
    return ops->sum ? ops->sum(text) : (struct pack_sum){ 0 };
}

size_t pack_segment_most(const struct packer *p, size_t text_bytes)
{
    return sizeof(struct pack_segment) + p->ops->most(text_bytes);
}

struct pack_segment *pack_segment_new(struct packer *p, struct str text, atomic_size_t *account)
{
    buf_clear(&p->out);
    if (text.n > UINT32_MAX || pack(p, text, &p->out) < 0) {
        return NULL;
    }
    struct pack_segment *s = malloc(sizeof(*s) + p->out.n);
    if (s) {
        atomic_init(&s->refs, 1);
        s->account = account;
        s->n_raw = (uint32_t)text.n;
        s->n = (uint32_t)p->out.n;
        s->sum = sum_of(p->ops, text);
        if (p->out.n) {
            memcpy(s->bytes, p->out.p, p->out.n);
        }
        if (account) {
            atomic_fetch_add(account, sizeof(*s) + s->n);
        }
    }
    return s;
}

void pack_segment_unref(struct pack_segment *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        if (s->account) {
            atomic_fetch_sub(s->account, sizeof(*s) + s->n);
        }
        free(s);
    }
}

int pack_begin(struct pack_body *b, enum pack_coding coding, struct buf *out)
{
    if (!b->ops) {
        b->ops = codings[coding];
        buf_add(out, b->ops->head);
    }
    return buf_failed(out);
}

static void count(struct pack_body *b, const struct pack_sum *sum, size_t n_raw)
{
    b->n_raw += n_raw;
    if (b->ops->join) {
        b->crc = b->ops->join(b->crc, sum);
    }
}

int pack_add(struct pack_body *b, struct packer *p, struct str text, struct buf *out)
{
    int r = pack(p, text, out);
    if (r >= 0 && text.n) {
        struct pack_sum sum = sum_of(b->ops, text);
        count(b, &sum, text.n);
    }
    return r < 0 ? r : buf_failed(out);
}

int pack_add_segment(struct pack_body *b, const struct pack_segment *s, struct buf *out)
{
    buf_add(out, (struct str){ (const char *)s->bytes, s->n });
    count(b, &s->sum, s->n_raw);
    return buf_failed(out);
}

int pack_end(struct pack_body *b, struct buf *out)
{
    b->ops->end(b, out);
    return buf_failed(out);
}
