#include "collectors/cgroup/parse.h"

#include "collectors/scan.h"

/* A bit of 64 by length, first and last byte: most lines of memory.stat are of no interest, and
 * this tells so without a look at each key. The factors are those that take the fewest of the
 * other lines for one of the table. */
static uint64_t key_bit(struct str name)
{
    if (name.n == 0) {
        return 0;
    }
    size_t first = (unsigned char)name.p[0], last = (unsigned char)name.p[name.n - 1];
    return UINT64_C(1) << ((name.n + first * 15 + last * 12) % 64);
}

/* Looks from keys[from] on, round to it: the kernel's order is mostly that of the table. Returns
 * n_keys for none. */
static size_t find_key(struct str name, const struct cg_key *keys, size_t n_keys, size_t from)
{
    for (size_t tried = 0, i = from; tried < n_keys; tried++, i++) {
        i = i < n_keys ? i : 0;
        if (keys[i].name.n == name.n && memcmp(keys[i].name.p, name.p, name.n) == 0) {
            return i;
        }
    }
    return n_keys;
}

/* By memchr, which looks at many bytes at a time: memory.stat is most of what is read of a node. */
static struct str next_line(struct str *text)
{
    const char *newline = memchr(text->p, '\n', text->n);
    struct str line = { text->p, newline ? (size_t)(newline - text->p) : text->n };
    *text = str_from(*text, line.n + (newline ? 1 : 0));
    return line;
}

/* What stands before the first blank. */
static struct str name_of(struct str line)
{
    const char *blank = line.n ? memchr(line.p, ' ', line.n) : NULL;
    return str_head(line, blank ? (size_t)(blank - line.p) : line.n);
}

int cg_parse_keyed(struct str text, const struct cg_key *keys, size_t n_keys, void *base,
                   uint32_t *ret_seen)
{
    uint32_t seen = 0;
    uint64_t wanted = 0;
    size_t next = 0;
    for (size_t i = 0; i < n_keys; i++) {
        wanted |= key_bit(keys[i].name);
    }
    while (!str_empty(text)) {
        struct str line = next_line(&text), name = name_of(line);
        size_t key = wanted & key_bit(name) ? find_key(name, keys, n_keys, next) : n_keys;
        if (key < n_keys) {
            uint64_t *value = (uint64_t *)(void *)((char *)base + keys[key].at);
            struct scan at = scan_of(str_from(line, name.n));
            if (!scan_char(&at, ' ') || !scan_count(&at, value) || !scan_end(&at)) {
                return -EBADMSG;
            }
            seen |= UINT32_C(1) << key;
            next = key + 1;
        }
    }
    *ret_seen = seen;
    return 0;
}

int cg_parse_value(struct str text, uint64_t *ret)
{
    struct scan at = scan_of(text);
    uint64_t value = UINT64_MAX;
    if (!scan_literal(&at, STR("max")) && !scan_count(&at, &value)) {
        return -EBADMSG;
    }
    if (!scan_line_end(&at) || !scan_end(&at)) {
        return -EBADMSG;
    }
    *ret = value;
    return 0;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=317534733" */
static bool scan_total(struct scan *at, uint64_t *ret)
{
    for (;;) {
        if (!scan_char(at, ' ')) {
            return false;
        }
        if (scan_literal(at, STR("total="))) {
            return scan_count(at, ret);
        }
        if (str_empty(scan_until_blank(at))) {
            return false;
        }
    }
}

int cg_parse_pressure(struct str text, struct cgroup_psi *ret)
{
    struct cgroup_psi psi = { 0 };
    struct scan at = scan_of(text);
    if (!scan_literal(&at, STR("some")) || !scan_total(&at, &psi.some_usec) ||
        !scan_line_end(&at)) {
        return -EBADMSG;
    }
    if (scan_literal(&at, STR("full")) &&
        (!scan_total(&at, &psi.full_usec) || !scan_line_end(&at))) {
        return -EBADMSG;
    }
    *ret = psi;
    return 0;
}

ssize_t cg_parse_pids(struct str text, int32_t *ret, size_t max, size_t *ret_n)
{
    size_t n = 0;
    ssize_t lines = 0;
    struct scan at = scan_of(text);
    while (!scan_end(&at)) {
        uint64_t pid;
        if (!scan_count(&at, &pid) || pid > INT32_MAX || !scan_line_end(&at)) {
            return -EBADMSG;
        }
        lines++;
        if (pid > 0 && n < max) {
            ret[n++] = (int32_t)pid;
        }
    }
    *ret_n = n;
    return lines;
}
