/* Containers and init containers of a pod: .spec.containers with .status.containerStatuses. */
#include "kube/object/json_get.h"
#include "kube/object/name_index.h"
#include "kube/resources/pods.h"

static int specs_decode(const json_t *array, const struct kube_decode *how,
                        struct pod_containers *ret, struct err *err)
{
    const json_t *container;
    size_t i;
    struct pod_container *items =
        KUBE_DECODE_ARRAY(how, json_array_size(array), struct pod_container, err);
    if (!items) {
        return -ENOMEM;
    }
    ret->items = items;
    json_array_foreach (array, i, container) {
        const json_t *resources = json_get_object(container, "resources");
        struct pod_container *item = &items[ret->n];
        if (!json_is_object(container)) {
            continue;
        }
        item->name = json_get_str(container, "name");
        item->image = json_get_str(container, "image");
        item->restart_policy = json_get_str(container, "restartPolicy");
        int r = kube_amounts_decode(json_get_object(resources, "requests"),
                                    KUBE_AMOUNTS_OF_CONTAINER, how, &item->requests, err);
        if (r >= 0) {
            r = kube_amounts_decode(json_get_object(resources, "limits"), KUBE_AMOUNTS_OF_CONTAINER,
                                    how, &item->limits, err);
        }
        if (r < 0) {
            return r;
        }
        ret->n++;
    }
    return 0;
}

static void terminated_decode(const json_t *state, struct pod_terminated *ret)
{
    const json_t *terminated = json_get_object(state, "terminated");
    if (!terminated) {
        return;
    }
    ret->is = true;
    ret->reason = json_get_str(terminated, "reason");
    ret->exit_code = json_get_i64(terminated, "exitCode");
    ret->started_unix_sec = json_get_time(terminated, "startedAt");
    ret->finished_unix_sec = json_get_time(terminated, "finishedAt");
}

static void status_decode(const json_t *status, struct pod_container_status *ret)
{
    const json_t *state = json_get_object(status, "state");
    const json_t *waiting = json_get_object(state, "waiting");
    const json_t *running = json_get_object(state, "running");
    ret->name = json_get_str(status, "name");
    ret->image = json_get_str(status, "image");
    ret->image_id = json_get_str(status, "imageID");
    ret->container_id = json_get_str(status, "containerID");
    ret->ready = json_get_true(status, "ready");
    ret->restarts = json_get_i64(status, "restartCount");
    ret->waiting = waiting != NULL;
    ret->waiting_reason = json_get_str(waiting, "reason");
    ret->running = running != NULL;
    ret->running_since_unix_sec = json_get_time(running, "startedAt");
    terminated_decode(state, &ret->terminated);
    terminated_decode(json_get_object(status, "lastState"), &ret->last_terminated);
}

static int statuses_decode(const json_t *array, const struct kube_decode *how,
                           struct pod_containers *ret, struct err *err)
{
    const json_t *status;
    size_t i;
    struct pod_container_status *items =
        KUBE_DECODE_ARRAY(how, json_array_size(array), struct pod_container_status, err);
    if (!items) {
        return -ENOMEM;
    }
    ret->statuses = items;
    json_array_foreach (array, i, status) {
        if (json_is_object(status)) {
            status_decode(status, &items[ret->n_statuses++]);
        }
    }
    return 0;
}

/* Kubernetes keeps names unique within a pod; of equal ones the first of each side is taken, since
 * all pairs of them would be the same series again. */
static int pair_up(const struct kube_decode *how, struct pod_containers *ret, struct err *err)
{
    struct name_index index;
    struct pod_container_pair *pairs =
        KUBE_DECODE_ARRAY(how, ret->n, struct pod_container_pair, err);
    if (!pairs || name_index_init(&ret->statuses->name, ret->n_statuses, sizeof(*ret->statuses),
                                  how->mem, &index) < 0) {
        return err_set(err, ENOMEM, "no memory for the decoded object");
    }
    for (size_t i = 0; i < ret->n; i++) {
        const struct str *const *found = name_index_find(&index, ret->items[i].name, NULL);
        if (found) {
            pairs[ret->n_pairs++] = (struct pod_container_pair){
                &ret->items[i], KG_CONTAINER_OF(*found, struct pod_container_status, name)
            };
        }
    }
    ret->pairs = pairs;
    return 0;
}

static int list_decode(const json_t *specs, const json_t *statuses, const struct kube_decode *how,
                       struct pod_containers *ret, struct err *err)
{
    int r = specs_decode(specs, how, ret, err);
    if (r >= 0) {
        r = statuses_decode(statuses, how, ret, err);
    }
    return r < 0 ? r : pair_up(how, ret, err);
}

int pod_containers_decode(const json_t *spec, const json_t *status, const struct kube_decode *how,
                          struct pod_sample *pod, struct err *err)
{
    int r = list_decode(json_get_array(spec, "containers"),
                        json_get_array(status, "containerStatuses"), how, &pod->containers, err);
    if (r < 0) {
        return r;
    }
    return list_decode(json_get_array(spec, "initContainers"),
                       json_get_array(status, "initContainerStatuses"), how, &pod->init_containers,
                       err);
}

static void each_status(const struct pod_containers *list, struct metric_writer *out,
                        void (*put)(const struct pod_container_status *, struct metric_writer *))
{
    for (size_t i = 0; i < list->n_statuses; i++) {
        put(&list->statuses[i], out);
    }
}

