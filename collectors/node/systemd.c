/* node_systemd_*: units and their states, as systemd tells over D-Bus. Each property is a call of
 * its own, as the peer has it: all properties of a service at once would make systemd read its
 * cgroup. */
#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"
#include "collectors/node/systemd_bus.h"

#include <limits.h>

#define EXCLUDE "collector.systemd.unit-exclude"
#define INCLUDE "collector.systemd.unit-include"
#define TASKS "collector.systemd.enable-task-metrics"
#define RESTARTS "collector.systemd.enable-restarts-metrics"
#define START_TIMES "collector.systemd.enable-start-time-metrics"
#define PRIVATE "collector.systemd.private"
#define DEADLINE_NS UINT64_C(5000000000) /* where none is known */

#define VERSION BIT(0)
#define RUNNING BIT(1)
#define UNITS BIT(2)

/* The first five are served always, the others when a unit is in them. */
#define STATES_ALWAYS 5
static const struct str states[] = {
    STR_INIT("activating"), STR_INIT("active"),    STR_INIT("deactivating"),
    STR_INIT("failed"),     STR_INIT("inactive"),  STR_INIT("maintenance"),
    STR_INIT("refreshing"), STR_INIT("reloading"),
};

struct systemd_sample {
    uint64_t present;
    double version;
    struct str version_text, virtualization;
    uint64_t running;
    uint64_t units[KG_ARRAY_LEN(states)];
};

/* Numbers of a unit. */
enum {
    RESTART,
    ACCEPTED,
    CONNECTIONS,
    REFUSED,
    LAST_TRIGGER,
    START,
    TASKS_NOW,
    TASKS_MOST,
    VALUES
};

struct unit_sample {
    uint64_t present; /* bit i: v[i] */
    struct str name, type, active;
    uint64_t v[VALUES];
};

static void put_units(const void *sample, struct metric_writer *out)
{
    const struct systemd_sample *s = sample;
    for (size_t i = 0; i < KG_ARRAY_LEN(states); i++) {
        if (i < STATES_ALWAYS || s->units[i]) {
            metric_put(out, (double)s->units[i], states[i]);
        }
    }
}

static void put_version(const void *sample, struct metric_writer *out)
{
    const struct systemd_sample *s = sample;
    metric_put(out, s->version, s->version_text);
}

static void put_virtualization(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct systemd_sample *)sample)->virtualization);
}

static void unit_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct unit_sample *)sample)->name);
}

static void put_states(const void *sample, struct metric_writer *out)
{
    const struct unit_sample *s = sample;
    for (size_t i = 0; i < STATES_ALWAYS; i++) {
        metric_put(out, str_eq(s->active, states[i]), states[i], s->type);
    }
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct systemd_sample, "node_systemd_system_running", GAUGE, RUNNING, running, 1,
               "D-Bus Manager SystemState", "Whether all of the system is up, as systemd says."),
    NODE_SERIES("node_systemd_units", GAUGE, UNITS, put_units, METRIC_LABELS("state"),
                "D-Bus Manager ListUnits", "Units in each state."),
    NODE_SERIES("node_systemd_version", GAUGE, VERSION, put_version, METRIC_LABELS("version"),
                "D-Bus Manager Version", "Version of systemd, as a number and in full."),
    NODE_SERIES("node_systemd_virtualization_info", GAUGE, 0, put_virtualization,
                METRIC_LABELS("virtualization_type"), "D-Bus Manager Virtualization",
                "What systemd found the machine to be virtualized by."),
};

#define UNIT_VALUE(family, kind, at, scale, from, text)                                            \
    NODE_VALUE(struct unit_sample, family, kind, BIT(at), v[at], scale, from, text)

static const struct metric_family unit_rows[] = {
    UNIT_VALUE("node_systemd_service_restart_total", COUNTER, RESTART, 1, "D-Bus Service NRestarts",
               "Times that systemd started the service again by itself."),
    UNIT_VALUE("node_systemd_socket_accepted_connections_total", COUNTER, ACCEPTED, 1,
               "D-Bus Socket NAccepted", "Connections that the socket unit took."),
    UNIT_VALUE("node_systemd_socket_current_connections", GAUGE, CONNECTIONS, 1,
               "D-Bus Socket NConnections", "Connections of the socket unit that are open."),
    UNIT_VALUE("node_systemd_socket_refused_connections_total", GAUGE, REFUSED, 1,
               "D-Bus Socket NRefused", "Connections that the socket unit refused."),
    UNIT_VALUE("node_systemd_timer_last_trigger_seconds", GAUGE, LAST_TRIGGER, 1e-6,
               "D-Bus Timer LastTriggerUSec", "When the timer last went off, as Unix time."),
    UNIT_VALUE("node_systemd_unit_start_time_seconds", GAUGE, START, 1e-6,
               "D-Bus Unit ActiveEnterTimestamp",
               "When the unit became active, as Unix time; 0 when it is not."),
    NODE_SERIES("node_systemd_unit_state", GAUGE, 0, put_states, METRIC_LABELS("state", "type"),
                "D-Bus Manager ListUnits", "Which of the states the unit is in."),
    UNIT_VALUE("node_systemd_unit_tasks_current", GAUGE, TASKS_NOW, 1, "D-Bus Service TasksCurrent",
               "Tasks of the service."),
    UNIT_VALUE("node_systemd_unit_tasks_max", GAUGE, TASKS_MOST, 1, "D-Bus Service TasksMax",
               "Tasks that the service may have."),
};

