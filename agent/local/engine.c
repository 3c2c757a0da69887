#include "agent/local/engine.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/num.h"
#include "kube/client/call.h"

#include <stdio.h>
#include <unistd.h>

/* An engine that is not there, or does not answer, is tried again at least so often. */
#define RETRY_NS (5 * CLOCK_NS_PER_SEC)

/* A container is asked for when its cgroup appears, before it runs; what is known only then is
 * asked for after so long. */
#define SETTLE_NS CLOCK_NS_PER_SEC

/* Questions about single containers under way at a time. */
#define DETAILS 4

#define TIMEOUT_MS 20000L

/* News wait for the rest of the questions under way, but one that gets no answer must not keep
 * them. */
#define GATHER_NS (200 * CLOCK_NS_PER_MS)

struct known {
    char id[CGROUP_CONTAINER_ID_LEN + 1];
    struct container_record *record; /* NULL: not yet */
    uint64_t digest;                 /* of its row */
    bool wanted;                     /* to be asked for */
    bool again;                      /* to be asked for once more when it is listed */
    bool listed;
};

struct detail {
    struct engine *engine;
    struct kube_call *call; /* NULL: free */
    char id[CGROUP_CONTAINER_ID_LEN + 1];
};

struct engine {
    struct engine_config config;
    struct map known; /* id -> struct known */
    struct kube_call *list;
    struct detail details[DETAILS];
    uint64_t list_at_ns;
    uint64_t changed_ns; /* since when there is something new to take; 0: there is not */
    uint64_t left_out;   /* by the last list, for want of room */
    bool has_answered, told_absent;
    struct complaint silent, refused;
    atomic_bool up;
    _Atomic uint64_t containers, failures, dropped; /* for engine_report */
};

struct engine *engine_new(const struct engine_config *config, struct err *err)
{
    struct engine *e = calloc(1, sizeof(*e));
    if (!e) {
        err_set_errno(err, ENOMEM, "container engine");
        return NULL;
    }
    e->config = *config;
    e->silent.what = "container engine does not answer; names stay as they are, new containers are "
                     "shown by id";
    e->refused.what = "container engine does not tell of a container, which is shown by id";
    for (size_t i = 0; i < DETAILS; i++) {
        e->details[i].engine = e;
    }
    return e;
}

static uint64_t retry_ns(const struct engine *e)
{
    return KG_MIN(e->config.every_ns, RETRY_NS);
}

static void known_free(void *value)
{
    struct known *k = value;
    if (k->record) {
        snapshot_unref(&k->record->snapshot);
    }
    free(k);
}

void engine_free(struct engine *e)
{
    if (!e) {
        return;
    }
    kube_call_cancel(e->list);
    for (size_t i = 0; i < DETAILS; i++) {
        kube_call_cancel(e->details[i].call);
    }
    map_done(&e->known, known_free);
    free(e);
}

static void note_change(struct engine *e)
{
    e->changed_ns = e->changed_ns ? e->changed_ns : clock_mono_ns();
}

static void forget(struct engine *e, struct known *k)
{
    if (k->record) {
        note_change(e);
    }
    map_remove(&e->known, str_of(k->id));
    known_free(k);
}

/* The container of this id, made when it is new. NULL when there is no room. */
static struct known *get_known(struct engine *e, struct str id)
{
    struct known *k = map_get(&e->known, id);
    if (k) {
        return k;
    }
    if (map_count(&e->known) >= LIMIT_ENGINE_CONTAINERS) {
        e->left_out++;
        return NULL;
    }
    k = calloc(1, sizeof(*k));
    if (!k || str_copy(k->id, sizeof(k->id), id) < 0 || map_put(&e->known, id, k, NULL) < 0) {
        free(k);
        return NULL;
    }
    k->wanted = true;
    return k;
}

