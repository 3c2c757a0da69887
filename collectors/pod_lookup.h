/* pod_lookup.h — the join: which pod and container a cgroup belongs to. Owned by collectors,
 * implemented over kube's pod index, wired in agent.
 * Uses: base.  Threads: any; a table that is held does not change.  Owner: agent. */
#ifndef KG_COLLECTORS_POD_LOOKUP_H
#define KG_COLLECTORS_POD_LOOKUP_H

#include "base/str.h"

struct pod_info {
    struct str namespace, name;
    const struct str *columns; /* values of the label columns; as many as pod_lookup.n_columns */
    uint64_t ephemeral_limit_bytes; /* of disk on its node, beyond which it is evicted; 0: none */
};

/* One container instance that the API calls terminated with reason OOMKilled. */
struct pod_oom_kill {
    struct str container_id, container_name; /* 64 digits; status.…Statuses[].name */
};

/* A persistent volume claim of a pod that has a running container. */
struct pod_claim {
    struct str pod_uid, namespace, name;
    struct str container_id, path; /* where a running container mounts it; both empty: none does */
};

struct pod_claim_cursor {
    size_t pod, row;
};

struct pod_lookup {
    void *arg;
    const struct str *column_names; /* legal label names of --container-labels */
    size_t n_columns;

    /* Holds the current table of pods (its text stays valid until release) and sets
     * *ret_generation, which grows with each change. NULL when no pod list was seen yet. */
    const void *(*acquire)(void *arg, uint64_t *ret_generation);
    void (*release)(const void *table);

    /* The pod whose cgroup carries this uid (with '-' as the API writes it, or a static pod's
     * hash). Sets *ret and says true, or false when it is not known. */
    bool (*pod)(const void *table, struct str cgroup_uid, struct pod_info *ret);

    /* The container of that pod with this 64-digit id. Sets name and image. */
    bool (*container)(const void *table, struct str cgroup_uid, struct str container_id,
                      struct str *ret_name, struct str *ret_image);

    /* The pod's container instances whose state.terminated or lastState.terminated says OOMKilled:
     * sets up to max of them, returns how many. May be NULL. */
    size_t (*oom_kills)(const void *table, struct str cgroup_uid, struct pod_oom_kill *ret,
                        size_t max);

    /* Walks all claims: start with a zeroed cursor; false at the end. A claim that several
     * containers mount comes once for each, one after the other. May be NULL. */
    bool (*next_claim)(const void *table, struct pod_claim_cursor *at, struct pod_claim *ret);
};

#endif
