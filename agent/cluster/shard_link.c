#include "agent/cluster/shard_link.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/num.h"
#include "kube/client/call.h"
#include "kube/object/json_get.h"

#include <stdio.h>

#define AGAIN_NS (2 * CLOCK_NS_PER_SEC)    /* after a request that failed */
#define CONFLICT_NS (50 * CLOCK_NS_PER_MS) /* after one that came second */
#define LOOK_NS (2 * CLOCK_NS_PER_SEC)     /* between two looks for pods */
#define PATH_MAX_BYTES 512
#define TEXT_MAX_BYTES 512 /* of one annotation */

/* Since when the pod of a record, by a hash of its uid, is known to be gone; 0: it is not. */
struct absence {
    uint64_t record, since_ns;
};

struct shard_link {
    struct kube_loop *loop;
    const char *pod, *namespace;
    struct shard_knowledge known;
    char set_uid[SHARD_UID_MAX];
    char version[64]; /* of the Lease; "": there is none */
    bool relist_put;  /* the list under way has brought the Lease */
    struct kube_watch *set_watch, *lease_watch;

    struct kube_call *pod_call, *look_call, *write_call;
    uint64_t pod_at_ns, look_at_ns, write_at_ns;
    unsigned looked_for;
    uint64_t looked_record; /* a hash of the uid that the record had then */
    uint64_t grace_ns;
    struct absence absences[LIMIT_SHARDS];
    void (*on_written)(void *arg, bool is_done);
    void *written_arg;
    struct complaint pod_fails, write_fails, look_fails;
};

static void fail(struct complaint *c, const char *subject, const char *why)
{
    struct err err = { 0 };
    err_set(&err, EIO, "%s", why);
    complain(c, clock_mono_ns(), subject, &err);
}

/* The StatefulSet. */

static int ignore_begin(void *arg, struct err *err)
{
    (void)arg;
    (void)err;
    return 0;
}

static void ignore_abort(void *arg)
{
    (void)arg;
}

static void ignore_object(void *arg, const json_t *object)
{
    (void)arg;
    (void)object; /* deleted with its pods, or to be made anew: what was wanted stays */
}

static int set_put(void *arg, const json_t *object, struct err *err)
{
    struct shard_link *l = arg;
    int64_t replicas = 1; /* what Kubernetes takes when it is absent */
    (void)err;
    json_get_i64_if(json_get_object(object, "spec"), "replicas", &replicas);
    l->known.wanted = replicas < 0 ? 0 : (unsigned)KG_MIN(replicas, LIMIT_SHARDS);
    return 0;
}

static const struct kube_consumer set_consumer = {
    .relist_begin = ignore_begin,
    .relist_commit = ignore_begin,
    .relist_abort = ignore_abort,
    .put = set_put,
    .remove = ignore_object,
};

/* The Lease. */

static void forget_lease(struct shard_link *l)
{
    l->version[0] = '\0';
    l->known.epoch = (struct shard_epoch){ 0 };
    memset(l->known.records, 0, sizeof(l->known.records));
    l->known.n_records = l->known.index + 1;
}

static void read_annotation(struct shard_link *l, struct str key, struct str text)
{
    uint64_t index;
    if (str_eq(key, STR(SHARD_EPOCH_KEY))) {
        if (shard_epoch_parse(text, &l->known.epoch) < 0) {
            LOG_WARN("the epoch of the shards cannot be read", "text", text.p);
        }
    } else if (str_eat(&key, STR(SHARD_RECORD_PREFIX)) && num_scan_u64(key, &index) == 0 &&
               index < LIMIT_SHARDS) {
        if (shard_record_parse(text, &l->known.records[index]) == 0) {
            l->known.n_records = KG_MAX(l->known.n_records, (unsigned)index + 1);
        }
    }
}

/* Whether the object is older than what is known: an event that a write's own answer overtook.
 * API servers count versions up, in decimal; where one does not, all are taken. */
static bool is_older(const struct shard_link *l, struct str version)
{
    uint64_t known, got;
    return num_scan_u64(str_of(l->version), &known) == 0 && num_scan_u64(version, &got) == 0 &&
           got < known;
}

