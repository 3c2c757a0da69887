#include "kube/lease/lease_client.h"

#include "base/clock.h"
#include "base/log.h"
#include "kube/client/call.h"

#include <stdio.h>
#include <time.h>

#define PATH_BYTES 700

/* A renewal that takes longer than this has failed; half of it at most passes until it is noticed
 * that the server does not answer. */
#define CALL_MS 5000L

/* libcurl may be late in noticing: 7.88 forgets the time of a transfer that waits for another one's
 * connection. The lease does not wait for that. */
#define CALL_ENDS_NS ((CALL_MS + 1000) * CLOCK_NS_PER_MS)

struct lease_client {
    struct lease_client_config config;
    struct kube_loop *loop;
    struct kube_watch *watch;
    struct elector elector;
    struct kube_call *call;
    uint64_t began_ns;        /* the call */
    struct elector_step step; /* what the call does */
    char path[PATH_BYTES];    /* of the collection */
    char item[PATH_BYTES];    /* of the lease */
    bool listed;              /* the list under way has it */
    bool led;
    char holder[LEASE_TEXT_BYTES]; /* as last logged */
    uint64_t failures, renewed_ns;
    struct complaint failing;
};

/* Names of Kubernetes objects need no escaping. */
static bool is_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    return n > 0 && n < 254 && s[n] == '\0';
}

static void saw(struct lease_client *c, const json_t *object)
{
    struct err err = { 0 };
    struct lease lease;
    if (lease_decode(object, &lease, &err) == 0) {
        elector_saw(&c->elector, &lease, clock_mono_ns());
    }
}

static int relist_begin(void *arg, struct err *err)
{
    struct lease_client *c = arg;
    (void)err;
    c->listed = false;
    return 0;
}

static int relist_commit(void *arg, struct err *err)
{
    struct lease_client *c = arg;
    (void)err;
    if (!c->listed) {
        elector_saw(&c->elector, NULL, clock_mono_ns());
    }
    return 0;
}

static void relist_abort(void *arg)
{
    (void)arg;
}

static int put(void *arg, const json_t *object, struct err *err)
{
    struct lease_client *c = arg;
    (void)err;
    c->listed = true;
    saw(c, object);
    return 0;
}

static void removed(void *arg, const json_t *object)
{
    struct lease_client *c = arg;
    (void)object;
    elector_saw(&c->elector, NULL, clock_mono_ns());
}

static const struct kube_consumer consumer = {
    .relist_begin = relist_begin,
    .relist_commit = relist_commit,
    .relist_abort = relist_abort,
    .put = put,
    .remove = removed,
};

static int check(const struct lease_client_config *config, struct err *err)
{
    const struct elector_config *e = &config->elector;
    if (!is_name(config->name) || !is_name(config->namespace)) {
        return err_set(err, EINVAL, "\"%.100s\" in \"%.100s\" cannot name a lease", config->name,
                       config->namespace);
    }
    if (e->duration_ns < CLOCK_NS_PER_SEC || e->renew_ns == 0 || e->renew_ns * 2 > e->duration_ns) {
        return err_set(err, EINVAL,
                       "a lease must last a second at least, and twice as long as "
                       "between its renewals");
    }
    return 0;
}

struct lease_client *lease_client_new(struct kube_loop *loop,
                                      const struct lease_client_config *config, struct err *err)
{
    if (check(config, err) < 0) {
        return NULL;
    }
    struct lease_client *c = calloc(1, sizeof(*c));
    if (!c) {
        err_set_errno(err, ENOMEM, "lease");
        return NULL;
    }
    char selector[300];
    c->config = *config;
    c->loop = loop;
    c->failing.what = "the lease cannot be written";
    elector_init(&c->elector, &config->elector);
    snprintf(c->path, sizeof(c->path), "/apis/coordination.k8s.io/v1/namespaces/%s/leases",
             config->namespace);
    snprintf(c->item, sizeof(c->item), "%.*s/%s", PATH_BYTES - 300, c->path, config->name);
    snprintf(selector, sizeof(selector), "metadata.name=%s", config->name);
    struct kube_watch_spec spec = {
        .group = "coordination.k8s.io",
        .version = "v1",
        .plural = "leases",
        .namespace = config->namespace,
        .field_selector = selector,
    };
    c->watch = kube_loop_add(loop, &spec, &consumer, c, err);
    if (!c->watch) {
        free(c);
        return NULL;
    }
    return c;
}

void lease_client_free(struct lease_client *c)
{
    if (c) {
        kube_call_cancel(c->call);
        kube_loop_remove(c->loop, c->watch);
        free(c);
    }
}

static enum elector_outcome outcome_of(const struct kube_call_end *end)
{
    if (kube_call_is_good(end)) {
        return ELECTOR_DONE;
    }
    if (end->result != KUBE_HTTP_DONE || end->status >= 500 || end->status == 429) {
        return ELECTOR_UNREACHABLE;
    }
    return end->status == 409   ? ELECTOR_CONFLICT
           : end->status == 404 ? ELECTOR_MISSING
                                : ELECTOR_REFUSED;
}

