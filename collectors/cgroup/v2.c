/* A controller that is off for a cgroup leaves its values 0 and its families there, as the peer has
 * it: the same cgroup may have it on later. A file that is there and cannot be read or understood
 * takes the families of its group away. */
#include "base/limits.h"
#include "collectors/cgroup/cgroup_reader.h"

/* v2 has one folder a cgroup; the controller of a file is not looked at. */
#define ONE CG_CPU

static void read_cpu(struct cg_source *s, struct cgroup_sample *ret)
{
    struct str text;
    uint64_t weight;
    struct cg_cpu_stat stat = { 0 };
    s->failed = false;
    bool read = cg_text(s, ONE, CGF_CPU_STAT, "cpu.stat", &text) &&
                cg_understood(s, cg_parse_cpu_stat_v2(text, &stat));
    /* The root has had a cpu.stat only since Linux 5.8. */
    if (read || (cg_is_root(s) && !s->failed)) {
        ret->cpu_usage_ns = stat.usage_ns;
        ret->cpu_user_ns = stat.user_ns;
        ret->cpu_system_ns = stat.system_ns;
        ret->present |= CG_STATS | CG_CPU_SPLIT | (stat.usage_ns ? CG_CPU_USAGE : 0);
    }
    if (cg_text(s, ONE, CGF_CPU_MAX, "cpu.max", &text)) {
        cg_understood(s, cg_parse_cpu_max(text, &ret->cpu_quota_usec, &ret->cpu_period_usec));
    }
    if (cg_value(s, ONE, CGF_CPU_WEIGHT, "cpu.weight", &weight)) {
        ret->cpu_shares = cg_shares_of_weight(weight);
    }
    ret->present |= CG_CPU_SPEC | (ret->cpu_quota_usec ? CG_CPU_QUOTA : 0);
    if (read && ret->cpu_quota_usec) {
        ret->cfs_periods = stat.periods;
        ret->cfs_throttled_periods = stat.throttled_periods;
        ret->cfs_throttled_ns = stat.throttled_ns;
        ret->cfs_bursts = stat.bursts;
        ret->cfs_burst_ns = stat.burst_ns;
        ret->present |= CG_CFS;
    }
}

static void read_memory_stat(struct cg_source *s, struct cgroup_sample *ret)
{
    struct str text;
    struct cg_memory_stat stat;
    if (!cg_text(s, ONE, CGF_MEMORY_STAT, "memory.stat", &text) ||
        !cg_understood(s, cg_parse_memory_stat_v2(text, &stat))) {
        return;
    }
    ret->memory_rss = stat.rss;
    ret->memory_cache = stat.cache;
    ret->memory_mapped_file = stat.mapped_file;
    ret->memory_kernel = stat.kernel;
    ret->memory_active_file = stat.active_file;
    ret->memory_inactive_file = stat.inactive_file;
    ret->pgfault = stat.pgfault;
    ret->pgmajfault = stat.pgmajfault;
    ret->file_dirty = stat.file_dirty;
    ret->file_writeback = stat.file_writeback;
    ret->pgscan = stat.pgscan;
    ret->pgsteal = stat.pgsteal;
    ret->refault_file = stat.refault_file;
    ret->refault_anon = stat.refault_anon;
    ret->present |= CG_STATS | CG_MEMORY_RECLAIM;
}

