/* families.h — the families of ephemeral storage and the samples that they are views of.
 * Uses: metrics/family.  Threads: any (constants).  Owner: the ephemeral collector. */
#ifndef KG_COLLECTORS_EPHEMERAL_FAMILIES_H
#define KG_COLLECTORS_EPHEMERAL_FAMILIES_H

#include "metrics/family.h"

#define EPHEMERAL_TOTAL (UINT64_C(1) << 0) /* every part of the pod has been measured */
#define EPHEMERAL_LIMIT (UINT64_C(1) << 1) /* it has a limit */

struct ephemeral_pod_sample {
    uint64_t present;
    struct str namespace, pod;
    uint64_t bytes, inodes, limit_bytes;
    double age_seconds; /* of the oldest part */
};

struct ephemeral_container_sample {
    struct str container, namespace, pod, source;
    uint64_t bytes, inodes;
};

struct ephemeral_volume_sample {
    struct str namespace, pod, type, volume;
    uint64_t bytes, inodes;
};

struct ephemeral_self_sample {
    uint64_t folders, waiting, failed, dropped; /* as of now */
    uint64_t looks, walks, quotas, inexact;     /* since the start */
    double walked_seconds, worked_seconds;
    uint64_t files_per_second;
};

extern const struct metric_subject ephemeral_pod_subject, ephemeral_container_subject,
    ephemeral_volume_subject, ephemeral_self_subject;

#endif
