#include "kube/resource_store.h"

#include "base/limits.h"
#include "kube/object/json_get.h"

/* Memory of the decode arena kept between two objects. */
#define KEEP_BYTES (256 * KIB)

#define KEY_MAX_BYTES (2 * KIB)

struct resource_store {
    const struct kube_resource *resource;
    struct metric_store *store;
    struct kube_decode how;
    const struct kube_consumer *also;
    void *also_arg;
    struct arena mem;
    void *sample;   /* resource->subject->sample_size bytes */
    struct buf key; /* of objects without a uid */
};

struct resource_store *resource_store_new(const struct kube_resource *resource,
                                          struct metric_store *store, const struct kube_decode *how,
                                          const struct kube_consumer *also, void *also_arg,
                                          struct err *err)
{
    struct resource_store *s = calloc(1, sizeof(*s));
    void *sample = calloc(1, resource->subject->sample_size);
    if (!s || !sample) {
        free(s);
        free(sample);
        err_set(err, ENOMEM, "%s: out of memory", resource->plural);
        return NULL;
    }
    s->resource = resource;
    s->store = store;
    s->how = *how;
    s->how.mem = &s->mem;
    s->also = also;
    s->also_arg = also_arg;
    s->sample = sample;
    arena_init(&s->mem, LIMIT_DECODE_ARENA_BYTES);
    buf_init(&s->key, KEY_MAX_BYTES);
    return s;
}

void resource_store_free(struct resource_store *s)
{
    if (s) {
        arena_done(&s->mem);
        buf_done(&s->key);
        free(s->sample);
        free(s);
    }
}

/* Its uid; what has none (never an API server's object) is told apart by namespace and name. */
static struct str key_of(struct resource_store *s, const json_t *object)
{
    const json_t *metadata = json_get_object(object, "metadata");
    struct str uid = json_get_str(metadata, "uid");
    if (uid.n > 0) {
        return uid;
    }
    buf_clear(&s->key);
    buf_add(&s->key, json_get_str(metadata, "namespace"));
    buf_add_char(&s->key, '/');
    buf_add(&s->key, json_get_str(metadata, "name"));
    return buf_str(&s->key);
}

/* An object that cannot be read is absent, not what it was before. */
static int put_into_store(struct resource_store *s, const json_t *object, struct err *err)
{
    memset(s->sample, 0, s->resource->subject->sample_size);
    int r = s->resource->decode(object, &s->how, s->sample, err);
    if (r == 0) {
        r = metric_store_put(s->store, key_of(s, object), s->sample, err);
    } else {
        metric_store_remove(s->store, key_of(s, object));
    }
    arena_reset(&s->mem, KEEP_BYTES);
    if (r < 0) {
        const json_t *metadata = json_get_object(object, "metadata");
        err_wrap(err, "%s " STR_FMT "/" STR_FMT, s->resource->plural,
                 STR_ARG(json_get_str(metadata, "namespace")),
                 STR_ARG(json_get_str(metadata, "name")));
    }
    return r;
}

static int on_put(void *arg, const json_t *object, struct err *err)
{
    struct resource_store *s = arg;
    int r = s->store ? put_into_store(s, object, err) : 0;
    if (s->also) {
        int also = s->also->put(s->also_arg, object, r < 0 ? NULL : err);
        r = r < 0 ? r : also;
    }
    return r;
}

static void on_remove(void *arg, const json_t *object)
{
    struct resource_store *s = arg;
    if (s->store) {
        metric_store_remove(s->store, key_of(s, object));
    }
    if (s->also) {
        s->also->remove(s->also_arg, object);
    }
}

static int on_relist_begin(void *arg, struct err *err)
{
    struct resource_store *s = arg;
    int r = s->store ? metric_store_relist_begin(s->store, err) : 0;
    if (r == 0 && s->also) {
        r = s->also->relist_begin(s->also_arg, err);
        if (r < 0 && s->store) {
            metric_store_relist_abort(s->store);
        }
    }
    return r;
}

static int on_relist_commit(void *arg, struct err *err)
{
    struct resource_store *s = arg;
    int r = s->store ? metric_store_relist_commit(s->store, err) : 0;
    if (s->also) {
        int also = s->also->relist_commit(s->also_arg, r < 0 ? NULL : err);
        r = r < 0 ? r : also;
    }
    return r;
}

static void on_relist_abort(void *arg)
{
    struct resource_store *s = arg;
    if (s->store) {
        metric_store_relist_abort(s->store);
    }
    if (s->also) {
        s->also->relist_abort(s->also_arg);
    }
}

static bool on_wants_list(void *arg)
{
    const struct resource_store *s = arg;
    return s->store && metric_store_wants_list(s->store);
}

static void on_settle(void *arg)
{
    struct resource_store *s = arg;
    if (s->store) {
        /* The old part stays when memory is out; the next settle tries again. */
        (void)metric_store_publish(s->store, NULL);
    }
    if (s->also && s->also->settle) {
        s->also->settle(s->also_arg);
    }
}

const struct kube_consumer resource_store_consumer = {
    .relist_begin = on_relist_begin,
    .relist_commit = on_relist_commit,
    .relist_abort = on_relist_abort,
    .put = on_put,
    .remove = on_remove,
    .wants_list = on_wants_list,
    .settle = on_settle,
};
