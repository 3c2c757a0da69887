/* node_softnet_*: /proc/net/softnet_stat, a line of hexadecimal numbers for each processor. The
 * number of columns grew with the kernel: 9, 10 (2.6.36), 11 (3.11), 13 (5.10, with the backlog and
 * the processor's number). */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define COLUMNS 13
#define CPU_COLUMN 12
#define COLUMNS_LEAST 9

struct softnet_sample {
    uint64_t present; /* bit i: column i */
    struct str cpu;
    uint64_t v[COLUMNS];
};

static void softnet_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct softnet_sample *)sample)->cpu);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct softnet_sample, "node_softnet_backlog_len", GAUGE, BIT(11), v[11], 1,
               "/proc/net/softnet_stat column 12", "Packets in the backlog."),
    NODE_VALUE(struct softnet_sample, "node_softnet_cpu_collision_total", COUNTER, BIT(8), v[8], 1,
               "/proc/net/softnet_stat column 9",
               "Collisions on the lock of a device when sending."),
    NODE_VALUE(struct softnet_sample, "node_softnet_dropped_total", COUNTER, BIT(1), v[1], 1,
               "/proc/net/softnet_stat column 2", "Packets dropped as the backlog was full."),
    NODE_VALUE(struct softnet_sample, "node_softnet_flow_limit_count_total", COUNTER, BIT(10),
               v[10], 1, "/proc/net/softnet_stat column 11", "Times that a flow was limited."),
    NODE_VALUE(struct softnet_sample, "node_softnet_processed_total", COUNTER, BIT(0), v[0], 1,
               "/proc/net/softnet_stat column 1", "Packets taken from the backlog."),
    NODE_VALUE(struct softnet_sample, "node_softnet_received_rps_total", COUNTER, BIT(9), v[9], 1,
               "/proc/net/softnet_stat column 10",
               "Times that another processor passed packets on."),
    NODE_VALUE(struct softnet_sample, "node_softnet_times_squeezed_total", COUNTER, BIT(2), v[2], 1,
               "/proc/net/softnet_stat column 3",
               "Times that work was left when the budget was spent."),
};

NODE_SUBJECT_OF(softnet_subject, "node_softnet", struct softnet_sample, rows, softnet_common,
                METRIC_LABELS("cpu"));

static int softnet_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_net_file_start(env->procfs, "softnet_stat", ret_state, err);
}

static int add_line(struct str line, uint64_t number, struct metric_sink *sink, struct err *err)
{
    struct softnet_sample values = { 0 };
    size_t n = 0;
    for (struct str word = str_word(&line); word.n && n < COLUMNS; word = str_word(&line), n++) {
        if (num_scan_hex(word, &values.v[n]) < 0) {
            return err_set(err, EBADMSG, "softnet_stat: line %u, column %zu is no number",
                           (unsigned)number + 1, n + 1);
        }
        values.present |= BIT(n);
    }
    if (n < COLUMNS_LEAST) {
        return err_set(err, EBADMSG, "softnet_stat: line %u is too short", (unsigned)number + 1);
    }
    /* Lines of processors that are off are left out, so the line's number is not theirs. */
    char text[NUM_TEXT_MAX];
    size_t length = num_format_u64(text, n > CPU_COLUMN ? values.v[CPU_COLUMN] : number);
    struct softnet_sample *s = metric_sink_add(sink, &softnet_subject, NULL, 0, err);
    if (!s || arena_str(metric_sink_arena(sink), (struct str){ text, length }, &values.cpu) < 0) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int softnet_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(state, &text, err);
    for (uint64_t i = 0; r >= 0 && text.n; i++) {
        r = add_line(str_line(&text), i, sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &softnet_subject, NULL };

const struct collector collector_softnet = {
    .name = "softnet",
    .on_by_default = true,
    .subjects = subjects,
    .start = softnet_start,
    .read = softnet_read,
    .stop = node_one_file_stop,
};
