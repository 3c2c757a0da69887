#include "metrics/writer.h"

#include "base/limits.h"
#include "base/num.h"
#include "metrics/block.h"
#include "metrics/label_value.h"
#include "metrics/writer_internal.h"

#define SHORT_VALUE 256

static void fail(struct metric_writer *w, int code)
{
    if (w->failed == 0) {
        w->failed = code;
    }
}

void metric_common(struct metric_writer *w, struct str value)
{
    if (w->failed) {
        return;
    }
    if (w->mode != WRITER_COMMON || w->n_common == PLAN_LABELS_MAX) {
        fail(w, -EINVAL);
        return;
    }
    label_value_add(w->out, label_value_bounded(value, &w->n_cut));
    w->ends[w->n_common++] = (uint32_t)w->out->n;
    w->failed = buf_failed(w->out);
}

/* The common labels from the one after `from` up to `to`. */
static char *put_common(char *o, const struct common_text *common, size_t from, size_t to)
{
    size_t start = from ? common->ends[from - 1] : 0, end = to ? common->ends[to - 1] : 0;
    return put_bytes(o, common->p + start, end - start);
}

struct series {
    double value;
    const struct str *own;
    const struct metric_label *open;
    size_t n_open;
};

/* Room for an own label's value; what is short is not looked at for that. */
static size_t room_for(struct str value)
{
    return value.n <= SHORT_VALUE ? value.n * LABEL_VALUE_GROWTH : label_value_size(value);
}

static size_t text_size(struct metric_writer *w, const struct series *series)
{
    size_t n = w->row->constant_bytes + w->common.n + NUM_TEXT_MAX;
    for (size_t k = 0; k < w->row->n_own; k++) {
        n += room_for(label_value_bounded(series->own[k], &w->n_cut));
    }
    for (size_t k = 0; k < series->n_open; k++) {
        struct str value = label_value_bounded(series->open[k].value, &w->n_cut);
        n += series->open[k].name.n + label_value_size(value) + 4;
    }
    return n;
}

static void put_text(struct metric_writer *w, const struct series *series)
{
    const struct plan_row *row = w->row;
    uint64_t counted = 0; /* text_size has counted the cut ones */
    int r = buf_reserve(w->out, text_size(w, series));
    if (r < 0) {
        fail(w, r);
        return;
    }
    char *o = put_bytes(w->out->p + w->out->n, row->head.p, row->head.n);
    size_t done = 0;
    for (size_t k = 0; k < row->n_own; k++) {
        if (w->at[k] > done) {
            o = put_common(o, &w->common, done, w->at[k]);
            done = w->at[k];
        }
        o = put_bytes(o, row->own[k].p, row->own[k].n);
        o = label_value_put(o, label_value_bounded(series->own[row->order[k]], &counted));
        *o++ = '"';
        *o++ = ',';
    }
    size_t shown = done ? w->common.ends[done - 1] : 0;
    if (w->common.n > shown) {
        o = put_bytes(o, w->common.p + shown, w->common.n - shown);
    }
    for (size_t k = 0; k < series->n_open; k++) {
        o = put_bytes(o, series->open[k].name.p, series->open[k].name.n);
        *o++ = '=';
        *o++ = '"';
        o = label_value_put(o, label_value_bounded(series->open[k].value, &counted));
        *o++ = '"';
        *o++ = ',';
    }
    o = put_labels_end(o);
    o += num_format_double(o, series->value);
    *o++ = '\n';
    w->out->n = (size_t)(o - w->out->p);
}

static void put_block(struct metric_writer *w, const struct series *series)
{
    size_t before = w->out->n;
    for (size_t k = 0; k < w->row->n_own; k++) {
        block_add_text(w->out, label_value_bounded(series->own[w->row->order[k]], &w->n_cut));
    }
    if (w->row->family->open_labels) {
        block_add_labels(w->out, series->open, series->n_open, &w->n_cut);
    }
    block_add_value(w->out, series->value);
    if (buf_failed(w->out)) {
        buf_truncate(w->out, before);
        fail(w, buf_failed(w->out));
    }
}

void metric_put_open(struct metric_writer *w, double value, const struct str *own, size_t n_own,
                     const struct metric_label *open, size_t n_open)
{
    if (w->failed) {
        return;
    }
    if (w->mode == WRITER_COMMON || n_own != w->row->n_own ||
        (n_open > 0 && !w->row->family->open_labels)) {
        fail(w, -EINVAL);
        return;
    }
    if (w->mode == WRITER_COUNT) {
        w->n_series++;
        return;
    }
    struct series series = { .value = value, .own = own, .open = open, .n_open = n_open };
    if (w->mode == WRITER_BLOCK) {
        put_block(w, &series);
    } else if (w->mode == WRITER_TEXT && w->n_series >= w->skip) {
        if (w->more || w->out->n >= w->enough) {
            w->more = true;
            return;
        }
        put_text(w, &series);
    }
    w->n_series++;
}

void metric_put_values(struct metric_writer *w, double value, const struct str *own, size_t n_own)
{
    metric_put_open(w, value, own, n_own, NULL, 0);
}

void writer_put_row(struct metric_writer *w, const struct plan_row *row, const void *sample,
                    uint64_t present)
{
    const struct metric_family *family = row->family;
    if ((present & family->needs) != family->needs) {
        return;
    }
    w->row = row;
    if (family->emit) {
        family->emit(sample, w);
    } else if (w->mode == WRITER_COUNT && row->n_own == 0) {
        w->n_series++; /* whatever the value */
    } else {
        metric_put_values(w, metric_field_value(family, sample), NULL, 0);
    }
}

int writer_common_text(const struct metric_plan *plan, const struct label_layout *layout,
                       const void *sample, const struct str *extra, size_t n_extra,
                       struct buf *scratch, struct buf *text, uint32_t *ret_ends, uint64_t *n_cut)
{
    struct metric_writer w = { .mode = WRITER_COMMON, .out = scratch };
    buf_clear(scratch);
    if (plan->subject->common) {
        plan->subject->common(sample, &w);
    }
    if (!w.failed && w.n_common != plan->n_common) {
        return -EINVAL;
    }
    for (size_t i = 0; i < n_extra; i++) {
        metric_common(&w, extra[i]);
    }
    if (w.failed) {
        return w.failed;
    }
    *n_cut += w.n_cut;
    size_t start = text->n;
    for (size_t i = 0; i < layout->n; i++) {
        size_t from = layout->from[i], begin = from ? w.ends[from - 1] : 0;
        buf_add(text, layout->name[i]);
        buf_add(text, str_head(str_from(buf_str(scratch), begin), w.ends[from] - begin));
        buf_add(text, STR("\","));
        ret_ends[i] = (uint32_t)(text->n - start);
    }
    return buf_failed(text);
}
