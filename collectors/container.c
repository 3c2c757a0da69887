/* The container collector: tree, readers, join and OOM counts put together. */
#include "base/clock.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_read.h"
#include "collectors/collector.h"
#include "collectors/container_families.h"
#include "collectors/container_resolve.h"
#include "collectors/container_sampler.h"
#include "collectors/container_stats.h"
#include "collectors/kubelet_cgroup.h"
#include "collectors/oom.h"

#include <limits.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Unless told otherwise, as often as the peer does; when inotify cannot watch everything, the
 * folders at every tick. */
#define RESCAN_NS (60 * CLOCK_NS_PER_SEC)

struct state {
    const struct collector_env *env;
    struct cgroup_tree *tree;
    struct cgroup_reader *reader;
    struct container_resolver *resolver;
    struct oom *oom;
    struct container_sampler sampler;
    int watch_fd; /* inotify and kernel log, as one */
    uint64_t rescanned_ns;
    uint64_t reading_ns;       /* when the last reading began */
    uint64_t names_generation; /* that the entries' records are of */
    uint64_t read_errors;
};

static void container_stop(void *arg)
{
    struct state *s = arg;
    if (!s) {
        return;
    }
    if (s->watch_fd >= 0) {
        close(s->watch_fd);
    }
    oom_free(s->oom);
    container_resolver_free(s->resolver);
    cgroup_reader_free(s->reader);
    cgroup_tree_free(s->tree);
    free(s);
}

