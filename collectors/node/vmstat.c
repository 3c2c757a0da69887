/* node_vmstat_*: /proc/vmstat, "pgfault 123" a line. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define KEYS 8
#define FIELDS "collector.vmstat.fields"

struct vmstat_sample {
    uint64_t present;
    uint64_t v[KEYS];
};

/* In the order of the rows. */
static const struct str keys[KEYS] = {
    STR_INIT("oom_kill"), STR_INIT("pgfault"),      STR_INIT("pgmajfault"), STR_INIT("pgpgin"),
    STR_INIT("pgpgout"),  STR_INIT("pgpgoutclean"), STR_INIT("pswpin"),     STR_INIT("pswpout"),
};

static const struct metric_family rows[KEYS] = {
    NODE_VALUE(struct vmstat_sample, "node_vmstat_oom_kill", UNTYPED, BIT(0), v[0], 1,
               "/proc/vmstat oom_kill", "Processes that the kernel has killed for lack of memory."),
    NODE_VALUE(struct vmstat_sample, "node_vmstat_pgfault", UNTYPED, BIT(1), v[1], 1,
               "/proc/vmstat pgfault", "Page faults."),
    NODE_VALUE(struct vmstat_sample, "node_vmstat_pgmajfault", UNTYPED, BIT(2), v[2], 1,
               "/proc/vmstat pgmajfault", "Page faults that took input from a device."),
    NODE_VALUE(struct vmstat_sample, "node_vmstat_pgpgin", UNTYPED, BIT(3), v[3], 1,
               "/proc/vmstat pgpgin", "KiB read from block devices."),
    NODE_VALUE(struct vmstat_sample, "node_vmstat_pgpgout", UNTYPED, BIT(4), v[4], 1,
               "/proc/vmstat pgpgout", "KiB written to block devices."),
    NODE_VALUE(struct vmstat_sample, "node_vmstat_pgpgoutclean", UNTYPED, BIT(5), v[5], 1,
               "/proc/vmstat pgpgoutclean", "KiB written that were clean."),
    NODE_VALUE(struct vmstat_sample, "node_vmstat_pswpin", UNTYPED, BIT(6), v[6], 1,
               "/proc/vmstat pswpin", "Pages read from swap."),
    NODE_VALUE(struct vmstat_sample, "node_vmstat_pswpout", UNTYPED, BIT(7), v[7], 1,
               "/proc/vmstat pswpout", "Pages written to swap."),
};

NODE_SUBJECT(vmstat_subject, "node_vmstat", struct vmstat_sample, rows);

extern const struct collector collector_vmstat;

static const struct collector_option options[] = {
    { FIELDS, COLLECTOR_PATTERN, "^(oom_kill|pgpg|pswp|pg.*fault).*",
      "Which keys of /proc/vmstat, of those in docs/metrics.md, are served." },
    { 0 },
};

struct vmstat {
    struct node_file file;
    uint64_t taken; /* bit i: keys[i] */
};

static void vmstat_stop(void *state)
{
    struct vmstat *v = state;
    node_file_close(&v->file);
    free(v);
}

static int vmstat_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct node_filter filter;
    struct vmstat *v = calloc(1, sizeof(*v));
    if (!v) {
        return node_no_memory(err, "vmstat");
    }
    int r = node_file_open(&v->file, env->procfs, "vmstat", err);
    if (r >= 0) {
        r = node_filter_init(&filter, env, &collector_vmstat, NULL, FIELDS, err);
    }
    if (r < 0) {
        vmstat_stop(v);
        return r;
    }
    for (size_t i = 0; i < KEYS; i++) {
        v->taken |= node_filter_takes(&filter, keys[i]) ? BIT(i) : 0;
    }
    node_filter_done(&filter);
    *ret_state = v;
    return 0;
}

static void parse_line(struct str line, struct vmstat_sample *s)
{
    struct str key = str_word(&line);
    for (size_t i = 0; i < KEYS; i++) {
        if (str_eq(key, keys[i]) && num_scan_u64(str_word(&line), &s->v[i]) == 0) {
            s->present |= BIT(i);
        }
    }
}

static int vmstat_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct vmstat *v = state;
    struct str text = { 0 };
    int r = node_file_read(&v->file, &text, err);
    if (r < 0) {
        return r;
    }
    struct vmstat_sample *s = metric_sink_add(sink, &vmstat_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    while (text.p) {
        struct str line = str_line(&text);
        if (str_starts(line, STR("p")) || str_starts(line, STR("oom"))) {
            parse_line(line, s);
        }
    }
    uint64_t found = s->present;
    s->present &= v->taken;
    return found ? 0 : err_set(err, EBADMSG, "vmstat: no known key");
}

static const struct metric_subject *const subjects[] = { &vmstat_subject, NULL };

const struct collector collector_vmstat = {
    .name = "vmstat",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = vmstat_start,
    .read = vmstat_read,
    .stop = vmstat_stop,
};
