#include "collectors/cgroup/parse.h"

#define KEY(T, text, member)                                                                       \
    {                                                                                              \
        .name = STR_INIT(text), .at = offsetof(struct T, member)                                   \
    }

/* Both forms of what v1 counts for the cgroup alone and for its hierarchy. All tables here stand in
 * the order in which the kernel writes the lines, so that the next key is mostly the next row's. */
struct memory_stat_v1 {
    uint64_t cache, rss, mapped_file, swap, inactive_file, active_file, pgfault, pgmajfault;
    uint64_t total_cache, total_rss, total_mapped_file, total_swap, total_inactive_file,
        total_active_file;
};

#define V1_FIRST_TOTAL 8

static const struct cg_key v1_keys[] = {
    KEY(memory_stat_v1, "cache", cache),
    KEY(memory_stat_v1, "rss", rss),
    KEY(memory_stat_v1, "mapped_file", mapped_file),
    KEY(memory_stat_v1, "swap", swap),
    KEY(memory_stat_v1, "pgfault", pgfault),
    KEY(memory_stat_v1, "pgmajfault", pgmajfault),
    KEY(memory_stat_v1, "inactive_file", inactive_file),
    KEY(memory_stat_v1, "active_file", active_file),
    KEY(memory_stat_v1, "total_cache", total_cache),
    KEY(memory_stat_v1, "total_rss", total_rss),
    KEY(memory_stat_v1, "total_mapped_file", total_mapped_file),
    KEY(memory_stat_v1, "total_swap", total_swap),
    KEY(memory_stat_v1, "total_inactive_file", total_inactive_file),
    KEY(memory_stat_v1, "total_active_file", total_active_file),
};

int cg_parse_memory_stat_v1(struct str text, struct cg_memory_stat *ret)
{
    struct memory_stat_v1 v = { 0 };
    uint32_t seen;
    int r = cg_parse_keyed(text, v1_keys, KG_ARRAY_LEN(v1_keys), &v, &seen);
    if (r < 0) {
        return r;
    }
#define TOTAL_OR_PLAIN(i, member)                                                                  \
    (seen & (UINT32_C(1) << (V1_FIRST_TOTAL + (i))) ? v.total_##member : v.member)
    *ret = (struct cg_memory_stat){
        .cache = TOTAL_OR_PLAIN(0, cache),
        .rss = TOTAL_OR_PLAIN(1, rss),
        .mapped_file = TOTAL_OR_PLAIN(2, mapped_file),
        .swap = TOTAL_OR_PLAIN(3, swap),
        .inactive_file = TOTAL_OR_PLAIN(4, inactive_file),
        .active_file = TOTAL_OR_PLAIN(5, active_file),
        .pgfault = v.pgfault,
        .pgmajfault = v.pgmajfault,
    };
#undef TOTAL_OR_PLAIN
    return 0;
}

/* The place of "kernel" is the bit CG_SEEN_MEMORY_KERNEL. */
static const struct cg_key v2_keys[] = {
    KEY(cg_memory_stat, "anon", rss),
    KEY(cg_memory_stat, "file", cache),
    KEY(cg_memory_stat, "kernel", kernel),
    KEY(cg_memory_stat, "file_mapped", mapped_file),
    KEY(cg_memory_stat, "file_dirty", file_dirty),
    KEY(cg_memory_stat, "file_writeback", file_writeback),
    KEY(cg_memory_stat, "inactive_file", inactive_file),
    KEY(cg_memory_stat, "active_file", active_file),
    KEY(cg_memory_stat, "workingset_refault_anon", refault_anon),
    KEY(cg_memory_stat, "workingset_refault_file", refault_file),
    KEY(cg_memory_stat, "pgscan", pgscan),
    KEY(cg_memory_stat, "pgsteal", pgsteal),
    KEY(cg_memory_stat, "pgfault", pgfault),
    KEY(cg_memory_stat, "pgmajfault", pgmajfault),
};

int cg_parse_memory_stat_v2(struct str text, struct cg_memory_stat *ret)
{
    struct cg_memory_stat stat = { 0 };
    uint32_t seen;
    int r = cg_parse_keyed(text, v2_keys, KG_ARRAY_LEN(v2_keys), &stat, &seen);
    if (r < 0) {
        return r;
    }
    stat.seen = seen & CG_SEEN_MEMORY_KERNEL;
    *ret = stat;
    return 0;
}

/* The places of the first and the fourth row are the bits CG_SEEN_*. */
static const struct cg_key event_keys[] = {
    KEY(cg_memory_events, "oom_kill", oom_kill),
    KEY(cg_memory_events, "oom_group_kill", oom_group_kill),
    KEY(cg_memory_events, "high", high),
    KEY(cg_memory_events, "max", max),
};

int cg_parse_memory_events(struct str text, struct cg_memory_events *ret)
{
    struct cg_memory_events events = { 0 };
    uint32_t seen;
    int r = cg_parse_keyed(text, event_keys, KG_ARRAY_LEN(event_keys), &events, &seen);
    if (r < 0) {
        return r;
    }
    events.seen = seen & (CG_SEEN_OOM_KILL | CG_SEEN_MEMORY_MAX);
    *ret = events;
    return 0;
}

uint64_t cg_oom_events(const struct cg_memory_events *events)
{
    return events->oom_group_kill ? events->oom_group_kill : events->oom_kill;
}
