#include "metrics/loose.h"

#include "base/num.h"
#include "metrics/label_value.h"

struct loose_family *loose_family_new(struct arena *mem, struct str name, enum metric_type type)
{
    struct loose_family *f = ARENA_NEW(mem, struct loose_family);
    struct str own;
    if (!f || arena_str(mem, name, &own) < 0) {
        return NULL;
    }
    f->row = (struct metric_family){ .name = own.p, .help = "", .type = type };
    f->last_link = &f->first;
    return f;
}

void loose_set_init(struct loose_set *set, struct arena *mem)
{
    *set = (struct loose_set){ .mem = mem };
    set->last_link = &set->first;
}

void loose_set_done(struct loose_set *set)
{
    map_done(&set->by_name, NULL);
}

struct loose_family *loose_set_family(struct loose_set *set, struct str name, enum metric_type type)
{
    struct loose_family *f = map_get(&set->by_name, name);
    if (f) {
        return f;
    }
    f = loose_family_new(set->mem, name, type);
    if (!f || map_put(&set->by_name, name, f, NULL) < 0) {
        return NULL;
    }
    *set->last_link = f;
    set->last_link = &f->next;
    return f;
}

static int by_label(const void *a, const void *b)
{
    return str_cmp(((const struct metric_label *)a)->name, ((const struct metric_label *)b)->name);
}

int loose_labels(struct metric_label *labels, size_t n, struct buf *scratch, struct arena *mem,
                 struct str *ret)
{
    if (n > 1) {
        qsort(labels, n, sizeof(*labels), by_label);
    }
    buf_clear(scratch);
    for (size_t i = 0; i < n; i++) {
        if (labels[i].value.n) {
            buf_add_c(scratch, scratch->n ? "," : "");
            buf_add(scratch, labels[i].name);
            buf_add(scratch, STR("=\""));
            label_value_add(scratch, labels[i].value);
            buf_add_char(scratch, '"');
        }
    }
    return buf_failed(scratch) ? -ENOMEM : arena_str(mem, buf_str(scratch), ret);
}

int loose_add(struct loose_family *f, struct arena *mem, const struct loose_series *s)
{
    struct loose_series *own = ARENA_NEW(mem, struct loose_series);
    if (!own) {
        return -ENOMEM;
    }
    *own = *s;
    own->next = NULL;
    *f->last_link = own;
    f->last_link = &own->next;
    f->n_series++;
    return 0;
}

void loose_family_append(struct loose_family *f, struct loose_family *from)
{
    if (from->first) {
        *f->last_link = from->first;
        f->last_link = from->last_link;
        f->n_series += from->n_series;
    }
    from->first = NULL;
    from->last_link = &from->first;
    from->n_series = 0;
}

struct str loose_suffix(enum loose_kind kind)
{
    static const struct str suffixes[] = {
        [LOOSE_VALUE] = STR_INIT(""),       [LOOSE_BUCKET] = STR_INIT("_bucket"),
        [LOOSE_QUANTILE] = STR_INIT(""),    [LOOSE_SUM] = STR_INIT("_sum"),
        [LOOSE_COUNT] = STR_INIT("_count"),
    };
    return suffixes[kind];
}

/* What stands twice, a series and one that came before it, is side by side, that one first. */
struct place {
    const struct loose_series *series;
    size_t at;
};

static int same_series(const struct loose_series *a, const struct loose_series *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    int r = str_cmp(a->labels, b->labels);
    return r ? r : (a->bound > b->bound) - (a->bound < b->bound);
}

static int by_series(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int r = same_series(x->series, y->series);
    return r ? r : (x->at > y->at) - (x->at < y->at);
}

static void drop_doubles(struct loose_family *f, struct place *places)
{
    qsort(places, f->n_series, sizeof(*places), by_series);
    for (size_t i = 1; i < f->n_series; i++) {
        if (same_series(places[i - 1].series, places[i].series) == 0) {
            f->series[places[i].at] = NULL;
        }
    }
    size_t n = 0;
    for (size_t i = 0; i < f->n_series; i++) {
        if (f->series[i]) {
            f->series[n++] = f->series[i];
        }
    }
    f->n_series = n;
}

int loose_finish(struct loose_family *f, struct arena *mem, size_t *ret_dropped)
{
    size_t n = f->n_series, at = 0;
    f->series = ARENA_ARRAY(mem, n, const struct loose_series *);
    if (!f->series) {
        return -ENOMEM;
    }
    for (const struct loose_series *s = f->first; s; s = s->next) {
        f->series[at++] = s;
    }
    if (n > 1) {
        struct place *places = reallocarray(NULL, n, sizeof(*places));
        if (!places) {
            return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
            places[i] = (struct place){ f->series[i], i };
        }
        drop_doubles(f, places);
        free(places);
    }
    *ret_dropped = n - f->n_series;
    return 0;
}

static void add_number(struct buf *out, double v)
{
    if (buf_reserve(out, NUM_TEXT_MAX) == 0) {
        out->n += num_format_double(out->p + out->n, v);
    }
}

/* Numbers in labels are floats in OpenMetrics, and show it: "1.0". */
static void add_bound(struct buf *out, double bound, enum metric_format format)
{
    size_t before = out->n;
    add_number(out, bound);
    struct str text = str_from(buf_str(out), before);
    bool whole = str_find(text, '.') < 0 && str_find(text, 'e') < 0 && str_find(text, 'n') < 0 &&
                 str_find(text, 'N') < 0;
    if (format == METRIC_FORMAT_OPENMETRICS && whole) {
        buf_add(out, STR(".0"));
    }
}

static void put_series(const struct loose_family *f, const struct loose_series *s,
                       enum metric_format format, struct buf *out)
{
    bool bound = s->kind == LOOSE_BUCKET || s->kind == LOOSE_QUANTILE;
    buf_add_c(out, f->row.name);
    buf_add(out, loose_suffix(s->kind));
    if (bound || s->labels.n) {
        buf_add_char(out, '{');
        buf_add(out, s->labels);
        if (bound) {
            buf_add_c(out, s->labels.n ? "," : "");
            buf_add(out, s->kind == LOOSE_BUCKET ? STR("le=\"") : STR("quantile=\""));
            add_bound(out, s->bound, format);
            buf_add_char(out, '"');
        }
        buf_add_char(out, '}');
    }
    buf_add_char(out, ' ');
    add_number(out, s->value);
    buf_add_char(out, '\n');
}

int loose_put(const struct loose_family *f, size_t *cursor, enum metric_format format,
              struct buf *out, size_t enough)
{
    for (; *cursor < f->n_series; (*cursor)++) {
        if (out->n >= enough) {
            return 1;
        }
        size_t before = out->n;
        put_series(f, f->series[*cursor], format, out);
        if (buf_failed(out)) {
            buf_truncate(out, before);
            return buf_failed(out);
        }
    }
    return 0;
}
