/* pack.h — a compressed body put together of pieces that were compressed apart from each other.
 * Uses: base.  Threads: one at a time per packer and per body; segments: any (immutable, counted).
 * Owner: the HTTP loop its packers, a connection its body.
 *
 * A piece begins and ends at a byte and refers to nothing before it, so that one that was kept can
 * stand in any body of its coding. What a connection has of its own is a checksum and a length.
 * What was put out so far is no whole body before pack_end, whatever was added: who gets less can
 * tell. Each coding has a file of its own, behind pack_coding.h. */
#ifndef KG_METRICS_PACK_H
#define KG_METRICS_PACK_H

#include "base/buf.h"

#include <stdatomic.h>

enum pack_coding { PACK_NONE = -1, PACK_GZIP, PACK_ZSTD, PACK_N_CODINGS };

/* Its name in Accept-Encoding and Content-Encoding. */
const char *pack_name(enum pack_coding coding);

/* A library's state and scratch memory, some 0.4 to 0.7 MB once it is used. NULL when out of
 * memory. */
struct packer;
struct packer *packer_new(enum pack_coding coding);
void packer_free(struct packer *p); /* NULL is allowed */
enum pack_coding packer_coding(const struct packer *p);

/* Bytes that it has compressed, before that. */
uint64_t packer_bytes(const struct packer *p);

/* What the body's checksum takes of a piece, where the coding has one. */
struct pack_sum {
    uint32_t crc;    /* of what it stands for */
    uint32_t crc_op; /* how as many bytes more change a CRC before them (zlib) */
};

/* A compressed piece. */
struct pack_segment {
    atomic_uint refs;
    atomic_size_t *account; /* holds its bytes of memory until it is freed; or NULL */
    uint32_t n_raw, n;      /* bytes it stands for; of it */
    struct pack_sum sum;
    unsigned char bytes[];
};

/* The text, at most UINT32_MAX bytes, as a segment with one reference, of which the memory is added
 * to *account (may be NULL). NULL when out of memory. */
struct pack_segment *pack_segment_new(struct packer *p, struct str text, atomic_size_t *account);

/* Bytes of memory that a segment of so much text takes at most. */
size_t pack_segment_most(const struct packer *p, size_t text_bytes);

/* References: the last unref frees; it takes NULL. */
void pack_segment_unref(struct pack_segment *s);
static inline struct pack_segment *pack_segment_ref(struct pack_segment *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

/* A body under way, zeroed before it begins. */
struct pack_body {
    const struct pack_ops *ops; /* NULL: not begun */
    uint64_t n_raw;
    uint32_t crc;
};

/* Appends the first bytes of the body to out, unless it has begun. They can go out by themselves.
 * Errors: those of out. */
int pack_begin(struct pack_body *b, enum pack_coding coding, struct buf *out);

/* Append a piece, and the end of the body, to out; compressed and raw bytes appear there at once.
 * Errors: those of out · -ENOMEM · -EIO the library reports a fault. */
int pack_add(struct pack_body *b, struct packer *p, struct str text, struct buf *out);
int pack_add_segment(struct pack_body *b, const struct pack_segment *s, struct buf *out);
int pack_end(struct pack_body *b, struct buf *out);

#endif
