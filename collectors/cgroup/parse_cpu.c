#include "collectors/cgroup/parse.h"

#include "collectors/scan.h"

#define NS_PER_USEC UINT64_C(1000)
#define NS_PER_SEC UINT64_C(1000000000)

#define KEY(text, member)                                                                          \
    {                                                                                              \
        .name = STR_INIT(text), .at = offsetof(struct cg_cpu_stat, member)                         \
    }

/* The places of the first four rows are the bits CG_SEEN_*. */
static const struct cg_key v2_keys[] = {
    KEY("usage_usec", usage_ns),
    KEY("user_usec", user_ns),
    KEY("system_usec", system_ns),
    KEY("nr_periods", periods),
    KEY("nr_throttled", throttled_periods),
    KEY("throttled_usec", throttled_ns),
    KEY("nr_bursts", bursts),
    KEY("burst_usec", burst_ns),
};

static const struct cg_key v1_keys[] = {
    KEY("nr_periods", periods),          KEY("nr_throttled", throttled_periods),
    KEY("throttled_time", throttled_ns), KEY("nr_bursts", bursts),
    KEY("burst_time", burst_ns),
};

int cg_parse_cpu_stat_v1(struct str text, struct cg_cpu_stat *ret)
{
    struct cg_cpu_stat stat = { 0 };
    uint32_t seen;
    int r = cg_parse_keyed(text, v1_keys, KG_ARRAY_LEN(v1_keys), &stat, &seen);
    if (r < 0) {
        return r;
    }
    stat.seen = seen & 1 ? CG_SEEN_CFS_PERIODS : 0;
    *ret = stat;
    return 0;
}

int cg_parse_cpu_stat_v2(struct str text, struct cg_cpu_stat *ret)
{
    struct cg_cpu_stat stat = { 0 };
    uint32_t seen;
    int r = cg_parse_keyed(text, v2_keys, KG_ARRAY_LEN(v2_keys), &stat, &seen);
    if (r < 0) {
        return r;
    }
    stat.seen =
        seen & (CG_SEEN_CPU_USAGE | CG_SEEN_CPU_USER | CG_SEEN_CPU_SYSTEM | CG_SEEN_CFS_PERIODS);
    stat.usage_ns *= NS_PER_USEC;
    stat.user_ns *= NS_PER_USEC;
    stat.system_ns *= NS_PER_USEC;
    stat.throttled_ns *= NS_PER_USEC;
    stat.burst_ns *= NS_PER_USEC;
    *ret = stat;
    return 0;
}

static uint64_t ticks_to_ns(uint64_t ticks, uint64_t ticks_per_sec)
{
    return ticks / ticks_per_sec * NS_PER_SEC + ticks % ticks_per_sec * NS_PER_SEC / ticks_per_sec;
}

int cg_parse_cpuacct_stat(struct str text, uint64_t ticks_per_sec, uint64_t *ret_user_ns,
                          uint64_t *ret_system_ns)
{
    static const struct cg_key keys[] = { KEY("user", user_ns), KEY("system", system_ns) };
    struct cg_cpu_stat stat = { 0 };
    uint32_t seen;
    int r = cg_parse_keyed(text, keys, KG_ARRAY_LEN(keys), &stat, &seen);
    if (r < 0 || seen != 3) {
        return -EBADMSG;
    }
    *ret_user_ns = ticks_to_ns(stat.user_ns, ticks_per_sec);
    *ret_system_ns = ticks_to_ns(stat.system_ns, ticks_per_sec);
    return 0;
}

int cg_parse_cpu_max(struct str text, uint64_t *ret_quota_usec, uint64_t *ret_period_usec)
{
    struct scan at = scan_of(text);
    uint64_t quota = 0, period;
    if (!scan_literal(&at, STR("max")) && !scan_count(&at, &quota)) {
        return -EBADMSG;
    }
    if (!scan_char(&at, ' ') || !scan_count(&at, &period) || !scan_line_end(&at)) {
        return -EBADMSG;
    }
    *ret_quota_usec = quota;
    *ret_period_usec = period;
    return 0;
}

uint64_t cg_shares_of_weight(uint64_t weight)
{
    if (weight < 1 || weight > 10000) {
        return 0;
    }
    return 2 + (weight - 1) * 262142 / 9999;
}
