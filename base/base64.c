#include "base/base64.h"

/* The six bits of c, or -1. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

struct group {
    uint32_t bits;
    unsigned n, pads; /* characters, and how many of them are '=' */
};

/* Takes one character. Returns 0, or -EINVAL where it may not stand. */
static int take(struct group *g, char c)
{
    int value = sextet(c);
    if (c == '=') {
        if (g->n < 2) {
            return -EINVAL;
        }
        g->pads++;
        value = 0;
    } else if (value < 0 || g->pads) {
        return -EINVAL;
    }
    g->bits = g->bits << 6 | (uint32_t)value;
    g->n++;
    return 0;
}

/* Writes the bytes of a full group of four. */
static int flush(const struct group *g, struct buf *out)
{
    const char bytes[] = { (char)(g->bits >> 16), (char)(g->bits >> 8), (char)g->bits };
    size_t n = 3 - g->pads;
    for (size_t i = n; i < sizeof(bytes); i++) {
        if (bytes[i]) {
            return -EINVAL; /* "QR==": two texts for the same byte are one too many */
        }
    }
    buf_add(out, (struct str){ bytes, n });
    return buf_failed(out);
}

int base64_decode(struct str text, struct buf *out)
{
    size_t start = out->n;
    struct group g = { 0 };
    bool ended = false;
    int r = buf_failed(out);
    for (size_t i = 0; i < text.n && r == 0; i++) {
        char c = text.p[i];
        if (c == '\n' || c == '\r') {
            continue;
        }
        r = ended ? -EINVAL : take(&g, c);
        if (r == 0 && g.n == 4) {
            r = flush(&g, out);
            ended = g.pads > 0;
            g = (struct group){ 0 };
        }
    }
    if (r == 0 && g.n > 0) {
        r = -EINVAL;
    }
    if (r < 0) {
        buf_truncate(out, start);
    }
    return r;
}
