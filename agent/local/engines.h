/* engines.h — role local's container engines: their loop, and the table of names that collectors
 * look containers up in.
 * Uses: agent/local/engine, kube/client/loop, collectors/container_names.  Threads: new, start,
 * stop and free on main; the names as container_names.h says; the rest from any.  Owner: the agent.
 */
#ifndef KG_AGENT_ENGINES_H
#define KG_AGENT_ENGINES_H

#include "agent/options/options.h"
#include "agent/service.h"

struct engines;

/* The engines of --docker and --podman; *ret is NULL when both are empty. Errors: -EINVAL a socket
 * that is none (err names the option) · -ENOMEM. */
int engines_new(const struct options *o, struct health *health, struct engines **ret,
                struct err *err);

/* Starts the thread that asks them. Errors: those of kube_loop_start. */
int engines_start(struct engines *e, struct err *err);
void engines_stop(struct engines *e);
void engines_free(struct engines *e); /* NULL is allowed */

/* What the collectors ask for containers; lives as long as e. */
const struct container_names *engines_names(const struct engines *e);

/* For struct service. */
size_t engines_report(void *arg, struct service_engine ret[SERVICE_ENGINES_MAX]);

/* Tells health when the thread last turned. */
void engines_beat(const struct engines *e);

#endif
