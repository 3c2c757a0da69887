#include "agent/cluster/cluster_set.h"

#include "agent/budget.h"
#include "agent/watched.h"
#include "metrics/part_join.h"

/* A resource and its watches, one a namespace. */
struct set_resource {
    struct watched *watches;
    size_t n; /* of those that were begun */
    struct metric_budget_kind *budget;
};

struct cluster_set {
    struct cluster_plan *plan;
    struct kube_loop *loop;
    struct metric_budget *budget;
    struct segment_cache *cache; /* borrowed; or NULL */
    atomic_uint held;            /* states that somebody holds */
    size_t n;                    /* resources that were begun */
    struct set_resource resources[KUBE_N_RESOURCES];
    /* The two views of the resources. */
    struct service_resource served[KUBE_N_RESOURCES], silent[KUBE_N_RESOURCES];
};

/* A state that keeps its set. */
struct set_state {
    struct service_state state;
    struct cluster_set *set;
};

static struct metric_part *resource_part(void *arg)
{
    const struct set_resource *r = arg;
    struct metric_part **parts = calloc(r->n, sizeof(struct metric_part *));
    if (!parts) {
        return NULL;
    }
    for (size_t i = 0; i < r->n; i++) {
        parts[i] = watched_part(&r->watches[i]);
    }
    struct metric_part *joined = metric_part_join(parts, r->n);
    free(parts);
    return joined;
}

static struct metric_part *no_part(void *arg)
{
    (void)arg;
    return NULL;
}

static void resource_report(void *arg, struct resource_report *ret)
{
    const struct set_resource *r = arg;
    *ret = RESOURCE_REPORT_NONE;
    for (size_t i = 0; i < r->n; i++) {
        watched_report(&r->watches[i], ret);
    }
    budget_report(r->budget, ret);
}

static int begin_resource(struct cluster_set *s, const struct kube_resource *resource,
                          struct err *err)
{
    const struct cluster_plan *p = s->plan;
    struct set_resource *r = &s->resources[s->n++];
    size_t n = cluster_plan_watches(p, resource);
    r->watches = calloc(n, sizeof(*r->watches));
    r->budget = metric_budget_add(s->budget, resource->plural, resource->rank);
    if (!r->watches || !r->budget) {
        return err_set(err, ENOMEM, "%s: out of memory", resource->plural);
    }
    while (r->n < n) {
        size_t i = r->n++;
        const struct watched_config config = {
            .resource = resource,
            .stored = true,
            .selection = p->selection,
            .labels = p->labels,
            .annotations = p->annotations,
            .ksm_quirks = p->ksm_quirks,
            .limits = { p->limits.max_objects, 0, r->budget, s->cache },
            .shard = p->shard,
            .shard_at_server = p->shard_at_server,
            .namespace = resource->namespaced && p->n_namespaces ? p->namespaces[i] : NULL,
            .field_selector = resource->namespaced ? p->field_selector : NULL,
        };
        int e = watched_init(&r->watches[i], s->loop, &config, err);
        if (e < 0) {
            return e;
        }
    }
    s->served[s->n - 1] =
        (struct service_resource){ resource->plural, r, resource_part, resource_report, true };
    s->silent[s->n - 1] =
        (struct service_resource){ resource->plural, r, no_part, resource_report, true };
    return 0;
}

struct cluster_set *cluster_set_new(struct cluster_plan *plan, struct kube_loop *loop,
                                    struct segment_cache *cache, struct err *err)
{
    struct cluster_set *s = calloc(1, sizeof(*s));
    if (!s) {
        cluster_plan_free(plan);
        err_set(err, ENOMEM, "out of memory");
        return NULL;
    }
    s->plan = plan;
    s->loop = loop;
    s->cache = cache;
    s->budget = metric_budget_new(&plan->budget);
    if (!s->budget) {
        err_set(err, ENOMEM, "out of memory");
        cluster_set_free(s);
        return NULL;
    }
    for (size_t i = 0; i < plan->n_resources; i++) {
        if (begin_resource(s, plan->resources[i], err) < 0) {
            cluster_set_free(s);
            return NULL;
        }
    }
    return s;
}

void cluster_set_free(struct cluster_set *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < s->resources[i].n; k++) {
            watched_done(&s->resources[i].watches[k]);
        }
        free(s->resources[i].watches);
    }
    metric_budget_free(s->budget);
    cluster_plan_free(s->plan);
    free(s);
}

void cluster_set_review(struct cluster_set *s, uint64_t now_ns)
{
    budget_review(s->budget, now_ns);
}

bool cluster_set_complete(const struct cluster_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < s->resources[i].n; k++) {
            struct kube_watch_state state = kube_watch_state(s->resources[i].watches[k].watch);
            if (!state.synced_once && !state.refused) {
                return false;
            }
        }
    }
    return true;
}

static void state_free(struct snapshot *snapshot)
{
    struct set_state *state = (struct set_state *)snapshot;
    struct cluster_set *set = state->set;
    free(state);
    atomic_fetch_sub_explicit(&set->held, 1, memory_order_release);
}

struct service_state *cluster_set_state(struct cluster_set *s, bool served)
{
    struct set_state *state = calloc(1, sizeof(*state));
    if (!state) {
        return NULL;
    }
    service_state_init(&state->state, served ? s->served : s->silent, s->n);
    state->state.snapshot.free = state_free;
    state->state.shard = s->plan->shard.index;
    state->state.total_shards = s->plan->shard.total;
    state->state.object_limit = s->plan->limits.max_objects;
    state->set = s;
    atomic_fetch_add(&s->held, 1);
    return &state->state;
}

bool cluster_set_in_use(const struct cluster_set *s)
{
    return atomic_load_explicit(&s->held, memory_order_acquire) > 0;
}

const struct cluster_plan *cluster_set_plan(const struct cluster_set *s)
{
    return s->plan;
}
