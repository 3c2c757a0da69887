/* node_intr_total and others: the lines of /proc/stat that are not of processors. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define SOFTIRQ "collector.stat.softirq"
#define VECTORS 10

struct stat_sample {
    uint64_t present;
    double v[6];
    uint64_t softirqs[VECTORS];
    size_t n_softirqs;
};

/* The first word of the line; the second is the value. */
static const struct str keys[] = { STR_INIT("btime"),         STR_INIT("ctxt"),
                                   STR_INIT("processes"),     STR_INIT("intr"),
                                   STR_INIT("procs_blocked"), STR_INIT("procs_running") };

static void put_softirqs(const void *sample, struct metric_writer *out)
{
    static const struct str names[VECTORS] = {
        STR_INIT("hi"),      STR_INIT("timer"),        STR_INIT("net_tx"),  STR_INIT("net_rx"),
        STR_INIT("block"),   STR_INIT("block_iopoll"), STR_INIT("tasklet"), STR_INIT("sched"),
        STR_INIT("hrtimer"), STR_INIT("rcu"),
    };
    const struct stat_sample *s = sample;
    for (size_t i = 0; i < s->n_softirqs; i++) {
        metric_put(out, (double)s->softirqs[i], names[i]);
    }
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct stat_sample, "node_boot_time_seconds", GAUGE, BIT(0), v[0], 1,
               "/proc/stat btime", "When the machine was booted, as Unix time."),
    NODE_VALUE(struct stat_sample, "node_context_switches_total", COUNTER, BIT(1), v[1], 1,
               "/proc/stat ctxt", "Context switches."),
    NODE_VALUE(struct stat_sample, "node_forks_total", COUNTER, BIT(2), v[2], 1,
               "/proc/stat processes", "Processes and threads that were started."),
    NODE_VALUE(struct stat_sample, "node_intr_total", COUNTER, BIT(3), v[3], 1, "/proc/stat intr",
               "Interrupts that were served."),
    NODE_VALUE(struct stat_sample, "node_procs_blocked", GAUGE, BIT(4), v[4], 1,
               "/proc/stat procs_blocked", "Tasks that wait for a device."),
    NODE_VALUE(struct stat_sample, "node_procs_running", GAUGE, BIT(5), v[5], 1,
               "/proc/stat procs_running", "Tasks that run or could run."),
    NODE_SERIES("node_softirqs_total", COUNTER, BIT(6), put_softirqs, METRIC_LABELS("vector"),
                "/proc/stat softirq", "Soft interrupts by kind."),
};

NODE_SUBJECT(stat_subject, "node_stat", struct stat_sample, rows);

extern const struct collector collector_stat;

static const struct collector_option options[] = {
    { SOFTIRQ, COLLECTOR_SWITCH, "false", "Serve node_softirqs_total." },
    { 0 },
};

struct stat_reader {
    struct node_file file;
    bool softirq;
};

static void stat_stop(void *state)
{
    struct stat_reader *r = state;
    node_file_close(&r->file);
    free(r);
}

static int stat_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct stat_reader *reader = calloc(1, sizeof(*reader));
    if (!reader) {
        return node_no_memory(err, "stat");
    }
    reader->softirq = collector_option_value(env, &collector_stat, SOFTIRQ).on;
    int r = node_file_open(&reader->file, env->procfs, "stat", err);
    if (r < 0) {
        stat_stop(reader);
        return r;
    }
    *ret_state = reader;
    return 0;
}

static void parse_softirqs(struct str line, struct stat_sample *s)
{
    str_word(&line); /* their sum */
    while (s->n_softirqs < VECTORS &&
           num_scan_u64(str_word(&line), &s->softirqs[s->n_softirqs]) == 0) {
        s->n_softirqs++;
    }
    s->present |= BIT(6);
}

static int stat_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct stat_reader *reader = state;
    struct str text = { 0 };
    int r = node_file_read(&reader->file, &text, err);
    if (r < 0) {
        return r;
    }
    struct stat_sample *s = metric_sink_add(sink, &stat_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    while (text.n) {
        struct str line = str_line(&text);
        if (str_starts(line, STR("cpu"))) {
            continue;
        }
        struct str key = str_word(&line);
        if (reader->softirq && str_eq(key, STR("softirq"))) {
            parse_softirqs(line, s);
        }
        for (size_t i = 0; i < KG_ARRAY_LEN(keys); i++) {
            if (str_eq(key, keys[i]) && num_scan_double(str_word(&line), &s->v[i]) == 0) {
                s->present |= BIT(i);
            }
        }
    }
    return s->present ? 0 : err_set(err, EBADMSG, "stat: no known line");
}

static const struct metric_subject *const subjects[] = { &stat_subject, NULL };

const struct collector collector_stat = {
    .name = "stat",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = stat_start,
    .read = stat_read,
    .stop = stat_stop,
};
