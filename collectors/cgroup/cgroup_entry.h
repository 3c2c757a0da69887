/* cgroup_entry.h — one cgroup that is followed: its folders, open files and resolved labels.
 * Uses: base, cgroup_id, cgroup_tree.  Threads: the node loop.  Owner: the tree.
 *
 * Readers keep a file's descriptor here after its first use and pread it from then on. */
#ifndef KG_COLLECTORS_CGROUP_ENTRY_H
#define KG_COLLECTORS_CGROUP_ENTRY_H

#include "collectors/cgroup/cgroup_tree.h"
#include "collectors/cgroup/peaks.h"
#include "collectors/container_names.h"

/* Files of both versions that are read at every reading. */
enum cgroup_file {
    CGF_CPUACCT_USAGE, /* v1 */
    CGF_CPUACCT_STAT,
    CGF_CPU_STAT, /* v1 and v2 */
    CGF_CPU_CFS_PERIOD,
    CGF_CPU_CFS_QUOTA,
    CGF_CPU_SHARES,
    CGF_MEMORY_STAT,  /* v1 and v2 */
    CGF_MEMORY_USAGE, /* v1 usage_in_bytes, v2 current */
    CGF_MEMORY_PEAK,  /* v1 max_usage_in_bytes, v2 peak */
    CGF_MEMORY_FAILCNT,
    CGF_MEMORY_LIMIT,      /* v1 limit_in_bytes, v2 max */
    CGF_MEMORY_SOFT_LIMIT, /* v1 soft_limit_in_bytes, v2 min */
    CGF_MEMORY_SWAP_LIMIT, /* v1 memsw.limit_in_bytes, v2 swap.max */
    CGF_MEMORY_SWAP,       /* v2 swap.current */
    CGF_MEMORY_KMEM,
    CGF_MEMORY_EVENTS, /* v1 oom_control, v2 events */
    CGF_CPU_MAX,       /* v2 */
    CGF_CPU_WEIGHT,
    CGF_IO_STAT,
    CGF_BLKIO_BYTES, /* v1: of the scheduler's set (BFQ or CFQ) that this machine has */
    CGF_BLKIO_IOS,
    CGF_BLKIO_SERVICE_TIME, /* only with the scheduler's debug files */
    CGF_BLKIO_MERGED,
    CGF_BLKIO_QUEUED,
    CGF_BLKIO_THROTTLE_BYTES, /* where the scheduler counted nothing */
    CGF_BLKIO_THROTTLE_IOS,
    CGF_PIDS_CURRENT,
    CGF_PIDS_MAX,
    CGF_PROCS,
    CGF_CPU_PRESSURE,
    CGF_MEMORY_PRESSURE,
    CGF_IO_PRESSURE,
    CGF_FILES,
};

/* Descriptor states beside an open one. */
#define CG_FD_UNTRIED (-1)
#define CG_FD_ABSENT (-2) /* looked for and not there: not tried again before the next rescan */

struct cgroup_mounts; /* cgroup_mounts.h */

struct cgroup_entry {
    /* What the sampler touches every second, in few cache lines. */
    struct cgroup_mounts *mounts;
    struct cgroup_peaks *peaks; /* NULL: not sampled yet; owned here */
    bool gone;
    bool sandbox;
    bool resolved;   /* told by the API or the runtime, not guessed */
    bool is_settled; /* its hierarchies were looked for when it was no longer young */
    int fd[CGF_FILES];

    char *path;                 /* from the mount, "/" or "/kubepods/…" */
    struct cgroup_id id;        /* container_id points into path */
    int dir_fd[CG_CONTROLLERS]; /* v1: per controller, -1 where it does not exist; v2: [0] only */
    unsigned there;   /* bit c: it exists in controller c; its dir_fd may still be -1, for want of
                       * descriptors */
    uint64_t seen_ns; /* clock_mono_ns when it was first seen */

    /* Labels as resolved at pods_generation, by container_resolve.c; owned here. A label not known
     * is NULL. */
    uint64_t pods_generation;
    bool asked; /* the container engines were asked for it */
    char *container, *image, *name, *namespace, *pod;
    char **columns;
    size_t n_columns;
    struct container_record *record; /* what a container engine told; a reference; or NULL */
    bool recorded;        /* the runtime's own record was found: no other source overrules it */
    uint8_t record_tries; /* looks for it */
    bool undecided;       /* to be asked whether it is a sandbox, in this round of the resolver */

    /* What is read once. */
    uint64_t start_time_sec;
    int32_t init_pid; /* 0: not known */
    int net_dev_fd, limits_fd;

    uint64_t limits_read_ns; /* clock_mono_ns; 0: not yet */
    int64_t nofile_soft;     /* as it was then */

    /* Its processes' descriptors when they had used so much CPU time, and which processes (a hash).
     */
    uint64_t fds_usage_ns, fds_pids;
    uint64_t fds_read_ns; /* clock_mono_ns; 0: not yet */
    uint64_t file_descriptors, sockets;

    /* OOM kills counted for this cgroup since it was first seen. */
    uint64_t oom_kills;
};

/* The text of a file of the entry, through its kept descriptor. name is the file's name in the
 * controller's folder (v2: controller is ignored). An absence is remembered, but not of an entry
 * that is younger than CGROUP_YOUNG_NS: a runtime makes its folders one after the other.
 * Sets *ret, NUL-terminated in out. Errors: -ENODATA absent · -ENODEV the cgroup is gone · -EFBIG
 * more than size - 1 bytes · others of open and pread. */
int cgroup_entry_read(struct cgroup_entry *e, enum cgroup_controller controller,
                      enum cgroup_file file, const char *name, char *out, size_t size,
                      struct str *ret);

#define CGROUP_YOUNG_NS (10 * UINT64_C(1000000000))

/* For the tree. path is copied. Opens the folders that are there. NULL when out of memory. */
struct cgroup_entry *cgroup_entry_new(struct cgroup_mounts *mounts, struct str path);
void cgroup_entry_free(struct cgroup_entry *e);

/* Looks again for folders and files that were absent: at a rescan, or when one was made. */
void cgroup_entry_refresh(struct cgroup_entry *e);

#endif
