/* node_cpu_*: the processors. Times are from /proc/stat, "cpu0 10 0 20 300 4 0 1 0 0 0" in ticks:
 * user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>
#include <unistd.h>

#define GUEST "collector.cpu.guest"
#define MODES 10
#define GUEST_MODE 8
#define IDLE_MODE 3
#define JUMP_SECONDS 3

struct cpu_times {
    double seconds[MODES];
    char name[8];
    bool seen; /* in this reading */
};

struct cpu_throttle {
    struct str package, core;
    uint64_t count;
};

struct cpu_sample {
    uint64_t present;
    const struct cpu_times *times;
    size_t n_times;
    const struct cpu_throttle *cores, *packages;
    size_t n_cores, n_packages;
    struct str *isolated;
    size_t n_isolated;
    struct str *online_names;
    bool *online;
    size_t n_online;
    bool guest;
};

static const struct str modes[MODES] = {
    STR_INIT("user"), STR_INIT("nice"),    STR_INIT("system"), STR_INIT("idle"), STR_INIT("iowait"),
    STR_INIT("irq"),  STR_INIT("softirq"), STR_INIT("steal"),  STR_INIT("user"), STR_INIT("nice"),
};

static void put_modes(const struct cpu_sample *s, size_t from, size_t to, struct metric_writer *out)
{
    for (size_t i = 0; i < s->n_times; i++) {
        for (size_t m = from; m < to && s->times[i].seen; m++) {
            metric_put(out, s->times[i].seconds[m], str_of(s->times[i].name), modes[m]);
        }
    }
}

static void put_seconds(const void *sample, struct metric_writer *out)
{
    put_modes(sample, 0, GUEST_MODE, out);
}

static void put_guest(const void *sample, struct metric_writer *out)
{
    put_modes(sample, GUEST_MODE, MODES, out);
}

static void put_core_throttles(const void *sample, struct metric_writer *out)
{
    const struct cpu_sample *s = sample;
    for (size_t i = 0; i < s->n_cores; i++) {
        metric_put(out, (double)s->cores[i].count, s->cores[i].core, s->cores[i].package);
    }
}

static void put_package_throttles(const void *sample, struct metric_writer *out)
{
    const struct cpu_sample *s = sample;
    for (size_t i = 0; i < s->n_packages; i++) {
        metric_put(out, (double)s->packages[i].count, s->packages[i].package);
    }
}

static void put_isolated(const void *sample, struct metric_writer *out)
{
    const struct cpu_sample *s = sample;
    for (size_t i = 0; i < s->n_isolated; i++) {
        metric_put(out, 1, s->isolated[i]);
    }
}

static void put_online(const void *sample, struct metric_writer *out)
{
    const struct cpu_sample *s = sample;
    for (size_t i = 0; i < s->n_online; i++) {
        metric_put(out, s->online[i], s->online_names[i]);
    }
}

static const struct metric_family rows[] = {
    NODE_SERIES("node_cpu_core_throttles_total", COUNTER, 0, put_core_throttles,
                METRIC_LABELS("core", "package"),
                "/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count",
                "Times that the core was slowed down for its heat."),
    NODE_SERIES("node_cpu_guest_seconds_total", COUNTER, BIT(1), put_guest,
                METRIC_LABELS("cpu", "mode"), "/proc/stat cpuN guest, guest_nice",
                "Time that the processor ran virtual machines; node_cpu_seconds_total has it too."),
    NODE_SERIES("node_cpu_isolated", GAUGE, 0, put_isolated, METRIC_LABELS("cpu"),
                "/sys/devices/system/cpu/isolated", "Processors that are kept out of scheduling."),
    NODE_SERIES("node_cpu_online", GAUGE, 0, put_online, METRIC_LABELS("cpu"),
                "/sys/devices/system/cpu/cpu*/online", "Whether the processor is on."),
    NODE_SERIES("node_cpu_package_throttles_total", COUNTER, 0, put_package_throttles,
                METRIC_LABELS("package"),
                "/sys/devices/system/cpu/cpu*/thermal_throttle/package_throttle_count",
                "Times that the package was slowed down for its heat."),
    NODE_SERIES("node_cpu_seconds_total", COUNTER, BIT(0), put_seconds,
                METRIC_LABELS("cpu", "mode"), "/proc/stat cpuN",
                "Time that the processor was in each mode."),
};

