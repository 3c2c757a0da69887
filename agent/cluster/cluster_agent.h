/* cluster_agent.h — role cluster as a whole: what it watches (cluster_role.h), the files that say
 * so (reload.h), and its part among replicas (handover.h) or shards (shards.h). Uses:
 * agent/cluster, agent/http, agent/service.  Threads: main.  Owner: the agent. */
#ifndef KG_AGENT_CLUSTER_AGENT_H
#define KG_AGENT_CLUSTER_AGENT_H

#include "agent/options/options.h"
#include "agent/service.h"

struct cluster_agent;

/* What depends on options alone; o is borrowed. NULL on error. Errors: those of cluster_role_new.
 */
struct cluster_agent *cluster_agent_new(const struct options *o, struct health *health,
                                        struct err *err);
/* After the server that answers from its service is gone. NULL is allowed. */
void cluster_agent_free(struct cluster_agent *c);

/* Fills in its members of service, which must not be served yet; all is borrowed. command: what the
 * options were loaded from, to be loaded again. address: where the server is bound. Errors: -ENOMEM
 * · -EINVAL (err names the option). */
int cluster_agent_join(struct cluster_agent *c, const struct options_command *command,
                       const char *address, struct service *service, struct err *err);

/* Starts and ends the thread that lists and watches. */
int cluster_agent_start(struct cluster_agent *c, struct err *err);
void cluster_agent_stop(struct cluster_agent *c);

/* To be polled for POLLIN, or -1; what is due then, and every CLUSTER_LOOK_MS. */
int cluster_agent_fd(const struct cluster_agent *c);
void cluster_agent_look(struct cluster_agent *c);
#define CLUSTER_LOOK_MS 30000

/* The process is to end: what others are to go on with is handed over. */
void cluster_agent_leave(struct cluster_agent *c);

/* Whether everybody concerned has taken note; for how long, in ns, it is worth waiting for that. */
bool cluster_agent_has_left(const struct cluster_agent *c);
uint64_t cluster_agent_leave_ns(const struct cluster_agent *c);

/* Whether it ended itself because of a fault that it logged. */
bool cluster_agent_failed(const struct cluster_agent *c);

#endif
