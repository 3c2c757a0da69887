#include "agent/kube_role.h"

#include "agent/node/pod_join.h"
#include "base/clock.h"
#include "kube/client/loop.h"
#include "kube/join/pod_columns.h"
#include "kube/object/allowlist.h"
#include "kube/resource_store.h"
#include "metrics/store.h"

#include <stdio.h>
#include <sys/utsname.h>

/* What one watched resource consists of. */
struct watched {
    const struct kube_resource *resource;
    struct metric_store *store; /* NULL: not served */
    struct resource_store *consumer;
    struct kube_watch *watch;
    const struct kube_consumer *also; /* gets every call, too */
    void *also_arg;
    _Atomic uint64_t dropped; /* by the store; told to other threads when changes settle */
};

struct kube_role {
    struct kube_config config;
    struct kube_loop *loop;
    struct health *health;
    struct key_allowlists *labels, *annotations;
    struct pod_columns *columns;
    struct pod_index *index;
    struct pod_lookup lookup;
    struct watched pods;
    struct service_resource resources[1];
};

static int chain_begin(void *arg, struct err *err)
{
    struct watched *w = arg;
    return w->also->relist_begin(w->also_arg, err);
}

static int chain_commit(void *arg, struct err *err)
{
    struct watched *w = arg;
    return w->also->relist_commit(w->also_arg, err);
}

static void chain_abort(void *arg)
{
    struct watched *w = arg;
    w->also->relist_abort(w->also_arg);
}

static int chain_put(void *arg, const json_t *object, struct err *err)
{
    struct watched *w = arg;
    return w->also->put(w->also_arg, object, err);
}

static void chain_remove(void *arg, const json_t *object)
{
    struct watched *w = arg;
    w->also->remove(w->also_arg, object);
}

/* The store's figures may be asked for on the kube loop only, and this is called there. */
static void chain_settle(void *arg)
{
    struct watched *w = arg;
    w->also->settle(w->also_arg);
    if (w->store) {
        atomic_store(&w->dropped, metric_store_stats(w->store).dropped_total);
    }
}

static const struct kube_consumer chain_consumer = {
    .relist_begin = chain_begin,
    .relist_commit = chain_commit,
    .relist_abort = chain_abort,
    .put = chain_put,
    .remove = chain_remove,
    .settle = chain_settle,
};

static struct metric_part *watched_part(void *arg)
{
    struct watched *w = arg;
    return w->store ? metric_store_part(w->store) : NULL;
}

static void watched_report(void *arg, struct resource_report *ret)
{
    struct watched *w = arg;
    struct kube_watch_state s = kube_watch_state(w->watch);
    *ret = (struct resource_report){
        .synced = s.synced_once,
        .connected = s.connected,
        .behind_since_ns = s.behind_since_ns,
        .last_contact_ns = s.last_contact_ns,
        .list_success = s.list_success,
        .list_error = s.list_error,
        .watch_success = s.watch_success,
        .watch_error = s.watch_error,
        .decode_errors = s.decode_errors,
        .oversize_objects = s.oversize_objects,
        .events = s.events,
        .relists = s.relists,
        .dropped_objects = atomic_load(&w->dropped),
    };
    memcpy(ret->last_error, s.last_error, sizeof(ret->last_error));
    struct metric_part *part = watched_part(w);
    if (part) {
        ret->stored = true;
        ret->n_objects = part->n_objects;
        ret->n_series = part->n_series;
        ret->n_bytes = part->n_bytes;
        snapshot_unref(&part->snapshot);
    }
}

static int replace_server(struct kube_config *c, const char *url, struct err *err)
{
    struct str s = str_of(url);
    if (str_empty(s)) {
        return 0;
    }
    if (!str_starts(s, STR("https://")) && !str_starts(s, STR("http://"))) {
        return err_set(err, EINVAL,
                       "--apiserver: \"%.100s\" is not a URL such as "
                       "https://10.96.0.1:443",
                       url);
    }
    bool slash = true;
    while (slash) {
        slash = str_eat_end(&s, STR("/"));
    }
    char *server = str_dup(s);
    if (!server) {
        return err_set(err, ENOMEM, "out of memory");
    }
    free(c->server);
    c->server = server;
    return 0;
}

static int read_config(struct kube_role *k, const struct options *o, struct err *err)
{
    const char *file = options_text(o, OPT_KUBECONFIG), *context = options_text(o, OPT_CONTEXT);
    int r;
    if (*file) {
        r = kube_config_from_kubeconfig(file, *context ? context : NULL, &k->config, err);
        if (r < 0) {
            err_wrap(err, "--kubeconfig");
        }
    } else {
        r = kube_config_in_cluster(NULL, &k->config, err);
    }
    return r < 0 ? r : replace_server(&k->config, options_text(o, OPT_APISERVER), err);
}

