/* A controller in which the cgroup does not exist yields no families: the peer would drop the whole
 * sample, which helps nobody. */
#include "base/limits.h"
#include "collectors/cgroup/cgroup_reader.h"

static void read_cpu_usage(struct cg_source *s, struct cgroup_sample *ret)
{
    struct str text;
    if (cg_value(s, CG_CPUACCT, CGF_CPUACCT_USAGE, "cpuacct.usage", &ret->cpu_usage_ns)) {
        ret->present |= CG_STATS | (ret->cpu_usage_ns ? CG_CPU_USAGE : 0);
    }
    if (cg_text(s, CG_CPUACCT, CGF_CPUACCT_STAT, "cpuacct.stat", &text) &&
        cg_understood(s, cg_parse_cpuacct_stat(text, s->reader->ticks_per_sec, &ret->cpu_user_ns,
                                               &ret->cpu_system_ns))) {
        ret->present |= CG_STATS | CG_CPU_SPLIT;
    }
}

static void read_cpu_quota(struct cg_source *s, struct cgroup_sample *ret)
{
    uint64_t quota;
    struct str text;
    struct cg_cpu_stat stat;
    /* No quota is -1, which reads as 0. */
    if (!cg_value(s, CG_CPU, CGF_CPU_CFS_QUOTA, "cpu.cfs_quota_us", &quota) || quota == 0) {
        return;
    }
    ret->cpu_quota_usec = quota;
    ret->present |= CG_CPU_QUOTA;
    if (!cg_text(s, CG_CPU, CGF_CPU_STAT, "cpu.stat", &text) ||
        !cg_understood(s, cg_parse_cpu_stat_v1(text, &stat))) {
        return;
    }
    ret->cfs_periods = stat.periods;
    ret->cfs_throttled_periods = stat.throttled_periods;
    ret->cfs_throttled_ns = stat.throttled_ns;
    ret->cfs_bursts = stat.bursts;
    ret->cfs_burst_ns = stat.burst_ns;
    ret->present |= CG_CFS;
}

static void read_cpu_spec(struct cg_source *s, struct cgroup_sample *ret)
{
    bool shares = cg_value(s, CG_CPU, CGF_CPU_SHARES, "cpu.shares", &ret->cpu_shares);
    bool period =
        cg_value(s, CG_CPU, CGF_CPU_CFS_PERIOD, "cpu.cfs_period_us", &ret->cpu_period_usec);
    if (shares || period) {
        ret->present |= CG_CPU_SPEC;
    }
    read_cpu_quota(s, ret);
}

static void read_memory(struct cg_source *s, struct cgroup_sample *ret)
{
    struct str text;
    struct cg_memory_stat stat;
    struct cg_memory_events events;
    if (!cg_value(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_USAGE, "memory.usage_in_bytes",
                  &ret->memory_usage) ||
        !cg_text(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_STAT, "memory.stat", &text) ||
        !cg_understood(s, cg_parse_memory_stat_v1(text, &stat))) {
        return;
    }
    ret->memory_rss = stat.rss;
    ret->memory_cache = stat.cache;
    ret->memory_mapped_file = stat.mapped_file;
    ret->memory_swap = stat.swap;
    ret->memory_active_file = stat.active_file;
    ret->memory_inactive_file = stat.inactive_file;
    ret->pgfault = stat.pgfault;
    ret->pgmajfault = stat.pgmajfault;
    /* What these files cannot say (kmem is gone with some kernels) is served as 0, as by the peer.
     */
    (void)cg_value(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_PEAK, "memory.max_usage_in_bytes",
                   &ret->memory_max_usage);
    (void)cg_value(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_FAILCNT, "memory.failcnt",
                   &ret->memory_failcnt);
    (void)cg_value(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_KMEM, "memory.kmem.usage_in_bytes",
                   &ret->memory_kernel);
    if (cg_text(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_EVENTS, "memory.oom_control", &text) &&
        cg_understood(s, cg_parse_memory_events(text, &events))) {
        ret->oom_events = cg_oom_events(&events);
    }
    ret->present |= CG_STATS | CG_MEMORY;
}