NODE_SUBJECT(cpu_subject, "node_cpu", struct cpu_sample, rows);

extern const struct collector collector_cpu;

static const struct collector_option options[] = {
    { GUEST, COLLECTOR_SWITCH, "true", "Serve node_cpu_guest_seconds_total." },
    { 0 },
};

struct cpu {
    struct node_file stat, isolated;
    int dirfd; /* /sys/devices/system/cpu, or -1 */
    bool guest;
    double ticks; /* a second */
    struct cpu_times *known;
    size_t n, cap;
};

static void cpu_stop(void *state)
{
    struct cpu *c = state;
    node_file_close(&c->stat);
    node_file_close(&c->isolated);
    kg_close_cleanup(&c->dirfd);
    free(c->known);
    free(c);
}

static int cpu_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct cpu *c = calloc(1, sizeof(*c));
    if (!c) {
        return node_no_memory(err, "cpu");
    }
    c->guest = collector_option_value(env, &collector_cpu, GUEST).on;
    c->ticks = (double)sysconf(_SC_CLK_TCK);
    c->dirfd = node_dir_open(env->sysfs, "devices/system/cpu", NULL);
    node_file_open(&c->isolated, env->sysfs, "devices/system/cpu/isolated", NULL);
    int r = node_file_open(&c->stat, env->procfs, "stat", err);
    if (r < 0) {
        cpu_stop(c);
        return r;
    }
    *ret_state = c;
    return 0;
}

/* The place of this processor; lines come in the same order each time. */
static struct cpu_times *find(struct cpu *c, struct str name, size_t near)
{
    for (size_t i = 0; i < c->n; i++) {
        size_t at = (near + i) % c->n;
        if (str_eq_c(name, c->known[at].name)) {
            return &c->known[at];
        }
    }
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 16;
        struct cpu_times *more = reallocarray(c->known, cap, sizeof(*more));
        if (!more) {
            return NULL;
        }
        c->known = more;
        c->cap = cap;
    }
    struct cpu_times *times = &c->known[c->n];
    *times = (struct cpu_times){ 0 };
    if (str_copy(times->name, sizeof(times->name), name) < 0) {
        return NULL;
    }
    c->n++;
    return times;
}

/* The kernel sums without a lock and may show a little less than before, which is no reset of a
 * counter; idle falling by more is one (the processor was taken out and put back). */
static void update(struct cpu_times *times, const double *seconds)
{
    bool reset = seconds[IDLE_MODE] + JUMP_SECONDS <= times->seconds[IDLE_MODE];
    for (size_t m = 0; m < MODES; m++) {
        times->seconds[m] = reset ? seconds[m] : KG_MAX(times->seconds[m], seconds[m]);
    }
    times->seen = true;
}

static int parse_line(struct cpu *c, struct str name, struct str line, size_t near, struct err *err)
{
    double seconds[MODES] = { 0 };
    for (size_t m = 0; m < MODES; m++) {
        uint64_t ticks;
        struct str word = str_word(&line);
        if (str_empty(word) && m > IDLE_MODE) {
            break; /* an old kernel has fewer */
        }
        if (num_scan_u64(word, &ticks) < 0) {
            return err_set(err, EBADMSG, "stat: cpu" STR_FMT ": field %zu is no number",
                           STR_ARG(str_head(name, 20)), m + 1);
        }
        seconds[m] = (double)ticks / c->ticks;
    }
    if (c->n >= LIMIT_NODE_NAMES) {
        return 0;
    }
    struct cpu_times *times = find(c, name, near);
    if (!times) {
        return node_no_memory(err, "cpu");
    }
    update(times, seconds);
    return 0;
}

