/* node_ksmd_*: merging of equal memory pages, /sys/kernel/mm/ksm, a number in each file. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define FILES 9

struct ksmd_sample {
    uint64_t present; /* bit i: v[i] */
    uint64_t v[FILES];
};

/* In the order of the rows. */
static const char *const files[FILES] = {
    "full_scans",     "merge_across_nodes", "pages_shared", "pages_sharing",   "pages_to_scan",
    "pages_unshared", "pages_volatile",     "run",          "sleep_millisecs",
};

#define KSM(family, kind, at, scale, file, text)                                                   \
    NODE_VALUE(struct ksmd_sample, family, kind, BIT(at), v[at], scale,                            \
               "/sys/kernel/mm/ksm/" file, text)

static const struct metric_family rows[] = {
    KSM("node_ksmd_full_scans_total", COUNTER, 0, 1, "full_scans",
        "Times that all mergeable memory was scanned."),
    KSM("node_ksmd_merge_across_nodes", GAUGE, 1, 1, "merge_across_nodes",
        "Whether pages of different NUMA nodes are merged."),
    KSM("node_ksmd_pages_shared", GAUGE, 2, 1, "pages_shared", "Shared pages."),
    KSM("node_ksmd_pages_sharing", GAUGE, 3, 1, "pages_sharing",
        "Places that share them: the pages saved."),
    KSM("node_ksmd_pages_to_scan", GAUGE, 4, 1, "pages_to_scan", "Pages scanned between sleeps."),
    KSM("node_ksmd_pages_unshared", GAUGE, 5, 1, "pages_unshared",
        "Pages that have no equal but are looked at again."),
    KSM("node_ksmd_pages_volatile", GAUGE, 6, 1, "pages_volatile", "Pages that change too fast."),
    KSM("node_ksmd_run", GAUGE, 7, 1, "run", "0 stopped, 1 running, 2 stopped and unmerged."),
    KSM("node_ksmd_sleep_seconds", GAUGE, 8, 1e-3, "sleep_millisecs", "Length of a sleep."),
};

NODE_SUBJECT(ksmd_subject, "node_ksmd", struct ksmd_sample, rows);

static int ksmd_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "kernel/mm/ksm", ret_state, err);
}

static int ksmd_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct ksmd_sample *s = metric_sink_add(sink, &ksmd_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < FILES; i++) {
        s->present |= node_u64_at(node_dir_fd(state), files[i], &s->v[i]) >= 0 ? BIT(i) : 0;
    }
    return s->present ? 0 : err_set(err, EBADMSG, "ksm: no number in any file");
}

static const struct metric_subject *const subjects[] = { &ksmd_subject, NULL };

const struct collector collector_ksmd = {
    .name = "ksmd",
    .subjects = subjects,
    .start = ksmd_start,
    .read = ksmd_read,
    .stop = node_dir_stop,
};