static void read_memory(struct cg_source *s, struct cgroup_sample *ret)
{
    struct str text;
    struct cg_memory_events events;
    s->failed = false;
    read_memory_stat(s, ret);
    if (cg_is_root(s)) { /* has memory.stat alone */
        ret->memory_usage = ret->memory_rss + ret->memory_cache;
        ret->memory_swap = s->reader->meminfo.swap_total_bytes - s->reader->meminfo.swap_free_bytes;
        ret->present |= s->failed ? 0 : CG_MEMORY;
        return;
    }
    (void)cg_value(s, ONE, CGF_MEMORY_USAGE, "memory.current", &ret->memory_usage);
    (void)cg_value(s, ONE, CGF_MEMORY_PEAK, "memory.peak", &ret->memory_max_usage);
    (void)cg_value(s, ONE, CGF_MEMORY_SWAP, "memory.swap.current", &ret->memory_swap);
    if (cg_text(s, ONE, CGF_MEMORY_EVENTS, "memory.events", &text) &&
        cg_understood(s, cg_parse_memory_events(text, &events))) {
        ret->memory_failcnt = events.max;
        ret->memory_events_high = events.high;
        ret->memory_events_max = events.max;
        ret->oom_events = cg_oom_events(&events);
        ret->present |= CG_MEMORY_EVENTS;
    }
    ret->present |= s->failed ? 0 : CG_MEMORY;
}

static void read_memory_spec(struct cg_source *s, struct cgroup_sample *ret)
{
    uint64_t limit = 0, low = 0, swap = 0;
    if (cg_is_root(s)) {
        ret->memory_limit = s->reader->meminfo.total_bytes;
        ret->memory_swap_limit = s->reader->meminfo.swap_total_bytes;
        ret->present |= s->reader->meminfo.total_bytes ? CG_MEMORY_SPEC : 0;
        return;
    }
    if (!cg_value(s, ONE, CGF_MEMORY_LIMIT, "memory.max", &limit)) {
        return;
    }
    (void)cg_value(s, ONE, CGF_MEMORY_SOFT_LIMIT, "memory.min", &low);
    (void)cg_value(s, ONE, CGF_MEMORY_SWAP_LIMIT, "memory.swap.max", &swap);
    /* The peer takes 0 for a file that it could not read and serves the machine's memory. */
    ret->memory_limit = limit == 0 ? s->reader->meminfo.total_bytes : cg_limit(limit);
    ret->memory_reservation = cg_limit(low);
    ret->memory_swap_limit = cg_limit(swap);
    ret->present |= CG_MEMORY_SPEC;
}

static void read_pids(struct cg_source *s, struct cgroup_sample *ret)
{
    uint64_t max = 0;
    s->failed = false;
    /* The root has no pids.current: cg_read_processes sets its threads. */
    (void)cg_value(s, ONE, CGF_PIDS_CURRENT, "pids.current", &ret->threads);
    (void)cg_value(s, ONE, CGF_PIDS_MAX, "pids.max", &max);
    ret->threads_max = cg_limit(max);
    ret->present |= s->failed ? 0 : CG_PIDS;
}

static void read_pressure(struct cg_source *s, enum cgroup_file file, const char *name,
                          struct cgroup_psi *ret)
{
    struct str text;
    if (cg_text(s, ONE, file, name, &text)) {
        cg_understood(s, cg_parse_pressure(text, ret));
    }
}

static size_t read_io(struct cg_source *s)
{
    struct str text;
    size_t n = 0;
    if (cg_text(s, ONE, CGF_IO_STAT, "io.stat", &text)) {
        int r = cg_parse_io_stat(text, s->reader->io, LIMIT_CGROUP_DEVICES, &n);
        if (r != -E2BIG) {
            cg_understood(s, r);
        }
    }
    return n;
}

int cgroup_v2_read(struct cg_source *s, struct arena *mem, struct cgroup_sample *ret)
{
    read_cpu(s, ret);
    read_memory(s, ret);
    read_memory_spec(s, ret);
    read_pids(s, ret);
    if (s->reader->has_psi) {
        s->failed = false;
        read_pressure(s, CGF_CPU_PRESSURE, "cpu.pressure", &ret->psi_cpu);
        read_pressure(s, CGF_MEMORY_PRESSURE, "memory.pressure", &ret->psi_memory);
        read_pressure(s, CGF_IO_PRESSURE, "io.pressure", &ret->psi_io);
        ret->present |= s->failed ? 0 : CG_PSI;
    }
    return cg_take_io(s, mem, read_io(s), ret);
}
