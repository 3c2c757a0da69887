#include "agent/watched.h"

#include "base/limits.h"
#include "metrics/store.h"

#include <malloc.h>

/* A relist of a store of so many bytes is worth giving memory back after. */
#define TRIM_BYTES (1 * MIB)

static int chain_begin(void *arg, struct err *err)
{
    struct watched *w = arg;
    return w->also ? w->also->relist_begin(w->also_arg, err) : 0;
}

static int chain_commit(void *arg, struct err *err)
{
    struct watched *w = arg;
    int r = w->also ? w->also->relist_commit(w->also_arg, err) : 0;
    /* The blocks of objects that had changed lie side by side, and their pages are not used again
     * before the next relist: after one in which all had changed this halves the heap. */
    if (w->store && metric_store_stats(w->store).n_bytes > TRIM_BYTES) {
        malloc_trim(0);
    }
    return r;
}

static void chain_abort(void *arg)
{
    struct watched *w = arg;
    if (w->also) {
        w->also->relist_abort(w->also_arg);
    }
}

static int chain_put(void *arg, const json_t *object, struct err *err)
{
    struct watched *w = arg;
    return w->also ? w->also->put(w->also_arg, object, err) : 0;
}

static void chain_remove(void *arg, const json_t *object)
{
    struct watched *w = arg;
    if (w->also) {
        w->also->remove(w->also_arg, object);
    }
}

/* The store's figures may be asked for on the kube loop only, and this is called there. */
static void chain_settle(void *arg)
{
    struct watched *w = arg;
    if (w->also && w->also->settle) {
        w->also->settle(w->also_arg);
    }
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

int watched_init(struct watched *w, struct kube_loop *loop, const struct watched_config *c,
                 struct err *err)
{
    struct str plural = str_of(c->resource->plural);
    *w = (struct watched){
        .resource = c->resource,
        .loop = loop,
        .also = c->also,
        .also_arg = c->also_arg,
    };
    if (c->stored) {
        w->store = metric_store_new(c->resource->subject, c->selection, &c->limits, err);
        if (!w->store) {
            return -ENOMEM;
        }
    }
    const struct kube_decode how = {
        .labels = key_allowlist_of(c->labels, plural),
        .annotations = key_allowlist_of(c->annotations, plural),
        .ksm_quirks = c->ksm_quirks,
    };
    w->consumer = resource_store_new(c->resource, w->store, &how, &chain_consumer, w, err);
    if (!w->consumer) {
        return -ENOMEM;
    }
    w->wanted = kube_resource_wanted(c->resource, how.labels, how.annotations,
                                     c->also ? c->also->reads : NULL);
    if (!w->wanted) {
        return err_set(err, ENOMEM, "%s: out of memory", c->resource->plural);
    }
    struct kube_watch_spec spec = {
        .group = c->resource->group,
        .version = c->resource->version,
        .plural = c->resource->plural,
        .namespace = c->namespace,
        .field_selector = c->field_selector,
        .shard = c->shard,
        .shard_at_server = c->shard_at_server,
        /* The pod index wants more than families do. */
        .metadata_only = !c->also && kube_resource_needs_metadata_only(c->resource, c->selection),
        .wanted = w->wanted,
        .streaming = true,
    };
    w->watch = kube_loop_add(loop, &spec, &resource_store_consumer, w->consumer, err);
    return w->watch ? 0 : -EIO;
}

void watched_done(struct watched *w)
{
    if (w->loop) {
        kube_loop_remove(w->loop, w->watch);
    }
    resource_store_free(w->consumer);
    metric_store_free(w->store);
    json_wanted_free(w->wanted);
    *w = (struct watched){ .resource = NULL };
}

struct metric_part *watched_part(const struct watched *w)
{
    return w->store ? metric_store_part(w->store) : NULL;
}

/* The earlier of two times, of which 0 means none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a && b ? KG_MIN(a, b) : KG_MAX(a, b);
}

static void add_stored(const struct watched *w, struct resource_report *ret)
{
    struct metric_part *part = watched_part(w);
    if (part) {
        ret->stored = true;
        ret->n_objects += part->n_objects;
        ret->n_series += part->n_series;
        ret->n_bytes += part->n_bytes;
        snapshot_unref(&part->snapshot);
    }
}

void watched_report(const struct watched *w, struct resource_report *ret)
{
    struct kube_watch_state s = kube_watch_state(w->watch);
    ret->synced &= s.synced_once;
    ret->connected &= s.connected;
    ret->waiting |= !s.synced_once && !s.refused;
    ret->refused = ret->refused ? ret->refused : s.refused;
    /* What was never to be had does not grow old: other namespaces of the resource are served. */
    if (s.synced_once || !s.refused) {
        ret->behind_since_ns = earlier(ret->behind_since_ns, s.behind_since_ns);
    }
    ret->last_contact_ns = earlier(ret->last_contact_ns, s.last_contact_ns);
    ret->list_success += s.list_success;
    ret->list_error += s.list_error;
    ret->watch_success += s.watch_success;
    ret->watch_error += s.watch_error;
    ret->decode_errors += s.decode_errors;
    ret->oversize_objects += s.oversize_objects;
    ret->events += s.events;
    ret->relists += s.relists;
    ret->foreign_objects += s.foreign_objects;
    ret->asked_server += s.sharding != KUBE_WATCH_SHARDING_HERE ? 1 : 0;
    ret->server_divides += s.sharding == KUBE_WATCH_SHARDING_SERVER ? 1 : 0;
    ret->dropped_objects += atomic_load(&w->dropped);
    if (s.last_error[0]) {
        memcpy(ret->last_error, s.last_error, sizeof(ret->last_error));
    }
    add_stored(w, ret);
}