void engine_ask(struct engine *e, struct str id, uint64_t now_ns)
{
    struct known *k = atomic_load(&e->up) ? get_known(e, id) : NULL;
    if (k) {
        k->wanted = k->again = true;
    }
    /* One that was not there is looked for again: that it has started is what a new container
     * tells. */
    uint64_t soon_ns = atomic_load(&e->up) ? now_ns + SETTLE_NS : now_ns;
    e->list_at_ns = KG_MIN(e->list_at_ns, soon_ns);
}

static void fail(struct engine *e, struct complaint *complaint, const char *message)
{
    struct err why = { 0 };
    err_set(&why, EIO, "%s: %s", e->config.socket, message);
    atomic_fetch_add(&e->failures, 1);
    complain(complaint, clock_mono_ns(), e->config.name, &why);
}

static void set_up(struct engine *e, size_t n)
{
    if (!atomic_exchange(&e->up, true)) {
        char count[NUM_TEXT_MAX];
        snprintf(count, sizeof(count), "%zu", n);
        LOG_INFO("container engine answers", "engine", e->config.name, "socket", e->config.socket,
                 "containers", count);
    }
    e->has_answered = true;
    complaint_over(&e->silent, clock_mono_ns(), e->config.name);
}

/* Podman 4's rows do not tell of health, so what is checked is asked for with every list. */
static bool is_checked(const struct known *k)
{
    return k->record && k->record->health != CONTAINER_UNCHECKED;
}

/* Takes the list as the truth about which containers there are. */
static void take_list(struct engine *e, const json_t *list)
{
    void *at = NULL;
    void *value;
    struct str id;
    e->left_out = 0;
    while (map_next(&e->known, &at, &id, &value)) {
        ((struct known *)value)->listed = false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct engine_row row;
        struct known *k = engine_parse_row(list, i, &row) ? get_known(e, row.id) : NULL;
        if (k) {
            k->listed = true;
            k->wanted |= k->again || !k->record || k->digest != row.digest || is_checked(k);
            k->again = false;
            k->digest = row.digest;
        }
    }
    at = NULL;
    while (map_next(&e->known, &at, &id, &value)) {
        struct known *k = value;
        /* One that was asked for may not be started yet. */
        if (!k->listed && !k->again) {
            forget(e, k);
        } else if (!k->listed) {
            k->again = false;
        }
    }
    atomic_store(&e->containers, map_count(&e->known));
    atomic_store(&e->dropped, e->left_out);
}

static void on_list(void *arg, const struct kube_call_end *end)
{
    struct engine *e = arg;
    e->list = NULL;
    if (kube_call_is_good(end) && json_is_array(end->body)) {
        set_up(e, json_array_size(end->body));
        take_list(e, end->body);
        e->list_at_ns = clock_mono_ns() + e->config.every_ns;
        return;
    }
    atomic_store(&e->up, false);
    e->list_at_ns = clock_mono_ns() + retry_ns(e);
    fail(e, &e->silent, *end->message ? end->message : "the list of containers is no array");
}

static struct kube_call *begin(struct engine *e, const char *path, size_t max, kube_call_fn *on_end,
                               void *arg, struct err *err)
{
    struct kube_call_spec spec = {
        .verb = KUBE_GET,
        .path = path,
        .unix_socket = e->config.socket,
        .timeout_ms = TIMEOUT_MS,
        .max_bytes = max,
    };
    return kube_call_begin(e->config.http, &spec, on_end, arg, err);
}

static void set_absent(struct engine *e)
{
    if (atomic_exchange(&e->up, false)) {
        fail(e, &e->silent, "the socket is gone");
    } else if (!e->has_answered && !e->told_absent) {
        LOG_INFO("no container engine here", "engine", e->config.name, "socket", e->config.socket);
        e->told_absent = true;
    }
}

static void begin_list(struct engine *e, uint64_t now_ns)
{
    struct err err = { 0 };
    e->list_at_ns = now_ns + retry_ns(e);
    if (access(e->config.socket, F_OK) < 0) {
        set_absent(e);
        return;
    }
    e->list = begin(e, "/containers/json", LIMIT_ENGINE_LIST_BYTES, on_list, e, &err);
    if (!e->list) {
        fail(e, &e->silent, err_text(&err));
    }
}

