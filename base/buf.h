/* buf.h — owned, growing bytes with a maximum that every user must name.
 * Uses: str, err.  Threads: one at a time.  Owner: the struct's holder, by buf_done.
 *
 * States: empty (p NULL), holding n of cap bytes, or failed. An append that would pass max, or
 * finds no memory, changes nothing and sets the sticky `failed`; later appends do nothing, so that
 * a sequence of appends is checked once at its end with buf_failed. */
#ifndef KG_BASE_BUF_H
#define KG_BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

struct buf {
    char *p;
    size_t n, cap, max;
    int failed; /* 0, -ENOBUFS (max reached) or -ENOMEM */
};

#define BUF_INIT(maximum)                                                                          \
    {                                                                                              \
        .max = (maximum)                                                                           \
    }

/* An empty buffer that may grow to max bytes. */
void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b); /* frees; the struct may be used again with its max */
#define auto_buf KG_CLEANUP(buf_done)

/* Forgets the content and a failure, keeps the memory. */
void buf_clear(struct buf *b);

/* Cuts the content back to n bytes (no effect if it is shorter): the rollback of a partial write.
 */
void buf_truncate(struct buf *b, size_t n);

/* Room for n more bytes at p + this->n; the caller writes there and adds to ->n.
 * Errors: -ENOBUFS beyond max, -ENOMEM; both stick. */
int buf_reserve(struct buf *b, size_t n);

/* Append the bytes of s, a string, one byte, or formatted text. */
void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *c);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) KG_PRINTF(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list args) KG_PRINTF(2, 0);

/* Decimal digits of v, exact. */
void buf_add_u64(struct buf *b, uint64_t v);
void buf_add_i64(struct buf *b, int64_t v);

/* 0, or the sticky error. */
static inline int buf_failed(const struct buf *b)
{
    return b->failed;
}

/* The content as borrowed text, valid until the next change. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){ b->p, b->n };
}

/* NUL-terminates the content (the NUL is not counted in n) and returns it; NULL after a failure. */
const char *buf_c(struct buf *b);

/* Moves the bytes out, NUL-terminated, to be freed by the caller; b is empty then. NULL on failure.
 */
char *buf_take(struct buf *b) KG_MUST_CHECK;

#endif
