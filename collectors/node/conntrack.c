/* node_nf_conntrack_*: the table of tracked connections. /proc/net/stat/nf_conntrack has a line of
 * names, then a line of hexadecimal numbers for each processor, each with the same entries.
 *
 * /proc/sys/net is that of the reader's network namespace, whatever /proc is looked at through; in
 * a pod its nf_conntrack_count is the pod's own. So the count is the other file's, which can be had
 * of the machine's namespace; the maximum is one for all namespaces. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define COLUMNS 8
#define ENTRIES COLUMNS
#define UNKNOWN (COLUMNS + 1)
#define COLUMNS_MAX 64

struct conntrack_sample {
    uint64_t present;
    uint64_t entries, limit;
    uint64_t v[COLUMNS];
};

/* In the order of the rows. */
static const struct str columns[COLUMNS] = {
    STR_INIT("drop"),   STR_INIT("early_drop"),    STR_INIT("found"),   STR_INIT("ignore"),
    STR_INIT("insert"), STR_INIT("insert_failed"), STR_INIT("invalid"), STR_INIT("search_restart"),
};

static const struct metric_family rows[] = {
    NODE_VALUE(
        struct conntrack_sample, "node_nf_conntrack_entries", GAUGE, BIT(0), entries, 1,
        "/proc/net/stat/nf_conntrack entries, else /proc/sys/net/netfilter/nf_conntrack_count",
        "Connections that are tracked."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_entries_limit", GAUGE, BIT(1), limit, 1,
               "/proc/sys/net/netfilter/nf_conntrack_max", "Most connections that can be tracked."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_drop", GAUGE, BIT(2), v[0], 1,
               "/proc/net/stat/nf_conntrack drop",
               "Packets dropped as no entry could be made, of all processors since boot."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_early_drop", GAUGE, BIT(2), v[1], 1,
               "/proc/net/stat/nf_conntrack early_drop",
               "Entries dropped to make room, of all processors since boot."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_found", GAUGE, BIT(2), v[2], 1,
               "/proc/net/stat/nf_conntrack found",
               "Lookups that found an entry, of all processors since boot."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_ignore", GAUGE, BIT(2), v[3], 1,
               "/proc/net/stat/nf_conntrack ignore",
               "Packets that are tracked already, of all processors since boot."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_insert", GAUGE, BIT(2), v[4], 1,
               "/proc/net/stat/nf_conntrack insert",
               "Entries inserted, of all processors since boot."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_insert_failed", GAUGE, BIT(2), v[5],
               1, "/proc/net/stat/nf_conntrack insert_failed",
               "Entries that could not be inserted, of all processors since boot."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_invalid", GAUGE, BIT(2), v[6], 1,
               "/proc/net/stat/nf_conntrack invalid",
               "Packets that cannot be tracked, of all processors since boot."),
    NODE_VALUE(struct conntrack_sample, "node_nf_conntrack_stat_search_restart", GAUGE, BIT(2),
               v[7], 1, "/proc/net/stat/nf_conntrack search_restart",
               "Lookups begun again as the table was resized, of all processors since boot."),
};

NODE_SUBJECT(conntrack_subject, "node_conntrack", struct conntrack_sample, rows);

struct conntrack {
    void *numbers;
    struct node_file stat;
};

static void conntrack_stop(void *state)
{
    struct conntrack *c = state;
    node_file_close(&c->stat);
    node_numbers_stop(c->numbers);
    free(c);
}

static int conntrack_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    static const char *const paths[] = { "sys/net/netfilter/nf_conntrack_count",
                                         "sys/net/netfilter/nf_conntrack_max", NULL };
    struct conntrack *c = calloc(1, sizeof(*c));
    if (!c) {
        return node_no_memory(err, "conntrack");
    }
    c->stat.fd = -1;
    int r = node_numbers_start(env->procfs, paths, &c->numbers, err);
    if (r < 0) {
        conntrack_stop(c);
        return r;
    }
    if (node_file_open_net(&c->stat, env->procfs, "stat/nf_conntrack", NULL) < 0) {
        c->stat.fd = -1;
    }
    *ret_state = c;
    return 0;
}

static int parse_stat(struct str text, struct conntrack_sample *s)
{
    size_t which[COLUMNS_MAX], n = 0; /* column -> its place in columns[], ENTRIES or UNKNOWN */
    struct str names = str_line(&text);
    for (struct str name = str_word(&names); name.n && n < COLUMNS_MAX; name = str_word(&names)) {
        which[n] = 0;
        while (which[n] < COLUMNS && !str_eq(name, columns[which[n]])) {
            which[n]++;
        }
        if (which[n] == COLUMNS && !str_eq(name, STR("entries"))) {
            which[n] = UNKNOWN;
        }
        n++;
    }
    while (text.n) {
        struct str line = str_line(&text);
        for (size_t i = 0; i < n; i++) {
            uint64_t v;
            if (num_scan_hex(str_word(&line), &v) < 0) {
                return -EBADMSG;
            }
            if (which[i] < COLUMNS) {
                s->v[which[i]] += v;
            } else if (which[i] == ENTRIES) {
                s->entries = v;
            }
        }
    }
    s->present |= BIT(2);
    return 0;
}

static int conntrack_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct conntrack *c = state;
    struct str text = { 0 };
    struct conntrack_sample values = { 0 };
    uint64_t v[NODE_NUMBERS_MAX];
    int r = node_numbers_read(c->numbers, v, &values.present, err);
    if (r < 0) {
        return r;
    }
    values.entries = v[0];
    values.limit = v[1];
    if (c->stat.fd >= 0) {
        r = node_file_read(&c->stat, &text, err);
        if (r >= 0 && parse_stat(text, &values) < 0) {
            r = err_set(err, EBADMSG, "%s: malformed", c->stat.path);
        }
    }
    struct conntrack_sample *s = metric_sink_add(sink, &conntrack_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return r;
}

static const struct metric_subject *const subjects[] = { &conntrack_subject, NULL };

const struct collector collector_conntrack = {
    .name = "conntrack",
    .on_by_default = true,
    .subjects = subjects,
    .start = conntrack_start,
    .read = conntrack_read,
    .stop = conntrack_stop,
};
