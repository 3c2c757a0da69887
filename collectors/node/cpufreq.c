/* node_cpu_frequency_*, node_cpu_scaling_*: /sys/devices/system/cpu/cpuN/cpufreq, in kHz. Reading
 * one may ask each processor. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define FREQUENCIES 7
#define GOVERNOR BIT(FREQUENCIES)

struct cpufreq_sample {
    uint64_t present;
    struct str cpu, governor, governors;
    uint64_t khz[FREQUENCIES];
};

/* In the order of the rows. */
static const char *const files[FREQUENCIES] = {
    "cpuinfo_avg_freq", "cpuinfo_cur_freq", "cpuinfo_max_freq", "cpuinfo_min_freq",
    "scaling_cur_freq", "scaling_max_freq", "scaling_min_freq",
};

static void cpufreq_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct cpufreq_sample *)sample)->cpu);
}

static void put_governor(const void *sample, struct metric_writer *out)
{
    const struct cpufreq_sample *s = sample;
    struct str rest = s->governors;
    for (struct str name = str_word(&rest); name.n; name = str_word(&rest)) {
        metric_put(out, str_eq(name, s->governor), name);
    }
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct cpufreq_sample, "node_cpu_frequency_avg_hertz", GAUGE, BIT(0), khz[0], 1000,
               "/sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_avg_freq",
               "Frequency, averaged by the hardware."),
    NODE_VALUE(struct cpufreq_sample, "node_cpu_frequency_hertz", GAUGE, BIT(1), khz[1], 1000,
               "/sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_cur_freq",
               "Frequency of the processor."),
    NODE_VALUE(struct cpufreq_sample, "node_cpu_frequency_max_hertz", GAUGE, BIT(2), khz[2], 1000,
               "/sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_max_freq", "Highest frequency."),
    NODE_VALUE(struct cpufreq_sample, "node_cpu_frequency_min_hertz", GAUGE, BIT(3), khz[3], 1000,
               "/sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_min_freq", "Lowest frequency."),
    NODE_VALUE(struct cpufreq_sample, "node_cpu_scaling_frequency_hertz", GAUGE, BIT(4), khz[4],
               1000, "/sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq",
               "Frequency that the kernel has set."),
    NODE_VALUE(struct cpufreq_sample, "node_cpu_scaling_frequency_max_hertz", GAUGE, BIT(5), khz[5],
               1000, "/sys/devices/system/cpu/cpu*/cpufreq/scaling_max_freq",
               "Highest frequency that the kernel may set."),
    NODE_VALUE(struct cpufreq_sample, "node_cpu_scaling_frequency_min_hertz", GAUGE, BIT(6), khz[6],
               1000, "/sys/devices/system/cpu/cpu*/cpufreq/scaling_min_freq",
               "Lowest frequency that the kernel may set."),
    NODE_SERIES(
        "node_cpu_scaling_governor", GAUGE, GOVERNOR, put_governor, METRIC_LABELS("governor"),
        "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor, scaling_available_governors",
        "Whether the governor is the one in use."),
};

NODE_SUBJECT_OF(cpufreq_subject, "node_cpufreq", struct cpufreq_sample, rows, cpufreq_common,
                METRIC_LABELS("cpu"));

static int cpufreq_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "devices/system/cpu", ret_state, err);
}

static int add_cpu(int fd, struct str cpu, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct cpufreq_sample values = { .cpu = cpu };
    for (size_t i = 0; i < FREQUENCIES; i++) {
        if (node_u64_at(fd, files[i], &values.khz[i]) >= 0) {
            values.present |= BIT(i);
        }
    }
    if (node_text_at(fd, "scaling_governor", mem, &values.governor) >= 0 &&
        node_text_at(fd, "scaling_available_governors", mem, &values.governors) >= 0) {
        values.present |= GOVERNOR;
    }
    struct cpufreq_sample *s = metric_sink_add(sink, &cpufreq_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int cpufreq_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(dirfd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        struct str number = names[i];
        uint64_t v;
        if (!str_eat(&number, STR("cpu")) || num_scan_u64(number, &v) < 0) {
            continue;
        }
        char path[300];
        snprintf(path, sizeof(path), "%s/cpufreq", names[i].p);
        auto_close int fd = file_open_dir_at(dirfd, path);
        if (fd >= 0) {
            r = add_cpu(fd, number, sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "cpufreq") : 0;
}

static const struct metric_subject *const subjects[] = { &cpufreq_subject, NULL };

const struct collector collector_cpufreq = {
    .name = "cpufreq",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = cpufreq_start,
    .read = cpufreq_read,
    .stop = node_dir_stop,
};
