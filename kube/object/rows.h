/* rows.h — short forms for the rows of a resource kind's table.
 * Uses: metrics/family, kube/object/meta.  Threads: constant.  Owner: one file per kind. */
#ifndef KG_KUBE_ROWS_H
#define KG_KUBE_ROWS_H

#include "kube/object/meta.h"

/* KUBE_ROW(name, GAUGE or COUNTER, STABLE or ALPHA, source, help, .field or .emit and .labels …);
 * name is the whole family name as a literal, so that it can be found. */
#define KUBE_ROW(family, metric, level, from, text, ...)                                           \
    {                                                                                              \
        .name = family, .help = text, .source = from, .type = METRIC_##metric,                     \
        .stability = METRIC_##level, __VA_ARGS__                                                   \
    }

/* Rows that most kinds have; `what` is the kind in words: "pod". */
#define KUBE_ROW_CREATED(family, level, what)                                                      \
    KUBE_ROW(family, GAUGE, level, ".metadata.creationTimestamp",                                  \
             "Unix time at which the " what " was created.", .needs = KUBE_META_CREATED,           \
             .field = METRIC_FIELD(struct kube_meta, created_unix_sec, 1))
#define KUBE_ROW_DELETED(family, level, what)                                                      \
    KUBE_ROW(family, GAUGE, level, ".metadata.deletionTimestamp",                                  \
             "Unix time at which the " what ", whose deletion was asked for, is to be gone.",      \
             .needs = KUBE_META_DELETED,                                                           \
             .field = METRIC_FIELD(struct kube_meta, deleted_unix_sec, 1))
#define KUBE_ROW_GENERATION(family, level, what)                                                   \
    KUBE_ROW(family, GAUGE, level, ".metadata.generation",                                         \
             "Number of the wanted state of the " what ", as counted by the API server.",          \
             .field = METRIC_FIELD(struct kube_meta, generation, 1))
/* T is the sample, with a member observed_generation. */
#define KUBE_ROW_OBSERVED(family, level, T)                                                        \
    KUBE_ROW(family, GAUGE, level, ".status.observedGeneration",                                   \
             "Number of the wanted state that the controller has acted on.",                       \
             .field = METRIC_FIELD(T, observed_generation, 1))
#define KUBE_ROW_VERSION(family, level, what)                                                      \
    KUBE_ROW(family, GAUGE, level, ".metadata.resourceVersion",                                    \
             "Version of the " what " as stored by the API server: another one after a change.",   \
             .needs = KUBE_META_VERSION, .field = METRIC_FIELD(struct kube_meta, version, 1))
#define KUBE_ROW_ONE(family, level, what)                                                          \
    KUBE_ROW(family, GAUGE, level, ".metadata", "1 for every " what " that there is.",             \
             .emit = kube_emit_one)
#define KUBE_ROW_LABELS(family, level, what)                                                       \
    KUBE_ROW(family, GAUGE, level, ".metadata.labels",                                             \
             "Labels of the " what " that --metric-labels-allowlist lets through; always 1.",      \
             .needs = KUBE_META_LABELS, .emit = kube_emit_labels, .open_labels = true)
#define KUBE_ROW_ANNOTATIONS(family, level, what)                                                  \
    KUBE_ROW(family, GAUGE, level, ".metadata.annotations",                                        \
             "Annotations of the " what                                                            \
             " that --metric-annotations-allowlist lets through; always 1.",                       \
             .needs = KUBE_META_ANNOTATIONS, .emit = kube_emit_annotations, .open_labels = true)
#define KUBE_ROW_OWNER(family, level, what)                                                        \
    KUBE_ROW(family, GAUGE, level, ".metadata.ownerReferences",                                    \
             "Owners of the " what "; always 1, with empty labels when it has none.",              \
             .emit = kube_emit_owners,                                                             \
             .labels = METRIC_LABELS("owner_kind", "owner_name", "owner_is_controller"))

#endif