NODE_SUBJECT(systemd_subject, "node_systemd", struct systemd_sample, rows);
NODE_SUBJECT_OF(unit_subject, "node_systemd_unit", struct unit_sample, unit_rows, unit_common,
                METRIC_LABELS("name"));

extern const struct collector collector_systemd;

static const struct collector_option options[] = {
    { START_TIMES, COLLECTOR_SWITCH, "false", "Serve node_systemd_unit_start_time_seconds." },
    { RESTARTS, COLLECTOR_SWITCH, "false", "Serve node_systemd_service_restart_total." },
    { TASKS, COLLECTOR_SWITCH, "false",
      "Serve node_systemd_unit_tasks_current and node_systemd_unit_tasks_max." },
    { PRIVATE, COLLECTOR_SWITCH, "false",
      "Ask systemd itself at /run/systemd/private and not the bus; only root may." },
    { EXCLUDE, COLLECTOR_PATTERN, ".+\\.(automount|device|mount|scope|slice)",
      "Units that are left out, by their whole name." },
    { INCLUDE, COLLECTOR_PATTERN, ".+", "The only units that are taken, by their whole name." },
    { 0 },
};

struct systemd {
    struct systemd_bus *bus;
    struct node_filter filter;
    bool tasks, restarts, start_times;
    uint64_t deadline_ns;
};

static void systemd_stop(void *state)
{
    struct systemd *s = state;
    systemd_bus_free(s->bus);
    node_filter_done(&s->filter);
    free(s);
}

/* In a container the machine's /run is below the machine's root. */
static int find_bus(const struct collector_env *env, struct systemd *s, struct err *err)
{
    char path[PATH_MAX], address[3 * PATH_MAX];
    const char *given = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    bool direct = collector_option_value(env, &collector_systemd, PRIVATE).on;
    if (given && *given && !direct) {
        return systemd_bus_new(given, direct, &s->bus, err);
    }
    const char *name = direct ? "run/systemd/private" : "run/dbus/system_bus_socket";
    int r = file_join(path, sizeof(path), env->rootfs, name);
    r = r < 0 ? r : systemd_bus_address(address, sizeof(address), str_of(path));
    return r < 0 ? err_set_errno(err, -r, "%.150s", name)
                 : systemd_bus_new(address, direct, &s->bus, err);
}

static int systemd_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct systemd *s = calloc(1, sizeof(*s));
    if (!s) {
        return node_no_memory(err, "systemd");
    }
    s->tasks = collector_option_value(env, &collector_systemd, TASKS).on;
    s->restarts = collector_option_value(env, &collector_systemd, RESTARTS).on;
    s->start_times = collector_option_value(env, &collector_systemd, START_TIMES).on;
    s->deadline_ns = env->deadline_ns ? env->deadline_ns : DEADLINE_NS;
    int r = find_bus(env, s, err);
    if (r >= 0) {
        r = node_filter_init_whole(&s->filter, env, &collector_systemd, EXCLUDE, INCLUDE, err);
    }
    if (r < 0) {
        systemd_stop(s);
        return r;
    }
    *ret_state = s;
    return 0;
}

/* What a unit does not have is left out; other errors end the reading. */
static int take(int r, size_t at, struct unit_sample *u)
{
    u->present |= r >= 0 ? BIT(at) : 0;
    return r == -ENODATA ? 0 : r;
}

static int read_number(struct systemd_bus *bus, const char *path, const char *interface,
                       const char *property, size_t at, struct unit_sample *u, struct err *err)
{
    return take(systemd_bus_u64(bus, path, interface, property, &u->v[at], err), at, u);
}

static int read_type(struct systemd_bus *bus, const char *path, const char *interface,
                     struct arena *mem, struct unit_sample *u, struct err *err)
{
    int r = systemd_bus_text(bus, path, interface, "Type", mem, &u->type, err);
    return r == -ENODATA ? 0 : r;
}

/* systemd's word for a number that it does not know, or for no maximum. */
static void forget_unlimited(size_t at, struct unit_sample *u)
{
    u->present &= u->v[at] == UINT64_MAX ? ~BIT(at) : UINT64_MAX;
}

static int read_service(const struct systemd *s, const char *path, struct arena *mem,
                        struct unit_sample *u, struct err *err)
{
    int r = read_type(s->bus, path, "Service", mem, u, err);
    if (r >= 0 && s->restarts) {
        r = read_number(s->bus, path, "Service", "NRestarts", RESTART, u, err);
    }
    if (r >= 0 && s->tasks) {
        r = read_number(s->bus, path, "Service", "TasksCurrent", TASKS_NOW, u, err);
        r = r < 0 ? r : read_number(s->bus, path, "Service", "TasksMax", TASKS_MOST, u, err);
        forget_unlimited(TASKS_NOW, u);
        forget_unlimited(TASKS_MOST, u);
    }
    return r;
}

