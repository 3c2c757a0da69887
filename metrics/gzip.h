/* gzip.h — a gzip member put together of pieces that were deflated apart from each other (ISA-L).
 * Uses: base, isa-l and zlib (here only).  Threads: one at a time per deflater and per member;
 * segments: any (immutable, counted).  Owner: the HTTP loop its deflater, a connection its member.
 *
 * Each piece ends with a full flush: it begins and ends at a byte and refers to nothing before it,
 * so that one that was kept can stand in any member. What a connection has of its own is a checksum
 * and a length. */
#ifndef KG_METRICS_GZIP_H
#define KG_METRICS_GZIP_H

#include "base/buf.h"

#include <stdatomic.h>

/* The library's state and scratch memory, some 0.4 MB. NULL when out of memory. */
struct gzip_deflater;
struct gzip_deflater *gzip_deflater_new(void);
void gzip_deflater_free(struct gzip_deflater *d); /* NULL is allowed */

/* Bytes that it has deflated, before that. */
uint64_t gzip_deflater_bytes(const struct gzip_deflater *d);

/* A deflated piece. */
struct gzip_segment {
    atomic_uint refs;
    atomic_size_t *account; /* holds its bytes of memory until it is freed; or NULL */
    uint32_t n_raw, n;      /* bytes it stands for; of it */
    uint32_t crc;           /* of what it stands for */
    uint32_t crc_op;        /* how n_raw bytes more change a CRC before them (zlib) */
    unsigned char bytes[];
};

/* The text, at most UINT32_MAX bytes, as a segment with one reference, of which the memory is added
 * to *account (may be NULL). NULL when out of memory. */
struct gzip_segment *gzip_segment_new(struct gzip_deflater *d, struct str text,
                                      atomic_size_t *account);

/* Bytes of memory that a segment of so much text takes at most. */
size_t gzip_segment_most(size_t text_bytes);

/* References: the last unref frees; it takes NULL. */
void gzip_segment_unref(struct gzip_segment *s);
static inline struct gzip_segment *gzip_segment_ref(struct gzip_segment *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

/* A member under way, zeroed before its first piece. */
struct gzip_member {
    uint64_t n_raw;
    uint32_t crc;
    bool begun;
};

/* Append a piece, and the end of the member, to out; deflated and raw bytes appear there at once.
 * Errors: those of out · -EIO the library reports a fault. */
int gzip_add(struct gzip_member *m, struct gzip_deflater *d, struct str text, struct buf *out);
int gzip_add_segment(struct gzip_member *m, const struct gzip_segment *s, struct buf *out);
int gzip_end(struct gzip_member *m, struct buf *out);

#endif
