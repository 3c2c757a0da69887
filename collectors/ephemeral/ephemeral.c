/* The collector of ephemeral storage: gives the walker's values the names of pods. A reading never
 * waits for a disk. */
#include "base/clock.h"
#include "base/limits.h"
#include "collectors/collector.h"
#include "collectors/ephemeral/families.h"
#include "collectors/ephemeral/walker.h"

#define INTERVAL "collector.ephemeral.interval"
#define FILES_PER_SECOND "collector.ephemeral.files-per-second"
#define POD_LOGS "collector.ephemeral.pod-logs"
#define DEFAULT_INTERVAL_NS (60 * CLOCK_NS_PER_SEC)
#define DEFAULT_FILES_PER_SECOND 1000

extern const struct collector collector_ephemeral;

static const struct collector_option options[] = {
    { FILES_PER_SECOND, COLLECTOR_COUNT, "1000",
      "Budget of the walk over the folders of pods: files that are looked at in a second. Beside "
      "it "
      "a walk takes no more than a quarter of the time." },
    { INTERVAL, COLLECTOR_TIME, "1m",
      "How old the size of a folder may be before it is measured again, if the budget allows it." },
    { POD_LOGS, COLLECTOR_TEXT, "/var/log/pods",
      "Where the kubelet has the logs of pods, as the machine sees it." },
    { 0 },
};

struct state {
    const struct collector_env *env;
    struct ephemeral_walker *walker;
    uint64_t files_per_second;
};

/* The pod whose parts are being told. */
struct pod {
    const struct state *s;
    const void *table;
    struct metric_sink *sink;
    struct err *err;
    struct pod_info info; /* its text is in the reading's memory */
    struct str uid;
    struct ephemeral_pod_sample total;
    uint64_t oldest_ns;
};

static void ephemeral_stop(void *arg)
{
    struct state *s = arg;
    if (s) {
        ephemeral_walker_free(s->walker);
        free(s);
    }
}

static int ephemeral_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    const struct collector *c = &collector_ephemeral;
    if (!env->pods) {
        return err_set(err, ENODATA, "ephemeral storage: there are no pods without Kubernetes");
    }
    struct state *s = calloc(1, sizeof(*s));
    if (!s) {
        return err_set(err, ENOMEM, "ephemeral storage: out of memory");
    }
    struct collector_value rate = collector_option_value(env, c, FILES_PER_SECOND);
    struct collector_value interval = collector_option_value(env, c, INTERVAL);
    struct str kubelet = str_of(env->kubelet), rootfs = str_of(env->rootfs);
    str_eat_end(&rootfs, STR("/"));
    str_eat(&kubelet, rootfs); /* as the machine sees it */
    s->env = env;
    s->files_per_second = rate.count ? rate.count : DEFAULT_FILES_PER_SECOND;
    const struct ephemeral_config config = {
        .places = {
            .rootfs = (char *)(uintptr_t)env->rootfs,
            .procfs = (char *)(uintptr_t)env->procfs,
            .kubelet = (char *)(uintptr_t)kubelet.p,
            .pod_logs = (char *)(uintptr_t)collector_option_value(env, c, POD_LOGS).text,
            .cgroupfs = (char *)(uintptr_t)env->cgroupfs,
            .cgroup_root = (char *)(uintptr_t)env->cgroup_root,
        },
        .interval_ns = interval.ns ? interval.ns : DEFAULT_INTERVAL_NS,
        .files_per_second = s->files_per_second,
    };
    struct err failure = { 0 };
    s->walker = ephemeral_walker_new(&config, &failure);
    if (!s->walker) {
        free(s);
        return err_set(err, failure.code, "%s", failure.text);
    }
    *ret_state = s;
    return 0;
}

/* An object of the subject with the pod's label columns. */
static void *add(const struct pod *p, const struct metric_subject *subject)
{
    const struct pod_lookup *pods = p->s->env->pods;
    struct metric_extra extra[LIMIT_CONTAINER_LABELS];
    size_t n = p->info.columns ? KG_MIN(pods->n_columns, LIMIT_CONTAINER_LABELS) : 0;
    for (size_t i = 0; i < n; i++) {
        extra[i] = (struct metric_extra){ pods->column_names[i], p->info.columns[i] };
    }
    return metric_sink_add(p->sink, subject, extra, n, p->err);
}

