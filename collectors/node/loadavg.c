/* node_load*: /proc/loadavg, "0.20 0.18 0.12 1/80 11206". */
#include "base/num.h"
#include "collectors/node/node_file.h"

struct loadavg_sample {
    double load[3];
};

#define LOAD(family, at, text)                                                                     \
    {                                                                                              \
        .name = (family), .help = (text), .source = "/proc/loadavg", .type = METRIC_GAUGE,         \
        .field = METRIC_FIELD(struct loadavg_sample, load[at], 0),                                 \
    }

static const struct metric_family rows[] = {
    LOAD("node_load1", 0, "Load average over one minute."),
    LOAD("node_load15", 2, "Load average over fifteen minutes."),
    LOAD("node_load5", 1, "Load average over five minutes."),
};

static const struct metric_subject loadavg_subject = {
    .name = "node_loadavg",
    .part = "node",
    .sample_size = sizeof(struct loadavg_sample),
    .present_at = METRIC_NO_PRESENCE,
    .sorted_labels = true,
    .rows = rows,
    .n_rows = KG_ARRAY_LEN(rows),
};

static int loadavg_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "loadavg", ret_state, err);
}

static int loadavg_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    struct loadavg_sample loads;
    int r = node_file_read(state, &text, err);
    if (r < 0) {
        return r;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(loads.load); i++) {
        if (num_scan_double(str_word(&text), &loads.load[i]) < 0) {
            return err_set(err, EBADMSG, "loadavg: field %zu is no number", i + 1);
        }
    }
    struct loadavg_sample *s = metric_sink_add(sink, &loadavg_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = loads;
    return 0;
}

static const struct metric_subject *const subjects[] = { &loadavg_subject, NULL };

const struct collector collector_loadavg = {
    .name = "loadavg",
    .on_by_default = true,
    .subjects = subjects,
    .start = loadavg_start,
    .read = loadavg_read,
    .stop = node_one_file_stop,
};
