/* loose.h — families that stand in no table: their names, labels and types are known only when they
 * are read (files of metrics that others wrote).
 * Uses: family, base.  Threads: one while it is built, then any (immutable).  Owner: the arena that
 * all of it lives in; the sink serves it (metric_sink_add_loose).
 *
 * A series of a histogram or a summary is one line of it: a bucket, a quantile, the sum, the count.
 * Labels are rendered once, when they are read: escaped, sorted by name, without those of empty
 * value, which are no labels for Prometheus. */
#ifndef KG_METRICS_LOOSE_H
#define KG_METRICS_LOOSE_H

#include "base/arena.h"
#include "base/map.h"
#include "metrics/part.h"
#include "metrics/writer.h"

enum loose_kind { LOOSE_VALUE, LOOSE_BUCKET, LOOSE_QUANTILE, LOOSE_SUM, LOOSE_COUNT };

struct loose_series {
    struct loose_series *next;
    struct str labels; /* `a="x",b="y"`, without le and quantile */
    double value;
    double bound; /* le of a bucket, quantile of a summary */
    enum loose_kind kind;
};

struct loose_family {
    struct loose_family *next;
    struct metric_family row; /* name, help and type; without a field or emit */
    bool has_help;            /* else row.help is "" */
    bool has_type;            /* it had a TYPE line, or a sample and so none */
    struct loose_series *first, **last_link;
    size_t n_series;
    const struct loose_series **series; /* n_series, once loose_finish was called */
};

/* An empty family of that name in mem. NULL when out of memory. */
struct loose_family *loose_family_new(struct arena *mem, struct str name, enum metric_type type);

/* Families that are made as their names come up. Zeroed but for mem; the families live in mem. */
struct loose_set {
    struct arena *mem;
    struct loose_family *first, **last_link; /* in the order in which they came up */
    struct map by_name;
};

/* An empty set whose families are to live in mem. */
void loose_set_init(struct loose_set *set, struct arena *mem);
/* Forgets the names; the families stay. */
void loose_set_done(struct loose_set *set);

/* The family of that name, made of that type if it is new; NULL when out of memory. */
struct loose_family *loose_set_family(struct loose_set *set, struct str name,
                                      enum metric_type type);

/* Renders labels (sorted here by name; names must be legal) into mem, with scratch cleared.
 * Errors: -ENOMEM. */
int loose_labels(struct metric_label *labels, size_t n, struct buf *scratch, struct arena *mem,
                 struct str *ret) KG_MUST_CHECK;

/* Appends a copy of s to the family. Errors: -ENOMEM. */
int loose_add(struct loose_family *f, struct arena *mem,
              const struct loose_series *s) KG_MUST_CHECK;

/* Moves all series of `from` behind those of f. Neither may be finished. */
void loose_family_append(struct loose_family *f, struct loose_family *from);

/* Drops series that stand there before with the same labels, and makes the family ready to be
 * served. Sets *ret_dropped to how many. Errors: -ENOMEM. */
int loose_finish(struct loose_family *f, struct arena *mem, size_t *ret_dropped) KG_MUST_CHECK;

/* Appends series from *cursor on, as metric_part_ops.series has it. */
int loose_put(const struct loose_family *f, size_t *cursor, enum metric_format format,
              struct buf *out, size_t enough);

/* How the samples of that kind are called beside the family's name: "_bucket", "" … */
struct str loose_suffix(enum loose_kind kind);

#endif
