#include "metrics/scrape.h"

#include "base/hash.h"

#include <string.h>

#define NAMES_AT_FIRST 256

/* Names of rows, which outlive any scrape: a set by open addressing. */
struct names {
    struct str *slots; /* cap of them, a power of two; p is NULL where it is free */
    size_t n, cap;
};

struct scrape {
    enum metric_format format;
    size_t n_parts, part, family, cursor; /* where it stands */
    bool header_done, ended;
    struct names served; /* family names that have had their header */
    struct scrape_totals totals;
    struct metric_part *parts[];
};

struct scrape *scrape_new(struct metric_part *const *parts, size_t n_parts,
                          enum metric_format format)
{
    struct scrape *s = calloc(1, sizeof(*s) + n_parts * sizeof(struct metric_part *));
    if (!s) {
        for (size_t i = 0; i < n_parts; i++) {
            snapshot_unref(&parts[i]->snapshot);
        }
        return NULL;
    }
    s->format = format;
    s->n_parts = n_parts;
    for (size_t i = 0; i < n_parts; i++) {
        s->parts[i] = parts[i];
    }
    return s;
}

/* Where the name stands, or would. There is a free place. */
static struct str *names_slot(const struct names *names, struct str name)
{
    size_t at = (size_t)hash_str(HASH_START, name);
    while (names->slots[at & (names->cap - 1)].p &&
           !str_eq(names->slots[at & (names->cap - 1)], name)) {
        at++;
    }
    return &names->slots[at & (names->cap - 1)];
}

static int names_grow(struct names *names)
{
    struct names more = { .n = names->n, .cap = names->cap ? names->cap * 2 : NAMES_AT_FIRST };
    more.slots = calloc(more.cap, sizeof(*more.slots));
    if (!more.slots) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < names->cap; i++) {
        if (names->slots[i].p) {
            *names_slot(&more, names->slots[i]) = names->slots[i];
        }
    }
    free(names->slots);
    *names = more;
    return 0;
}

void scrape_free(struct scrape *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->n_parts; i++) {
        if (s->parts[i]) {
            snapshot_unref(&s->parts[i]->snapshot);
        }
    }
    free(s->served.slots);
    free(s);
}

/* The row's name in HELP and TYPE lines, and its type's word. OpenMetrics keeps the suffix of
 * counters and infos for the samples, and has no such types without it. */
static struct str header_name(const struct metric_family *row, enum metric_format format,
                              const char **ret_type)
{
    struct str name = str_of(row->name);
    bool open_metrics = format == METRIC_FORMAT_OPENMETRICS;
    *ret_type = "gauge";
    switch (row->type) {
    case METRIC_GAUGE:
        break;
    case METRIC_COUNTER:
        *ret_type = "counter";
        if (open_metrics && !str_eat_end(&name, STR("_total"))) {
            *ret_type = "unknown";
        }
        break;
    case METRIC_INFO:
        if (open_metrics && str_eat_end(&name, STR("_info"))) {
            *ret_type = "info";
        }
        break;
    case METRIC_STATESET:
        *ret_type = open_metrics ? "stateset" : "gauge";
        break;
    case METRIC_UNTYPED:
        *ret_type = open_metrics ? "unknown" : "untyped";
        break;
    case METRIC_HISTOGRAM:
        *ret_type = "histogram";
        break;
    case METRIC_SUMMARY:
        *ret_type = "summary";
        break;
    }
    return name;
}

/* Help with '\\' and newline escaped, for OpenMetrics '"' as well. */
static void add_help(struct buf *out, const char *help, enum metric_format format)
{
    const char *special = format == METRIC_FORMAT_OPENMETRICS ? "\\\n\"" : "\\\n";
    for (;;) {
        size_t plain = strcspn(help, special);
        buf_add(out, (struct str){ help, plain });
        help += plain;
        if (!*help) {
            return;
        }
        buf_add_char(out, '\\');
        buf_add_char(out, *help == '\n' ? 'n' : *help);
        help++;
    }
}

void scrape_header(const struct metric_family *row, enum metric_format format, struct buf *out)
{
    const char *type;
    struct str name = header_name(row, format, &type);
    buf_add(out, STR("# HELP "));
    buf_add(out, name);
    buf_add(out, row->stability == METRIC_STABLE ? STR(" [STABLE] ") : STR(" "));
    add_help(out, row->help, format);
    buf_add(out, STR("\n# TYPE "));
    buf_add(out, name);
    buf_add_char(out, ' ');
    buf_add_c(out, type);
    buf_add_char(out, '\n');
}

/* Writes the header of the current family unless it has none now or an earlier part had it. */
static int put_header(struct scrape *s, const struct metric_part *part, struct buf *out)
{
    if (!part->ops->has_header(part, s->family)) {
        return 0;
    }
    const struct metric_family *row = part->ops->family(part, s->family);
    const char *type;
    struct str name = header_name(row, s->format, &type);
    if (s->served.n >= s->served.cap / 2 && names_grow(&s->served) < 0) {
        return -ENOMEM;
    }
    struct str *slot = names_slot(&s->served, name);
    if (slot->p) {
        return 0;
    }
    size_t before = out->n;
    scrape_header(row, s->format, out);
    int r = buf_failed(out);
    if (r < 0) {
        buf_truncate(out, before);
        return r;
    }
    *slot = name;
    s->served.n++;
    return 0;
}

/* Goes on with the current part. Returns 1 when out holds enough, 0 when the part is complete. */
static int put_part(struct scrape *s, struct buf *out, size_t enough)
{
    const struct metric_part *part = s->parts[s->part];
    size_t n = part->ops->n_families(part);
    while (s->family < n) {
        if (out->n >= enough) {
            return 1;
        }
        if (!s->header_done) {
            int r = put_header(s, part, out);
            if (r < 0) {
                return r;
            }
            s->header_done = true;
        }
        int r = part->ops->series(part, s->family, &s->cursor, s->format, out, enough);
        if (r != 0) {
            return r;
        }
        s->family++;
        s->cursor = 0;
        s->header_done = false;
    }
    return 0;
}

static int put_pieces(struct scrape *s, struct buf *out, size_t enough)
{
    for (; s->part < s->n_parts; s->part++) {
        int r = put_part(s, out, enough);
        if (r != 0) {
            return r;
        }
        s->totals.series += s->parts[s->part]->n_series;
        /* Memory that only this scrape still holds need not wait for a slow reader. */
        snapshot_unref(&s->parts[s->part]->snapshot);
        s->parts[s->part] = NULL;
        s->family = 0;
    }
    if (s->format == METRIC_FORMAT_OPENMETRICS && !s->ended) {
        buf_add(out, STR("# EOF\n"));
    }
    s->ended = buf_failed(out) == 0;
    return buf_failed(out);
}

int scrape_next(struct scrape *s, struct buf *out, size_t enough)
{
    size_t before = out->n;
    size_t want = enough > SIZE_MAX - before ? SIZE_MAX : before + enough;
    int r = put_pieces(s, out, want);
    s->totals.bytes += out->n - before;
    return r;
}

struct scrape_totals scrape_totals(const struct scrape *s)
{
    return s->totals;
}
