/* walker.h — measures the folders of pods on a thread of its own, slowly, oldest value first.
 * Uses: base, targets, pace, disk_usage, project_quota.  Threads: the thread is inside; all calls
 * from any other.  Owner: the collector.
 *
 * It looks for folders once an interval, and measures each when its value is an interval old, by
 * the quota of its project where one is kept, else by a walk within the budget (pace.h) and behind
 * all others that wait for the disk. What it knows it hands over as a snapshot. */
#ifndef KG_COLLECTORS_EPHEMERAL_WALKER_H
#define KG_COLLECTORS_EPHEMERAL_WALKER_H

#include "base/snapshot.h"
#include "collectors/ephemeral/disk_usage.h"
#include "collectors/ephemeral/targets.h"

struct ephemeral_config {
    struct ephemeral_places places; /* copied */
    uint64_t interval_ns;
    uint64_t files_per_second;
    const struct project_quota_calls *quota; /* NULL: the kernel's */
};

enum ephemeral_state {
    EPHEMERAL_WAITING, /* not measured yet */
    EPHEMERAL_MEASURED,
    EPHEMERAL_FAILED, /* could not be found or read */
};

struct ephemeral_item {
    enum ephemeral_kind kind;
    enum ephemeral_state state;
    struct str pod_uid, name, type;
    struct disk_usage usage; /* of MEASURED, as the next */
    uint64_t measured_ns;    /* clock_mono_ns when counting ended */
    uint64_t found_ns;       /* when the search that found it first began */
};

/* What is known at one moment. */
struct ephemeral_known {
    struct snapshot snapshot;
    unsigned kinds;   /* of which all folders are there: bit (1 << kind) */
    struct err fault; /* of the last search */
    size_t dropped;   /* folders beyond LIMIT_EPHEMERAL_FOLDERS */
    size_t n;
    struct ephemeral_item items[]; /* sorted by pod_uid, kind, name, type */
};

struct ephemeral_counts {
    uint64_t looks, walks, quotas, inexact; /* files looked at; folders measured each way, and of
                                             * those the ones that are not exact */
    uint64_t walked_ns, worked_ns;          /* time of walks, and without the pauses */
};

struct ephemeral_walker;

/* Starts the thread. NULL on error. Errors: -ENOMEM, those of opening rootfs, -EAGAIN no thread. */
struct ephemeral_walker *ephemeral_walker_new(const struct ephemeral_config *config,
                                              struct err *err);

/* Ends the thread. One that waits for a disk that does not answer is left to itself after a while;
 * it frees what is its own when it comes back. */
void ephemeral_walker_free(struct ephemeral_walker *w);

/* A reference to what is known; NULL before the first search. */
struct ephemeral_known *ephemeral_walker_acquire(struct ephemeral_walker *w);

/* Sums since the start, as of now. */
struct ephemeral_counts ephemeral_walker_counts(struct ephemeral_walker *w);

#endif
