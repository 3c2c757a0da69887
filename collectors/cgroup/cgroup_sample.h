/* cgroup_sample.h — everything that one cgroup's files said in one reading, version-neutral.
 * Uses: base.  Threads: immutable once read.  Owner: the reading's arena.
 *
 * Filled by cgroup/v1.c or cgroup/v2.c and the /proc readers; container_families.c views it. A bit
 * of `present` is set only when the value was really read, or when compatibility demands the peer's
 * 0 (reference cadvisor/families.tsv, "8. Value rules"). */
#ifndef KG_COLLECTORS_CGROUP_SAMPLE_H
#define KG_COLLECTORS_CGROUP_SAMPLE_H

#include "base/str.h"
#include "collectors/container_names.h"

/* Bits of struct cgroup_sample.present: one for each group of values that come and go together. */
#define CG_STATS                                                                                   \
    UINT64_C(0x1) /* a reading succeeded: the families of "every known cgroup with a sample" */
#define CG_CPU_USAGE UINT64_C(0x2) /* usage > 0 */
#define CG_CPU_SPLIT UINT64_C(0x4) /* user, system */
#define CG_CFS UINT64_C(0x8)       /* a quota is set: the five cfs families */
#define CG_CPU_SPEC UINT64_C(0x10) /* shares, period */
#define CG_CPU_QUOTA UINT64_C(0x20)
#define CG_MEMORY UINT64_C(0x40)      /* the memory families */
#define CG_MEMORY_SPEC UINT64_C(0x80) /* limit, reservation, swap limit */
#define CG_PIDS UINT64_C(0x100)       /* threads, threads_max */
#define CG_PROCESSES UINT64_C(0x200)  /* processes, fds, sockets */
#define CG_ULIMIT UINT64_C(0x400)
#define CG_PSI UINT64_C(0x800)
#define CG_OOM UINT64_C(0x1000)
#define CG_START_TIME UINT64_C(0x2000)
#define CG_MEMORY_EVENTS UINT64_C(0x4000)   /* memory.events high, max (v2) */
#define CG_KUBELET UINT64_C(0x8000)         /* families that the kubelet always serves as 0 or -1 */
#define CG_MEMORY_RECLAIM UINT64_C(0x10000) /* memory.stat file_dirty, pgscan … (v2) */
#define CG_CPU_PEAK UINT64_C(0x20000)       /* of the window that ends now */
#define CG_MEMORY_PEAK UINT64_C(0x40000)

enum cgroup_io_op {
    CG_IO_READ,
    CG_IO_WRITE,
    CG_IO_SYNC,
    CG_IO_ASYNC,
    CG_IO_DISCARD,
    CG_IO_TOTAL,
    CG_IO_OPS
};

/* One block device's counters of one cgroup. A bit (1 << op) of a mask says the value was read. */
struct cgroup_io {
    uint32_t major, minor;
    struct str device;          /* "/dev/vda", "" when the number has no name */
    uint8_t has_bytes, has_ios; /* masks of enum cgroup_io_op */
    uint64_t bytes[CG_IO_OPS], ios[CG_IO_OPS];
    bool has_cost; /* v2 iocost */
    uint64_t cost_usage_usec, cost_wait_usec, cost_indebt_usec, cost_indelay_usec;
    /* From the scheduler's debug files of v1, or /proc/diskstats for "/". The former do not split
     * sectors by direction and do not weigh time. */
    bool has_disk, has_sectors, has_weighted;
    uint64_t sectors_read, sectors_written, reads_merged, writes_merged, io_current;
    double read_seconds, write_seconds, io_seconds, io_weighted_seconds;
};

/* One file system of "/" (containerd), or of a container (CRI-O). */
struct cgroup_fs {
    struct str device;
    uint64_t usage_bytes, limit_bytes, inodes_total, inodes_free;
    bool has_io; /* /proc/diskstats knows the device */
    struct cgroup_io io;
};

/* One interface of /proc/PID/net/dev. */
struct cgroup_net {
    struct str interface;
    uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
    uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

struct cgroup_psi {
    uint64_t some_usec, full_usec; /* totals */
};

struct cgroup_sample {
    uint64_t present;

    /* Labels; text lives as long as the reading. */
    struct str id, container, image, name, namespace, pod;

    uint64_t start_time_sec;      /* unix; see families.tsv container_start_time_seconds */
    uint64_t creation_time_sec;   /* the engine's, else the same */
    enum container_health health; /* by the engine */
    double last_seen_sec;

    /* CPU, cumulative. */
    uint64_t cpu_usage_ns, cpu_user_ns, cpu_system_ns;
    uint64_t cfs_periods, cfs_throttled_periods, cfs_throttled_ns, cfs_bursts, cfs_burst_ns;
    uint64_t cpu_period_usec, cpu_quota_usec, cpu_shares;
    uint64_t cpu_peak_microcores; /* between two looks of the sampler */

    /* Memory, bytes. */
    uint64_t memory_usage, memory_working_set, memory_rss, memory_cache, memory_mapped_file;
    uint64_t memory_swap, memory_kernel, memory_failcnt, memory_max_usage;
    uint64_t memory_peak; /* at one of the sampler's looks */
    uint64_t memory_active_file, memory_inactive_file, pgfault, pgmajfault;
    uint64_t memory_limit, memory_swap_limit, memory_reservation;
    uint64_t memory_events_high, memory_events_max;
    uint64_t file_dirty, file_writeback, pgscan, pgsteal, refault_file, refault_anon;

    /* Tasks. */
    uint64_t processes, threads, threads_max, file_descriptors, sockets;
    int64_t ulimit_nofile_soft; /* -1: unlimited */

    uint64_t oom_events;
    struct cgroup_psi psi_cpu, psi_memory, psi_io;

    const struct cgroup_io *io;
    size_t n_io;
    const struct cgroup_fs *fs;
    size_t n_fs;
    const struct cgroup_net *net;
    size_t n_net;
};

#endif
