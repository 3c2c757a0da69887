#include "metrics/names.h"

#include "base/map.h"
#include "metrics/utf8.h"

/* Longest label name that is made: etcd's objects are smaller than that. */
#define NAME_BYTES_MAX ((size_t)2 << 20)

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_name_byte(char c)
{
    return is_lower_or_digit(c) || is_upper(c) || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool name_legal(struct str s, bool colons)
{
    if (s.n == 0 || is_digit(s.p[0])) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!is_name_byte(s.p[i]) && !(colons && s.p[i] == ':')) {
            return false;
        }
    }
    return true;
}

bool metric_name_legal(struct str s)
{
    return name_legal(s, true);
}

bool label_name_legal(struct str s)
{
    return name_legal(s, false);
}

void label_name_from_key(struct str key, struct buf *out)
{
    char before = '_';
    while (key.n > 0) {
        char c = key.p[0];
        size_t n = utf8_character(key);
        key = str_from(key, n ? n : 1); /* a byte that is none counts as one, as in Go */
        if (!is_name_byte(c)) {
            c = '_';
        }
        if (is_upper(c)) {
            if (is_lower_or_digit(before)) {
                buf_add_char(out, '_');
            }
            buf_add_char(out, (char)(c - 'A' + 'a'));
        } else {
            buf_add_char(out, c);
        }
        before = c;
    }
}

/* A name that was given, and what became of it. */
struct given {
    size_t first; /* index of the label that had it first */
    size_t count; /* how many wanted it */
    size_t next;  /* next suffix to try */
};

struct naming {
    struct metric_label *labels;
    size_t n;
    struct arena *mem;
    struct map given;
};

/* Gives name to label i and remembers it. */
static int give(struct naming *naming, size_t i, struct str name)
{
    struct given *given = ARENA_NEW(naming->mem, struct given);
    if (!given || arena_str(naming->mem, name, &naming->labels[i].name) < 0) {
        return -ENOMEM;
    }
    *given = (struct given){ .first = i, .count = 1, .next = 1 };
    return map_put(&naming->given, name, given, NULL);
}

/* Gives label i the name with the next suffix that nobody has. */
static int give_suffixed(struct naming *naming, size_t i, struct str name, struct given *given)
{
    auto_buf struct buf suffixed = BUF_INIT(NAME_BYTES_MAX);
    do {
        buf_clear(&suffixed);
        buf_add(&suffixed, name);
        buf_add(&suffixed, STR("_conflict"));
        buf_add_u64(&suffixed, given->next++);
        if (buf_failed(&suffixed)) {
            return -ENOMEM;
        }
    } while (map_get(&naming->given, buf_str(&suffixed)));
    return give(naming, i, buf_str(&suffixed));
}

static int name_label(struct naming *naming, size_t i, struct str name)
{
    struct given *given = map_get(&naming->given, name);
    if (!given) {
        return give(naming, i, name);
    }
    if (given->count++ == 1) {
        int r = give_suffixed(naming, given->first, name, given);
        if (r < 0) {
            return r;
        }
    }
    return give_suffixed(naming, i, name, given);
}

static int by_key(const void *a, const void *b)
{
    const struct metric_label *left = a, *right = b;
    return str_cmp(left->name, right->name);
}

static int name_all(struct naming *naming, struct str prefix)
{
    auto_buf struct buf name = BUF_INIT(NAME_BYTES_MAX);
    for (size_t i = 0; i < naming->n; i++) {
        buf_clear(&name);
        buf_add(&name, prefix);
        label_name_from_key(naming->labels[i].name, &name);
        int r = buf_failed(&name) ? -ENOMEM : name_label(naming, i, buf_str(&name));
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

int label_names_from_pairs(const struct metric_label *pairs, size_t n, struct str prefix,
                           struct arena *mem, struct metric_label **ret)
{
    struct metric_label *labels = ARENA_ARRAY(mem, n, struct metric_label);
    if (!labels) {
        return -ENOMEM;
    }
    if (n > 0) {
        memcpy(labels, pairs, n * sizeof(*labels));
        qsort(labels, n, sizeof(*labels), by_key);
    }
    struct naming naming = { .labels = labels, .n = n, .mem = mem };
    int r = name_all(&naming, prefix);
    map_done(&naming.given, NULL);
    if (r >= 0) {
        *ret = labels;
    }
    return r;
}
