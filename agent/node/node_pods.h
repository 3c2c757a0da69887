/* node_pods.h — the pods of role node: watched, served, and joined to the containers.
 * Uses: kube, metrics/store, agent/service.  Threads: new, start, stop and free on main; the parts
 * and reports that it gives to a service from any.  Owner: the agent. */
#ifndef KG_AGENT_NODE_PODS_H
#define KG_AGENT_NODE_PODS_H

#include "agent/options/options.h"
#include "agent/service.h"
#include "collectors/pod_lookup.h"
#include "metrics/selection.h"

struct node_pods;

/* The pods of --node, their state (unless --no-pod-state) and their index for the join. selection
 * is borrowed. NULL on error. Errors: those of reading the kubeconfig or the service account ·
 * -EINVAL a bad allowlist or column (err names the option) · -ENOMEM. */
struct node_pods *node_pods_new(const struct options *o, const struct metric_selection *selection,
                                struct health *health, struct err *err);

/* Starts the thread that lists and watches. */
int node_pods_start(struct node_pods *p, struct err *err);
void node_pods_stop(struct node_pods *p);
/* Tells health when the thread last turned. Any thread. */
void node_pods_beat(const struct node_pods *p);

void node_pods_free(struct node_pods *p); /* NULL is allowed */

/* What the collectors ask for pods; lives as long as p. */
const struct pod_lookup *node_pods_lookup(const struct node_pods *p);

/* What is watched, for the service; lives as long as p. */
struct snapshot_cell *node_pods_state(struct node_pods *p);

/* Of the compressed pieces of its state, or NULL; lives as long as p. */
const struct segment_cache *node_pods_cache(const struct node_pods *p);

#endif
