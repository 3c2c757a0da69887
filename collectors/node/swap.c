/* node_swap_*: /proc/swaps, a heading, then "/dev/zram0  partition  8388604  76  100": sizes in
 * KiB, priority. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct swap_sample {
    uint64_t present;
    struct str device, type;
    uint64_t size, used;
    int64_t priority;
};

static void swap_common(const void *sample, struct metric_writer *out)
{
    const struct swap_sample *s = sample;
    metric_common(out, s->device);
    metric_common(out, s->type);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct swap_sample, "node_swap_priority", GAUGE, 0, priority, 1,
               "/proc/swaps Priority", "Swap space of a higher priority is used first."),
    NODE_VALUE(struct swap_sample, "node_swap_size_bytes", GAUGE, 0, size, 1024, "/proc/swaps Size",
               "Size of the swap space."),
    NODE_VALUE(struct swap_sample, "node_swap_used_bytes", GAUGE, 0, used, 1024, "/proc/swaps Used",
               "Swap space in use."),
};

NODE_SUBJECT_OF(swap_subject, "node_swap", struct swap_sample, rows, swap_common,
                METRIC_LABELS("device", "swap_type"));

static int swap_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_one_file_start(env->procfs, "swaps", ret_state, err);
}

static int add_space(struct str line, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct swap_sample values = { 0 };
    struct str device = str_word(&line), type = str_word(&line);
    if (num_scan_u64(str_word(&line), &values.size) < 0 ||
        num_scan_u64(str_word(&line), &values.used) < 0 ||
        num_scan_i64(str_word(&line), &values.priority) < 0) {
        return err_set(err, EBADMSG, "swaps: " STR_FMT ": malformed",
                       STR_ARG(str_head(device, 80)));
    }
    struct swap_sample *s = metric_sink_add(sink, &swap_subject, NULL, 0, err);
    if (!s || arena_str(mem, device, &values.device) < 0 ||
        arena_str(mem, type, &values.type) < 0) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int swap_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(state, &text, err);
    str_line(&text); /* the heading */
    while (r >= 0 && text.n) {
        r = add_space(str_line(&text), sink, err);
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &swap_subject, NULL };

const struct collector collector_swap = {
    .name = "swap",
    .subjects = subjects,
    .start = swap_start,
    .read = swap_read,
    .stop = node_one_file_stop,
};
