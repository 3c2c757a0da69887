#include "agent/cluster/cluster_plan.h"

#include "agent/budget.h"
#include "agent/kube_options.h"
#include "agent/options/options_selection.h"

#define SELECTOR_MAX (64 * KIB)

/* Index in the choices of --shard-mode. */
#define SHARD_MODE_SERVER 1

static bool is_enabled(const struct options *o, const struct kube_resource *resource)
{
    size_t n;
    const struct str *wanted = options_list(o, OPT_RESOURCES, &n);
    for (size_t i = 0; i < n; i++) {
        if (str_eq_c(wanted[i], resource->plural)) {
            return true;
        }
    }
    return n == 0 && resource->on_by_default;
}

static int read_resources(struct cluster_plan *p, const struct options *o, struct err *err)
{
    size_t n;
    const struct str *wanted = options_list(o, OPT_RESOURCES, &n);
    for (size_t i = 0; i < n; i++) {
        if (!kube_resource_by_plural(wanted[i])) {
            return err_set(err, EINVAL,
                           "--resources: there is no resource \"" STR_FMT
                           "\"; plural names such as pods are wanted, docs/metrics.md has all",
                           STR_ARG(str_head(wanted[i], 80)));
        }
    }
    for (size_t i = 0; kube_resources[i]; i++) {
        if (is_enabled(o, kube_resources[i])) {
            p->resources[p->n_resources++] = kube_resources[i];
        }
    }
    return 0;
}

static int read_namespaces(struct cluster_plan *p, const struct options *o, struct err *err)
{
    size_t n;
    const struct str *names = options_list(o, OPT_NAMESPACES, &n);
    p->namespaces = calloc(n ? n : 1, sizeof(*p->namespaces));
    for (size_t i = 0; p->namespaces && i < n; i++) {
        p->namespaces[i] = str_dup(names[i]);
        if (!p->namespaces[i]) {
            break;
        }
        p->n_namespaces++;
    }
    return p->n_namespaces == n && p->namespaces
               ? 0
               : err_set(err, ENOMEM, "--namespaces: out of memory");
}

/* --node and --track-unscheduled-pods select by a field that pods alone have. */
static int check_pods_only(const struct cluster_plan *p, const char *option, struct err *err)
{
    for (size_t i = 0; i < p->n_resources; i++) {
        if (!str_eq_c(STR("pods"), p->resources[i]->plural)) {
            return err_set(err, EINVAL,
                           "--%s selects pods; it needs --resources=pods, and \"%s\" is on", option,
                           p->resources[i]->plural);
        }
    }
    return 0;
}

static int read_selector(struct cluster_plan *p, const struct options *o, struct err *err)
{
    auto_buf struct buf text = BUF_INIT(SELECTOR_MAX);
    size_t n;
    const struct str *denied = options_list(o, OPT_NAMESPACES_DENYLIST, &n);
    bool unscheduled = options_bool(o, OPT_TRACK_UNSCHEDULED_PODS);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&text, "%smetadata.namespace!=" STR_FMT, i ? "," : "", STR_ARG(denied[i]));
    }
    if (unscheduled || *options_text(o, OPT_NODE)) {
        buf_addf(&text, "%sspec.nodeName=%s", text.n ? "," : "",
                 unscheduled ? "" : options_text(o, OPT_NODE));
        int r = check_pods_only(p, unscheduled ? "track-unscheduled-pods" : "node", err);
        if (r < 0) {
            return r;
        }
    }
    if (text.n || buf_failed(&text)) {
        p->field_selector = buf_failed(&text) ? NULL : str_dup(buf_str(&text));
        if (!p->field_selector) {
            return err_set(err, EINVAL, "--namespaces-denylist: longer than %zu bytes",
                           SELECTOR_MAX);
        }
    }
    return 0;
}

struct cluster_plan *cluster_plan_new(const struct options *o, struct err *err)
{
    struct cluster_plan *p = calloc(1, sizeof(*p));
    if (!p) {
        err_set(err, ENOMEM, "out of memory");
        return NULL;
    }
    p->limits.max_objects = (size_t)options_int(o, OPT_OBJECT_LIMIT);
    p->budget = budget_limit(o);
    cluster_plan_divide(p, o, (unsigned)options_int(o, OPT_SHARD),
                        (unsigned)options_int(o, OPT_TOTAL_SHARDS));
    p->ksm_quirks = options_bool(o, OPT_KSM_QUIRKS);
    p->selection = options_selection(o, err);
    if (!p->selection || read_resources(p, o, err) < 0 || read_namespaces(p, o, err) < 0 ||
        read_selector(p, o, err) < 0 ||
        kube_options_allowlist(o, OPT_LABELS_ALLOWLIST, &p->labels, err) < 0 ||
        kube_options_allowlist(o, OPT_ANNOTATIONS_ALLOWLIST, &p->annotations, err) < 0) {
        cluster_plan_free(p);
        return NULL;
    }
    return p;
}

void cluster_plan_divide(struct cluster_plan *p, const struct options *o, unsigned index,
                         unsigned total)
{
    p->shard_at_server = options_choice(o, OPT_SHARD_MODE) == SHARD_MODE_SERVER;
    p->shard = (struct kube_shard){
        .index = index,
        .total = total,
        .by = p->shard_at_server ? KUBE_SHARD_RANGE : KUBE_SHARD_JUMP,
    };
}

void cluster_plan_free(struct cluster_plan *p)
{
    if (!p) {
        return;
    }
    for (size_t i = 0; i < p->n_namespaces; i++) {
        free(p->namespaces[i]);
    }
    free(p->namespaces);
    free(p->field_selector);
    metric_selection_free(p->selection);
    key_allowlists_free(p->labels);
    key_allowlists_free(p->annotations);
    free(p);
}

size_t cluster_plan_watches(const struct cluster_plan *p, const struct kube_resource *resource)
{
    return resource->namespaced && p->n_namespaces ? p->n_namespaces : 1;
}
