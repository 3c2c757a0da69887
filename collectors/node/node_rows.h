/* node_rows.h — rows and subjects of the node_* tables, one line each.
 * Uses: metrics/family, metrics/writer.  Threads: none (constants).  Owner: each collector.
 *
 * Every sample has `uint64_t present`; a row is served when all bits it needs are set there. */
#ifndef KG_COLLECTORS_NODE_ROWS_H
#define KG_COLLECTORS_NODE_ROWS_H

#include "metrics/family.h"
#include "metrics/writer.h"

#define BIT(n) (UINT64_C(1) << (n))

/* A value that is a member of the sample T, times scale. */
#define NODE_VALUE(T, family, kind, bits, member, scale, from, text)                               \
    {                                                                                              \
        .name = (family), .help = (text), .source = (from), .type = METRIC_##kind,                 \
        .needs = (bits), .field = METRIC_FIELD(T, member, scale),                                  \
    }

/* Series that put() writes, with own labels: METRIC_LABELS(…) or NULL. */
#define NODE_SERIES(family, kind, bits, put, own, from, text)                                      \
    {                                                                                              \
        .name = (family), .help = (text), .source = (from), .type = METRIC_##kind,                 \
        .needs = (bits), .emit = (put), .labels = (own),                                           \
    }

/* The subject of a table of rows, sorted by name; without and with labels that all series have. */
#define NODE_SUBJECT(id, title, T, table)                                                          \
    static const struct metric_subject id = {                                                      \
        .name = (title),                                                                           \
        .part = "node",                                                                            \
        .sample_size = sizeof(T),                                                                  \
        .present_at = offsetof(T, present),                                                        \
        .sorted_labels = true,                                                                     \
        .rows = (table),                                                                           \
        .n_rows = KG_ARRAY_LEN(table),                                                             \
    }
#define NODE_SUBJECT_OF(id, title, T, table, put_common, own)                                      \
    static const struct metric_subject id = {                                                      \
        .name = (title),                                                                           \
        .part = "node",                                                                            \
        .sample_size = sizeof(T),                                                                  \
        .present_at = offsetof(T, present),                                                        \
        .labels = (own),                                                                           \
        .common = (put_common),                                                                    \
        .sorted_labels = true,                                                                     \
        .distinct = true,                                                                          \
        .rows = (table),                                                                           \
        .n_rows = KG_ARRAY_LEN(table),                                                             \
    }

#endif
