#include "base/buf.h"

#include "base/num.h"

#include <stdio.h>

/* The first allocation: below it growing by doubling would only cost calls. */
#define BUF_FIRST 64

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf)BUF_INIT(max);
}

void buf_done(struct buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->failed = 0;
}

void buf_truncate(struct buf *b, size_t n)
{
    if (n < b->n) {
        b->n = n;
    }
}

static int fail(struct buf *b, int code)
{
    b->failed = code;
    return code;
}

/* Grows cap to hold `need` bytes; apart, so that the common case of buf_reserve stays short. */
static int grow(struct buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : BUF_FIRST;
    while (cap < need) {
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    }
    /* One byte over max keeps room for buf_c's NUL. */
    if (cap > b->max && b->max < SIZE_MAX) {
        cap = KG_MAX(need, b->max + 1);
    }
    char *p = realloc(b->p, cap);
    if (!p) {
        return fail(b, -ENOMEM);
    }
    b->p = p;
    b->cap = cap;
    return 0;
}

int buf_reserve(struct buf *b, size_t n)
{
    if (b->failed) {
        return b->failed;
    }
    if (n > b->max || b->n > b->max - n) {
        return fail(b, -ENOBUFS);
    }
    return b->n + n <= b->cap ? 0 : grow(b, b->n + n);
}

void buf_add(struct buf *b, struct str s)
{
    if (s.n && buf_reserve(b, s.n) == 0) {
        memcpy(b->p + b->n, s.p, s.n);
        b->n += s.n;
    }
}

void buf_add_c(struct buf *b, const char *c)
{
    buf_add(b, str_of(c));
}

void buf_add_char(struct buf *b, char c)
{
    if (buf_reserve(b, 1) == 0) {
        b->p[b->n++] = c;
    }
}

void buf_vaddf(struct buf *b, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    /* vsnprintf wants room for its NUL, which does not count against max. */
    if (n < 0) {
        fail(b, -EINVAL);
    } else if (buf_reserve(b, (size_t)n) == 0 &&
               (b->n + (size_t)n + 1 <= b->cap || grow(b, b->n + (size_t)n + 1) == 0)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    buf_vaddf(b, fmt, args);
    va_end(args);
}

void buf_add_u64(struct buf *b, uint64_t v)
{
    if (buf_reserve(b, NUM_TEXT_MAX) == 0) {
        b->n += num_format_u64(b->p + b->n, v);
    }
}

void buf_add_i64(struct buf *b, int64_t v)
{
    if (buf_reserve(b, NUM_TEXT_MAX) == 0) {
        b->n += num_format_i64(b->p + b->n, v);
    }
}

const char *buf_c(struct buf *b)
{
    if (b->failed || (b->n + 1 > b->cap && grow(b, b->n + 1) < 0)) {
        return NULL;
    }
    b->p[b->n] = '\0';
    return b->p;
}

char *buf_take(struct buf *b)
{
    if (!buf_c(b)) {
        return NULL;
    }
    char *p = b->p;
    buf_init(b, b->max);
    return p;
}
