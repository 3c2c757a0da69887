/* pod_join.h — gives the collectors the kube side's table of pods, through their own interface.
 * Uses: collectors/pod_lookup, kube/join/pod_index.  Threads: the node loop's.  Owner: the agent.
 */
#ifndef KG_AGENT_POD_JOIN_H
#define KG_AGENT_POD_JOIN_H

#include "collectors/pod_lookup.h"
#include "kube/join/pod_index.h"

/* Fills *ret with a lookup over index, which is borrowed. columns: the label names of
 * --container-labels as pod_index has them; they outlive the lookup. */
void pod_join_init(struct pod_lookup *ret, struct pod_index *index, const struct str *columns,
                   size_t n_columns);

#endif
