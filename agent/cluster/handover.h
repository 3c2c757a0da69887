/* handover.h — which of several replicas serves the objects, and how it passes from one to the next
 * so that Prometheus sees neither a gap longer than a scrape interval nor any series twice.
 * Uses: agent/cluster/{cluster_role,peer_link}, agent/http/{object_gate,scrape_clock,scrape_note},
 * agent/service, kube/lease.  Threads: new and free on main while the loop does not run; the rest
 * says.  Owner: the agent.
 *
 * All replicas watch everything; one holds a Lease, and its gate for objects is open. docs/adr/
 * 0004-failover-between-scrapes.md tells why the timing is what it is. */
#ifndef KG_AGENT_HANDOVER_H
#define KG_AGENT_HANDOVER_H

#include "agent/cluster/cluster_role.h"
#include "agent/options/options.h"
#include "agent/service.h"

struct handover;

/* Adds itself to role's loop, which must not run yet. clock and gate are borrowed; bound is the
 * address that is listened on, "[::]:9095". NULL on error: -EINVAL an option (err names it) · those
 * of lease_client_new · -ENOMEM. */
struct handover *handover_new(const struct options *o, struct cluster_role *role,
                              struct scrape_clock *clock, struct object_gate *gate,
                              const char *bound, struct err *err);

/* After cluster_role_stop, before cluster_role_free. NULL is allowed. */
void handover_free(struct handover *h);

/* What is to be told of the lease. Any thread; arg is the handover. */
void handover_report(void *arg, struct service_lease *ret);

/* Somebody says that it took the lease. Any thread; arg is the handover. */
void handover_overtaken(void *arg);

/* The process is to end: objects are not served from now on, and the lease is given back. Any
 * thread. */
void handover_leave(struct handover *h);

/* Whether a leave is over: the lease is not ours, and everybody who scraped objects here has had an
 * answer without (or none were served). Any thread. */
bool handover_has_left(struct handover *h);

#endif