static void read_lease(struct shard_link *l, const json_t *object)
{
    const json_t *metadata = json_get_object(object, "metadata");
    json_t *annotations = json_object_get(metadata, "annotations"), *value;
    struct str version = json_get_str(metadata, "resourceVersion");
    const char *key;
    if (is_older(l, version)) {
        return;
    }
    forget_lease(l);
    if (str_copy(l->version, sizeof(l->version), version) < 0) {
        return; /* written with that, everything would be refused: as if there were none */
    }
    json_object_foreach (annotations, key, value) {
        read_annotation(l, str_of(key), json_text(value));
    }
}

static int lease_begin(void *arg, struct err *err)
{
    struct shard_link *l = arg;
    (void)err;
    l->relist_put = false;
    return 0;
}

static int lease_commit(void *arg, struct err *err)
{
    struct shard_link *l = arg;
    (void)err;
    if (!l->relist_put) {
        forget_lease(l);
    }
    l->known.is_read = true;
    return 0;
}

static int lease_put(void *arg, const json_t *object, struct err *err)
{
    struct shard_link *l = arg;
    (void)err;
    l->relist_put = true;
    read_lease(l, object);
    return 0;
}

static void lease_remove(void *arg, const json_t *object)
{
    (void)object;
    forget_lease(arg);
}

static const struct kube_consumer lease_consumer = {
    .relist_begin = lease_begin,
    .relist_commit = lease_commit,
    .relist_abort = ignore_abort,
    .put = lease_put,
    .remove = lease_remove,
};

static struct kube_watch *watch_one(struct shard_link *l, const char *group, const char *plural,
                                    const char *name, const struct kube_consumer *consumer)
{
    char selector[128];
    struct err err = { 0 };
    snprintf(selector, sizeof(selector), "metadata.name=%s", name);
    struct kube_watch_spec spec = {
        .group = group,
        .version = "v1",
        .plural = plural,
        .namespace = l->namespace,
        .field_selector = selector,
        .streaming = true,
    };
    struct kube_watch *watch = kube_loop_add(l->loop, &spec, consumer, l, &err);
    if (!watch) {
        fail(&l->pod_fails, plural, err_text(&err));
    }
    return watch;
}

static void watch_all(struct shard_link *l)
{
    char lease[sizeof(l->known.stateful_set) + 16];
    snprintf(lease, sizeof(lease), "%s" SHARD_LEASE_SUFFIX, l->known.stateful_set);
    if (!l->set_watch) {
        l->set_watch = watch_one(l, "apps", "statefulsets", l->known.stateful_set, &set_consumer);
    }
    if (!l->lease_watch) {
        l->lease_watch = watch_one(l, "coordination.k8s.io", "leases", lease, &lease_consumer);
    }
}

/* The pod, and whose it is. */

static void find_owner(struct shard_link *l, const json_t *pod)
{
    const json_t *metadata = json_get_object(pod, "metadata");
    const json_t *owners = json_get_array(metadata, "ownerReferences");
    struct shard_knowledge *k = &l->known;
    for (size_t i = 0; i < json_array_size(owners) && !k->is_found; i++) {
        const json_t *owner = json_array_get(owners, i);
        struct str name = json_get_str(owner, "name");
        k->is_found = str_eq(json_get_str(owner, "apiVersion"), STR("apps/v1")) &&
                      str_eq(json_get_str(owner, "kind"), STR("StatefulSet")) &&
                      json_get_true(owner, "controller") &&
                      shard_ordinal(str_of(l->pod), name, &k->index) &&
                      str_copy(k->stateful_set, sizeof(k->stateful_set), name) == 0 &&
                      str_copy(l->set_uid, sizeof(l->set_uid), json_get_str(owner, "uid")) == 0 &&
                      str_copy(k->uid, sizeof(k->uid), json_get_str(metadata, "uid")) == 0;
    }
    k->is_orphan = !k->is_found;
    k->n_records = k->index + 1;
}

static void on_pod(void *arg, const struct kube_call_end *end)
{
    struct shard_link *l = arg;
    l->pod_call = NULL;
    l->pod_at_ns = clock_mono_ns() + AGAIN_NS;
    if (!kube_call_is_good(end)) {
        fail(&l->pod_fails, l->pod, end->message);
        return;
    }
    complaint_over(&l->pod_fails, clock_mono_ns(), l->pod);
    find_owner(l, end->body);
}