static int read_times(struct cpu *c, struct cpu_sample *s, struct arena *mem, struct err *err)
{
    struct str text = { 0 };
    int r = node_file_read(&c->stat, &text, err);
    if (r < 0) {
        return r;
    }
    for (size_t i = 0; i < c->n; i++) {
        c->known[i].seen = false;
    }
    size_t near = 0;
    while (r >= 0 && text.n) {
        struct str line = str_line(&text), name = str_word(&line);
        uint64_t number;
        /* "cpu" alone is the sum. */
        if (!str_eat(&name, STR("cpu"))) {
            break;
        }
        if (num_scan_u64(name, &number) == 0) {
            r = parse_line(c, name, line, near++, err);
        }
    }
    struct cpu_times *times = ARENA_ARRAY(mem, c->n, struct cpu_times);
    if (r < 0 || !times) {
        return r < 0 ? r : node_no_memory(err, "cpu");
    }
    if (c->n) {
        memcpy(times, c->known, c->n * sizeof(*times));
    }
    s->times = times;
    s->n_times = c->n;
    s->present |= BIT(0) | (c->guest ? BIT(1) : 0);
    return 0;
}

struct names {
    struct str *list;
    size_t n, cap;
};

static int add_number(struct names *names, struct arena *mem, uint64_t number)
{
    char text[NUM_TEXT_MAX];
    if (names->n == names->cap) {
        size_t cap = names->cap ? names->cap * 2 : 16;
        struct str *more = cap > LIMIT_NODE_NAMES ? NULL : ARENA_ARRAY(mem, cap, struct str);
        if (!more) {
            return -ENOMEM;
        }
        if (names->n) {
            memcpy(more, names->list, names->n * sizeof(*more));
        }
        names->list = more;
        names->cap = cap;
    }
    struct str digits = { text, num_format_u64(text, number) };
    return arena_str(mem, digits, &names->list[names->n++]);
}

/* "2-4,8": each number is added to ret. */
static int parse_list(struct str text, struct arena *mem, struct names *ret)
{
    while (text.n) {
        struct str last = str_cut(&text, ','), first = str_cut(&last, '-');
        uint64_t a, b;
        if (num_scan_u64(first, &a) < 0 || num_scan_u64(last.n ? last : first, &b) < 0 ||
            b >= LIMIT_NODE_NAMES) {
            return -EBADMSG;
        }
        for (; a <= b; a++) {
            int r = add_number(ret, mem, a);
            if (r < 0) {
                return r;
            }
        }
    }
    return 0;
}

/* The folders cpu0, cpu1 … */
static bool is_cpu(struct str name)
{
    uint64_t number;
    return str_eat(&name, STR("cpu")) && num_scan_u64(name, &number) == 0;
}

static bool known_throttle(const struct cpu_throttle *list, size_t n, const struct cpu_throttle *t)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i].package, t->package) && str_eq(list[i].core, t->core)) {
            return true;
        }
    }
    return false;
}

static bool read_id(int dirfd, struct arena *mem, const char *cpu, const char *file,
                    struct str *ret)
{
    char path[128], text[64];
    struct str value;
    int n = snprintf(path, sizeof(path), "%s/topology/%s", cpu, file);
    return n > 0 && (size_t)n < sizeof(path) &&
           node_line_at(dirfd, path, text, sizeof(text), &value) >= 0 &&
           arena_str(mem, value, ret) >= 0;
}

static bool read_count(int dirfd, const char *cpu, const char *file, uint64_t *ret)
{
    char path[128];
    int n = snprintf(path, sizeof(path), "%s/thermal_throttle/%s", cpu, file);
    return n > 0 && (size_t)n < sizeof(path) && node_u64_at(dirfd, path, ret) >= 0;
}

