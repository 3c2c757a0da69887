/* str.h — borrowed text: a pointer and a length, never an owner, never NUL-terminated by promise.
 * Uses: libc.  Threads: any.  Owner: whoever owns the bytes it points to. */
#ifndef KG_BASE_STR_H
#define KG_BASE_STR_H

#include "base/defs.h"

#include <string.h>

struct str {
    const char *p; /* may be NULL when n is 0 */
    size_t n;
};

/* A literal as a constant expression; STR_FMT and STR_ARG print one with printf. */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* Text of a NUL-terminated string; NULL gives the empty str. */
static inline struct str str_of(const char *c)
{
    return (struct str){ c, c ? strlen(c) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_eq_c(struct str a, const char *c)
{
    return str_eq(a, str_of(c));
}

static inline bool str_empty(struct str s)
{
    return s.n == 0;
}

/* Bytes from..end of s; from beyond the end gives the empty str. */
static inline struct str str_from(struct str s, size_t from)
{
    return from >= s.n ? (struct str){ s.p, 0 } : (struct str){ s.p + from, s.n - from };
}

/* The first n bytes of s, or all of it when it is shorter. */
static inline struct str str_head(struct str s, size_t n)
{
    return (struct str){ s.p, s.n < n ? s.n : n };
}

/* <0, 0, >0 in byte order (as Go sorts strings), a shorter prefix first. */
int str_cmp(struct str a, struct str b);

/* Whether s begins (ends) with those bytes. */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Removes the prefix (suffix) and says true when s starts (ends) with it, else leaves s as it is.
 */
bool str_eat(struct str *s, struct str prefix);
bool str_eat_end(struct str *s, struct str suffix);

/* Index of the first (last) c in s, or -1. */
ssize_t str_find(struct str s, char c);
ssize_t str_rfind(struct str s, char c);

/* Index of the first occurrence of needle in s, or -1; the empty needle is at 0. */
ssize_t str_search(struct str s, struct str needle);

/* Cuts s at the first sep: returns what stands before it and leaves what follows in *s. Without a
 * sep all of s is returned and *s is empty (with p NULL, so that a loop can end on s->p). */
struct str str_cut(struct str *s, char sep);

/* As str_cut with '\n': the next line of a text, without its newline. */
struct str str_line(struct str *text);

/* The next run of bytes that are neither blank nor tab; *s is left after it. Empty at the end. */
struct str str_word(struct str *s);

/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);

/* A NUL-terminated copy on the heap, freed by the caller; NULL when out of memory. */
char *str_dup(struct str s) KG_MUST_CHECK;

/* Copies s and a NUL into dst of size bytes. Errors: -ENAMETOOLONG, dst is then the empty string.
 */
int str_copy(char *dst, size_t size, struct str s) KG_MUST_CHECK;

#endif
