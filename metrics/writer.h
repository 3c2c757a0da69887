/* writer.h — what an emit function writes to: one series at a time, escaped and formatted here
 * only. Uses: family, base.  Threads: one at a time.  Owner: the store (blocks) or the sink (text).
 *
 * The same emit function serves two forms: the compact block of the store, and exposition text. A
 * writer has a sticky error: the wrong number of labels (-EINVAL), no room (-ENOBUFS, -ENOMEM). A
 * series is put whole or, after an error, not at all. */
#ifndef KG_METRICS_WRITER_H
#define KG_METRICS_WRITER_H

#include "base/buf.h"
#include "metrics/family.h"

struct metric_label {
    struct str name, value;
};

/* One series of the row being written: its own labels' values, in the row's order, and its value.
 * As many values as the row has own labels. Values are escaped here, cut at
 * LIMIT_LABEL_VALUE_BYTES, and made UTF-8 where they are not, because Prometheus would refuse the
 * whole scrape; empty ones are kept. */
void metric_put_values(struct metric_writer *out, double value, const struct str *own,
                       size_t n_own);

/* metric_put(out, value, str…): the common way to call it; metric_put(out, value) without labels.
 */
#define metric_put(out, value, ...)                                                                \
    metric_put_values(                                                                             \
        (out), (value), (const struct str[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } },                   \
        (sizeof((const struct str[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } }) / sizeof(struct str)) -   \
            1)

/* As metric_put_values, with open labels (names already legal) after the own ones; only for rows
 * with open_labels. */
void metric_put_open(struct metric_writer *out, double value, const struct str *own, size_t n_own,
                     const struct metric_label *open, size_t n_open);

/* The value of the next common label; only from a subject's common(). */
void metric_common(struct metric_writer *out, struct str value);

/* Appends s with '\\', '"' and newline escaped as the text format has it; other bytes as they are.
 */
void metric_escape(struct buf *out, struct str s);

#endif
