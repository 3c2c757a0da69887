/* pod_columns.h — the chosen label columns of --container-labels: their names, and a pod's values.
 * Uses: base, metrics/names, kube/join/pod_owner, jansson.  Threads: immutable.  Owner: references.
 *
 *   app.kubernetes.io/name   pod label       label_app_kubernetes_io_name
 *   label:owner              pod label "owner", which alone would mean the next but one
 *   annotation:KEY           annotation      annotation_<key>
 *   owner                    pod_owner_of    owner_kind, owner_name
 *   node                     spec.nodeName   node
 * Keys become names as in kube_pod_labels; two entries with one name are refused. */
#ifndef KG_KUBE_POD_COLUMNS_H
#define KG_KUBE_POD_COLUMNS_H

#include "base/err.h"
#include "base/snapshot.h"
#include "base/str.h"

#include <jansson.h>

enum pod_column_source {
    POD_COLUMN_LABEL,
    POD_COLUMN_ANNOTATION,
    POD_COLUMN_OWNER_KIND,
    POD_COLUMN_OWNER_NAME,
    POD_COLUMN_NODE,
};

struct pod_columns {
    struct snapshot snapshot; /* tables hold a reference each */
    size_t n;
    struct str *names; /* legal label names */
    char **keys;       /* of a label or annotation; NULL for the other sources */
    enum pod_column_source *sources;
};

/* One reference; NULL on error. Errors: -EINVAL an empty entry, two of one name, more than
 * LIMIT_CONTAINER_LABELS columns (err names the entry) · -ENOMEM. */
struct pod_columns *pod_columns_new(const struct str *entries, size_t n_entries, struct err *err);

/* Writes the pod's value of each column (empty when it has none) to ret_values, columns->n of them,
 * borrowed from the pod. */
void pod_columns_values(const struct pod_columns *columns, const json_t *pod,
                        struct str *ret_values);

#endif
