/* node_time_*: the clock, its zone, and the kernel's sources of time. */
#include "base/clock.h"
#include "collectors/node/node_kept.h"
#include "collectors/node/node_rows.h"

#include <time.h>

struct time_sample {
    uint64_t present;
    double seconds;
};

struct zone_sample {
    uint64_t present;
    struct str zone;
    double offset;
};

struct clocksource {
    struct str device, name;
    bool current;
};

struct sources_sample {
    uint64_t present;
    const struct clocksource *list;
    size_t n;
};

static void put_sources(const void *sample, bool current, struct metric_writer *out)
{
    const struct sources_sample *s = sample;
    for (size_t i = 0; i < s->n; i++) {
        if (s->list[i].current == current) {
            metric_put(out, 1, s->list[i].name, s->list[i].device);
        }
    }
}

static void put_available(const void *sample, struct metric_writer *out)
{
    put_sources(sample, false, out);
}

static void put_current(const void *sample, struct metric_writer *out)
{
    put_sources(sample, true, out);
}

static void put_zone(const void *sample, struct metric_writer *out)
{
    const struct zone_sample *s = sample;
    metric_put(out, s->offset, s->zone);
}

static const struct metric_family sources_rows[] = {
    NODE_SERIES("node_time_clocksource_available_info", GAUGE, 0, put_available,
                METRIC_LABELS("clocksource", "device"),
                "/sys/devices/system/clocksource/clocksource*/available_clocksource",
                "Sources of time that the kernel could take."),
    NODE_SERIES("node_time_clocksource_current_info", GAUGE, 0, put_current,
                METRIC_LABELS("clocksource", "device"),
                "/sys/devices/system/clocksource/clocksource*/current_clocksource",
                "Source of time that the kernel takes."),
};
static const struct metric_family time_rows[] = {
    NODE_VALUE(struct time_sample, "node_time_seconds", GAUGE, 0, seconds, 1, "clock_gettime(2)",
               "Time of the machine when it was read, as Unix time."),
};
static const struct metric_family zone_rows[] = {
    NODE_SERIES("node_time_zone_offset_seconds", GAUGE, 0, put_zone, METRIC_LABELS("time_zone"),
                "the agent's time zone", "Local time less UTC."),
};

NODE_SUBJECT(sources_subject, "node_time_clocksource", struct sources_sample, sources_rows);
NODE_SUBJECT(time_subject, "node_time", struct time_sample, time_rows);
NODE_SUBJECT(zone_subject, "node_time_zone", struct zone_sample, zone_rows);

/* Files of each clock source. */
enum { AVAILABLE, CURRENT, FILES };
static const char *const files[FILES] = { "available_clocksource", "current_clocksource" };

struct times {
    int dirfd; /* of the clock sources, -1: none */
    struct node_kept *kept;
};

static void time_stop(void *state)
{
    struct times *t = state;
    node_kept_free(t->kept);
    kg_close_cleanup(&t->dirfd);
    free(t);
}

static int time_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct times *t = calloc(1, sizeof(*t));
    if (!t) {
        return node_no_memory(err, "time");
    }
    t->dirfd = node_dir_open(env->sysfs, "devices/system/clocksource", NULL);
    t->kept = node_kept_new(files, FILES);
    if (!t->kept) {
        time_stop(t);
        return node_no_memory(err, "time");
    }
    *ret_state = t;
    return 0;
}

#define SOURCES_MAX 64

/* The names in a file of folder number i, "clocksource0". */
static int add_file(const struct times *t, size_t i, struct str folder, size_t file,
                    struct arena *mem, struct clocksource *list, size_t *n)
{
    char text[1024];
    struct str names = { 0 }, device = folder;
    if (!str_eat(&device, STR("clocksource")) ||
        node_kept_line(t->kept, i, file, text, sizeof(text), &names) < 0) {
        return 0;
    }
    for (struct str name = str_word(&names); name.n && *n < SOURCES_MAX; name = str_word(&names)) {
        list[*n] = (struct clocksource){ .device = device, .current = file == CURRENT };
        if (arena_str(mem, name, &list[*n].name) < 0) {
            return -ENOMEM;
        }
        ++*n;
    }
    return 0;
}

static int add_sources(const struct times *t, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct clocksource *list = ARENA_ARRAY(mem, SOURCES_MAX, struct clocksource);
    struct str *folders = NULL;
    size_t n_folders = 0, n = 0;
    struct sources_sample *s = metric_sink_add(sink, &sources_subject, NULL, 0, err);
    int r = list && s ? node_kept_names(t->kept, t->dirfd, mem, &folders, &n_folders) : -ENOMEM;
    for (size_t i = 0; i < n_folders * FILES && r >= 0; i++) {
        r = add_file(t, i / FILES, folders[i / FILES], i % FILES, mem, list, &n);
    }
    if (r < 0) {
        return err_set_errno(err, -r, "time: clock sources");
    }
    s->list = list;
    s->n = n;
    return 0;
}

static int time_read(void *state, struct metric_sink *sink, struct err *err)
{
    const struct times *t = state;
    struct timespec now;
    struct tm local;
    struct time_sample *s = metric_sink_add(sink, &time_subject, NULL, 0, err);
    struct zone_sample *z = metric_sink_add(sink, &zone_subject, NULL, 0, err);
    if (!s || !z) {
        return -ENOMEM;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    s->seconds = (double)now.tv_sec + (double)now.tv_nsec / (double)CLOCK_NS_PER_SEC;
    if (!localtime_r(&now.tv_sec, &local)) {
        return err_set(err, EOVERFLOW, "time: no local time");
    }
    z->offset = (double)local.tm_gmtoff;
    if (arena_str(metric_sink_arena(sink), str_of(local.tm_zone), &z->zone) < 0) {
        return -ENOMEM;
    }
    return t->dirfd < 0 ? 0 : add_sources(t, sink, err);
}

static const struct metric_subject *const subjects[] = { &sources_subject, &time_subject,
                                                         &zone_subject, NULL };

const struct collector collector_time = {
    .name = "time",
    .on_by_default = true,
    .subjects = subjects,
    .start = time_start,
    .read = time_read,
    .stop = time_stop,
};
