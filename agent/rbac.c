#include "agent/rbac.h"

#include "agent/cluster/cluster_plan.h"
#include "agent/cluster/handover_options.h"
#include "agent/cluster/shard_record.h"

#define NAME_MAX_BYTES 1024

/* What an option needs beside the resources, in one namespace. A list or watch of an object that is
 * named selects it by metadata.name, which the API server takes for its name. */
struct own_rule {
    bool (*applies)(const struct options *o);
    const char *group, *resource, *verbs;
    size_t namespace_option;
    void (*name)(const struct options *o, struct buf *out); /* of the one object; NULL: any */
};

static bool is_autosharded(const struct options *o)
{
    return *options_text(o, OPT_POD);
}

static bool elects_leader(const struct options *o)
{
    return options_bool(o, OPT_LEADER_ELECT);
}

/* Of the pod NAME-0. */
static void stateful_set_name(const struct options *o, struct buf *out)
{
    struct str pod = str_of(options_text(o, OPT_POD));
    ssize_t dash = str_rfind(pod, '-');
    buf_add(out, dash > 0 ? str_head(pod, (size_t)dash) : pod);
}

/* As agent/cluster/shard_link.c makes it. */
static void shards_lease_name(const struct options *o, struct buf *out)
{
    stateful_set_name(o, out);
    buf_add_c(out, SHARD_LEASE_SUFFIX);
}

static const struct own_rule own_rules[] = {
    /* The pod, to find its StatefulSet, and others of it, to see that they are gone; the
     * StatefulSet, to know how many shards there are. */
    { is_autosharded, "", "pods", "get", OPT_POD_NAMESPACE, NULL },
    { is_autosharded, "apps", "statefulsets", "list, watch", OPT_POD_NAMESPACE, stateful_set_name },
    /* What is to be created has no name yet. */
    { elects_leader, "coordination.k8s.io", "leases", "create", OPT_LEASE_NAMESPACE, NULL },
    { elects_leader, "coordination.k8s.io", "leases", "get, list, watch, patch",
      OPT_LEASE_NAMESPACE, handover_lease_name },
    /* By which shards agree. */
    { is_autosharded, "coordination.k8s.io", "leases", "create", OPT_POD_NAMESPACE, NULL },
    { is_autosharded, "coordination.k8s.io", "leases", "list, watch, patch", OPT_POD_NAMESPACE,
      shards_lease_name },
};

/* Which of the resources are meant. */
enum scope { SCOPE_ALL, SCOPE_CLUSTER, SCOPE_NAMESPACED };

static bool is_meant(const struct kube_resource *resource, enum scope scope)
{
    return scope == SCOPE_ALL || resource->namespaced == (scope == SCOPE_NAMESPACED);
}

static bool has_any(const struct cluster_plan *p, enum scope scope)
{
    bool found = false;
    for (size_t i = 0; i < p->n_resources; i++) {
        found = found || is_meant(p->resources[i], scope);
    }
    return found;
}

/* namespace NULL: a ClusterRole. "": the namespace that it is applied to. */
static void begin_role(const char *name, const char *namespace, struct buf *out)
{
    buf_addf(out,
             "---\n"
             "apiVersion: rbac.authorization.k8s.io/v1\n"
             "kind: %s\n"
             "metadata:\n"
             "  name: %s\n",
             namespace ? "Role" : "ClusterRole", name);
    if (namespace && *namespace) {
        buf_add_c(out, "  namespace: ");
        options_quote_yaml(str_of(namespace), out);
        buf_add_char(out, '\n');
    }
    buf_add_c(out, "rules:\n");
}

static void begin_rule(const char *group, struct buf *out)
{
    buf_addf(out, "  - apiGroups: [\"%s\"]\n    resources: [", group);
}

/* The resources of the group of resources[first], unless an earlier one had that group. */
static void group_rule(const struct cluster_plan *p, enum scope scope, size_t first,
                       struct buf *out)
{
    const char *group = p->resources[first]->group, *between = "";
    for (size_t i = 0; i < first; i++) {
        if (is_meant(p->resources[i], scope) && str_eq_c(str_of(group), p->resources[i]->group)) {
            return;
        }
    }
    begin_rule(group, out);
    for (size_t i = first; i < p->n_resources; i++) {
        if (is_meant(p->resources[i], scope) && str_eq_c(str_of(group), p->resources[i]->group)) {
            buf_addf(out, "%s%s", between, p->resources[i]->plural);
            between = ", ";
        }
    }
    buf_add_c(out, "]\n    verbs: [list, watch]\n");
}

static void watch_rules(const struct cluster_plan *p, enum scope scope, struct buf *out)
{
    for (size_t i = 0; i < p->n_resources; i++) {
        if (is_meant(p->resources[i], scope)) {
            group_rule(p, scope, i, out);
        }
    }
}

static const char *namespace_of(const struct own_rule *rule, const struct options *o)
{
    const char *given = options_text(o, rule->namespace_option);
    return *given ? given : options_text(o, OPT_POD_NAMESPACE);
}

static void add_name(const struct own_rule *rule, const struct options *o, struct buf *out)
{
    auto_buf struct buf name = BUF_INIT(NAME_MAX_BYTES);
    if (rule->name) {
        rule->name(o, &name);
        buf_add_c(out, "    resourceNames: [");
        options_quote_yaml(buf_str(&name), out);
        buf_add_c(out, "]\n");
    }
}

/* One Role for all rules of a namespace, with the first of them. */
static void own_role(const struct options *o, size_t first, struct buf *out)
{
    const char *namespace = namespace_of(&own_rules[first], o);
    for (size_t i = 0; i < first; i++) {
        if (own_rules[i].applies(o) &&
            str_eq_c(str_of(namespace), namespace_of(&own_rules[i], o))) {
            return;
        }
    }
    begin_role("kubegauge-cluster-replicas", namespace, out);
    for (size_t i = first; i < KG_ARRAY_LEN(own_rules); i++) {
        const struct own_rule *rule = &own_rules[i];
        if (!rule->applies(o) || !str_eq_c(str_of(namespace), namespace_of(rule, o))) {
            continue;
        }
        begin_rule(rule->group, out);
        buf_addf(out, "%s]\n", rule->resource);
        add_name(rule, o, out);
        buf_addf(out, "    verbs: [%s]\n", rule->verbs);
    }
}

static void print_cluster(const struct cluster_plan *p, const struct options *o, struct buf *out)
{
    enum scope in_all = p->n_namespaces ? SCOPE_CLUSTER : SCOPE_ALL;
    if (has_any(p, in_all)) {
        begin_role("kubegauge-cluster", NULL, out);
        watch_rules(p, in_all, out);
    }
    for (size_t i = 0; i < p->n_namespaces && has_any(p, SCOPE_NAMESPACED); i++) {
        begin_role("kubegauge-cluster", p->namespaces[i], out);
        watch_rules(p, SCOPE_NAMESPACED, out);
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(own_rules); i++) {
        if (own_rules[i].applies(o)) {
            own_role(o, i, out);
        }
    }
}

int rbac_print(const struct options *o, struct buf *out, struct err *err)
{
    buf_addf(out, "# What `kubegauge %s` needs with the options that this was made with.\n",
             role_name(o->role));
    if (o->role == ROLE_NODE) {
        begin_role("kubegauge", NULL, out);
        begin_rule("", out);
        buf_add_c(out, "pods]\n    verbs: [list, watch]\n");
        return 0;
    }
    struct cluster_plan *p = cluster_plan_new(o, err);
    if (!p) {
        return -EINVAL;
    }
    print_cluster(p, o, out);
    cluster_plan_free(p);
    return 0;
}
