/* node_cgroups_*: /proc/cgroups, "#subsys_name hierarchy num_cgroups enabled", then
 * "memory  4  79  1". */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct cgroups_sample {
    uint64_t present;
    struct str name;
    uint64_t cgroups, enabled;
};

static void cgroups_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct cgroups_sample *)sample)->name);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct cgroups_sample, "node_cgroups_cgroups", GAUGE, 0, cgroups, 1,
               "/proc/cgroups num_cgroups", "Cgroups of the controller."),
    NODE_VALUE(struct cgroups_sample, "node_cgroups_enabled", GAUGE, 0, enabled, 1,
               "/proc/cgroups enabled", "Whether the kernel was started with the controller."),
};

NODE_SUBJECT_OF(cgroups_subject, "node_cgroups", struct cgroups_sample, rows, cgroups_common,
                METRIC_LABELS("subsys_name"));

static int cgroups_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "cgroups", ret_state, err);
}

static int add_controller(struct str line, struct metric_sink *sink, struct err *err)
{
    struct cgroups_sample values = { 0 };
    struct str name = str_word(&line);
    str_word(&line); /* the hierarchy's number */
    if (num_scan_u64(str_word(&line), &values.cgroups) < 0 ||
        num_scan_u64(str_word(&line), &values.enabled) < 0) {
        return err_set(err, EBADMSG, "cgroups: " STR_FMT ": malformed",
                       STR_ARG(str_head(name, 40)));
    }
    struct cgroups_sample *s = metric_sink_add(sink, &cgroups_subject, NULL, 0, err);
    if (!s || arena_str(metric_sink_arena(sink), name, &values.name) < 0) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int cgroups_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(state, &text, err);
    while (r >= 0 && text.n) {
        struct str line = str_line(&text);
        r = str_starts(line, STR("#")) ? 0 : add_controller(line, sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &cgroups_subject, NULL };

const struct collector collector_cgroups = {
    .name = "cgroups",
    .subjects = subjects,
    .start = cgroups_start,
    .read = cgroups_read,
    .stop = node_one_file_stop,
};
