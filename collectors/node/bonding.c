/* node_bonding_*: /sys/class/net/bonding_masters names the bonds, MASTER/bonding/slaves their
 * members, MASTER/lower_MEMBER/bonding_slave/mii_status whether one works. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

struct bonding_sample {
    uint64_t present;
    struct str master;
    uint64_t slaves, active;
};

static void bonding_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct bonding_sample *)sample)->master);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct bonding_sample, "node_bonding_active", GAUGE, 0, active, 1,
               "/sys/class/net/*/lower_*/bonding_slave/mii_status",
               "Members of the bond whose link is up."),
    NODE_VALUE(struct bonding_sample, "node_bonding_slaves", GAUGE, 0, slaves, 1,
               "/sys/class/net/*/bonding/slaves", "Members of the bond."),
};

NODE_SUBJECT_OF(bonding_subject, "node_bonding", struct bonding_sample, rows, bonding_common,
                METRIC_LABELS("master"));

static int bonding_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "class/net", ret_state, err);
}

/* mii_status was below slave_ in old kernels. */
static bool is_up(int dirfd, struct str master, struct str slave)
{
    static const char *const links[] = { "lower", "slave" };
    for (size_t i = 0; i < KG_ARRAY_LEN(links); i++) {
        char path[256], text[32];
        struct str status = { 0 };
        int n = snprintf(path, sizeof(path), STR_FMT "/%s_" STR_FMT "/bonding_slave/mii_status",
                         STR_ARG(master), links[i], STR_ARG(slave));
        if (n > 0 && (size_t)n < sizeof(path) &&
            node_line_at(dirfd, path, text, sizeof(text), &status) >= 0) {
            return str_eq(status, STR("up"));
        }
    }
    return false;
}

static int add_bond(int dirfd, struct str master, struct metric_sink *sink, struct err *err)
{
    char path[128];
    struct str slaves = { 0 };
    struct bonding_sample values = { .master = master };
    int n = snprintf(path, sizeof(path), STR_FMT "/bonding/slaves", STR_ARG(master));
    if (n < 0 || (size_t)n >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    int r = node_text_at(dirfd, path, metric_sink_arena(sink), &slaves);
    if (r < 0) {
        return r == -ENOENT ? 0 : r; /* gone meanwhile */
    }
    for (struct str slave = str_word(&slaves); slave.n; slave = str_word(&slaves)) {
        values.slaves++;
        values.active += is_up(dirfd, master, slave);
    }
    struct bonding_sample *s = metric_sink_add(sink, &bonding_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int bonding_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct str masters = { 0 };
    int r = node_text_at(dirfd, "bonding_masters", metric_sink_arena(sink), &masters);
    if (r == -ENOENT) {
        err_set(err, ENODATA, "bonding: the kernel has no such interfaces");
        return -ENODATA;
    }
    for (struct str name = str_word(&masters); name.n && r >= 0; name = str_word(&masters)) {
        r = add_bond(dirfd, name, sink, err);
    }
    return r < 0 ? err_set_errno(err, -r, "bonding") : 0;
}

static const struct metric_subject *const subjects[] = { &bonding_subject, NULL };

const struct collector collector_bonding = {
    .name = "bonding",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = bonding_start,
    .read = bonding_read,
    .stop = node_dir_stop,
};
