/* sink_internal.h — a reading's objects, the pool that its memory goes back to, and the part that
 * serves it.
 * Uses: plan, part, writer_internal.  Threads: building: the sink's; references: any.
 * Owner: the sink. */
#ifndef KG_METRICS_SINK_INTERNAL_H
#define KG_METRICS_SINK_INTERNAL_H

#include "metrics/loose.h"
#include "metrics/part.h"
#include "metrics/writer_internal.h"

/* The extra columns of an object and how they stand among its labels. */
struct sink_columns {
    struct sink_columns *next; /* other columns of the group */
    size_t n;
    const struct str *names;
    struct label_layout layout;
};

struct sink_object {
    struct sink_object *next;
    const void *sample;
    uint64_t present;
    const struct sink_columns *columns;
    struct str *extra; /* columns->n values */
    struct common_text common;
};

/* All objects of one subject in a reading. */
struct sink_group {
    struct sink_group *next;
    struct metric_plan *plan;     /* one reference */
    struct sink_columns *columns; /* all that objects of the group have */
    struct sink_object *first, **last_link;
    size_t n_objects;
    const struct sink_object **objects; /* all of them, once taken */
    size_t *row_series;                 /* [n_rows] series of each row, once taken */
    size_t n_series;
    uint64_t n_cut;
};

struct reading_pool;

struct reading {
    atomic_uint refs;
    struct reading_pool *pool;
    struct reading *next; /* in the pool */
    struct arena mem;
    struct sink_group *groups;                /* in mem */
    struct loose_family *loose, **last_loose; /* in mem; all of the endpoint "node" */
    struct buf values, text;                  /* scratch of taking */
};

/* NULL when out of memory. close: the sink is gone; readings that are held stay. */
struct reading_pool *reading_pool_new(void);
void reading_pool_close(struct reading_pool *pool);

/* An empty reading with one reference; NULL when out of memory. The last unref gives its memory
 * back to the pool. */
struct reading *reading_pool_get(struct reading_pool *pool);
struct reading *reading_ref(struct reading *reading);
void reading_unref(struct reading *reading);

/* See metric_sink_take. */
struct metric_part *sink_part_new(struct reading *reading, const char *endpoint,
                                  uint64_t taken_mono_ns, struct err *err);

#endif
