/* node_kernel_hung_tasks_total: tasks that the kernel has found blocked for too long (Linux 6.13).
 */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct hung_sample {
    uint64_t present;
    uint64_t tasks;
};

static const struct metric_family rows[] = {
    NODE_VALUE(struct hung_sample, "node_kernel_hung_tasks_total", COUNTER, BIT(0), tasks, 1,
               "/proc/sys/kernel/hung_task_detect_count",
               "Tasks found blocked for longer than the hung task timeout."),
};

NODE_SUBJECT(hung_subject, "node_kernel_hung", struct hung_sample, rows);

static int hung_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    static const char *const paths[] = { "sys/kernel/hung_task_detect_count", NULL };
    return node_numbers_start(env->procfs, paths, ret_state, err);
}

static int hung_read(void *state, struct metric_sink *sink, struct err *err)
{
    uint64_t v[NODE_NUMBERS_MAX], present;
    int r = node_numbers_read(state, v, &present, err);
    struct hung_sample *s = r < 0 ? NULL : metric_sink_add(sink, &hung_subject, NULL, 0, err);
    if (!s) {
        return r < 0 ? r : -ENOMEM;
    }
    *s = (struct hung_sample){ .present = present, .tasks = v[0] };
    return 0;
}

static const struct metric_subject *const subjects[] = { &hung_subject, NULL };

const struct collector collector_kernel_hung = {
    .name = "kernel_hung",
    .on_by_default = true,
    .subjects = subjects,
    .start = hung_start,
    .read = hung_read,
    .stop = node_numbers_stop,
};
