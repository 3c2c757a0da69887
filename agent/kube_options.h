/* kube_options.h — what every role that talks to the API server makes of its options.
 * Uses: agent/options, kube.  Threads: main.  Owner: agent/node/node_pods, agent/cluster. */
#ifndef KG_AGENT_KUBE_OPTIONS_H
#define KG_AGENT_KUBE_OPTIONS_H

#include "agent/options/options.h"
#include "kube/client/config.h"
#include "kube/object/allowlist.h"

/* The API server and the credentials: --kubeconfig and --context, or the pod's service account;
 * --apiserver replaces the address. ret is to be given to kube_config_done in any case. Errors:
 * those of reading them (err names the option) · -EINVAL --apiserver is no URL. */
int kube_options_config(const struct options *o, struct kube_config *ret, struct err *err);

/* --metric-labels-allowlist or --metric-annotations-allowlist (by id). *ret stays NULL when it is
 * not given. Errors: those of key_allowlists_parse. */
int kube_options_allowlist(const struct options *o, size_t id, struct key_allowlists **ret,
                           struct err *err);

/* "kubegauge/0.1.0 (linux/x86_64)" */
void kube_options_user_agent(char *ret, size_t size);
#define KUBE_USER_AGENT_MAX 160

#endif