static void watch(const struct state *s, int fd)
{
    struct epoll_event event = { .events = EPOLLIN };
    if (s->watch_fd >= 0 && fd >= 0) {
        /* Without it the tick still looks. */
        (void)epoll_ctl(s->watch_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

/* The kubelet may be started later than this, or in another cgroup. */
static void follow_kubelet(struct state *s)
{
    char path[PATH_MAX];
    struct str cgroup = STR("/system.slice/kubelet.service");
    if (s->env->all_cgroups) {
        return;
    }
    if (kubelet_cgroup_find(s->env->procfs, path, sizeof(path)) == 0 &&
        cgroup_tree_has(s->tree, str_of(path))) {
        cgroup = str_of(path);
    }
    /* Out of memory: the next rescan tries again. */
    (void)cgroup_tree_follow(s->tree, cgroup);
}

static int container_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    const struct cgroup_tree_config config = { env->cgroupfs, env->cgroup_root, env->all_cgroups };
    struct err failure = { 0 };
    struct state *s = calloc(1, sizeof(*s));
    if (!s) {
        return err_set(err, ENOMEM, "containers: out of memory");
    }
    s->env = env;
    container_sampler_init(&s->sampler, env);
    s->watch_fd = epoll_create1(EPOLL_CLOEXEC);
    s->tree = cgroup_tree_new(&config, &failure);
    if (s->tree) {
        s->reader = cgroup_reader_new(env, cgroup_tree_version(s->tree), &failure);
        s->resolver = s->reader ? container_resolver_new(env, &failure) : NULL;
        s->oom = s->resolver ? oom_new(env->kmsg, &failure) : NULL;
    }
    if (!s->oom) {
        container_stop(s);
        return err_set(err, failure.code, "%s", failure.text);
    }
    watch(s, cgroup_tree_fd(s->tree));
    watch(s, oom_fd(s->oom));
    s->rescanned_ns = clock_mono_ns();
    follow_kubelet(s);
    *ret_state = s;
    return 0;
}

static void take_oom_statuses(struct state *s, const void *table)
{
    size_t at = 0;
    const struct cgroup_entry *e;
    while ((e = cgroup_tree_next(s->tree, &at))) {
        if (e->id.kind == CGROUP_POD) {
            oom_pod_status(s->oom, s->env->pods, table, str_of(e->id.pod_uid));
        }
    }
}

/* Brings tree, labels and OOM counts up to now. again: as container_resolve has it. */
static int catch_up(struct state *s, bool again)
{
    const struct pod_lookup *pods = s->env->pods;
    uint64_t generation = 0;
    cgroup_tree_events(s->tree);
    oom_events(s->oom);
    const void *table = pods ? pods->acquire(pods->arg, &generation) : NULL;
    container_names_resolve(s->env->names, s->tree, &s->names_generation);
    int r = container_resolve(s->resolver, s->tree, table, generation, again);
    if (table) {
        if (r > 0) {
            take_oom_statuses(s, table);
        }
        pods->release(table);
    }
    return r;
}

static int copy_label(struct arena *mem, struct str label, struct str *ret)
{
    return label.n > 0 ? arena_str(mem, label, ret) : 0;
}

/* The entry may be gone before the reading is, so its labels are copied. */
static int set_labels(const struct cgroup_entry *e, struct arena *mem, struct cgroup_sample *ret)
{
    const struct container_record *told = e->record;
    int r = copy_label(mem, str_of(e->path), &ret->id);
    r = r ? r : copy_label(mem, str_of(e->container), &ret->container);
    r = r ? r : copy_label(mem, told ? told->image : str_of(e->image), &ret->image);
    r = r ? r : copy_label(mem, told ? told->name : str_of(e->name), &ret->name);
    r = r ? r : copy_label(mem, str_of(e->namespace), &ret->namespace);
    return r ? r : copy_label(mem, str_of(e->pod), &ret->pod);
}

static void set_engine(const struct cgroup_entry *e, struct cgroup_sample *ret)
{
    const struct container_record *told = e->record;
    ret->creation_time_sec = ret->start_time_sec;
    if (!told) {
        return;
    }
    ret->health = told->health;
    if (told->created_sec > 0) {
        ret->creation_time_sec = (uint64_t)told->created_sec;
    }
    if (told->started_sec > 0) {
        ret->start_time_sec = (uint64_t)told->started_sec;
    }
}

static void set_oom(struct state *s, const struct cgroup_entry *e, struct cgroup_sample *ret)
{
    struct str uid = str_of(e->id.pod_uid);
    uint64_t own = ret->oom_events;
    if (uid.n > 0 && e->id.kind == CGROUP_POD) {
        ret->oom_events = oom_pod_count(s->oom, uid, own);
    } else if (uid.n > 0 && e->id.kind == CGROUP_CONTAINER && !e->id.nested) {
        struct str name = e->sandbox ? STR("") : str_of(e->container);
        ret->oom_events = oom_count(s->oom, uid, name, e->id.container_id, own);
    } else {
        ret->oom_events = oom_path_count(s->oom, str_of(e->path), own);
    }
    ret->present |= ret->present & CG_STATS ? CG_OOM : 0;
}

/* The label columns, empty for a cgroup that is no pod's; an engine's container has its own. Sets
 * *ret, to own or elsewhere; returns how many. */
static size_t columns_of(const struct state *s, const struct cgroup_entry *e,
                         struct metric_extra *own, const struct metric_extra **ret)
{
    const struct pod_lookup *pods = s->env->pods;
    *ret = own;
    if (e->record) {
        *ret = e->record->labels;
        return e->record->n_labels;
    }
    size_t n = pods ? KG_MIN(pods->n_columns, LIMIT_CONTAINER_LABELS) : 0;
    for (size_t i = 0; i < n; i++) {
        own[i].name = pods->column_names[i];
        own[i].value = i < e->n_columns ? str_of(e->columns[i]) : STR("");
    }
    return n;
}

/* Reads one cgroup and adds its sample. Errors: those that end the reading; a fault of this cgroup
 * alone is counted and left in *fault. */
static int add_cgroup(struct state *s, struct cgroup_entry *e, struct metric_sink *sink,
                      struct err *fault, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct cgroup_sample sample = { 0 };
    struct metric_extra own[LIMIT_CONTAINER_LABELS];
    const struct metric_extra *extra;
    int r = cgroup_read(s->reader, e, mem, &sample, fault);
    if (r == -ENODEV || r == -ENOENT) {
        cgroup_tree_gone(s->tree, e);
        return 0;
    }
    if (r != -ENOMEM && r < 0) {
        s->read_errors++;
        r = 0;
    }
    r = r < 0 ? r : set_labels(e, mem, &sample);
    if (r < 0) {
        return err_set(err, -r, "containers: %s: out of memory", e->path);
    }
    set_oom(s, e, &sample);
    set_engine(e, &sample);
    container_sampler_tell(&s->sampler, e, s->reading_ns, &sample);
    size_t n_extra = columns_of(s, e, own, &extra);
    struct cgroup_sample *slot = metric_sink_add(sink, &container_subject, extra, n_extra, err);
    if (!slot) {
        return -ENOMEM;
    }
    *slot = sample;
    return 0;
}

static int add_meta(struct metric_sink *sink, bool failed, struct err *err)
{
    struct cadvisor_meta_sample *meta = metric_sink_add(sink, &cadvisor_meta_subject, NULL, 0, err);
    if (!meta) {
        return -ENOMEM;
    }
    meta->present = CADVISOR_META_CONTAINER;
    meta->container_error = failed;
    return 0;
}

static int container_read(void *arg, struct metric_sink *sink, struct err *err)
{
    struct state *s = arg;
    struct err fault = { 0 };
    uint64_t errors_before = s->read_errors;
    size_t at = 0;
    struct cgroup_entry *e;
    s->reading_ns = clock_mono_ns();
    int r = catch_up(s, false);
    r = r < 0 ? r : cgroup_reader_begin(s->reader, metric_sink_arena(sink));
    if (r < 0) {
        err_set(err, -r, "containers: out of memory");
    }
    while (r >= 0 && (e = cgroup_tree_next(s->tree, &at))) {
        r = add_cgroup(s, e, sink, &fault, err);
    }
    bool failed = r < 0 || s->read_errors > errors_before;
    int meta = add_meta(sink, failed, r < 0 ? NULL : err);
    meta = meta < 0 ? meta : container_sampler_add(&s->sampler, sink, r < 0 ? NULL : err);
    if (r < 0 || meta < 0) {
        return r < 0 ? r : meta;
    }
    return failed ? err_set(err, fault.code, "containers: %s", fault.text) : 0;
}

static int container_watch_fd(void *arg)
{
    const struct state *s = arg;
    return s->watch_fd;
}

static void container_changed(void *arg, uint64_t now_ns)
{
    (void)now_ns;
    /* Out of memory shows at the next reading. */
    (void)catch_up(arg, false);
}

static void container_sample(void *arg, uint64_t missed)
{
    struct state *s = arg;
    container_sampler_tick(&s->sampler, s->tree, s->reader, missed);
}

static void container_tick(void *arg, uint64_t now_ns)
{
    struct state *s = arg;
    bool all_watched = cgroup_tree_fd(s->tree) >= 0 && cgroup_tree_stats(s->tree).n_unwatched == 0;
    uint64_t every_ns = s->env->rescan_ns ? s->env->rescan_ns : RESCAN_NS;
    bool due = now_ns - s->rescanned_ns >= every_ns;
    if (due || !all_watched) {
        /* Fails only when the mount itself is gone; then all readings say so. */
        (void)cgroup_tree_rescan(s->tree, NULL);
    }
    if (due) {
        s->rescanned_ns = now_ns;
        follow_kubelet(s);
    }
    (void)catch_up(s, due);
    cgroup_reader_tick(s->reader, now_ns);
}

void container_stats(const void *state, struct container_stats *ret)
{
    const struct state *s = state;
    struct cgroup_tree_stats tree = cgroup_tree_stats(s->tree);
    struct cgroup_reader_stats reader = cgroup_reader_stats(s->reader);
    *ret = (struct container_stats){
        .cgroups = tree.n_cgroups,
        .folders = tree.n_folders,
        .unwatched_folders = tree.n_unwatched,
        .dropped_folders = tree.n_dropped,
        .unresolved = container_resolver_unresolved(s->resolver),
        .stuck_mounts = reader.stuck_mounts,
        .overflows = tree.overflows,
        .rescans = tree.rescans,
        .read_errors = s->read_errors,
        .malformed_files = reader.malformed,
        .has_kmsg = oom_has_kmsg(s->oom),
    };
}

static int container_self(void *arg, struct metric_sink *sink, struct err *err)
{
    struct container_stats *stats = metric_sink_add(sink, &container_self_subject, NULL, 0, err);
    if (!stats) {
        return -ENOMEM;
    }
    container_stats(arg, stats);
    return container_sampler_add_self(&((struct state *)arg)->sampler, sink, err);
}

static const struct metric_subject *const subjects[] = {
    &container_subject,      &cadvisor_meta_subject,     &container_peaks_subject,
    &container_self_subject, &container_sampler_subject, NULL,
};

const struct collector collector_container = {
    .name = "container",
    .on_by_default = true,
    .subjects = subjects,
    .start = container_start,
    .read = container_read,
    .self = container_self,
    .watch_fd = container_watch_fd,
    .changed = container_changed,
    .tick = container_tick,
    .sample = container_sample,
    .stop = container_stop,
};
