#include "metrics/label_value.h"

#include "base/limits.h"
#include "metrics/utf8.h"
#include "metrics/writer.h"

/* What stands for a byte that is no character: U+FFFD. */
#define REPLACEMENT "\xEF\xBF\xBD"
#define REPLACEMENT_BYTES (sizeof(REPLACEMENT) - 1)

struct str label_value_bounded(struct str s, uint64_t *n_cut)
{
    if (s.n <= LIMIT_LABEL_VALUE_BYTES) {
        return s;
    }
    (*n_cut)++;
    size_t n = LIMIT_LABEL_VALUE_BYTES;
    /* A UTF-8 character has at most three bytes after its first. */
    for (int back = 0; back < 3 && ((unsigned char)s.p[n] & 0xC0) == 0x80; back++) {
        n--;
    }
    return (struct str){ s.p, n };
}

static bool is_special(char c)
{
    return c == '\\' || c == '"' || c == '\n';
}

#define EACH_BYTE (UINT64_MAX / 0xFF)

/* The top bit of each byte of eight that is c, and perhaps of bytes after one that is. */
static uint64_t bytes_that_are(uint64_t eight, char c)
{
    uint64_t differs = eight ^ (EACH_BYTE * (unsigned char)c);
    return (differs - EACH_BYTE) & ~differs;
}

static bool has_odd(uint64_t eight)
{
    uint64_t odd = eight | bytes_that_are(eight, '\\') | bytes_that_are(eight, '"') |
                   bytes_that_are(eight, '\n');
    return odd & (EACH_BYTE * 0x80);
}

static uint64_t eight_at(const char *p)
{
    uint64_t eight;
    memcpy(&eight, p, sizeof(eight));
    return eight;
}

/* Less than eight bytes, some of them twice, and zeros, which stand for themselves. */
static uint64_t few_at(const char *p, size_t n)
{
    uint32_t first, last;
    if (n >= sizeof(first)) {
        memcpy(&first, p, sizeof(first));
        memcpy(&last, p + n - sizeof(last), sizeof(last));
        return (uint64_t)first << 32 | last;
    }
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes = bytes << 8 | (unsigned char)p[i];
    }
    return bytes;
}

bool label_value_is_plain(struct str s)
{
    if (s.n < 8) {
        return !has_odd(few_at(s.p, s.n));
    }
    for (size_t i = 0; i + 8 <= s.n; i += 8) {
        if (has_odd(eight_at(s.p + i))) {
            return false;
        }
    }
    return !has_odd(eight_at(s.p + s.n - 8));
}

static size_t escaped_size(struct str s)
{
    size_t n = s.n;
    for (size_t i = 0; i < s.n; i++) {
        n += is_special(s.p[i]);
    }
    return n;
}

static char *put_escaped(char *o, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_special(s.p[i])) {
            *o++ = '\\';
            *o++ = s.p[i] == '\n' ? 'n' : s.p[i];
        } else {
            *o++ = s.p[i];
        }
    }
    return o;
}

void metric_escape(struct buf *out, struct str s)
{
    size_t n = escaped_size(s);
    if (n == s.n) {
        buf_add(out, s);
    } else if (buf_reserve(out, n) == 0) {
        put_escaped(out->p + out->n, s);
        out->n += n;
    }
}

/* The bytes of s that are characters, up to the first that is none. */
static struct str characters(struct str s)
{
    size_t n = 0;
    for (size_t more = utf8_character(s); more > 0; more = utf8_character(str_from(s, n))) {
        n += more;
    }
    return str_head(s, n);
}

size_t label_value_size(struct str s)
{
    if (label_value_is_plain(s)) {
        return s.n;
    }
    if (utf8_valid(s)) {
        return escaped_size(s);
    }
    size_t n = 0;
    while (s.n > 0) {
        struct str good = characters(s);
        s = str_from(s, good.n);
        n += escaped_size(good) + (s.n > 0 ? REPLACEMENT_BYTES : 0);
        s = str_from(s, 1);
    }
    return n;
}

char *label_value_put(char *o, struct str s)
{
    if (label_value_is_plain(s)) {
        if (s.n) {
            memcpy(o, s.p, s.n);
        }
        return o + s.n;
    }
    if (utf8_valid(s)) {
        return put_escaped(o, s);
    }
    while (s.n > 0) {
        struct str good = characters(s);
        o = put_escaped(o, good);
        s = str_from(s, good.n);
        if (s.n > 0) {
            memcpy(o, REPLACEMENT, REPLACEMENT_BYTES);
            o += REPLACEMENT_BYTES;
        }
        s = str_from(s, 1);
    }
    return o;
}

void label_value_add(struct buf *out, struct str s)
{
    if (label_value_is_plain(s)) {
        buf_add(out, s);
    } else if (utf8_valid(s)) {
        metric_escape(out, s);
    } else if (buf_reserve(out, label_value_size(s)) == 0) {
        out->n = (size_t)(label_value_put(out->p + out->n, s) - out->p);
    }
}
