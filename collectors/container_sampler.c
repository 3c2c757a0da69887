#include "collectors/container_sampler.h"

#include "base/clock.h"
#include "base/limits.h"

#define DEFAULT_WINDOW_NS (60 * CLOCK_NS_PER_SEC)

struct peaks_sample {
    double interval_seconds, window_seconds;
};

struct sampler_sample {
    uint64_t ticks, missed, left_out;
    double worked_seconds;
};

static const struct metric_family peaks_rows[] = {
    {
        .name = "kubegauge_container_peak_window_seconds",
        .help =
            "The time before this scrape that the peaks are of; it slides in steps of a twelfth, "
            "so that up to a twelfth more is in it.",
        .source = "--peak-window",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct peaks_sample, window_seconds, 0),
    },
    {
        .name = "kubegauge_container_sample_interval_seconds",
        .help = "How often the use that the peaks are of is looked at.",
        .source = "--sample-interval",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct peaks_sample, interval_seconds, 0),
    },
};

const struct metric_subject container_peaks_subject = {
    .name = "container_peaks",
    .part = "cadvisor",
    .sample_size = sizeof(struct peaks_sample),
    .present_at = METRIC_NO_PRESENCE,
    .rows = peaks_rows,
    .n_rows = KG_ARRAY_LEN(peaks_rows),
};

static const struct metric_family sampler_rows[] = {
    {
        .name = "kubegauge_container_sample_cpu_seconds_total",
        .help = "CPU time that the samples between scrapes took.",
        .source = "the reading thread's clock",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct sampler_sample, worked_seconds, 0),
    },
    {
        .name = "kubegauge_container_samples_left_out",
        .help = "Cgroups that the last sample left out, because the agent may keep no more "
                "descriptors open or has no memory.",
        .source = "the agent",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct sampler_sample, left_out, 0),
    },
    {
        .name = "kubegauge_container_samples_missed_total",
        .help = "Sample intervals without a sample, because a scrape or the machine held the agent "
                "up or sampling would take more than half a percent of a core; the next one is of "
                "all the time since the last.",
        .source = "the agent",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct sampler_sample, missed, 0),
    },
    {
        .name = "kubegauge_container_samples_total",
        .help = "Times that the use of all cgroups was looked at between scrapes.",
        .source = "the agent",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct sampler_sample, ticks, 0),
    },
};

const struct metric_subject container_sampler_subject = {
    .name = "container_sampler",
    .part = "self",
    .sample_size = sizeof(struct sampler_sample),
    .present_at = METRIC_NO_PRESENCE,
    .rows = sampler_rows,
    .n_rows = KG_ARRAY_LEN(sampler_rows),
};

void container_sampler_init(struct container_sampler *s, const struct collector_env *env)
{
    *s = (struct container_sampler){
        .interval_ns = env->sample_ns,
        .window_ns = env->peak_window_ns ? env->peak_window_ns : DEFAULT_WINDOW_NS,
    };
}

static uint64_t bucket_at(const struct container_sampler *s, uint64_t now_ns)
{
    return now_ns / (s->window_ns / PEAK_BUCKETS);
}

/* One tick under way. */
struct look {
    const struct container_sampler *s;
    struct cgroup_reader *reader;
    uint64_t bucket;
    struct str quiet;     /* path of a cgroup that has used no CPU since the last tick; or empty */
    uint64_t quiet_at_ns; /* when that was read */
};

/* Notes the CPU used since the last look. *used: whether there was any, or that is not known.
 * Returns as cgroup_read_cpu_used. */
static int look_at_cpu(struct look *look, struct cgroup_entry *e, bool *used)
{
    struct cpu_meter *meter = &e->peaks->meter;
    uint64_t used_ns, at_ns, microcores;
    int r = cgroup_read_cpu_used(look->reader, e, &used_ns, &at_ns);
    *used = r <= 0 || !meter->is_set || used_ns != meter->used_ns;
    if (!*used) {
        look->quiet = str_of(e->path);
        look->quiet_at_ns = at_ns;
    }
    /* A tick that comes right after a late one says nothing of its own: a short moment's use is not
     * that of an interval. */
    uint64_t least_ns = look->s->interval_ns / 2;
    if (r > 0 && cpu_meter_take(meter, used_ns, at_ns, least_ns, &microcores)) {
        peak_note(e->peaks, PEAK_CPU, look->bucket, microcores);
    }
    return r;
}

/* Memory is charged to the cgroup of the process that asks for it, and so does not grow without CPU
 * time; but for what comes by network, for which each bucket has one look at least. */
static int look_at_memory(struct look *look, struct cgroup_entry *e, bool used)
{
    uint64_t bytes;
    if (!used && !peak_wants(e->peaks, PEAK_MEMORY, look->bucket)) {
        return 0;
    }
    int r = cgroup_read_memory_used(look->reader, e, &bytes);
    if (r > 0) {
        peak_note(e->peaks, PEAK_MEMORY, look->bucket, bytes);
    }
    return r;
}

