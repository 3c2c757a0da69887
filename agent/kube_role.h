/* kube_role.h — the Kubernetes side of role node: its pods, their state, their join.
 * Uses: kube, metrics/store, agent/service.  Threads: new, start, stop and free on main; the parts
 * and reports that it gives to a service from any.  Owner: the agent. */
#ifndef KG_AGENT_KUBE_ROLE_H
#define KG_AGENT_KUBE_ROLE_H

#include "agent/options/options.h"
#include "agent/service.h"
#include "collectors/pod_lookup.h"
#include "metrics/selection.h"

struct kube_role;

/* The pods of --node, their state (unless --no-pod-state) and their index for the
 * join. selection is borrowed. NULL on error. Errors: those of reading the kubeconfig or the
 * service account · -EINVAL a bad allowlist or column (err names the option) · -ENOMEM. */
struct kube_role *kube_role_new(const struct options *o, const struct metric_selection *selection,
                                struct health *health, struct err *err);

/* Starts the thread that lists and watches. */
int kube_role_start(struct kube_role *k, struct err *err);
void kube_role_stop(struct kube_role *k);
/* Tells health when the thread last turned. Any thread. */
void kube_role_beat(const struct kube_role *k);

void kube_role_free(struct kube_role *k); /* NULL is allowed */

/* What the collectors ask for pods; lives as long as k. */
const struct pod_lookup *kube_role_pods(const struct kube_role *k);

/* What is watched, for the service; lives as long as k. */
struct snapshot_cell *kube_role_state(struct kube_role *k);

#endif
