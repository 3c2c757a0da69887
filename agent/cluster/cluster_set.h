/* cluster_set.h — the watches and stores of one plan.
 * Uses: agent/watched, agent/cluster/cluster_plan, agent/service.  Threads: all calls where the
 * loop may be changed (kube/client/loop.h); the states it makes go to any.  Owner: the cluster
 * role. */
#ifndef KG_AGENT_CLUSTER_SET_H
#define KG_AGENT_CLUSTER_SET_H

#include "agent/cluster/cluster_plan.h"
#include "agent/service.h"
#include "kube/client/loop.h"

struct cluster_set;

/* Begins to watch; takes the plan over (also on failure). cache is borrowed and may be NULL. NULL
 * on error. Errors: those of watched_init · -ENOMEM. */
struct cluster_set *cluster_set_new(struct cluster_plan *plan, struct kube_loop *loop,
                                    struct segment_cache *cache, struct err *err);
/* Only when cluster_set_in_use is false. NULL is allowed. */
void cluster_set_free(struct cluster_set *s);

/* Reviews the budget of its stores; every BUDGET_REVIEW_NS (agent/budget.h). */
void cluster_set_review(struct cluster_set *s, uint64_t now_ns);

/* Whether all there is was listed: every resource once complete, but for those that the server does
 * not have or does not let us see. */
bool cluster_set_complete(const struct cluster_set *s);

/* What the service shows of it, one reference for the caller: with the objects' series, or without
 * them (figures only: a standby). NULL when out of memory. */
struct service_state *cluster_set_state(struct cluster_set *s, bool served);

/* Whether a state of it is still held by anybody. */
bool cluster_set_in_use(const struct cluster_set *s);

/* The plan that it runs; lives as long as it. */
const struct cluster_plan *cluster_set_plan(const struct cluster_set *s);

#endif
