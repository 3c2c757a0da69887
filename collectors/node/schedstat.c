/* node_schedstat_*: /proc/schedstat, "cpu0 0 0 0 0 0 0 1234 567 89": the last three are time run,
 * time waited (ns) and slices. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#define NUMBERS 9

struct schedstat_sample {
    uint64_t present;
    struct str cpu;
    uint64_t running_ns, waiting_ns, slices;
};

static void schedstat_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct schedstat_sample *)sample)->cpu);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct schedstat_sample, "node_schedstat_running_seconds_total", COUNTER, 0,
               running_ns, 1e-9, "/proc/schedstat cpuN field 7",
               "Time in which the processor ran tasks."),
    NODE_VALUE(struct schedstat_sample, "node_schedstat_timeslices_total", COUNTER, 0, slices, 1,
               "/proc/schedstat cpuN field 9", "Slices of time that the processor ran."),
    NODE_VALUE(struct schedstat_sample, "node_schedstat_waiting_seconds_total", COUNTER, 0,
               waiting_ns, 1e-9, "/proc/schedstat cpuN field 8",
               "Time that tasks waited for this processor."),
};

NODE_SUBJECT_OF(schedstat_subject, "node_schedstat", struct schedstat_sample, rows,
                schedstat_common, METRIC_LABELS("cpu"));

static int schedstat_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "schedstat", ret_state, err);
}

static int add_line(struct str line, struct str cpu, struct metric_sink *sink, struct err *err)
{
    uint64_t v[NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++) {
        if (num_scan_u64(str_word(&line), &v[i]) < 0) {
            return err_set(err, EBADMSG, "schedstat: cpu" STR_FMT ": field %zu is no number",
                           STR_ARG(str_head(cpu, 20)), i + 1);
        }
    }
    struct schedstat_sample *s = metric_sink_add(sink, &schedstat_subject, NULL, 0, err);
    if (!s || arena_str(metric_sink_arena(sink), cpu, &s->cpu) < 0) {
        return -ENOMEM;
    }
    s->running_ns = v[6];
    s->waiting_ns = v[7];
    s->slices = v[8];
    return 0;
}

static int schedstat_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(state, &text, err);
    while (r >= 0 && text.n) {
        struct str line = str_line(&text), cpu = str_word(&line);
        if (str_eat(&cpu, STR("cpu"))) {
            r = add_line(line, cpu, sink, err);
        }
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &schedstat_subject, NULL };

const struct collector collector_schedstat = {
    .name = "schedstat",
    .on_by_default = true,
    .subjects = subjects,
    .start = schedstat_start,
    .read = schedstat_read,
    .stop = node_one_file_stop,
};