static void read_throttles(int dirfd, struct arena *mem, const struct str *names, size_t n,
                           struct cpu_sample *s)
{
    struct cpu_throttle *cores = ARENA_ARRAY(mem, n, struct cpu_throttle);
    struct cpu_throttle *packages = ARENA_ARRAY(mem, n, struct cpu_throttle);
    for (size_t i = 0; cores && packages && i < n; i++) {
        struct cpu_throttle t = { 0 }, package = { 0 };
        if (!is_cpu(names[i]) ||
            !read_id(dirfd, mem, names[i].p, "physical_package_id", &t.package) ||
            !read_id(dirfd, mem, names[i].p, "core_id", &t.core)) {
            continue;
        }
        package.package = t.package;
        if (!known_throttle(packages, s->n_packages, &package) &&
            read_count(dirfd, names[i].p, "package_throttle_count", &package.count)) {
            packages[s->n_packages++] = package;
        }
        if (!known_throttle(cores, s->n_cores, &t) &&
            read_count(dirfd, names[i].p, "core_throttle_count", &t.count)) {
            cores[s->n_cores++] = t;
        }
    }
    s->cores = cores;
    s->packages = packages;
}

/* A machine whose first processor has no such file cannot turn any off. */
static void read_online(int dirfd, struct arena *mem, const struct str *names, size_t n,
                        struct cpu_sample *s)
{
    struct str *list = ARENA_ARRAY(mem, n, struct str);
    bool *online = ARENA_ARRAY(mem, n, bool);
    bool first = true;
    for (size_t i = 0; list && online && i < n; i++) {
        char path[128];
        uint64_t v;
        if (!is_cpu(names[i])) {
            continue;
        }
        snprintf(path, sizeof(path), "%s/online", names[i].p);
        int r = node_u64_at(dirfd, path, &v);
        if (r < 0 && first) {
            return;
        }
        first = false;
        if (r >= 0) {
            list[s->n_online] = str_from(names[i], 3);
            online[s->n_online++] = v != 0;
        }
    }
    s->online_names = list;
    s->online = online;
}

/* Most virtual machines have neither, and then their folders need not be looked at. */
static int read_folders(const struct cpu *c, struct cpu_sample *s, struct arena *mem,
                        struct err *err)
{
    bool throttles = faccessat(c->dirfd, "cpu0/thermal_throttle", F_OK, 0) == 0;
    struct str *names = NULL;
    size_t n = 0;
    if (!throttles && faccessat(c->dirfd, "cpu0/online", F_OK, 0) < 0 &&
        faccessat(c->dirfd, "cpu0", F_OK, 0) == 0) {
        return 0;
    }
    int r = node_dir_names(c->dirfd, mem, &names, &n);
    if (r < 0) {
        return err_set_errno(err, -r, "cpu: the folder of processors");
    }
    if (throttles) {
        read_throttles(c->dirfd, mem, names, n, s);
    }
    read_online(c->dirfd, mem, names, n, s);
    return 0;
}

static int read_isolated(struct cpu *c, struct cpu_sample *s, struct arena *mem, struct err *err)
{
    struct names isolated = { 0 };
    struct str list = { 0 };
    if (c->isolated.fd < 0 || node_file_read(&c->isolated, &list, NULL) < 0) {
        return 0;
    }
    if (parse_list(str_trim(list), mem, &isolated) < 0) {
        return err_set(err, EBADMSG, "cpu: isolated: not a list of processors");
    }
    s->isolated = isolated.list;
    s->n_isolated = isolated.n;
    return 0;
}

static int read_sysfs(struct cpu *c, struct cpu_sample *s, struct arena *mem, struct err *err)
{
    int r = c->dirfd < 0 ? 0 : read_folders(c, s, mem, err);
    return r < 0 ? r : read_isolated(c, s, mem, err);
}

static int cpu_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct cpu *c = state;
    struct arena *mem = metric_sink_arena(sink);
    struct cpu_sample *s = metric_sink_add(sink, &cpu_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    int times = read_times(c, s, mem, err);
    int rest = read_sysfs(c, s, mem, times < 0 ? NULL : err);
    return times < 0 ? times : rest;
}

static const struct metric_subject *const subjects[] = { &cpu_subject, NULL };

const struct collector collector_cpu = {
    .name = "cpu",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = cpu_start,
    .read = cpu_read,
    .stop = cpu_stop,
};
