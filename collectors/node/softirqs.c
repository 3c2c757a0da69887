/* node_softirqs_functions_total: /proc/softirqs, a heading with the processors, "CPU0 CPU1", then
 * "NET_RX:  12  13". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct softirqs_sample {
    uint64_t present;
    struct str type;
    uint64_t *counts;
    size_t n; /* processors; the file has a column for each that there can be */
};

static void softirqs_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct softirqs_sample *)sample)->type);
}

static void put_counts(const void *sample, struct metric_writer *out)
{
    const struct softirqs_sample *s = sample;
    for (size_t i = 0; i < s->n; i++) {
        char text[NUM_TEXT_MAX];
        struct str cpu = { text, num_format_u64(text, i) };
        metric_put(out, (double)s->counts[i], cpu);
    }
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_softirqs_functions_total", COUNTER, 0, put_counts, METRIC_LABELS("cpu"),
                "/proc/softirqs", "Soft interrupts of each kind that the processor served."),
};

NODE_SUBJECT_OF(softirqs_subject, "node_softirqs", struct softirqs_sample, rows, softirqs_common,
                METRIC_LABELS("type"));

static int softirqs_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "softirqs", ret_state, err);
}

static int add_kind(struct str line, size_t cpus, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct softirqs_sample values = { .counts = ARENA_ARRAY(mem, cpus, uint64_t) };
    struct str type = str_word(&line);
    if (!str_eat_end(&type, STR(":"))) {
        return err_set(err, EBADMSG, "softirqs: a line without a kind");
    }
    for (struct str word = str_word(&line); values.counts && word.n && values.n < cpus;
         word = str_word(&line)) {
        if (num_scan_u64(word, &values.counts[values.n++]) < 0) {
            return err_set(err, EBADMSG, "softirqs: " STR_FMT ": column %zu is no number",
                           STR_ARG(str_head(type, 40)), values.n);
        }
    }
    struct softirqs_sample *s =
        values.counts ? metric_sink_add(sink, &softirqs_subject, NULL, 0, err) : NULL;
    if (!s || arena_str(mem, type, &values.type) < 0) {
        return node_no_memory(err, "softirqs");
    }
    *s = values;
    return 0;
}

static int softirqs_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    size_t cpus = 0;
    int r = node_file_read(state, &text, err);
    struct str heading = r < 0 ? text : str_line(&text);
    while (str_word(&heading).n) {
        cpus++;
    }
    while (r >= 0 && text.n) {
        r = add_kind(str_line(&text), cpus, sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &softirqs_subject, NULL };

const struct collector collector_softirqs = {
    .name = "softirqs",
    .subjects = subjects,
    .start = softirqs_start,
    .read = softirqs_read,
    .stop = node_one_file_stop,
};
