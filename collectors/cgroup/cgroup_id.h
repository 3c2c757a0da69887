/* cgroup_id.h — what a cgroup is, told from its path alone.
 * Uses: base.  Threads: any.  Owner: none.
 * Source of the forms: reference cadvisor/labels.md sections 3 and 4. */
#ifndef KG_COLLECTORS_CGROUP_ID_H
#define KG_COLLECTORS_CGROUP_ID_H

#include "base/str.h"

enum cgroup_kind {
    CGROUP_OTHER,    /* a service, a slice, a nested cgroup of a container */
    CGROUP_ROOT,     /* "/" */
    CGROUP_KUBEPODS, /* kubepods, kubepods.slice, …-kubepods.slice */
    CGROUP_QOS,      /* its burstable and besteffort children */
    CGROUP_POD,
    CGROUP_CONTAINER, /* last element holds 64 hex digits; app container or sandbox */
    CGROUP_CONMON,    /* crio-conmon-…, libpod-conmon-… */
    CGROUP_MOUNT,     /* *.mount: never followed */
};

enum cgroup_runtime {
    CGROUP_RUNTIME_NONE, /* plain id: containerd or docker under cgroupfs */
    CGROUP_RUNTIME_CONTAINERD,
    CGROUP_RUNTIME_CRIO,
    CGROUP_RUNTIME_DOCKER,
    CGROUP_RUNTIME_PODMAN,
};

#define CGROUP_CONTAINER_ID_LEN 64
#define CGROUP_POD_UID_MAX 253 /* a static pod may carry any text as uid */

struct cgroup_id {
    enum cgroup_kind kind;
    enum cgroup_runtime runtime;
    size_t kubepods_len; /* of the path as far as its first kubepods element, that included; 0: none
                          */
    struct str container_id; /* 64 hex digits, points into the path; empty when not a container */
    bool nested; /* below a container's cgroup, with no pod between: the container's own business */
    char pod_uid[CGROUP_POD_UID_MAX + 1]; /* with '-' as the API writes it; "" outside a pod. Also
                                             set for containers and nested cgroups below a pod. */
};

/* Tells what the cgroup at path (from the cgroup mount, starting with '/') is. Never fails: what is
 * not understood is CGROUP_OTHER. */
void cgroup_identify(struct str path, struct cgroup_id *ret);

#endif
