/* kubelet_volume_stats_*: statfs of what is behind the claims of the node's pods, at the scrape.
 * One that does not answer costs its own series and a part of the time. */
#include "base/clock.h"
#include "base/limits.h"
#include "collectors/collector.h"
#include "collectors/fs_probe.h"
#include "collectors/volume_list.h"
#include "metrics/writer.h"

#define TIMEOUT "collector.volumes.mount-timeout"
#define DEFAULT_TIMEOUT_NS CLOCK_NS_PER_SEC

#define ANSWERED (UINT64_C(1) << 0)
#define MISSING (UINT64_C(1) << 1)

/* Paths that are asked after those of the volumes, to see what shares their file systems. */
enum { OWN_ROOT, OWN_KUBELET, OWN_PATHS };

struct volume_sample {
    uint64_t present;
    struct str namespace, claim, reason;
    uint64_t capacity_bytes, available_bytes, used_bytes, inodes, inodes_free, inodes_used;
    bool shares_device;
};

static void put_common(const void *sample, struct metric_writer *out)
{
    const struct volume_sample *s = sample;
    metric_common(out, s->namespace);
    metric_common(out, s->claim);
}

static void put_missing(const void *sample, struct metric_writer *out)
{
    const struct volume_sample *s = sample;
    metric_put(out, 1, s->reason);
}

#define VALUE(family, member, from, text)                                                          \
    {                                                                                              \
        .name = (family), .help = (text), .source = (from), .type = METRIC_GAUGE,                  \
        .needs = ANSWERED, .field = METRIC_FIELD(struct volume_sample, member, 1),                 \
    }

static const struct metric_family rows[] = {
    VALUE("kubegauge_volume_shares_device", shares_device, "statx stx_dev",
          "Whether the claim's file system is also another claim's or the node's own, so that its "
          "size and use are not the claim's alone."),
    {
        .name = "kubegauge_volume_stats_missing",
        .help = "1 for a claim of a running pod without kubelet_volume_stats_*, with the reason: "
                "timeout (does not answer), unmounted (its mount is not seen from here), error, "
                "or unknown (no container's record tells where it is).",
        .source = "statfs, runtime's records",
        .type = METRIC_GAUGE,
        .needs = MISSING,
        .emit = put_missing,
        .labels = METRIC_LABELS("reason"),
    },
    VALUE("kubelet_volume_stats_available_bytes", available_bytes, "statfs f_bavail",
          "Space of the claim's volume that users who are not root can fill."),
    VALUE("kubelet_volume_stats_capacity_bytes", capacity_bytes, "statfs f_blocks",
          "Size of the claim's volume."),
    VALUE("kubelet_volume_stats_inodes", inodes, "statfs f_files", "Inodes of the claim's volume."),
    VALUE("kubelet_volume_stats_inodes_free", inodes_free, "statfs f_ffree",
          "Inodes that are free in the claim's volume."),
    VALUE("kubelet_volume_stats_inodes_used", inodes_used, "statfs f_files - f_ffree",
          "Inodes that are taken in the claim's volume."),
    VALUE("kubelet_volume_stats_used_bytes", used_bytes, "statfs f_blocks - f_bfree",
          "Space that is taken in the claim's volume."),
};

static const struct metric_subject volumes_subject = {
    .name = "volumes",
    .part = "volumes",
    .sample_size = sizeof(struct volume_sample),
    .present_at = offsetof(struct volume_sample, present),
    .labels = METRIC_LABELS("namespace", "persistentvolumeclaim"),
    .common = put_common,
    .sorted_labels = true,
    .rows = rows,
    .n_rows = KG_ARRAY_LEN(rows),
};

extern const struct collector collector_volumes;

static const struct collector_option options[] = {
    { TIMEOUT, COLLECTOR_TIME, "1s",
      "How long the volumes of claims are waited for; three quarters of --collector.deadline at "
      "most. One that does not answer is flagged, and left out until it does." },
    { 0 },
};

struct volumes {
    const struct collector_env *env;
    uint64_t timeout_ns;
    const char *kubelet; /* as the machine's root sees it */
    struct volume_list *list;
    struct fs_probe *probe;
};

static void volumes_stop(void *state)
{
    struct volumes *v = state;
    volume_list_free(v->list);
    fs_probe_free(v->probe);
    free(v);
}

/* Without the prefix under which we see the machine's root. */
static const char *kubelet_folder(const struct collector_env *env)
{
    struct str path = str_of(env->kubelet), root = str_of(env->rootfs);
    str_eat_end(&root, STR("/"));
    return str_eat(&path, root) && path.n ? path.p : env->kubelet;
}

