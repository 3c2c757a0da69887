#include "kube/join/pod_record.h"

#include "kube/join/pod_claims.h"
#include "kube/join/pod_limits.h"
#include "kube/object/json_get.h"

/* Bytes of a record that are kept of the scratch memory between two pods. */
#define SCRATCH_KEEP ((size_t)64 * 1024)

static void record_free(struct snapshot *s)
{
    free(KG_CONTAINER_OF(s, struct pod_record, snapshot));
}

/* "containerd://<id>" without the runtime's name. */
static struct str bare_id(struct str id)
{
    ssize_t at = str_search(id, STR("://"));
    return at < 0 ? id : str_from(id, (size_t)at + 3);
}

struct container_list {
    struct pod_index_container *items;
    size_t n;
};

/* terminated: of the state that is this run's. */
static void list_add(struct container_list *list, struct pod_index_container c,
                     const json_t *terminated)
{
    c.id = bare_id(c.id);
    bool again = list->n && str_eq(list->items[list->n - 1].id, c.id);
    if (c.id.n && !again) {
        c.oom_killed = str_eq(json_get_str(terminated, "reason"), STR("OOMKilled"));
        list->items[list->n++] = c;
    }
}

/* The container that is there, and the one before it: the cgroup of a run that has ended may
 * outlive it by a moment. */
static void list_add_statuses(struct container_list *list, const json_t *statuses)
{
    const json_t *status;
    size_t i;
    json_array_foreach (statuses, i, status) {
        const json_t *state = json_get_object(status, "state");
        const json_t *now = json_get_object(state, "terminated");
        const json_t *last = json_get_object(json_get_object(status, "lastState"), "terminated");
        struct pod_index_container c = {
            /* Waiting for its next run, a container still has the id of the last one. */
            .id = json_get_str(status, "containerID"),
            .name = json_get_str(status, "name"),
            .image = json_get_str(status, "image"),
            .running = json_get_object(state, "running"),
        };
        struct str last_id = json_get_str(last, "containerID");
        list_add(list, c, str_eq(last_id, c.id) ? last : now);
        c.id = last_id;
        c.running = false;
        list_add(list, c, last);
    }
}

static int containers_read(const json_t *status, struct arena *scratch, struct pod_index_pod *ret,
                           struct err *err)
{
    const json_t *const lists[] = {
        json_get_array(status, "containerStatuses"),
        json_get_array(status, "initContainerStatuses"),
        json_get_array(status, "ephemeralContainerStatuses"),
    };
    size_t n = 0;
    for (size_t i = 0; i < KG_ARRAY_LEN(lists); i++) {
        n += 2 * json_array_size(lists[i]);
    }
    struct container_list list = { ARENA_ARRAY(scratch, n, struct pod_index_container), 0 };
    if (!list.items) {
        return err_set(err, ENOMEM, "no memory for a pod of the index");
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(lists); i++) {
        list_add_statuses(&list, lists[i]);
    }
    ret->containers = list.items;
    ret->n_containers = list.n;
    return 0;
}

/* The kubelet names a static pod's cgroup by the hash of its manifest, which the mirror pod carries
 * as an annotation. Only a mirror pod is believed: any user can write that annotation on a pod. */
static struct str cgroup_uid_of(const json_t *metadata, struct str uid)
{
    const json_t *annotations = json_get_object(metadata, "annotations");
    struct str hash = json_get_str(annotations, "kubernetes.io/config.hash");
    struct str mirror = json_get_str(annotations, "kubernetes.io/config.mirror");
    return hash.n && mirror.n ? hash : uid;
}

static struct str text_copy(char **at, struct str s)
{
    struct str copy = { *at, s.n };
    if (s.n) {
        memcpy(*at, s.p, s.n);
    }
    *at += s.n;
    return copy;
}

