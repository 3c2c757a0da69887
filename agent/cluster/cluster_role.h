/* cluster_role.h — role cluster: watches every enabled resource and serves the objects' state.
 * Uses: agent/cluster/cluster_set, kube/client/loop, agent/service.  Threads: new, start, stop and
 * free on main; apply, state and beat from any; what stands below "on the kube loop" in hooks of
 * the loop.  Owner: the agent.
 *
 * What is served is a set (cluster_set.h). Another plan makes another set beside it, and when that
 * is complete the two are exchanged in one publish: no scrape sees a half of either, and nothing is
 * missing meanwhile. An exchange can be held back (a shard that waits for the others), and a set
 * can be kept warm without being served (a standby). */
#ifndef KG_AGENT_CLUSTER_ROLE_H
#define KG_AGENT_CLUSTER_ROLE_H

#include "agent/cluster/cluster_plan.h"
#include "agent/service.h"
#include "kube/client/loop.h"

struct cluster_role;

/* With --pod there is no plan until one is applied. NULL on error. Errors: those of
 * cluster_plan_new and of reading the kubeconfig or the service account. */
struct cluster_role *cluster_role_new(const struct options *o, struct health *health,
                                      struct err *err);

/* Starts the thread that lists and watches. */
int cluster_role_start(struct cluster_role *c, struct err *err);
void cluster_role_stop(struct cluster_role *c);
void cluster_role_free(struct cluster_role *c); /* NULL is allowed */

/* Has another plan run in place of the present one, taking it over. Of several that come quickly
 * the last one counts. */
void cluster_role_apply(struct cluster_role *c, struct cluster_plan *plan);

/* The same with another server or other credentials, which *config hands over: the new plan's set
 * is listed there, and the present one is served until it is complete. */
void cluster_role_apply_to(struct cluster_role *c, struct cluster_plan *plan,
                           struct kube_config *config);

/* What is watched, for the service; lives as long as c. */
struct snapshot_cell *cluster_role_cell(struct cluster_role *c);

/* Of the compressed pieces of what is served, or NULL; lives as long as c. */
const struct segment_cache *cluster_role_cache(const struct cluster_role *c);

/* Tells health when the thread last turned. */
void cluster_role_beat(const struct cluster_role *c);

/* On the kube loop, or before the start. */

/* The loop, to add hooks and watches to. */
struct kube_loop *cluster_role_loop(struct cluster_role *c);

/* Whether the objects' series are served; at first they are. */
void cluster_role_serve(struct cluster_role *c, bool served);

/* The namespace of the credentials; NULL when they name none. */
const char *cluster_role_namespace(const struct cluster_role *c);

/* While held, a set that is complete waits beside the one that is served. At first not held. */
void cluster_role_hold(struct cluster_role *c, bool held);

/* Exchanges at once a set that waits beside the one that is served, held or not. Says whether there
 * was one that is complete. */
bool cluster_role_exchange(struct cluster_role *c);

/* Drops the set beside the one that is served, and a plan that was applied and is not yet one. */
void cluster_role_cancel(struct cluster_role *c);

enum cluster_next {
    CLUSTER_NEXT_NONE,     /* what is served is what was last applied */
    CLUSTER_NEXT_BUILDING, /* a set is being listed beside it */
    CLUSTER_NEXT_WARM,     /* it is complete and held */
};

struct cluster_progress {
    bool served;                     /* the present set's series are served */
    bool complete;                   /* the present set has all that is to be had */
    const struct cluster_plan *plan; /* of the present set; NULL before the first */
    enum cluster_next next;
    const struct cluster_plan *next_plan; /* NULL: none */
};
struct cluster_progress cluster_role_progress(const struct cluster_role *c);

#endif
