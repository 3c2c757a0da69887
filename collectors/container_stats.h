/* container_stats.h — what the container collector says about itself.
 * Uses: base, metrics/family.  Threads: the node loop.  Owner: the container collector. */
#ifndef KG_COLLECTORS_CONTAINER_STATS_H
#define KG_COLLECTORS_CONTAINER_STATS_H

#include "metrics/family.h"

struct container_stats {
    uint64_t cgroups;           /* followed now */
    uint64_t folders;           /* cgroup folders known now, followed or not */
    uint64_t unwatched_folders; /* of those: without inotify, left to the rescan */
    uint64_t dropped_folders;   /* beyond LIMIT_CGROUPS or LIMIT_CGROUP_DEPTH at the last rescan */
    uint64_t unresolved;        /* containers of pods without a container name, now */
    uint64_t stuck_mounts;      /* file systems that do not answer, now */
    uint64_t overflows;         /* of the inotify queue, since start; each led to a rescan */
    uint64_t rescans;
    uint64_t read_errors;     /* cgroups of which a reading failed, since start */
    uint64_t malformed_files; /* since start */
    bool has_kmsg;            /* the kernel log can be read */
};

/* state: of collector_container.start. Sets *ret; never fails. */
void container_stats(const void *state, struct container_stats *ret);

/* Its families; the sample is a struct container_stats. */
extern const struct metric_subject container_self_subject;

#endif