/* Packs what borrowed says into one allocation. */
static struct pod_record *record_pack(const struct pod_index_pod *borrowed, size_t n_columns)
{
    const struct pod_index_pod *b = borrowed;
    size_t text = b->cgroup_uid.n + b->namespace.n + b->name.n + b->uid.n;
    for (size_t i = 0; i < n_columns; i++) {
        text += b->columns[i].n;
    }
    for (size_t i = 0; i < b->n_containers; i++) {
        text += b->containers[i].id.n + b->containers[i].name.n + b->containers[i].image.n;
    }
    for (size_t i = 0; i < b->n_claims; i++) {
        text += b->claims[i].name.n + b->claims[i].container.n + b->claims[i].path.n;
    }
    size_t arrays = n_columns * sizeof(struct str) +
                    b->n_containers * sizeof(struct pod_index_container) +
                    b->n_claims * sizeof(struct pod_index_claim);
    struct pod_record *record = malloc(sizeof(*record) + arrays + text);
    if (!record) {
        return NULL;
    }
    struct pod_index_container *containers = (void *)(record + 1);
    struct pod_index_claim *claims = (void *)(containers + b->n_containers);
    struct str *columns = (void *)(claims + b->n_claims);
    char *at = (char *)(columns + n_columns);
    snapshot_init(&record->snapshot, record_free);
    record->pod = (struct pod_index_pod){
        .cgroup_uid = text_copy(&at, b->cgroup_uid),
        .namespace = text_copy(&at, b->namespace),
        .name = text_copy(&at, b->name),
        .uid = text_copy(&at, b->uid),
        .columns = columns,
        .containers = containers,
        .n_containers = b->n_containers,
        .claims = claims,
        .n_claims = b->n_claims,
        .ephemeral_limit_bytes = b->ephemeral_limit_bytes,
    };
    for (size_t i = 0; i < n_columns; i++) {
        columns[i] = text_copy(&at, b->columns[i]);
    }
    for (size_t i = 0; i < b->n_claims; i++) {
        claims[i].name = text_copy(&at, b->claims[i].name);
        claims[i].container = text_copy(&at, b->claims[i].container);
        claims[i].path = text_copy(&at, b->claims[i].path);
    }
    for (size_t i = 0; i < b->n_containers; i++) {
        containers[i].id = text_copy(&at, b->containers[i].id);
        containers[i].name = text_copy(&at, b->containers[i].name);
        containers[i].image = text_copy(&at, b->containers[i].image);
        containers[i].running = b->containers[i].running;
        containers[i].oom_killed = b->containers[i].oom_killed;
    }
    return record;
}

struct pod_record *pod_record_new(const json_t *object, const struct pod_columns *columns,
                                  struct arena *scratch, struct err *err)
{
    const json_t *metadata = json_get_object(object, "metadata");
    struct pod_index_pod pod = {
        .namespace = json_get_str(metadata, "namespace"),
        .name = json_get_str(metadata, "name"),
        .uid = json_get_str(metadata, "uid"),
    };
    if (str_empty(pod.uid) || str_empty(pod.name)) {
        err_set(err, EBADMSG, "pod without metadata.uid or metadata.name");
        return NULL;
    }
    arena_reset(scratch, SCRATCH_KEEP);
    pod.cgroup_uid = cgroup_uid_of(metadata, pod.uid);
    pod.ephemeral_limit_bytes = pod_limits_ephemeral(object);
    struct str *values = ARENA_ARRAY(scratch, columns->n, struct str);
    if (!values) {
        err_set(err, ENOMEM, "no memory for a pod of the index");
        return NULL;
    }
    pod_columns_values(columns, object, values);
    pod.columns = values;
    if (containers_read(json_get_object(object, "status"), scratch, &pod, err) < 0) {
        return NULL;
    }
    struct pod_record *record =
        pod_claims_read(object, scratch, &pod) < 0 ? NULL : record_pack(&pod, columns->n);
    if (!record) {
        err_set(err, ENOMEM, "no memory for a pod of the index");
    }
    return record;
}

bool pod_record_equal(const struct pod_record *a, const struct pod_record *b, size_t n_columns)
{
    const struct pod_index_pod *x = &a->pod, *y = &b->pod;
    bool equal = str_eq(x->cgroup_uid, y->cgroup_uid) && str_eq(x->namespace, y->namespace) &&
                 str_eq(x->name, y->name) && str_eq(x->uid, y->uid) &&
                 x->n_containers == y->n_containers && x->n_claims == y->n_claims &&
                 x->ephemeral_limit_bytes == y->ephemeral_limit_bytes;
    for (size_t i = 0; equal && i < n_columns; i++) {
        equal = str_eq(x->columns[i], y->columns[i]);
    }
    for (size_t i = 0; equal && i < x->n_containers; i++) {
        const struct pod_index_container *c = &x->containers[i], *d = &y->containers[i];
        equal = str_eq(c->id, d->id) && str_eq(c->name, d->name) && str_eq(c->image, d->image) &&
                c->running == d->running && c->oom_killed == d->oom_killed;
    }
    for (size_t i = 0; equal && i < x->n_claims; i++) {
        const struct pod_index_claim *c = &x->claims[i], *d = &y->claims[i];
        equal = str_eq(c->name, d->name) && str_eq(c->container, d->container) &&
                str_eq(c->path, d->path);
    }
    return equal;
}
