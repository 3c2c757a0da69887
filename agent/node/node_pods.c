#include "agent/node/node_pods.h"

#include "agent/budget.h"
#include "agent/kube_options.h"
#include "agent/node/pod_join.h"
#include "agent/watched.h"
#include "kube/join/pod_columns.h"

#include <stdio.h>

struct node_pods {
    struct kube_config config;
    struct kube_loop *loop;
    struct health *health;
    struct key_allowlists *labels, *annotations;
    struct pod_columns *columns;
    struct pod_index *index;
    struct pod_lookup lookup;
    struct watched pods;
    struct metric_budget *budget;
    struct metric_budget_kind *kind; /* of the pods */
    struct segment_cache *cache;     /* or NULL */
    uint64_t review_ns;              /* when the budget is reviewed next */
    struct service_resource resource;
    struct snapshot_cell shown;
    bool has_cell;
};

static struct metric_part *pods_part(void *arg)
{
    const struct node_pods *p = arg;
    return watched_part(&p->pods);
}

static void pods_report(void *arg, struct resource_report *ret)
{
    const struct node_pods *p = arg;
    *ret = RESOURCE_REPORT_NONE;
    watched_report(&p->pods, ret);
    budget_report(p->kind, ret);
}

static int make_join(struct node_pods *p, const struct options *o, struct err *err)
{
    size_t n;
    const struct str *entries = options_list(o, OPT_CONTAINER_LABELS, &n);
    p->columns = pod_columns_new(entries, n, err);
    p->index = p->columns ? pod_index_new(entries, n, err) : NULL;
    if (!p->index) {
        return err_wrap(err, "--container-labels");
    }
    pod_join_init(&p->lookup, p->index, p->columns->names, p->columns->n);
    return 0;
}

static uint64_t on_turn(void *arg, uint64_t now_ns)
{
    struct node_pods *p = arg;
    if (now_ns >= p->review_ns) {
        p->review_ns = now_ns + BUDGET_REVIEW_NS;
        budget_review(p->budget, now_ns);
    }
    return p->review_ns;
}

static int make_watch(struct node_pods *p, const struct options *o,
                      const struct metric_selection *selection, struct err *err)
{
    char agent[KUBE_USER_AGENT_MAX], selector[320];
    kube_options_user_agent(agent, sizeof(agent));
    p->loop = kube_loop_new(&p->config, agent, err);
    if (!p->loop) {
        return -EIO;
    }
    const struct metric_amount limit = budget_limit(o);
    const struct kube_resource *pods = kube_resource_by_plural(STR("pods"));
    p->budget = metric_budget_new(&limit);
    p->kind = p->budget ? metric_budget_add(p->budget, pods->plural, pods->rank) : NULL;
    if (!p->kind) {
        return err_set(err, ENOMEM, "out of memory");
    }
    if (budget_cache(o, &p->cache, err) < 0) {
        return -ENOMEM;
    }
    if (kube_loop_add_hook(p->loop, on_turn, p, err) < 0) {
        return -EIO;
    }
    snprintf(selector, sizeof(selector), "spec.nodeName=%s", options_text(o, OPT_NODE));
    struct watched_config config = {
        .resource = pods,
        .stored = options_bool(o, OPT_POD_STATE),
        .selection = selection,
        .labels = p->labels,
        .annotations = p->annotations,
        .ksm_quirks = options_bool(o, OPT_KSM_QUIRKS),
        .limits = { .budget = p->kind, .cache = p->cache },
        .also = &pod_index_consumer,
        .also_arg = p->index,
        .field_selector = selector,
    };
    return watched_init(&p->pods, p->loop, &config, err);
}

static int make_state(struct node_pods *p, struct err *err)
{
    p->resource = (struct service_resource){
        .name = p->pods.resource->plural,
        .arg = p,
        .part = pods_part,
        .report = pods_report,
    };
    struct service_state *state = calloc(1, sizeof(*state));
    int r = state ? snapshot_cell_init(&p->shown) : -ENOMEM;
    if (r < 0) {
        free(state);
        return err_set_errno(err, -r, "state");
    }
    p->has_cell = true;
    service_state_init(state, &p->resource, 1);
    snapshot_cell_publish(&p->shown, &state->snapshot);
    return 0;
}

struct node_pods *node_pods_new(const struct options *o, const struct metric_selection *selection,
                                struct health *health, struct err *err)
{
    struct node_pods *p = calloc(1, sizeof(*p));
    if (!p) {
        err_set(err, ENOMEM, "out of memory");
        return NULL;
    }
    p->health = health;
    if (kube_options_config(o, &p->config, err) < 0 ||
        kube_options_allowlist(o, OPT_LABELS_ALLOWLIST, &p->labels, err) < 0 ||
        kube_options_allowlist(o, OPT_ANNOTATIONS_ALLOWLIST, &p->annotations, err) < 0 ||
        make_join(p, o, err) < 0 || make_watch(p, o, selection, err) < 0 ||
        make_state(p, err) < 0) {
        node_pods_free(p);
        return NULL;
    }
    return p;
}

int node_pods_start(struct node_pods *p, struct err *err)
{
    return kube_loop_start(p->loop, err);
}

void node_pods_stop(struct node_pods *p)
{
    if (p->loop) {
        kube_loop_stop(p->loop);
    }
}

void node_pods_beat(const struct node_pods *p)
{
    health_beat(p->health, HEALTH_KUBE, kube_loop_turned_ns(p->loop));
}

void node_pods_free(struct node_pods *p)
{
    if (!p) {
        return;
    }
    if (p->loop) {
        kube_loop_stop(p->loop);
    }
    watched_done(&p->pods);
    metric_budget_free(p->budget);
    segment_cache_unref(p->cache);
    kube_loop_free(p->loop);
    if (p->has_cell) {
        snapshot_cell_done(&p->shown);
    }
    pod_index_free(p->index);
    if (p->columns) {
        snapshot_unref(&p->columns->snapshot);
    }
    key_allowlists_free(p->labels);
    key_allowlists_free(p->annotations);
    kube_config_done(&p->config);
    free(p);
}

const struct pod_lookup *node_pods_lookup(const struct node_pods *p)
{
    return &p->lookup;
}

struct snapshot_cell *node_pods_state(struct node_pods *p)
{
    return &p->shown;
}

const struct segment_cache *node_pods_cache(const struct node_pods *p)
{
    return p->cache;
}
