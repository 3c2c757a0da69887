/* reload.h — the configuration file and the kubeconfig, read again when they change.
 * Uses: agent/options, agent/cluster, agent/service, base/file_watch.  Threads: main; reload_report
 * from any.  Owner: the agent.
 *
 * On a change the options are loaded anew, from the same command line and environment. If they are
 * good, the plan that they make is applied (cluster_role.h), and the old set is served until the
 * new one is complete; if not, all stays as it is, and the log and a metric say so. What cannot
 * change while the agent runs (an address, say) is named in a warning. */
#ifndef KG_AGENT_RELOAD_H
#define KG_AGENT_RELOAD_H

#include "agent/cluster/cluster_role.h"
#include "agent/options/options.h"
#include "agent/service.h"

struct reload;

/* Watches the files that the options name. All is borrowed; o are the options that were loaded from
 * the command. *ret stays NULL when no file is named. Errors: -ENOMEM. */
int reload_new(const struct options *o, const struct options_command *command,
               struct cluster_role *role, struct reload **ret, struct err *err);
void reload_free(struct reload *r); /* NULL is allowed */

/* To poll for POLLIN; negative: none. */
int reload_fd(const struct reload *r);

/* Looks at the files and does what is due: when reload_fd is readable, and every
 * RELOAD_LOOK_MS. */
void reload_look(struct reload *r);
#define RELOAD_LOOK_MS 30000

/* Fills in what is to be told of the files; returns how many. Any thread; arg is the reload. */
size_t reload_report(void *arg, struct service_file ret[SERVICE_FILES_MAX]);

#endif
