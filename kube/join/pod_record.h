/* pod_record.h — one pod of the index: its facts in one immutable, counted piece of memory.
 * Uses: base, kube/join/pod_index, kube/join/pod_columns, jansson.  Threads: any.  Owner:
 * references. */
#ifndef KG_KUBE_POD_RECORD_H
#define KG_KUBE_POD_RECORD_H

#include "base/arena.h"
#include "kube/join/pod_columns.h"
#include "kube/join/pod_index.h"

struct pod_record {
    struct snapshot snapshot;
    struct pod_index_pod pod; /* all it points to stands in the same allocation */
};

/* Reads a pod. scratch is reset first and holds what is needed meanwhile. NULL on error.
 * Errors: -EBADMSG no metadata.uid or no metadata.name · -ENOMEM. */
struct pod_record *pod_record_new(const json_t *object, const struct pod_columns *columns,
                                  struct arena *scratch, struct err *err);

/* Whether both say the same. */
bool pod_record_equal(const struct pod_record *a, const struct pod_record *b, size_t n_columns);

#endif