static bool is_below(const char *path, struct str above)
{
    return above.n > 1 && strncmp(path, above.p, above.n) == 0 && path[above.n] == '/';
}

/* Whether nothing can have happened in e since the last tick: CPU time counts in all cgroups above,
 * too, and one of them has used none. So half of the files need no look where pods are at rest. */
static bool is_at_rest(const struct look *look, struct cgroup_entry *e)
{
    struct cpu_meter *meter = &e->peaks->meter;
    if (!meter->is_set || peak_wants(e->peaks, PEAK_CPU, look->bucket) ||
        peak_wants(e->peaks, PEAK_MEMORY, look->bucket) || !is_below(e->path, look->quiet)) {
        return false;
    }
    cpu_meter_rest(meter, look->quiet_at_ns);
    return true;
}

static int look_at(struct look *look, struct cgroup_entry *e)
{
    if (!e->peaks) {
        e->peaks = calloc(1, sizeof(*e->peaks));
    }
    if (!e->peaks) {
        return -ENOMEM;
    }
    if (is_at_rest(look, e)) {
        return 0;
    }
    bool used;
    int cpu = look_at_cpu(look, e, &used);
    int memory = cpu == -ENODEV || cpu == -ENOENT ? cpu : look_at_memory(look, e, used);
    return memory < 0 ? memory : cpu;
}

/* Nothing happens in a sandbox; what is only taken for one may be a container. */
static bool is_of_interest(const struct cgroup_entry *e)
{
    return !(e->sandbox && e->resolved);
}

static void look_at_all(struct container_sampler *s, struct cgroup_tree *tree,
                        struct cgroup_reader *reader)
{
    struct look look = { .s = s, .reader = reader, .bucket = bucket_at(s, clock_mono_ns()) };
    size_t at = 0;
    struct cgroup_entry *e;
    s->left_out = 0;
    while ((e = cgroup_tree_next(tree, &at))) {
        int r = is_of_interest(e) ? look_at(&look, e) : 0;
        if (r == -ENODEV || r == -ENOENT) {
            cgroup_tree_gone(tree, e);
        }
        s->left_out += r == -EMFILE || r == -ENOMEM;
    }
}

void container_sampler_tick(struct container_sampler *s, struct cgroup_tree *tree,
                            struct cgroup_reader *reader, uint64_t missed)
{
    if (s->interval_ns == 0) {
        return;
    }
    s->missed += missed;
    if (s->rest > 0) {
        s->rest--;
        s->missed++;
        return;
    }
    uint64_t began_ns = clock_thread_cpu_ns();
    look_at_all(s, tree, reader);
    uint64_t took_ns = clock_thread_cpu_ns() - began_ns;
    s->ticks++;
    s->worked_ns += took_ns;
    s->rest = took_ns / (s->interval_ns / LIMIT_SAMPLING_PARTS);
}

void container_sampler_tell(const struct container_sampler *s, const struct cgroup_entry *e,
                            uint64_t now_ns, struct cgroup_sample *ret)
{
    if (!e->peaks || !is_of_interest(e)) {
        return;
    }
    uint64_t bucket = bucket_at(s, now_ns);
    if (peak_most(e->peaks, PEAK_CPU, bucket, &ret->cpu_peak_microcores)) {
        ret->present |= CG_CPU_PEAK;
    }
    if (peak_most(e->peaks, PEAK_MEMORY, bucket, &ret->memory_peak)) {
        ret->present |= CG_MEMORY_PEAK;
    }
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)CLOCK_NS_PER_SEC;
}

int container_sampler_add(const struct container_sampler *s, struct metric_sink *sink,
                          struct err *err)
{
    if (s->interval_ns == 0) {
        return 0;
    }
    struct peaks_sample *peaks = metric_sink_add(sink, &container_peaks_subject, NULL, 0, err);
    if (!peaks) {
        return -ENOMEM;
    }
    *peaks = (struct peaks_sample){
        .interval_seconds = seconds(s->interval_ns),
        .window_seconds = seconds(s->window_ns),
    };
    return 0;
}

int container_sampler_add_self(const struct container_sampler *s, struct metric_sink *sink,
                               struct err *err)
{
    if (s->interval_ns == 0) {
        return 0;
    }
    struct sampler_sample *self = metric_sink_add(sink, &container_sampler_subject, NULL, 0, err);
    if (!self) {
        return -ENOMEM;
    }
    *self = (struct sampler_sample){
        .ticks = s->ticks,
        .missed = s->missed,
        .left_out = s->left_out,
        .worked_seconds = seconds(s->worked_ns),
    };
    return 0;
}
