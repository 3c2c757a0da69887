#include "agent/kube_role.h"

#include "agent/budget.h"
#include "agent/kube_options.h"
#include "agent/node/pod_join.h"
#include "agent/watched.h"
#include "kube/join/pod_columns.h"

#include <stdio.h>

struct kube_role {
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
    uint64_t review_ns;              /* when the budget is reviewed next */
    struct service_resource resource;
    struct snapshot_cell shown;
    bool has_cell;
};

static struct metric_part *pods_part(void *arg)
{
    const struct kube_role *k = arg;
    return watched_part(&k->pods);
}

static void pods_report(void *arg, struct resource_report *ret)
{
    const struct kube_role *k = arg;
    *ret = RESOURCE_REPORT_NONE;
    watched_report(&k->pods, ret);
    budget_report(k->kind, ret);
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

static uint64_t on_turn(void *arg, uint64_t now_ns)
{
    struct kube_role *k = arg;
    if (now_ns >= k->review_ns) {
        k->review_ns = now_ns + BUDGET_REVIEW_NS;
        budget_review(k->budget, now_ns);
    }
    return k->review_ns;
}

static int make_watch(struct kube_role *k, const struct options *o,
                      const struct metric_selection *selection, struct err *err)
{
    char agent[KUBE_USER_AGENT_MAX], selector[320];
    kube_options_user_agent(agent, sizeof(agent));
    k->loop = kube_loop_new(&k->config, agent, err);
    if (!k->loop) {
        return -EIO;
    }
    const struct metric_amount limit = budget_limit(o);
    const struct kube_resource *pods = kube_resource_by_plural(STR("pods"));
    k->budget = metric_budget_new(&limit);
    k->kind = k->budget ? metric_budget_add(k->budget, pods->plural, pods->rank) : NULL;
    if (!k->kind) {
        return err_set(err, ENOMEM, "out of memory");
    }
    if (kube_loop_add_hook(k->loop, on_turn, k, err) < 0) {
        return -EIO;
    }
    snprintf(selector, sizeof(selector), "spec.nodeName=%s", options_text(o, OPT_NODE));
    struct watched_config config = {
        .resource = pods,
        .stored = options_bool(o, OPT_POD_STATE),
        .selection = selection,
        .labels = k->labels,
        .annotations = k->annotations,
        .ksm_quirks = options_bool(o, OPT_KSM_QUIRKS),
        .limits = { .budget = k->kind },
        .also = &pod_index_consumer,
        .also_arg = k->index,
        .field_selector = selector,
    };
    return watched_init(&k->pods, k->loop, &config, err);
}

static int make_state(struct kube_role *k, struct err *err)
{
    k->resource = (struct service_resource){
        .name = k->pods.resource->plural,
        .arg = k,
        .part = pods_part,
        .report = pods_report,
    };
    struct service_state *state = calloc(1, sizeof(*state));
    int r = state ? snapshot_cell_init(&k->shown) : -ENOMEM;
    if (r < 0) {
        free(state);
        return err_set_errno(err, -r, "state");
    }
    k->has_cell = true;
    service_state_init(state, &k->resource, 1);
    snapshot_cell_publish(&k->shown, &state->snapshot);
    return 0;
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
    if (kube_options_config(o, &k->config, err) < 0 ||
        kube_options_allowlist(o, OPT_LABELS_ALLOWLIST, &k->labels, err) < 0 ||
        kube_options_allowlist(o, OPT_ANNOTATIONS_ALLOWLIST, &k->annotations, err) < 0 ||
        make_join(k, o, err) < 0 || make_watch(k, o, selection, err) < 0 ||
        make_state(k, err) < 0) {
        kube_role_free(k);
        return NULL;
    }
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
    if (k->loop) {
        kube_loop_stop(k->loop);
    }
    watched_done(&k->pods);
    metric_budget_free(k->budget);
    kube_loop_free(k->loop);
    if (k->has_cell) {
        snapshot_cell_done(&k->shown);
    }
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

struct snapshot_cell *kube_role_state(struct kube_role *k)
{
    return &k->shown;
}
