/* scan.h — a cursor over the text of a kernel file, for parsers on the hot path.
 * Uses: base.  Threads: any.  Owner: the parser's stack.
 *
 * Each function takes what it names and says true, or leaves the cursor where it was (for numbers:
 * at the first byte that is wrong) and says false. None reads beyond the text. */
#ifndef KG_COLLECTORS_SCAN_H
#define KG_COLLECTORS_SCAN_H

#include "base/str.h"

struct scan {
    const char *p, *end;
};

static inline struct scan scan_of(struct str text)
{
    return (struct scan){ text.p, text.n ? text.p + text.n : text.p };
}

static inline bool scan_end(const struct scan *s)
{
    return s->p == s->end;
}

static inline bool scan_char(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != c) {
        return false;
    }
    s->p++;
    return true;
}

static inline bool scan_literal(struct scan *s, struct str literal)
{
    if ((size_t)(s->end - s->p) < literal.n || memcmp(s->p, literal.p, literal.n) != 0) {
        return false;
    }
    s->p += literal.n;
    return true;
}

/* Digits that fit into 64 bits. */
static inline bool scan_u64(struct scan *s, uint64_t *ret)
{
    const char *start = s->p;
    uint64_t v = 0;
    for (; s->p < s->end; s->p++) {
        unsigned digit = (unsigned)(unsigned char)*s->p - '0';
        if (digit > 9) {
            break;
        }
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v)) {
            return false;
        }
    }
    if (s->p == start) {
        return false;
    }
    *ret = v;
    return true;
}

/* As scan_u64, but a number below 0 (a counter that the kernel read while it was being summed)
 * counts as 0. */
static inline bool scan_count(struct scan *s, uint64_t *ret)
{
    bool negative = scan_char(s, '-');
    if (!scan_u64(s, ret)) {
        return false;
    }
    if (negative) {
        *ret = 0;
    }
    return true;
}

/* The bytes before the next blank or newline, or up to the end; may be empty. */
static inline struct str scan_until_blank(struct scan *s)
{
    const char *start = s->p;
    while (s->p < s->end && *s->p != ' ' && *s->p != '\n') {
        s->p++;
    }
    return (struct str){ start, (size_t)(s->p - start) };
}

/* A newline, or the end of the text. */
static inline bool scan_line_end(struct scan *s)
{
    return s->p == s->end || scan_char(s, '\n');
}

static inline void scan_skip_line(struct scan *s)
{
    const char *newline = s->p == s->end ? NULL : memchr(s->p, '\n', (size_t)(s->end - s->p));
    s->p = newline ? newline + 1 : s->end;
}

static inline void scan_blanks(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t')) {
        s->p++;
    }
}

#endif
