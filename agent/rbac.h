/* rbac.h — the permissions that a role needs with the options given: --print-rbac.
 * Uses: agent/options, agent/cluster/cluster_plan.  Threads: main.  Owner: roles. */
#ifndef KG_AGENT_RBAC_H
#define KG_AGENT_RBAC_H

#include "agent/options/options.h"

/* Appends roles as YAML, for `kubectl apply`: a ClusterRole named kubegauge (role node) or
 * kubegauge-cluster (role cluster) with no more than what is listed and watched. With --namespaces,
 * what stands in a namespace is in a Role in each of them. What replicas and shards share in their
 * own namespace is in a Role kubegauge-cluster-replicas. No bindings: only the user knows the
 * account. Errors: those of cluster_plan_new · -EINVAL another role. */
int rbac_print(const struct options *o, struct buf *out, struct err *err);

#endif
