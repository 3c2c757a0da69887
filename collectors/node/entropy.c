/* node_entropy_*: /proc/sys/kernel/random. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct entropy_sample {
    uint64_t present;
    uint64_t available, pool;
};

static const struct metric_family rows[] = {
    NODE_VALUE(struct entropy_sample, "node_entropy_available_bits", GAUGE, BIT(0), available, 1,
               "/proc/sys/kernel/random/entropy_avail", "Bits of entropy at hand."),
    NODE_VALUE(struct entropy_sample, "node_entropy_pool_size_bits", GAUGE, BIT(1), pool, 1,
               "/proc/sys/kernel/random/poolsize", "Bits of entropy that the pool can hold."),
};

NODE_SUBJECT(entropy_subject, "node_entropy", struct entropy_sample, rows);

static int entropy_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    static const char *const paths[] = { "sys/kernel/random/entropy_avail",
                                         "sys/kernel/random/poolsize", NULL };
    return node_numbers_start(env->procfs, paths, ret_state, err);
}

static int entropy_read(void *state, struct metric_sink *sink, struct err *err)
{
    uint64_t v[NODE_NUMBERS_MAX], present;
    int r = node_numbers_read(state, v, &present, err);
    if (r < 0) {
        return r;
    }
    struct entropy_sample *s = metric_sink_add(sink, &entropy_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = (struct entropy_sample){ .present = present, .available = v[0], .pool = v[1] };
    return 0;
}

static const struct metric_subject *const subjects[] = { &entropy_subject, NULL };

const struct collector collector_entropy = {
    .name = "entropy",
    .on_by_default = true,
    .subjects = subjects,
    .start = entropy_start,
    .read = entropy_read,
    .stop = node_numbers_stop,
};
