#include "base/str.h"

int str_cmp(struct str a, struct str b)
{
    size_t shared = KG_MIN(a.n, b.n);
    int order = shared ? memcmp(a.p, b.p, shared) : 0;
    if (order != 0) {
        return order;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_head(s, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool str_eat(struct str *s, struct str prefix)
{
    if (!str_starts(*s, prefix)) {
        return false;
    }
    *s = str_from(*s, prefix.n);
    return true;
}

bool str_eat_end(struct str *s, struct str suffix)
{
    if (!str_ends(*s, suffix)) {
        return false;
    }
    s->n -= suffix.n;
    return true;
}

ssize_t str_find(struct str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? at - s.p : -1;
}

ssize_t str_rfind(struct str s, char c)
{
    const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
    return at ? at - s.p : -1;
}

ssize_t str_search(struct str s, struct str needle)
{
    if (needle.n == 0) {
        return 0;
    }
    const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
    return at ? at - s.p : -1;
}

struct str str_cut(struct str *s, char sep)
{
    ssize_t at = str_find(*s, sep);
    struct str before = *s;
    if (at < 0) {
        *s = (struct str){ NULL, 0 };
        return before;
    }
    before.n = (size_t)at;
    *s = str_from(*s, (size_t)at + 1);
    return before;
}

struct str str_line(struct str *text)
{
    return str_cut(text, '\n');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_word(struct str *s)
{
    size_t start = 0;
    while (start < s->n && is_blank(s->p[start])) {
        start++;
    }
    size_t end = start;
    while (end < s->n && !is_blank(s->p[end])) {
        end++;
    }
    struct str word = str_head(str_from(*s, start), end - start);
    *s = str_from(*s, end);
    return word;
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.p[0])) {
        s = str_from(s, 1);
    }
    while (s.n && is_space(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

char *str_dup(struct str s)
{
    char *copy = malloc(s.n + 1);
    if (!copy) {
        return NULL;
    }
    if (s.n) {
        memcpy(copy, s.p, s.n);
    }
    copy[s.n] = '\0';
    return copy;
}

int str_copy(char *dst, size_t size, struct str s)
{
    if (s.n >= size) {
        if (size) {
            dst[0] = '\0';
        }
        return -ENAMETOOLONG;
    }
    if (s.n) {
        memcpy(dst, s.p, s.n);
    }
    dst[s.n] = '\0';
    return 0;
}