static void take_detail(struct engine *e, struct known *k, const struct kube_call_end *end)
{
    struct container_record *record = NULL;
    struct err err = { 0 };
    if (end->status == 404) {
        forget(e, k); /* another engine's, or gone */
        return;
    }
    if (!kube_call_is_good(end)) {
        err_set(&err, EIO, "%s", end->message);
    } else if (engine_parse_container(end->body, e->config.policy, &record, &err) == 0 &&
               !str_eq_c(record->id, k->id)) {
        snapshot_unref(&record->snapshot);
        record = NULL;
        err_set(&err, EBADMSG, "asked for %s, it told of another container", k->id);
    }
    if (!record) {
        k->digest = 0; /* tried again with the next list */
        fail(e, &e->refused, err_text(&err));
        return;
    }
    complaint_over(&e->refused, clock_mono_ns(), e->config.name);
    if (k->record) {
        snapshot_unref(&k->record->snapshot);
    }
    k->record = record;
    note_change(e);
}

static void on_detail(void *arg, const struct kube_call_end *end)
{
    struct detail *d = arg;
    struct known *k = map_get(&d->engine->known, str_of(d->id));
    d->call = NULL;
    if (k) {
        take_detail(d->engine, k, end);
    }
}

static struct detail *free_detail(struct engine *e)
{
    for (size_t i = 0; i < DETAILS; i++) {
        if (!e->details[i].call) {
            return &e->details[i];
        }
    }
    return NULL;
}

static void begin_details(struct engine *e)
{
    void *at = NULL;
    void *value;
    struct str id;
    struct detail *d = free_detail(e);
    while (d && map_next(&e->known, &at, &id, &value)) {
        struct known *k = value;
        char path[128];
        struct err err = { 0 };
        if (!k->wanted) {
            continue;
        }
        k->wanted = false;
        snprintf(path, sizeof(path), "/containers/%s/json", k->id);
        memcpy(d->id, k->id, sizeof(d->id));
        d->call = begin(e, path, LIMIT_ENGINE_DETAIL_BYTES, on_detail, d, &err);
        if (!d->call) {
            k->digest = 0;
            fail(e, &e->refused, err_text(&err));
        }
        d = free_detail(e);
    }
}

uint64_t engine_turn(struct engine *e, uint64_t now_ns)
{
    if (!e->list && now_ns >= e->list_at_ns) {
        begin_list(e, now_ns);
    }
    begin_details(e);
    uint64_t list_ns = e->list ? UINT64_MAX : e->list_at_ns;
    return e->changed_ns ? KG_MIN(list_ns, e->changed_ns + GATHER_NS) : list_ns;
}

static bool is_asking(const struct engine *e)
{
    bool asking = false;
    for (size_t i = 0; i < DETAILS; i++) {
        asking |= e->details[i].call != NULL;
    }
    return asking;
}

bool engine_take_changed(struct engine *e, uint64_t now_ns)
{
    bool due = e->changed_ns && (!is_asking(e) || now_ns >= e->changed_ns + GATHER_NS);
    e->changed_ns = due ? 0 : e->changed_ns;
    return due;
}

struct container_record *engine_next(const struct engine *e, void **at)
{
    void *value;
    struct str id;
    while (map_next(&e->known, at, &id, &value)) {
        struct known *k = value;
        if (k->record) {
            return k->record;
        }
    }
    return NULL;
}

size_t engine_count(const struct engine *e)
{
    return map_count(&e->known);
}

void engine_report(const struct engine *e, struct service_engine *ret)
{
    *ret = (struct service_engine){
        .name = e->config.name,
        .up = atomic_load(&e->up),
        .containers = atomic_load(&e->containers),
        .failures = atomic_load(&e->failures),
        .dropped = atomic_load(&e->dropped),
    };
}
