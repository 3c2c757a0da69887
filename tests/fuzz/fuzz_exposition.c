/* Whatever bytes an object's names and labels hold: the text has the form of the exposition, every
 * value reads back, and the store, the sink and every size of piece give the same text. */
#include "base/num.h"
#include "metrics/names.h"
#include "metrics/scrape.h"
#include "metrics/sink.h"
#include "metrics/store.h"
#include "metrics/utf8.h"

#include <string.h>

#define TEXTS_MAX 12
#define OPEN_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fuzzer's assertion has no one to tell but the fuzzer. */
static void need(bool truth)
{
    if (!truth) {
        __builtin_trap();
    }
}

struct sample {
    struct str common[2], own[TEXTS_MAX];
    size_t n_own;
    struct metric_label *open;
    size_t n_open;
};

static void put_common(const void *sample, struct metric_writer *out)
{
    const struct sample *s = sample;
    metric_common(out, s->common[0]);
    metric_common(out, s->common[1]);
}

static void put_own(const void *sample, struct metric_writer *out)
{
    const struct sample *s = sample;
    for (size_t i = 0; i + 1 < s->n_own; i++) {
        metric_put(out, (double)i / 3, s->own[i], s->own[i + 1]);
    }
}

static void put_open(const void *sample, struct metric_writer *out)
{
    const struct sample *s = sample;
    metric_put_open(out, 1, NULL, 0, s->open, s->n_open);
}

static const struct metric_family rows[] = {
    { .name = "own",
      .help = "h",
      .source = "s",
      .emit = put_own,
      .labels = METRIC_LABELS("b", "d") },
    { .name = "open", .help = "h", .source = "s", .emit = put_open, .open_labels = true },
};

#define SUBJECT(sorted)                                                                            \
    {                                                                                              \
        .name = "fuzz", .part = "fuzz", .sample_size = sizeof(struct sample),                      \
        .present_at = METRIC_NO_PRESENCE, .labels = METRIC_LABELS("a", "c"), .common = put_common, \
        .sorted_labels = (sorted), .rows = rows, .n_rows = KG_ARRAY_LEN(rows),                     \
    }
static const struct metric_subject plain = SUBJECT(false), sorted = SUBJECT(true);

static struct str take(const uint8_t **data, size_t *size)
{
    if (*size == 0) {
        return (struct str){ 0 };
    }
    size_t n = KG_MIN((size_t) * *data, *size - 1);
    struct str s = { (const char *)*data + 1, n };
    *data += n + 1;
    *size -= n + 1;
    return s;
}

/* Reads `name="value"` and what follows it, undoing the escapes into value. */
static struct str read_label(struct str *text, struct buf *value)
{
    struct str name = str_cut(text, '=');
    need(label_name_legal(name));
    need(str_eat(text, STR("\"")));
    buf_clear(value);
    while (text->n > 0 && text->p[0] != '"') {
        char c = text->p[0];
        need(c != '\n');
        *text = str_from(*text, 1);
        if (c == '\\') {
            need(text->n > 0);
            c = text->p[0];
            need(c == '\\' || c == '"' || c == 'n');
            c = c == 'n' ? '\n' : c;
            *text = str_from(*text, 1);
        }
        buf_add_char(value, c);
    }
    need(str_eat(text, STR("\"")));
    return name;
}

/* What a label of series k of a row must be. */
static struct str expected(const struct sample *s, struct str name, size_t k)
{
    if (str_eq_c(name, "a")) {
        return s->common[0];
    }
    if (str_eq_c(name, "c")) {
        return s->common[1];
    }
    if (str_eq_c(name, "b")) {
        return s->own[k];
    }
    if (str_eq_c(name, "d")) {
        return s->own[k + 1];
    }
    for (size_t i = 0; i < s->n_open; i++) {
        if (str_eq(name, s->open[i].name)) {
            return s->open[i].value;
        }
    }
    need(false);
    return name;
}

static void check_series(struct str *text, const struct sample *s, size_t k, size_t n_labels)
{
    auto_buf struct buf value = BUF_INIT(1 << 16);
    need(metric_name_legal(str_cut(text, '{')));
    for (size_t i = 0; i < n_labels; i++) {
        struct str name = read_label(text, &value);
        struct str want = expected(s, name, k);
        need(utf8_valid(buf_str(&value)));
        need(!utf8_valid(want) || str_eq(buf_str(&value), want));
        need(str_eat(text, i + 1 < n_labels ? STR(",") : STR("} ")));
    }
    double number;
    need(num_scan_double(str_line(text), &number) == 0);
}

static void check(struct str text, const struct sample *s)
{
    size_t n_own = s->n_own ? s->n_own - 1 : 0;
    for (size_t row = 0; row < KG_ARRAY_LEN(rows); row++) {
        size_t n = row == 0 ? n_own : 1;
        if (n > 0) {
            need(str_starts(str_line(&text), STR("# HELP ")));
            need(str_starts(str_line(&text), STR("# TYPE ")));
        }
        for (size_t k = 0; k < n; k++) {
            check_series(&text, s, k, row == 0 ? 4 : 2 + s->n_open);
        }
    }
    need(text.n == 0);
}

static void expose(struct metric_part *part, size_t enough, struct buf *out)
{
    need(part != NULL);
    struct scrape *s = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    need(s != NULL);
    int r;
    do {
        r = scrape_next(s, out, enough);
    } while (r == 1);
    need(r == 0);
    scrape_free(s);
}

static void serve(const struct metric_subject *subject, const struct sample *sample, size_t enough)
{
    auto_buf struct buf stored = BUF_INIT(1 << 20), sunk = BUF_INIT(1 << 20);
    struct metric_store *store = metric_store_new(subject, NULL, NULL, NULL);
    need(metric_store_put(store, sample->common[0], sample, NULL) == 0);
    need(metric_store_publish(store, NULL) == 0);
    expose(metric_store_part(store), enough, &stored);
    metric_store_free(store);

    struct metric_sink *sink = metric_sink_new(NULL, NULL);
    need(metric_sink_begin(sink, NULL) == 0);
    struct sample *added = metric_sink_add(sink, subject, NULL, 0, NULL);
    need(added != NULL);
    *added = *sample;
    expose(metric_sink_take(sink, "fuzz", 0, NULL), SIZE_MAX, &sunk);
    metric_sink_free(sink);
    need(str_eq(buf_str(&stored), buf_str(&sunk)));
    check(buf_str(&stored), sample);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample sample = { 0 };
    struct metric_label pairs[OPEN_MAX] = { 0 };
    size_t enough = size ? data[0] + 1U : 1;
    sample.common[0] = take(&data, &size);
    sample.common[1] = take(&data, &size);
    for (size_t i = 0; i < OPEN_MAX && size > 0; i++) {
        pairs[i].name = take(&data, &size);
        pairs[i].value = take(&data, &size);
        sample.n_open++;
    }
    while (sample.n_own < TEXTS_MAX && size > 0) {
        sample.own[sample.n_own++] = take(&data, &size);
    }
    struct arena mem;
    arena_init(&mem, 1 << 20);
    need(label_names_from_pairs(pairs, sample.n_open, STR("label_"), &mem, &sample.open) == 0);
    for (size_t i = 0; i < sample.n_open; i++) {
        for (size_t k = 0; k < i; k++) {
            need(!str_eq(sample.open[i].name, sample.open[k].name));
        }
    }
    serve(&plain, &sample, enough);
    serve(&sorted, &sample, enough);
    arena_done(&mem);
    return 0;
}
