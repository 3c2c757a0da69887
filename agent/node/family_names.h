/* family_names.h — the names of all families that stand in tables and are served.
 * Uses: collectors, kube/resources, agent/self, base/map.  Threads: immutable after init.
 * Owner: the agent. */
#ifndef KG_AGENT_FAMILY_NAMES_H
#define KG_AGENT_FAMILY_NAMES_H

#include "base/err.h"
#include "base/map.h"

/* Fills *ret (zeroed), to be freed by map_done: families of the collectors in the mask `enabled`
 * (bit i: collectors[i]), of the scrape and of the agent itself; with objects also those of
 * Kubernetes' objects. What others wrote must not be called so. Errors: -ENOMEM; *ret is then to be
 * freed as well. */
int family_names_init(struct map *ret, uint64_t enabled, bool objects, struct err *err);

#endif
