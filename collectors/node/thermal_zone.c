/* node_thermal_zone_temp, node_cooling_device_*: /sys/class/thermal. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

struct zone_sample {
    uint64_t present;
    struct str type, zone;
    int64_t millidegrees;
};

static void zone_common(const void *sample, struct metric_writer *out)
{
    const struct zone_sample *s = sample;
    metric_common(out, s->type);
    metric_common(out, s->zone);
}

static const struct metric_family zone_rows[] = {
    NODE_VALUE(struct zone_sample, "node_thermal_zone_temp", GAUGE, 0, millidegrees, 1e-3,
               "/sys/class/thermal/thermal_zone*/temp",
               "Temperature of the zone in degrees Celsius."),
};

NODE_SUBJECT_OF(zone_subject, "node_thermal_zone", struct zone_sample, zone_rows, zone_common,
                METRIC_LABELS("type", "zone"));

struct cooling_sample {
    uint64_t present;
    struct str name, type;
    int64_t current, most;
};

static void cooling_common(const void *sample, struct metric_writer *out)
{
    const struct cooling_sample *s = sample;
    metric_common(out, s->name);
    metric_common(out, s->type);
}

static const struct metric_family cooling_rows[] = {
    NODE_VALUE(struct cooling_sample, "node_cooling_device_cur_state", GAUGE, 0, current, 1,
               "/sys/class/thermal/cooling_device*/cur_state", "How hard the device cools now."),
    NODE_VALUE(struct cooling_sample, "node_cooling_device_max_state", GAUGE, 0, most, 1,
               "/sys/class/thermal/cooling_device*/max_state", "How hard the device can cool."),
};

NODE_SUBJECT_OF(cooling_subject, "node_cooling_device", struct cooling_sample, cooling_rows,
                cooling_common, METRIC_LABELS("name", "type"));

static int thermal_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "class/thermal", ret_state, err);
}

static int add_zone(int fd, struct str number, struct metric_sink *sink, struct err *err)
{
    struct zone_sample values = { .zone = number };
    int r = node_text_at(fd, "type", metric_sink_arena(sink), &values.type);
    if (r < 0 || node_i64_at(fd, "temp", &values.millidegrees) < 0) {
        return r == -ENOMEM ? r : 0; /* a zone that is off cannot be read */
    }
    struct zone_sample *s = metric_sink_add(sink, &zone_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int add_cooling(int fd, struct str number, struct metric_sink *sink, struct err *err)
{
    struct cooling_sample values = { .name = number };
    int r = node_text_at(fd, "type", metric_sink_arena(sink), &values.type);
    if (r < 0 || node_i64_at(fd, "cur_state", &values.current) < 0 ||
        node_i64_at(fd, "max_state", &values.most) < 0) {
        return r == -ENOMEM ? r : 0;
    }
    struct cooling_sample *s = metric_sink_add(sink, &cooling_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int thermal_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(dirfd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        struct str number = names[i];
        auto_close int fd = file_open_dir_at(dirfd, names[i].p);
        if (fd < 0) {
            continue;
        }
        if (str_eat(&number, STR("thermal_zone"))) {
            r = add_zone(fd, number, sink, err);
        } else if (str_eat(&number, STR("cooling_device"))) {
            r = add_cooling(fd, number, sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "class/thermal") : 0;
}

static const struct metric_subject *const subjects[] = { &zone_subject, &cooling_subject, NULL };

const struct collector collector_thermal_zone = {
    .name = "thermal_zone",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = thermal_start,
    .read = thermal_read,
    .stop = node_dir_stop,
};