/* Defines pod_emit_NAME and pod_emit_init_NAME, which give each status to put_NAME. */
#define EMIT_EACH_STATUS(name)                                                                     \
    void pod_emit_##name(const void *sample, struct metric_writer *out)                            \
    {                                                                                              \
        const struct pod_sample *pod = sample;                                                     \
        each_status(&pod->containers, out, put_##name);                                            \
    }                                                                                              \
    void pod_emit_init_##name(const void *sample, struct metric_writer *out)                       \
    {                                                                                              \
        const struct pod_sample *pod = sample;                                                     \
        each_status(&pod->init_containers, out, put_##name);                                       \
    }

static void put_state_started(const struct pod_container_status *s, struct metric_writer *out)
{
    if (s->running) {
        metric_put(out, (double)s->running_since_unix_sec, s->name);
    } else if (s->terminated.is) {
        metric_put(out, (double)s->terminated.started_unix_sec, s->name);
    }
}
EMIT_EACH_STATUS(state_started)

static void put_last_terminated_reason(const struct pod_container_status *s,
                                       struct metric_writer *out)
{
    if (s->last_terminated.is) {
        metric_put(out, 1, s->name, s->last_terminated.reason);
    }
}
EMIT_EACH_STATUS(last_terminated_reason)

static void put_last_terminated_exitcode(const struct pod_container_status *s,
                                         struct metric_writer *out)
{
    if (s->last_terminated.is) {
        metric_put(out, (double)s->last_terminated.exit_code, s->name);
    }
}
EMIT_EACH_STATUS(last_terminated_exitcode)

static void put_last_terminated_timestamp(const struct pod_container_status *s,
                                          struct metric_writer *out)
{
    if (s->last_terminated.is) {
        metric_put(out, (double)s->last_terminated.finished_unix_sec, s->name);
    }
}
EMIT_EACH_STATUS(last_terminated_timestamp)

static void put_ready_containers(const struct pod_container_status *s, struct metric_writer *out)
{
    metric_put(out, s->ready, s->name);
}
EMIT_EACH_STATUS(ready_containers)

static void put_restarts(const struct pod_container_status *s, struct metric_writer *out)
{
    metric_put(out, (double)s->restarts, s->name);
}
EMIT_EACH_STATUS(restarts)

static void put_running(const struct pod_container_status *s, struct metric_writer *out)
{
    metric_put(out, s->running, s->name);
}
EMIT_EACH_STATUS(running)

static void put_terminated(const struct pod_container_status *s, struct metric_writer *out)
{
    metric_put(out, s->terminated.is, s->name);
}
EMIT_EACH_STATUS(terminated)

static void put_terminated_reason(const struct pod_container_status *s, struct metric_writer *out)
{
    if (s->terminated.is) {
        metric_put(out, 1, s->name, s->terminated.reason);
    }
}
EMIT_EACH_STATUS(terminated_reason)

static void put_waiting(const struct pod_container_status *s, struct metric_writer *out)
{
    metric_put(out, s->waiting, s->name);
}
EMIT_EACH_STATUS(waiting)

static void put_waiting_reason(const struct pod_container_status *s, struct metric_writer *out)
{
    if (s->waiting) {
        metric_put(out, 1, s->name, s->waiting_reason);
    }
}
EMIT_EACH_STATUS(waiting_reason)

static void put_amounts(struct str container, struct str node, const struct kube_amounts *amounts,
                        struct metric_writer *out)
{
    for (size_t i = 0; i < amounts->n; i++) {
        const struct kube_amount *a = &amounts->items[i];
        metric_put(out, a->value, container, node, a->resource, a->unit);
    }
}

static void put_limits(const struct pod_containers *list, struct str node,
                       struct metric_writer *out)
{
    for (size_t i = 0; i < list->n; i++) {
        put_amounts(list->items[i].name, node, &list->items[i].limits, out);
    }
}

static void put_requests(const struct pod_containers *list, struct str node,
                         struct metric_writer *out)
{
    for (size_t i = 0; i < list->n; i++) {
        put_amounts(list->items[i].name, node, &list->items[i].requests, out);
    }
}

void pod_emit_limits(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    put_limits(&pod->containers, pod->node, out);
}

void pod_emit_init_limits(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    put_limits(&pod->init_containers, pod->node, out);
}

void pod_emit_requests(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    put_requests(&pod->containers, pod->node, out);
}

void pod_emit_init_requests(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    put_requests(&pod->init_containers, pod->node, out);
}

void pod_emit_container_info(const void *sample, struct metric_writer *out)
{
    const struct pod_containers *list = &((const struct pod_sample *)sample)->containers;
    for (size_t i = 0; i < list->n_pairs; i++) {
        const struct pod_container *c = list->pairs[i].container;
        const struct pod_container_status *s = list->pairs[i].status;
        metric_put(out, 1, c->name, c->image, s->image, s->image_id, s->container_id);
    }
}

void pod_emit_init_container_info(const void *sample, struct metric_writer *out)
{
    const struct pod_containers *list = &((const struct pod_sample *)sample)->init_containers;
    for (size_t i = 0; i < list->n_pairs; i++) {
        const struct pod_container *c = list->pairs[i].container;
        const struct pod_container_status *s = list->pairs[i].status;
        metric_put(out, 1, c->name, c->image, s->image, s->image_id, s->container_id,
                   c->restart_policy);
    }
}
