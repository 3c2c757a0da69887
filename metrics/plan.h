/* plan.h — a subject's served rows with everything about their text that no value changes.
 * Uses: family, selection, base.  Threads: any (immutable).  Owner: its references.
 *
 * A series is head, common labels, own labels, value: `name{` `namespace="a",` `container="b",`
 * and then the last comma becomes the closing brace. All constant pieces are laid out here once,
 * so that assembly is copying. */
#ifndef KG_METRICS_PLAN_H
#define KG_METRICS_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/snapshot.h"
#include "metrics/family.h"
#include "metrics/selection.h"

#define PLAN_LABELS_MAX 64 /* common and extra labels of a subject; own labels of a row */

struct plan_row {
    const struct metric_family *family;
    struct str head;                     /* `name{` */
    struct str header[METRIC_N_FORMATS]; /* HELP and TYPE lines */
    size_t n_own;
    const uint8_t *order;  /* what stands k-th in the text is the row's order[k]-th own label */
    const struct str *own; /* `label="` in order of the text */
    size_t constant_bytes; /* head, own names, quotes, commas, braces, newline */
};

/* How common labels stand in the text: the subject's, and extra columns if there are any. */
struct label_layout {
    size_t n;
    const struct str *name;   /* `label="`, in order of the text */
    const uint8_t *from;      /* i-th in the text: index into subject's labels, then extras */
    const uint8_t *const *at; /* at[row][k]: how many common labels stand before own label k */
};

struct metric_plan {
    struct snapshot snapshot;
    const struct metric_subject *subject;
    size_t n_common; /* the subject's own common labels */
    size_t n_rows;
    const struct plan_row *rows;
    struct label_layout layout; /* without extra columns */
    struct arena mem;
};

/* The rows of the subject that the selection (NULL: all but opt_in) serves. NULL on error.
 * Errors: -EINVAL too many labels · -ENOMEM. */
struct metric_plan *metric_plan_new(const struct metric_subject *subject,
                                    const struct metric_selection *selection, struct err *err);

/* References: the last unref frees. Return what they were given, and NULL. */
struct metric_plan *metric_plan_ref(struct metric_plan *plan);
struct metric_plan *metric_plan_unref(struct metric_plan *plan);

/* A layout with n further columns, in mem. Sets *ret. Errors: -EINVAL a name is not legal, stands
 * on a series already, or there are too many · -ENOMEM. */
int label_layout_make(const struct metric_plan *plan, const struct str *extra, size_t n,
                      struct arena *mem, struct label_layout *ret, struct err *err);

#endif