static int copy(struct metric_sink *sink, struct str text, struct str *ret)
{
    return arena_str(metric_sink_arena(sink), text, ret);
}

static bool container_of(const struct pod *p, const struct ephemeral_item *item, struct str *ret)
{
    struct str image;
    return p->s->env->pods->container(p->table, p->uid, item->name, ret, &image);
}

/* Whether another run of the same container was found later: the status tells of two, and the layer
 * of the one before may still be there. */
static bool has_successor(const struct pod *p, const struct ephemeral_item *items, size_t n,
                          size_t at, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        struct str other;
        bool later = items[i].found_ns != items[at].found_ns
                         ? items[i].found_ns > items[at].found_ns
                         : i > at;
        if (i != at && later && items[i].kind == EPHEMERAL_LAYER &&
            container_of(p, &items[i], &other) && str_eq(other, name)) {
            return true;
        }
    }
    return false;
}

static int add_container(const struct pod *p, const struct ephemeral_item *item, struct str name)
{
    struct ephemeral_container_sample *s = add(p, &ephemeral_container_subject);
    if (!s) {
        return -ENOMEM;
    }
    *s = (struct ephemeral_container_sample){
        .namespace = p->info.namespace,
        .pod = p->info.name,
        .source = item->kind == EPHEMERAL_LAYER ? STR("layer") : STR("logs"),
        .bytes = item->usage.bytes,
        .inodes = item->usage.inodes,
    };
    return copy(p->sink, name, &s->container);
}

static int add_volume(const struct pod *p, const struct ephemeral_item *item)
{
    struct ephemeral_volume_sample *s = add(p, &ephemeral_volume_subject);
    if (!s) {
        return -ENOMEM;
    }
    *s = (struct ephemeral_volume_sample){
        .namespace = p->info.namespace,
        .pod = p->info.name,
        .bytes = item->usage.bytes,
        .inodes = item->usage.inodes,
    };
    int r = copy(p->sink, item->type, &s->type);
    return r < 0 ? r : copy(p->sink, item->name, &s->volume);
}

/* A part of the pod. Layers of which no status tells are left out: the sandbox's, as the kubelet
 * leaves it out, and those of containers that are too new. */
static int add_part(struct pod *p, const struct ephemeral_item *items, size_t n, size_t at)
{
    const struct ephemeral_item *item = &items[at];
    struct str name = item->name;
    if (item->kind == EPHEMERAL_LAYER &&
        (!container_of(p, item, &name) || has_successor(p, items, n, at, name))) {
        return 0;
    }
    if (item->state != EPHEMERAL_MEASURED) {
        p->total.present &= ~EPHEMERAL_TOTAL;
        return 0;
    }
    p->total.bytes += item->usage.bytes;
    p->total.inodes += item->usage.inodes;
    p->oldest_ns = KG_MIN(p->oldest_ns, item->measured_ns);
    switch (item->kind) {
    case EPHEMERAL_LAYER:
    case EPHEMERAL_LOGS:
        return add_container(p, item, name);
    case EPHEMERAL_VOLUME:
        return add_volume(p, item);
    case EPHEMERAL_HOSTS:
        break;
    }
    return 0;
}

