/* shards.h — a role cluster that is one of the pods of a StatefulSet: serves its share, and hands
 * objects over when the set is scaled.
 * Uses: agent/cluster/{shard_link,shard_machine,cluster_role}, agent/http/scrape_clock.  Threads:
 * new and free on main while the loop does not run; the rest says.  Owner: the agent.
 *
 * shard_machine decides; this tells it what is known, and does what it says. Where the Lease that
 * shards agree by may not be used, each exchanges its set as soon as the new one is complete: then
 * an object may be missing or be there twice for some seconds. */
#ifndef KG_AGENT_SHARDS_H
#define KG_AGENT_SHARDS_H

#include "agent/cluster/cluster_role.h"
#include "agent/http/scrape_clock.h"
#include "agent/options/options.h"
#include "agent/service.h"

struct shards;

/* Adds itself to role's loop, which must not run yet; all is borrowed. NULL on error: -ENOMEM,
 * those of kube_loop_add_hook. */
struct shards *shards_new(const struct options *o, struct cluster_role *role,
                          struct scrape_clock *clock, struct err *err);

/* After cluster_role_stop, before cluster_role_free. NULL is allowed. */
void shards_free(struct shards *s);

/* What is to be told of it. Any thread; arg is the shards. */
void shards_report(void *arg, struct service_shard *ret);

/* The process is to end: objects that others are to have are handed over. Any thread. */
void shards_leave(struct shards *s);

/* Whether there is nothing left to hand over. Any thread. */
bool shards_have_left(const struct shards *s);

/* Whether the pod turned out to be no StatefulSet's; the process was sent SIGTERM then. Any thread.
 */
bool shards_failed(const struct shards *s);

#endif