static struct kube_call *get_pod(struct shard_link *l, const char *pod, kube_call_fn *on_end,
                                 struct complaint *fails)
{
    char path[PATH_MAX_BYTES];
    struct err err = { 0 };
    snprintf(path, sizeof(path), "/api/v1/namespaces/%s/pods/%s", l->namespace, pod);
    const struct kube_call_spec spec = { .verb = KUBE_GET, .path = path };
    struct kube_call *call = kube_call_begin(kube_loop_http(l->loop), &spec, on_end, l, &err);
    if (!call) {
        fail(fails, pod, err_text(&err));
    }
    return call;
}

/* Whether the pods of records are still there. */

static void on_look(void *arg, const struct kube_call_end *end)
{
    struct shard_link *l = arg;
    struct str phase = json_get_str(json_get_object(end->body, "status"), "phase");
    struct str uid = json_get_str(json_get_object(end->body, "metadata"), "uid");
    l->look_call = NULL;
    bool is_gone =
        end->status == 404 || (kube_call_is_good(end) &&
                               (hash_str(HASH_START, uid) != l->looked_record ||
                                str_eq(phase, STR("Succeeded")) || str_eq(phase, STR("Failed"))));
    if (!is_gone && !kube_call_is_good(end)) {
        fail(&l->look_fails, l->known.stateful_set, end->message);
        return;
    }
    complaint_over(&l->look_fails, clock_mono_ns(), l->known.stateful_set);
    struct absence *a = &l->absences[l->looked_for];
    if (!is_gone) {
        a->since_ns = 0;
    } else if (a->since_ns == 0 || a->record != l->looked_record) {
        *a = (struct absence){ l->looked_record, clock_mono_ns() };
    }
}

void shard_link_look_for(struct shard_link *l, unsigned index, uint64_t grace_ns, uint64_t now_ns)
{
    char pod[sizeof(l->known.stateful_set) + 16];
    l->grace_ns = grace_ns;
    if (l->look_call || now_ns < l->look_at_ns || index >= l->known.n_records) {
        return;
    }
    l->look_at_ns = now_ns + LOOK_NS;
    l->looked_for = index;
    l->looked_record = hash_str(HASH_START, str_of(l->known.records[index].uid));
    snprintf(pod, sizeof(pod), "%s-%u", l->known.stateful_set, index);
    l->look_call = get_pod(l, pod, on_look, &l->look_fails);
}

static void settle_absences(struct shard_link *l, uint64_t now_ns)
{
    for (unsigned i = 0; i < l->known.n_records; i++) {
        const struct absence *a = &l->absences[i];
        l->known.gone[i] = a->since_ns && now_ns >= a->since_ns + l->grace_ns &&
                           a->record == hash_str(HASH_START, str_of(l->known.records[i].uid));
    }
}

/* Writing. */

static void on_write(void *arg, const struct kube_call_end *end)
{
    struct shard_link *l = arg;
    bool is_done = kube_call_is_good(end);
    l->write_call = NULL;
    if (is_done) {
        read_lease(l, end->body);
        complaint_over(&l->write_fails, clock_mono_ns(), l->known.stateful_set);
    } else if (end->status == 409) {
        l->write_at_ns = clock_mono_ns() + CONFLICT_NS;
    } else {
        l->write_at_ns = clock_mono_ns() + AGAIN_NS;
        l->known.is_refused |= end->status == 403;
        fail(&l->write_fails, l->known.stateful_set, end->message);
    }
    l->on_written(l->written_arg, is_done);
}

static json_t *annotations_of(const struct shard_link *l, const struct shard_epoch *epoch,
                              const struct shard_record *record)
{
    auto_buf struct buf text = BUF_INIT(TEXT_MAX_BYTES);
    json_t *out = json_object();
    if (epoch) {
        shard_epoch_print(epoch, &text);
        json_object_set_new(out, SHARD_EPOCH_KEY, json_stringn(text.p, text.n));
    }
    if (record) {
        char key[sizeof(SHARD_RECORD_PREFIX) + 16];
        snprintf(key, sizeof(key), SHARD_RECORD_PREFIX "%u", l->known.index);
        buf_clear(&text);
        shard_record_print(record, &text);
        json_object_set_new(out, key, json_stringn(text.p, text.n));
    }
    return out;
}

