/* container_families.h — the container_* families of the kubelet's /metrics/cadvisor as tables.
 * Uses: metrics, cgroup_sample.  Threads: any (constant).  Owner: the container collector.
 * Source: reference cadvisor/families.tsv. */
#ifndef KG_COLLECTORS_CONTAINER_FAMILIES_H
#define KG_COLLECTORS_CONTAINER_FAMILIES_H

#include "collectors/cgroup/cgroup_sample.h"
#include "metrics/family.h"

/* One cgroup; its sample is a struct cgroup_sample. */
extern const struct metric_subject container_subject;

/* Presence bits of struct cadvisor_meta_sample. */
#define CADVISOR_META_CONTAINER UINT64_C(0x1)
#define CADVISOR_META_MACHINE UINT64_C(0x2)
#define CADVISOR_META_VERSION UINT64_C(0x4)

/* What the endpoint says about itself. The container collector adds one object of it with
 * CADVISOR_META_CONTAINER at every reading, the machine collector one with the other two. */
struct cadvisor_meta_sample {
    uint64_t present;
    bool container_error; /* listing or reading cgroups failed */
    bool machine_error;
    struct str kernel_version, os_version;
};

extern const struct metric_subject cadvisor_meta_subject;

#endif
