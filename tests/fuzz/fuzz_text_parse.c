/* Whatever bytes a file of metrics holds: it is refused with a message, or what is served of it is
 * itself sound, with as many series as were kept. */
#include "base/limits.h"
#include "metrics/scrape.h"
#include "metrics/sink.h"
#include "metrics/text_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A fuzzer's assertion has no one to tell but the fuzzer. */
static void need(bool truth)
{
    if (!truth) {
        __builtin_trap();
    }
}

static size_t serve(struct metric_sink *sink, struct loose_family *first, struct buf *out)
{
    struct loose_family *next;
    for (struct loose_family *f = first; f; f = next) {
        size_t dropped = 0;
        next = f->next;
        need(loose_finish(f, metric_sink_arena(sink), &dropped) == 0);
        metric_sink_add_loose(sink, f);
    }
    struct metric_part *part = metric_sink_take(sink, "node", 1, NULL);
    need(part);
    size_t n = part->n_series;
    struct scrape *scrape = scrape_new(&part, 1, METRIC_FORMAT_TEXT);
    need(scrape && scrape_next(scrape, out, SIZE_MAX) == 0);
    scrape_free(scrape);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    struct text_families families = { 0 };
    struct metric_sink *sink = metric_sink_new(NULL, &err);
    auto_buf struct buf out = BUF_INIT(16 * MIB);
    need(sink && metric_sink_begin(sink, &err) == 0);
    struct arena *mem = metric_sink_arena(sink);
    int r = text_parse((struct str){ (const char *)data, size }, 1000, mem, &families, &err);
    need(r == 0 || (err.code && err.text[0]));
    if (r == 0) {
        size_t n = serve(sink, families.first, &out);
        struct text_families again = { 0 };
        need(metric_sink_begin(sink, &err) == 0);
        mem = metric_sink_arena(sink);
        need(text_parse(buf_str(&out), 1000, mem, &again, &err) == 0);
        need(again.n_series == n);
    }
    metric_sink_free(sink);
    return 0;
}
