/* writer_internal.h — the forms that a writer puts series into; for the store and the sink only.
 * Uses: writer, plan, base.  Threads: one at a time.  Owner: the caller's stack.
 *
 * COMMON gathers the values of the common labels, escaped; COUNT counts series; BLOCK encodes them
 * as block.h has it; TEXT writes exposition. */
#ifndef KG_METRICS_WRITER_INTERNAL_H
#define KG_METRICS_WRITER_INTERNAL_H

#include "metrics/plan.h"
#include "metrics/writer.h"

enum writer_mode { WRITER_COMMON, WRITER_COUNT, WRITER_BLOCK, WRITER_TEXT };

/* Rendered common labels: `a="x",b="y",` and where each label's text ends. */
struct common_text {
    const char *p;
    size_t n;
    const uint32_t *ends; /* as many as the layout has labels */
};

struct metric_writer {
    enum writer_mode mode;
    int failed; /* 0 or the negative errno that ended all writing */
    struct buf *out;
    const struct plan_row *row; /* that of the current emit function */
    size_t n_series;
    uint64_t n_cut; /* label values that passed LIMIT_LABEL_VALUE_BYTES */

    /* COMMON */
    size_t n_common;
    uint32_t ends[PLAN_LABELS_MAX]; /* of the values in out */

    /* TEXT: series before skip are passed over; none is begun once out holds `enough`. */
    struct common_text common;
    const uint8_t *at; /* of the row, from the layout */
    size_t skip, enough;
    bool more; /* a series was left out because of enough */
};

/* Puts the sample's series of the row. present: metric_present() of the sample. */
void writer_put_row(struct metric_writer *w, const struct plan_row *row, const void *sample,
                    uint64_t present);

/* Runs the subject's common() of the sample and lays the values (and those of the extra columns)
 * out as text in `text`. scratch is the writer's, cleared. Sets ret_ends[layout->n], adds to
 * *n_cut. Errors: -EINVAL not as many values as labels · those of the bufs. */
int writer_common_text(const struct metric_plan *plan, const struct label_layout *layout,
                       const void *sample, const struct str *extra, size_t n_extra,
                       struct buf *scratch, struct buf *text, uint32_t *ret_ends, uint64_t *n_cut);

/* Copies n bytes to o and returns the end. */
static inline char *put_bytes(char *o, const char *p, size_t n)
{
    memcpy(o, p, n);
    return o + n;
}

/* Closes the label list at o, after its last comma or, without any label, after the opening brace:
 * `{a="b",` -> `{a="b"} `, `{` -> ` `. */
static inline char *put_labels_end(char *o)
{
    if (o[-1] == ',') {
        o[-1] = '}';
        *o = ' ';
        return o + 1;
    }
    o[-1] = ' ';
    return o;
}

#endif