static void on_end(void *arg, const struct kube_call_end *end)
{
    struct lease_client *c = arg;
    uint64_t now_ns = clock_mono_ns();
    enum elector_outcome outcome = outcome_of(end);
    c->call = NULL;
    if (outcome == ELECTOR_DONE) {
        saw(c, end->body);
        c->renewed_ns = c->step.action != ELECTOR_READ ? now_ns : c->renewed_ns;
        complaint_over(&c->failing, now_ns, c->config.name);
    } else if (outcome == ELECTOR_UNREACHABLE || outcome == ELECTOR_REFUSED) {
        struct err err = { 0 };
        err_set(&err, EIO, "%s", end->message);
        c->failures++;
        complain(&c->failing, now_ns, c->config.name, &err);
    }
    elector_ended(&c->elector, outcome, now_ns);
}

static uint64_t unix_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * CLOCK_NS_PER_SEC + (uint64_t)t.tv_nsec;
}

/* The body of the request; NULL for a get, or when out of memory. */
static json_t *body_of(struct lease_client *c)
{
    struct lease *l = &c->step.lease;
    if (c->step.action == ELECTOR_READ) {
        return NULL;
    }
    lease_time(l->renewed, sizeof(l->renewed), unix_ns());
    if (c->step.stamp_acquired) {
        memcpy(l->acquired, l->renewed, sizeof(l->acquired));
    }
    l->note[0] = '\0';
    if (c->config.note) {
        c->config.note(c->config.arg, l->note, sizeof(l->note));
    }
    return c->step.action == ELECTOR_CREATE
               ? lease_to_create(l, c->config.name, c->config.namespace)
               : lease_to_patch(l);
}

static void begin(struct lease_client *c, uint64_t now_ns)
{
    json_t *body = body_of(c);
    struct err err = { 0 };
    c->began_ns = now_ns;
    struct kube_call_spec spec = {
        .verb = c->step.action == ELECTOR_READ     ? KUBE_GET
                : c->step.action == ELECTOR_CREATE ? KUBE_CREATE
                                                   : KUBE_MERGE_PATCH,
        .path = c->step.action == ELECTOR_CREATE ? c->path : c->item,
        .body = body,
        .timeout_ms = CALL_MS,
    };
    if (body || c->step.action == ELECTOR_READ) {
        c->call = kube_call_begin(kube_loop_http(c->loop), &spec, on_end, c, &err);
    } else {
        err_set_errno(&err, ENOMEM, "lease");
    }
    json_decref(body);
    if (!c->call) {
        c->failures++;
        complain(&c->failing, now_ns, c->config.name, &err);
        elector_ended(&c->elector, ELECTOR_UNREACHABLE, now_ns);
    }
}

static void give_up(struct lease_client *c, uint64_t now_ns)
{
    struct err err = { 0 };
    err_set(&err, ETIMEDOUT, "no end after %ld ms", CALL_MS);
    kube_call_cancel(c->call);
    c->call = NULL;
    c->failures++;
    complain(&c->failing, now_ns, c->config.name, &err);
    elector_ended(&c->elector, ELECTOR_UNREACHABLE, now_ns);
}

static void log_holder(struct lease_client *c, uint64_t now_ns)
{
    const struct elector *e = &c->elector;
    static const char *const reasons[] = {
        [ELECTOR_NONE] = "",
        [ELECTOR_FREE] = "it was free",
        [ELECTOR_RELEASED] = "its holder left",
        [ELECTOR_DEAD] = "its holder is dead",
        [ELECTOR_EXPIRED] = "its holder was silent",
    };
    const char *holder = e->exists ? e->lease.holder : "";
    bool leads = elector_leads(e, now_ns);
    if (leads && !c->led) {
        LOG_INFO("leading", "lease", c->config.name, "why", reasons[e->reason], "before",
                 e->predecessor.holder);
    } else if (c->led && !leads) {
        LOG_INFO("not leading any more", "lease", c->config.name, "holder", holder);
    } else if (!leads && !str_eq(str_of(holder), str_of(c->holder))) {
        LOG_INFO(holder[0] ? "another one leads" : "nobody leads", "lease", c->config.name,
                 "holder", holder);
    }
    c->led = leads;
    memcpy(c->holder, holder, strlen(holder) + 1);
}

uint64_t lease_client_turn(struct lease_client *c, uint64_t now_ns)
{
    struct kube_watch_state s = kube_watch_state(c->watch);
    elector_set_reachable(&c->elector, s.sync == REFLECTOR_SYNCED, now_ns);
    uint64_t until_ns = UINT64_MAX;
    if (c->call && now_ns >= c->began_ns + CALL_ENDS_NS) {
        give_up(c, now_ns);
    }
    if (!c->call) {
        c->step = elector_next(&c->elector, now_ns);
        until_ns = c->step.until_ns;
        if (c->step.action != ELECTOR_WAIT) {
            begin(c, now_ns);
            until_ns = c->call ? now_ns + CALL_ENDS_NS : now_ns + CLOCK_NS_PER_SEC;
        }
    }
    log_holder(c, now_ns);
    return until_ns;
}

struct elector *lease_client_elector(struct lease_client *c)
{
    return &c->elector;
}

uint64_t lease_client_failures(const struct lease_client *c)
{
    return c->failures;
}

uint64_t lease_client_renewed_ns(const struct lease_client *c)
{
    return c->renewed_ns;
}
