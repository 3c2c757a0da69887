/* node_watchdog_*: /sys/class/watchdog/watchdogN, files of one number or word, each of which a
 * driver may leave out. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

enum { ACCESS_CS0, BOOTSTATUS, FW_VERSION, NOWAYOUT, PRETIMEOUT, TIMELEFT, TIMEOUT, NUMBERS };
enum { IDENTITY, OPTIONS, GOVERNOR, STATE, STATUS, TEXTS };

struct watchdog_sample {
    uint64_t present;
    struct str name, text[TEXTS];
    int64_t v[NUMBERS];
};

static void watchdog_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct watchdog_sample *)sample)->name);
}

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct str *text = ((const struct watchdog_sample *)sample)->text;
    metric_put(out, 1, text[IDENTITY], text[OPTIONS], text[GOVERNOR], text[STATE], text[STATUS]);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct watchdog_sample, "node_watchdog_access_cs0", GAUGE, BIT(ACCESS_CS0),
               v[ACCESS_CS0], 1, "/sys/class/watchdog/*/access_cs0",
               "Whether the other of two boot flashes was booted from."),
    NODE_VALUE(struct watchdog_sample, "node_watchdog_bootstatus", GAUGE, BIT(BOOTSTATUS),
               v[BOOTSTATUS], 1, "/sys/class/watchdog/*/bootstatus",
               "Why the machine was started last, as the driver's bits."),
    NODE_VALUE(struct watchdog_sample, "node_watchdog_fw_version", GAUGE, BIT(FW_VERSION),
               v[FW_VERSION], 1, "/sys/class/watchdog/*/fw_version",
               "Version of the watchdog's firmware."),
    NODE_SERIES("node_watchdog_info", GAUGE, 0, put_info,
                METRIC_LABELS("identity", "options", "pretimeout_governor", "state", "status"),
                "/sys/class/watchdog/*", "What the watchdog is: 1."),
    NODE_VALUE(struct watchdog_sample, "node_watchdog_nowayout", GAUGE, BIT(NOWAYOUT), v[NOWAYOUT],
               1, "/sys/class/watchdog/*/nowayout",
               "Whether the watchdog cannot be stopped once it runs."),
    NODE_VALUE(struct watchdog_sample, "node_watchdog_pretimeout_seconds", GAUGE, BIT(PRETIMEOUT),
               v[PRETIMEOUT], 1, "/sys/class/watchdog/*/pretimeout",
               "How long before its timeout the watchdog warns."),
    NODE_VALUE(struct watchdog_sample, "node_watchdog_timeleft_seconds", GAUGE, BIT(TIMELEFT),
               v[TIMELEFT], 1, "/sys/class/watchdog/*/timeleft",
               "Time until the machine is reset unless the watchdog is fed."),
    NODE_VALUE(struct watchdog_sample, "node_watchdog_timeout_seconds", GAUGE, BIT(TIMEOUT),
               v[TIMEOUT], 1, "/sys/class/watchdog/*/timeout",
               "How long the watchdog waits to be fed."),
};

NODE_SUBJECT_OF(watchdog_subject, "node_watchdog", struct watchdog_sample, rows, watchdog_common,
                METRIC_LABELS("name"));

static const char *const numbers[NUMBERS] = {
    [ACCESS_CS0] = "access_cs0", [BOOTSTATUS] = "bootstatus", [FW_VERSION] = "fw_version",
    [NOWAYOUT] = "nowayout",     [PRETIMEOUT] = "pretimeout", [TIMELEFT] = "timeleft",
    [TIMEOUT] = "timeout",
};

static const char *const texts[TEXTS] = {
    [IDENTITY] = "identity", [OPTIONS] = "options", [GOVERNOR] = "pretimeout_governor",
    [STATE] = "state",       [STATUS] = "status",
};

static int watchdog_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "class/watchdog", ret_state, err);
}

static int add_watchdog(int fd, struct str name, struct metric_sink *sink, struct err *err)
{
    struct watchdog_sample *s = metric_sink_add(sink, &watchdog_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    s->name = name;
    for (size_t i = 0; i < NUMBERS; i++) {
        if (node_i64_at(fd, numbers[i], &s->v[i]) >= 0) {
            s->present |= BIT(i);
        }
    }
    for (size_t i = 0; i < TEXTS; i++) {
        if (node_text_at(fd, texts[i], metric_sink_arena(sink), &s->text[i]) == -ENOMEM) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int watchdog_read(void *state, struct metric_sink *sink, struct err *err)
{
    int dirfd = node_dir_fd(state);
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(dirfd, metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        auto_close int fd = file_open_dir_at(dirfd, names[i].p);
        if (fd >= 0) {
            r = add_watchdog(fd, names[i], sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "class/watchdog") : 0;
}

static const struct metric_subject *const subjects[] = { &watchdog_subject, NULL };

const struct collector collector_watchdog = {
    .name = "watchdog",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = watchdog_start,
    .read = watchdog_read,
    .stop = node_dir_stop,
};
