/* cluster_plan.h — what a cluster role is to watch and keep, said once: made from options, never
 * changed. Another configuration, or another number of shards, is another plan.
 * Uses: agent/options, kube, metrics/selection.  Threads: immutable.  Owner: the set that runs it.
 */
#ifndef KG_AGENT_CLUSTER_PLAN_H
#define KG_AGENT_CLUSTER_PLAN_H

#include "agent/options/options.h"
#include "kube/client/shard.h"
#include "kube/object/allowlist.h"
#include "kube/resources/resource.h"
#include "metrics/selection.h"
#include "metrics/store.h"

struct cluster_plan {
    const struct kube_resource *resources[KUBE_N_RESOURCES]; /* in order of their plural names */
    size_t n_resources;
    char **namespaces; /* of namespaced resources; n_namespaces 0: all */
    size_t n_namespaces;
    char *field_selector;    /* of namespaced resources, or NULL */
    struct kube_shard shard; /* total 0 or 1: every object */
    bool shard_at_server;
    struct metric_selection *selection;
    struct key_allowlists *labels, *annotations; /* or NULL */
    bool ksm_quirks;                             /* as in struct kube_decode */
    struct metric_store_limits limits;           /* of each store */
    struct metric_amount budget;                 /* of all stores together */
};

/* NULL on error. Errors: -EINVAL an unknown resource, a bad list or expression, options that
 * contradict each other (err names the option and what it accepts) · -ENOMEM. */
struct cluster_plan *cluster_plan_new(const struct options *o, struct err *err);
/* Has the plan, while nobody runs it, keep share index of total, by --shard-mode. */
void cluster_plan_divide(struct cluster_plan *p, const struct options *o, unsigned index,
                         unsigned total);

void cluster_plan_free(struct cluster_plan *p); /* NULL is allowed */

/* How many watches the resource takes: one a namespace, or one for all. */
size_t cluster_plan_watches(const struct cluster_plan *p, const struct kube_resource *resource);

#endif
