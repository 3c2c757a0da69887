/* What is read of each cgroup every second: so not a file more than that, and never an open that
 * would have to be made again the next time. */
#include "base/clock.h"
#include "collectors/cgroup/cgroup_mounts.h"
#include "collectors/cgroup/cgroup_reader.h"

/* v2 has one folder a cgroup; the controller of a file is not looked at. */
#define ONE CG_CPU

/* Whether the file is open, or may be kept open once it is. */
static bool may_read(const struct cgroup_entry *e, enum cgroup_file file)
{
    return e->fd[file] != CG_FD_UNTRIED || e->mounts->fds_kept < e->mounts->fds_max;
}

static bool cpu_stat_usage(struct cg_source *s, uint64_t *ret_ns)
{
    struct str text;
    struct cg_cpu_stat stat;
    if (!cg_text(s, ONE, CGF_CPU_STAT, "cpu.stat", &text) ||
        !cg_understood(s, cg_parse_cpu_stat_v2(text, &stat)) || !(stat.seen & CG_SEEN_CPU_USAGE)) {
        return false;
    }
    *ret_ns = stat.usage_ns;
    return true;
}

int cgroup_read_cpu_used(struct cgroup_reader *r, struct cgroup_entry *e, uint64_t *ret_ns,
                         uint64_t *ret_at_ns)
{
    struct cg_source s = { .reader = r, .entry = e };
    bool v1 = r->version == CGROUP_V1;
    if (!may_read(e, v1 ? CGF_CPUACCT_USAGE : CGF_CPU_STAT)) {
        return -EMFILE;
    }
    bool read = v1 ? cg_value(&s, CG_CPUACCT, CGF_CPUACCT_USAGE, "cpuacct.usage", ret_ns)
                   : cpu_stat_usage(&s, ret_ns);
    /* Not one time for all cgroups: on a busy machine the reader may stop between two of them. */
    *ret_at_ns = clock_mono_ns();
    return s.gone ? s.gone : read;
}

int cgroup_read_memory_used(struct cgroup_reader *r, struct cgroup_entry *e, uint64_t *ret_bytes)
{
    struct cg_source s = { .reader = r, .entry = e };
    const char *name = r->version == CGROUP_V1 ? "memory.usage_in_bytes" : "memory.current";
    if (!may_read(e, CGF_MEMORY_USAGE)) {
        return -EMFILE;
    }
    bool read = cg_value(&s, CG_MEMORY_CONTROLLER, CGF_MEMORY_USAGE, name, ret_bytes);
    return s.gone ? s.gone : read;
}