static int volumes_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    if (!env->pods) {
        return err_set(err, ENODATA, "claims are known in Kubernetes only");
    }
    struct volumes *v = calloc(1, sizeof(*v));
    if (!v) {
        return err_set(err, ENOMEM, "volumes: out of memory");
    }
    uint64_t wanted = collector_option_value(env, &collector_volumes, TIMEOUT).ns;
    v->timeout_ns = wanted ? wanted : DEFAULT_TIMEOUT_NS;
    if (env->deadline_ns) {
        v->timeout_ns = KG_MIN(v->timeout_ns, env->deadline_ns / 4 * 3);
    }
    v->env = env;
    v->kubelet = kubelet_folder(env);
    v->list = volume_list_new(env);
    v->probe = fs_probe_new();
    if (!v->list || !v->probe || fs_probe_set_root(v->probe, env->rootfs) < 0) {
        volumes_stop(v);
        return err_set(err, ENOMEM, "volumes: out of memory");
    }
    *ret_state = v;
    return 0;
}

/* The volumes whose folders are known, then the node's own. */
static int ask(struct volumes *v, const struct volume *list, size_t n, struct arena *mem,
               struct fs_probe_result **ret, struct err *err)
{
    size_t asked = 0;
    const char **paths = ARENA_ARRAY(mem, n + OWN_PATHS, const char *);
    struct fs_probe_result *each = ARENA_ARRAY(mem, n + OWN_PATHS, struct fs_probe_result);
    struct fs_probe_result *results = ARENA_ARRAY(mem, n + OWN_PATHS, struct fs_probe_result);
    if (!paths || !each || !results) {
        return err_set(err, ENOMEM, "volumes: out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        if (list[i].path) {
            paths[asked++] = list[i].path;
        }
    }
    paths[asked + OWN_ROOT] = "/";
    paths[asked + OWN_KUBELET] = v->kubelet;
    if (fs_probe_set(v->probe, paths, asked + OWN_PATHS) < 0) {
        return err_set(err, ENOMEM, "volumes: out of memory");
    }
    for (size_t i = 0; i < asked + OWN_PATHS; i++) {
        each[i].r = -ETIMEDOUT;
    }
    int r = fs_probe_run_all(v->probe, v->timeout_ns, each);
    for (size_t i = 0, k = 0; i < n + OWN_PATHS; i++) {
        bool known = i >= n || list[i].path;
        results[i] = known ? each[k++] : (struct fs_probe_result){ .r = -ENODATA };
        if (i < n && results[i].r == 0 && list[i].is_mount && results[i].below_mount) {
            results[i].r = -ENXIO;
        }
    }
    *ret = results;
    return r < 0 ? err_set_errno(err, -r, "volumes: too many do not answer") : 0;
}

static bool shares_device(const struct fs_probe_result *results, size_t n, size_t at)
{
    const struct fs_probe_result *own = &results[at];
    bool shares = false;
    for (size_t i = 0; i < n && !shares; i++) {
        const struct fs_probe_result *other = &results[i];
        shares =
            i != at && other->r == 0 && other->major == own->major && other->minor == own->minor;
    }
    return shares;
}

static struct str reason_of(int r)
{
    switch (-r) {
    case ETIMEDOUT:
        return STR("timeout");
    case ENODATA:
        return STR("unknown");
    case ENXIO:
        return STR("unmounted");
    default:
        return STR("error");
    }
}

static void fill(struct volume_sample *s, const struct fs_probe_result *r)
{
    s->capacity_bytes = r->size_bytes;
    s->available_bytes = r->avail_bytes;
    s->used_bytes = r->size_bytes - KG_MIN(r->free_bytes, r->size_bytes);
    s->inodes = r->files;
    s->inodes_free = r->files_free;
    s->inodes_used = r->files - KG_MIN(r->files_free, r->files);
}

static int add_volumes(const struct volume *list, size_t n, const struct fs_probe_result *results,
                       struct metric_sink *sink, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct volume_sample *s = metric_sink_add(sink, &volumes_subject, NULL, 0, err);
        if (!s) {
            return -ENOMEM;
        }
        /* The texts are read when the reading is taken, before the list may change. */
        s->namespace = list[i].namespace;
        s->claim = list[i].claim;
        s->present = results[i].r == 0 ? ANSWERED : MISSING;
        if (results[i].r == 0) {
            fill(s, &results[i]);
            s->shares_device = shares_device(results, n + OWN_PATHS, i);
        } else {
            s->reason = reason_of(results[i].r);
        }
    }
    return 0;
}

static int volumes_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct volumes *v = state;
    const struct volume *list;
    struct fs_probe_result *results = NULL;
    size_t n;
    int listed = volume_list_update(v->list, &list, &n, err);
    if (n == 0 || listed == -ENOMEM) {
        return listed;
    }
    int asked = ask(v, list, n, metric_sink_arena(sink), &results, err);
    int added = results ? add_volumes(list, n, results, sink, err) : 0;
    return listed < 0 ? listed : asked < 0 ? asked : added;
}

static const struct metric_subject *const subjects[] = { &volumes_subject, NULL };

const struct collector collector_volumes = {
    .name = "volumes",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = volumes_start,
    .read = volumes_read,
    .stop = volumes_stop,
};
