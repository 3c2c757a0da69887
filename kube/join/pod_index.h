/* pod_index.h — the pods of this node as the cgroup side needs them: builds struct pod_table.
 * Uses: base, kube/client/watch, jansson; collectors own the table's shape, agent converts it.
 * Threads: changes on the kube loop, pod_index_acquire from any.  Owner: agent.
 *
 * kube may not see collectors: this is kube's own table of the same facts. */
#ifndef KG_KUBE_POD_INDEX_H
#define KG_KUBE_POD_INDEX_H

#include "base/snapshot.h"
#include "kube/client/watch.h"

struct pod_index_container {
    struct str id;          /* 64 hex digits, without the runtime's scheme */
    struct str name, image; /* status.…Statuses[].name and .image */
    bool running;
    bool oom_killed; /* this run has ended, and the reason given is OOMKilled */
};

/* A persistent volume claim, where one container mounts it. */
struct pod_index_claim {
    struct str name;            /* of the claim */
    struct str container, path; /* mountPath; both empty when no container mounts it */
};

struct pod_index_pod {
    struct str cgroup_uid; /* of a mirror pod kubernetes.io/config.hash, else metadata.uid */
    struct str namespace, name, uid;
    const struct str *columns; /* values of the chosen label columns, in order of their names */
    const struct pod_index_container *containers; /* all kinds: app, init, ephemeral */
    size_t n_containers;
    const struct pod_index_claim *claims; /* in the order of spec.volumes */
    size_t n_claims;
    uint64_t ephemeral_limit_bytes; /* of disk on its node; 0: none */
};

struct pod_index_table {
    struct snapshot snapshot;
    uint64_t generation;              /* grows with every published change */
    const struct pod_index_pod *pods; /* sorted by cgroup_uid, byte order */
    size_t n_pods;
    const struct str *column_names; /* legal label names, in the order of the option */
    size_t n_columns;
};

struct pod_index;

/* columns: the entries of --container-labels, as kube/join/pod_columns.h describes them: pod label
 * keys, "annotation:KEY", "owner" (columns owner_kind and owner_name), "node". NULL on error.
 * Errors: -EINVAL (err names the entry) · -ENOMEM. */
struct pod_index *pod_index_new(const struct str *columns, size_t n_columns, struct err *err);
void pod_index_free(struct pod_index *index);

/* arg: the struct pod_index. A table appears when the first list is complete, and a new one, with
 * the next generation number, only when a fact that it holds has changed: a pod's heartbeat costs
 * the readers nothing. put fails with -EBADMSG (no uid or name), -ENOSPC (LIMIT_PODS_PER_NODE) or
 * -ENOMEM, and leaves what is known of that pod. */
extern const struct kube_consumer pod_index_consumer;

/* The current table, one reference for the caller; NULL before the first list. Any thread. */
struct pod_index_table *pod_index_acquire(struct pod_index *index);

#endif