/* The n items of one pod. */
static int add_pod(struct pod *p, const struct ephemeral_item *items, size_t n, bool whole)
{
    p->uid = items[0].pod_uid;
    p->oldest_ns = UINT64_MAX;
    if (!p->s->env->pods->pod(p->table, p->uid, &p->info)) {
        return 0;
    }
    uint64_t limit = p->info.ephemeral_limit_bytes;
    int r = copy(p->sink, p->info.namespace, &p->info.namespace);
    r = r < 0 ? r : copy(p->sink, p->info.name, &p->info.name);
    p->total = (struct ephemeral_pod_sample){ .present = (whole ? EPHEMERAL_TOTAL : 0) |
                                                         (limit ? EPHEMERAL_LIMIT : 0),
                                              .limit_bytes = limit,
                                              .namespace = p->info.namespace,
                                              .pod = p->info.name };
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = add_part(p, items, n, i);
    }
    if (p->oldest_ns == UINT64_MAX) {
        p->total.present &= ~EPHEMERAL_TOTAL;
    }
    if (r < 0 || !p->total.present) {
        return r;
    }
    struct ephemeral_pod_sample *total = add(p, &ephemeral_pod_subject);
    if (!total) {
        return -ENOMEM;
    }
    *total = p->total;
    if (total->present & EPHEMERAL_TOTAL) {
        uint64_t now_ns = clock_mono_ns();
        total->age_seconds = (double)(now_ns - p->oldest_ns) / (double)CLOCK_NS_PER_SEC;
    }
    return 0;
}

static int add_pods(const struct state *s, const struct ephemeral_known *known,
                    struct metric_sink *sink, struct err *err)
{
    const struct pod_lookup *pods = s->env->pods;
    uint64_t generation;
    struct pod p = { .s = s, .sink = sink, .err = err };
    p.table = pods->acquire(pods->arg, &generation);
    if (!p.table) {
        return 0;
    }
    bool whole = known->kinds == (1u << EPHEMERAL_KINDS) - 1 && known->dropped == 0;
    int r = 0;
    for (size_t i = 0, n; r == 0 && i < known->n; i += n) {
        for (n = 1;
             i + n < known->n && str_eq(known->items[i].pod_uid, known->items[i + n].pod_uid);) {
            n++;
        }
        r = add_pod(&p, &known->items[i], n, whole);
    }
    pods->release(p.table);
    return r < 0 ? err_set(err, -r, "ephemeral storage: out of memory") : 0;
}

static int ephemeral_read(void *arg, struct metric_sink *sink, struct err *err)
{
    const struct state *s = arg;
    struct ephemeral_known *known = ephemeral_walker_acquire(s->walker);
    if (!known) {
        return 0;
    }
    int r = add_pods(s, known, sink, err);
    if (r == 0 && known->fault.code) {
        r = err_set(err, known->fault.code, "%s", known->fault.text);
    }
    snapshot_unref(&known->snapshot);
    return r;
}

static int ephemeral_self(void *arg, struct metric_sink *sink, struct err *err)
{
    const struct state *s = arg;
    struct ephemeral_self_sample *self =
        metric_sink_add(sink, &ephemeral_self_subject, NULL, 0, err);
    if (!self) {
        return -ENOMEM;
    }
    struct ephemeral_counts counts = ephemeral_walker_counts(s->walker);
    *self = (struct ephemeral_self_sample){
        .looks = counts.looks,
        .walks = counts.walks,
        .quotas = counts.quotas,
        .inexact = counts.inexact,
        .walked_seconds = (double)counts.walked_ns / (double)CLOCK_NS_PER_SEC,
        .worked_seconds = (double)counts.worked_ns / (double)CLOCK_NS_PER_SEC,
        .files_per_second = s->files_per_second,
    };
    struct ephemeral_known *known = ephemeral_walker_acquire(s->walker);
    if (known) {
        self->folders = known->n;
        self->dropped = known->dropped;
        for (size_t i = 0; i < known->n; i++) {
            self->waiting += known->items[i].state == EPHEMERAL_WAITING;
            self->failed += known->items[i].state == EPHEMERAL_FAILED;
        }
        snapshot_unref(&known->snapshot);
    }
    return 0;
}

static const struct metric_subject *const subjects[] = {
    &ephemeral_pod_subject,
    &ephemeral_container_subject,
    &ephemeral_volume_subject,
    &ephemeral_self_subject,
    NULL,
};

const struct collector collector_ephemeral = {
    .name = "ephemeral",
    .on_by_default = false,
    .subjects = subjects,
    .options = options,
    .start = ephemeral_start,
    .read = ephemeral_read,
    .self = ephemeral_self,
    .stop = ephemeral_stop,
};