static int read_socket(struct systemd_bus *bus, const char *path, struct unit_sample *u,
                       struct err *err)
{
    int r = read_number(bus, path, "Socket", "NAccepted", ACCEPTED, u, err);
    r = r < 0 ? r : read_number(bus, path, "Socket", "NConnections", CONNECTIONS, u, err);
    return r < 0 ? r : read_number(bus, path, "Socket", "NRefused", REFUSED, u, err);
}

static int read_unit(const struct systemd *s, const char *path, struct arena *mem,
                     struct unit_sample *u, struct err *err)
{
    int r = 0;
    if (str_ends(u->name, STR(".service"))) {
        r = read_service(s, path, mem, u, err);
    } else if (str_ends(u->name, STR(".mount"))) {
        r = read_type(s->bus, path, "Mount", mem, u, err);
    } else if (str_ends(u->name, STR(".timer"))) {
        r = read_number(s->bus, path, "Timer", "LastTriggerUSec", LAST_TRIGGER, u, err);
    } else if (str_ends(u->name, STR(".socket"))) {
        r = read_socket(s->bus, path, u, err);
    }
    if (r >= 0 && s->start_times) {
        if (!str_eq(u->active, STR("active"))) {
            return take(0, START, u);
        }
        r = read_number(s->bus, path, "Unit", "ActiveEnterTimestamp", START, u, err);
    }
    return r;
}

/* "252.38-1~deb12u1" is 252.38; "v256" is 256. */
static bool parse_version(struct str text, double *ret)
{
    size_t from = 0, to;
    while (from < text.n && (text.p[from] < '0' || text.p[from] > '9')) {
        from++;
    }
    bool point = false;
    for (to = from; to < text.n; to++) {
        bool digit = text.p[to] >= '0' && text.p[to] <= '9';
        bool fraction = text.p[to] == '.' && !point && to + 1 < text.n && text.p[to + 1] >= '0' &&
                        text.p[to + 1] <= '9';
        if (!digit && !fraction) {
            break;
        }
        point = point || fraction;
    }
    return num_scan_double(str_head(str_from(text, from), to - from), ret) == 0;
}

static int read_manager(struct systemd_bus *bus, struct arena *mem, struct systemd_sample *s,
                        struct err *err)
{
    struct str running = { 0 };
    int r = systemd_bus_text(bus, NULL, SYSTEMD_MANAGER, "Version", mem, &s->version_text, err);
    if (r >= 0 && parse_version(s->version_text, &s->version)) {
        s->present |= VERSION;
    }
    if (r >= 0 || r == -ENODATA) {
        r = systemd_bus_text(bus, NULL, SYSTEMD_MANAGER, "Virtualization", mem, &s->virtualization,
                             err);
        s->virtualization = r < 0                          ? STR("unknown")
                            : str_empty(s->virtualization) ? STR("none")
                                                           : s->virtualization;
    }
    if (r >= 0 || r == -ENODATA) {
        r = systemd_bus_text(bus, NULL, SYSTEMD_MANAGER, "SystemState", mem, &running, err);
        s->present |= r >= 0 ? RUNNING : 0;
        s->running = str_eq(running, STR("running"));
    }
    return r == -ENODATA ? 0 : r;
}

static int add_unit(const struct systemd *s, const struct systemd_unit *unit,
                    struct metric_sink *sink, struct err *err)
{
    struct unit_sample *u = metric_sink_add(sink, &unit_subject, NULL, 0, err);
    if (!u) {
        return -ENOMEM;
    }
    u->name = unit->name;
    u->active = unit->active;
    return read_unit(s, unit->path, metric_sink_arena(sink), u, err);
}

static void count_unit(struct systemd_sample *s, struct str active)
{
    for (size_t i = 0; i < KG_ARRAY_LEN(states); i++) {
        s->units[i] += str_eq(active, states[i]);
    }
}

static int systemd_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct systemd *s = state;
    struct systemd_unit *units = NULL;
    size_t n = 0;
    int r = systemd_bus_begin(s->bus, clock_mono_ns() + s->deadline_ns, err);
    if (r < 0) {
        return r;
    }
    struct systemd_sample *all = metric_sink_add(sink, &systemd_subject, NULL, 0, err);
    if (!all) {
        return -ENOMEM;
    }
    all->virtualization = STR("unknown");
    r = read_manager(s->bus, metric_sink_arena(sink), all, err);
    r = r < 0 ? r : systemd_bus_units(s->bus, metric_sink_arena(sink), &units, &n, err);
    all->present |= r < 0 ? 0 : UNITS;
    for (size_t i = 0; i < n && r >= 0; i++) {
        count_unit(all, units[i].active);
        if (node_filter_takes(&s->filter, units[i].name) && str_eq(units[i].load, STR("loaded"))) {
            r = add_unit(s, &units[i], sink, err);
        }
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &systemd_subject, &unit_subject, NULL };

const struct collector collector_systemd = {
    .name = "systemd",
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = systemd_start,
    .read = systemd_read,
    .stop = systemd_stop,
};