static int read_allowlist(const struct options *o, size_t id, struct key_allowlists **ret,
                          struct err *err)
{
    struct str text = str_of(options_text(o, id));
    if (str_empty(text)) {
        return 0;
    }
    *ret = key_allowlists_parse(text, err);
    return *ret ? 0 : err_wrap(err, "--%s", o->rows[id].name);
}

static int make_join(struct kube_role *k, const struct options *o, struct err *err)
{
    size_t n;
    const struct str *entries = options_list(o, OPT_CONTAINER_LABELS, &n);
    k->columns = pod_columns_new(entries, n, err);
    k->index = k->columns ? pod_index_new(entries, n, err) : NULL;
    if (!k->index) {
        return err_wrap(err, "--container-labels");
    }
    pod_join_init(&k->lookup, k->index, k->columns->names, k->columns->n);
    return 0;
}

/* The store of the pods' state, and what feeds it and the index. */
static int make_consumer(struct kube_role *k, const struct options *o,
                         const struct metric_selection *selection, struct err *err)
{
    struct watched *w = &k->pods;
    struct str plural = STR("pods");
    struct metric_store_limits limits = { .max_bytes = options_bytes(o, OPT_MAX_STATE_BYTES) };
    w->resource = kube_resource_by_plural(plural);
    w->also = &pod_index_consumer;
    w->also_arg = k->index;
    if (options_bool(o, OPT_POD_STATE)) {
        w->store = metric_store_new(w->resource->subject, selection, &limits, err);
        if (!w->store) {
            return -ENOMEM;
        }
    }
    w->consumer =
        resource_store_new(w->resource, w->store, key_allowlist_of(k->labels, plural),
                           key_allowlist_of(k->annotations, plural), &chain_consumer, w, err);
    return w->consumer ? 0 : -ENOMEM;
}

static int make_watch(struct kube_role *k, const struct options *o, struct err *err)
{
    char agent[160], selector[320];
    struct utsname machine;
    const char *arch = uname(&machine) == 0 ? machine.machine : "unknown";
    snprintf(agent, sizeof(agent), "kubegauge/%s (linux/%s)", KG_VERSION, arch);
    snprintf(selector, sizeof(selector), "spec.nodeName=%s", options_text(o, OPT_NODE));
    const struct kube_resource *resource = k->pods.resource;
    struct kube_watch_spec spec = {
        .group = resource->group,
        .version = resource->version,
        .plural = resource->plural,
        .field_selector = selector,
        .unread = resource->unread,
        .streaming = true,
    };
    k->loop = kube_loop_new(&k->config, agent, err);
    if (!k->loop) {
        return -EIO;
    }
    k->pods.watch = kube_loop_add(k->loop, &spec, &resource_store_consumer, k->pods.consumer, err);
    return k->pods.watch ? 0 : -EIO;
}

struct kube_role *kube_role_new(const struct options *o, const struct metric_selection *selection,
                                struct health *health, struct err *err)
{
    struct kube_role *k = calloc(1, sizeof(*k));
    if (!k) {
        err_set(err, ENOMEM, "out of memory");
        return NULL;
    }
    k->health = health;
    if (read_config(k, o, err) < 0 ||
        read_allowlist(o, OPT_LABELS_ALLOWLIST, &k->labels, err) < 0 ||
        read_allowlist(o, OPT_ANNOTATIONS_ALLOWLIST, &k->annotations, err) < 0 ||
        make_join(k, o, err) < 0 || make_consumer(k, o, selection, err) < 0 ||
        make_watch(k, o, err) < 0) {
        kube_role_free(k);
        return NULL;
    }
    k->resources[0] = (struct service_resource){
        .name = k->pods.resource->plural,
        .arg = &k->pods,
        .part = watched_part,
        .report = watched_report,
    };
    return k;
}

int kube_role_start(struct kube_role *k, struct err *err)
{
    return kube_loop_start(k->loop, err);
}

void kube_role_stop(struct kube_role *k)
{
    if (k->loop) {
        kube_loop_stop(k->loop);
    }
}

void kube_role_beat(const struct kube_role *k)
{
    health_beat(k->health, HEALTH_KUBE, kube_loop_turned_ns(k->loop));
}

void kube_role_free(struct kube_role *k)
{
    if (!k) {
        return;
    }
    kube_loop_free(k->loop);
    resource_store_free(k->pods.consumer);
    metric_store_free(k->pods.store);
    pod_index_free(k->index);
    if (k->columns) {
        snapshot_unref(&k->columns->snapshot);
    }
    key_allowlists_free(k->labels);
    key_allowlists_free(k->annotations);
    kube_config_done(&k->config);
    free(k);
}

const struct pod_lookup *kube_role_pods(const struct kube_role *k)
{
    return &k->lookup;
}

const struct service_resource *kube_role_resources(const struct kube_role *k, size_t *ret_n)
{
    *ret_n = KG_ARRAY_LEN(k->resources);
    return k->resources;
}