static void read_memory_spec(struct cg_source *s, struct cgroup_sample *ret)
{
    uint64_t limit = 0, soft = 0, memsw = 0;
    if (!cg_value(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_LIMIT, "memory.limit_in_bytes", &limit) &&
        !(ret->present & CG_MEMORY)) {
        return;
    }
    (void)cg_value(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_SOFT_LIMIT, "memory.soft_limit_in_bytes",
                   &soft);
    (void)cg_value(s, CG_MEMORY_CONTROLLER, CGF_MEMORY_SWAP_LIMIT, "memory.memsw.limit_in_bytes",
                   &memsw);
    /* 0 is no limit that a cgroup could live with: the file could not be read. */
    ret->memory_limit = limit == 0 ? s->reader->meminfo.total_bytes : cg_limit(limit);
    ret->memory_reservation = cg_limit(soft);
    ret->memory_swap_limit = cg_limit(memsw);
    ret->present |= CG_MEMORY_SPEC;
}

static void read_pids(struct cg_source *s, struct cgroup_sample *ret)
{
    uint64_t max = 0;
    if (cg_is_root(s)) { /* has no files of this controller; the peer says 0 */
        ret->present |= CG_PIDS;
        return;
    }
    if (!cg_value(s, CG_PIDS_CONTROLLER, CGF_PIDS_CURRENT, "pids.current", &ret->threads)) {
        return;
    }
    (void)cg_value(s, CG_PIDS_CONTROLLER, CGF_PIDS_MAX, "pids.max", &max);
    ret->threads_max = cg_limit(max);
    ret->present |= CG_STATS | CG_PIDS;
}

/* Adds one blkio file to the reader's devices; says whether it held any. */
static bool add_blkio(struct cg_source *s, enum cgroup_file file, const char *name,
                      enum cg_blkio what, size_t *n)
{
    struct str text;
    if (!name || !cg_text(s, CG_BLKIO, file, name, &text)) {
        return false;
    }
    int r = cg_parse_blkio(text, what, s->reader->io, LIMIT_CGROUP_DEVICES, n);
    return (r == -E2BIG || cg_understood(s, r)) && *n > 0;
}

/* Only the scheduler in use counts in its own files; where it has nothing, the block layer's
 * throttling has counted all the same. */
static size_t read_blkio(struct cg_source *s)
{
    const struct blkio_files *scheduler = &s->reader->scheduler, *throttle = &s->reader->throttle;
    size_t n = 0;
    if (add_blkio(s, CGF_BLKIO_BYTES, scheduler->bytes, CG_BLKIO_BYTES, &n)) {
        add_blkio(s, CGF_BLKIO_IOS, scheduler->ios, CG_BLKIO_IOS, &n);
        add_blkio(s, CGF_BLKIO_SERVICE_TIME, scheduler->service_time, CG_BLKIO_TIME, &n);
        add_blkio(s, CGF_BLKIO_MERGED, scheduler->merged, CG_BLKIO_MERGED, &n);
        add_blkio(s, CGF_BLKIO_QUEUED, scheduler->queued, CG_BLKIO_QUEUED, &n);
    } else if (add_blkio(s, CGF_BLKIO_THROTTLE_BYTES, throttle->bytes, CG_BLKIO_BYTES, &n)) {
        add_blkio(s, CGF_BLKIO_THROTTLE_IOS, throttle->ios, CG_BLKIO_IOS, &n);
    }
    return n;
}

int cgroup_v1_read(struct cg_source *s, struct arena *mem, struct cgroup_sample *ret)
{
    read_cpu_usage(s, ret);
    read_cpu_spec(s, ret);
    read_memory(s, ret);
    read_memory_spec(s, ret);
    read_pids(s, ret);
    if (cg_is_root(s)) {
        ret->memory_limit = s->reader->meminfo.total_bytes;
        ret->memory_swap_limit = s->reader->meminfo.swap_total_bytes;
        ret->present |= s->reader->meminfo.total_bytes ? CG_MEMORY_SPEC : 0;
    }
    return cg_take_io(s, mem, read_blkio(s), ret);
}