/* What is to be sent: a Lease that goes with its StatefulSet, or a change of the one that is. */
static json_t *body_of(const struct shard_link *l, const char *name, json_t *annotations)
{
    if (l->version[0]) {
        return json_pack("{s:{s:s,s:o}}", "metadata", "resourceVersion", l->version, "annotations",
                         annotations);
    }
    return json_pack("{s:s,s:s,s:{s:s,s:o,s:[{s:s,s:s,s:s,s:s}]}}", "apiVersion",
                     "coordination.k8s.io/v1", "kind", "Lease", "metadata", "name", name,
                     "annotations", annotations, "ownerReferences", "apiVersion", "apps/v1", "kind",
                     "StatefulSet", "name", l->known.stateful_set, "uid", l->set_uid);
}

bool shard_link_write(struct shard_link *l, const struct shard_epoch *epoch,
                      const struct shard_record *record, void (*on_end)(void *arg, bool is_done),
                      void *arg)
{
    char path[PATH_MAX_BYTES], name[sizeof(l->known.stateful_set) + 16];
    struct err err = { 0 };
    if (l->write_call || clock_mono_ns() < l->write_at_ns) {
        return false;
    }
    snprintf(name, sizeof(name), "%s" SHARD_LEASE_SUFFIX, l->known.stateful_set);
    snprintf(path, sizeof(path), "/apis/coordination.k8s.io/v1/namespaces/%s/leases%s%s",
             l->namespace, l->version[0] ? "/" : "", l->version[0] ? name : "");
    json_t *body = body_of(l, name, annotations_of(l, epoch, record));
    const struct kube_call_spec spec = {
        .verb = l->version[0] ? KUBE_MERGE_PATCH : KUBE_CREATE,
        .path = path,
        .body = body,
    };
    l->on_written = on_end;
    l->written_arg = arg;
    if (body) {
        l->write_call = kube_call_begin(kube_loop_http(l->loop), &spec, on_write, l, &err);
    } else {
        err_set(&err, ENOMEM, "out of memory");
    }
    json_decref(body);
    if (!l->write_call) {
        l->write_at_ns = clock_mono_ns() + AGAIN_NS;
        fail(&l->write_fails, l->known.stateful_set, err_text(&err));
    }
    return l->write_call;
}

uint64_t shard_link_turn(struct shard_link *l, uint64_t now_ns)
{
    if (!l->known.is_found && !l->known.is_orphan) {
        if (!l->pod_call && now_ns >= l->pod_at_ns) {
            l->pod_at_ns = now_ns + AGAIN_NS;
            l->pod_call = get_pod(l, l->pod, on_pod, &l->pod_fails);
        }
        return l->pod_call ? UINT64_MAX : l->pod_at_ns;
    }
    if (l->known.is_found) {
        watch_all(l);
        settle_absences(l, now_ns);
        /* 404 is a server without Leases. */
        l->known.is_refused |= l->lease_watch && kube_watch_state(l->lease_watch).refused;
    }
    return l->write_at_ns > now_ns ? l->write_at_ns : UINT64_MAX;
}

const struct shard_knowledge *shard_link_knows(const struct shard_link *l)
{
    return &l->known;
}

struct shard_link *shard_link_new(struct kube_loop *loop, const char *pod, const char *namespace)
{
    struct shard_link *l = calloc(1, sizeof(*l));
    if (l) {
        l->loop = loop;
        l->pod = pod;
        l->namespace = namespace;
        l->pod_fails.what = "the agent's own pod cannot be read";
        l->look_fails.what = "another shard's pod cannot be read";
        l->write_fails.what = "what this shard does cannot be told to the others";
    }
    return l;
}

void shard_link_free(struct shard_link *l)
{
    if (!l) {
        return;
    }
    kube_call_cancel(l->pod_call);
    kube_call_cancel(l->look_call);
    kube_call_cancel(l->write_call);
    kube_loop_remove(l->loop, l->set_watch);
    kube_loop_remove(l->loop, l->lease_watch);
    free(l);
}
