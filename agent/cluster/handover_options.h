/* handover_options.h — what the options say of the lease, its names and addresses worked out.
 * Uses: agent/options, kube/lease.  Threads: main.  Owner: the handover. */
#ifndef KG_AGENT_HANDOVER_OPTIONS_H
#define KG_AGENT_HANDOVER_OPTIONS_H

#include "agent/options/options.h"
#include "kube/lease/lease.h"

struct handover_options {
    char name[LEASE_TEXT_BYTES], namespace[LEASE_TEXT_BYTES];
    char identity[LEASE_TEXT_BYTES]; /* "POD_RANDOM" */
    char address[LEASE_TEXT_BYTES];  /* "" when none is known */
    uint64_t duration_ns, renew_ns, retry_ns;
};

/* namespace: that of the configuration, or NULL. bound: the address that is listened on; its port
 * stands in for that of --advertise-address, and all of it where it is no wildcard. Errors: -EINVAL
 * (err names the option). */
int handover_options(const struct options *o, const char *namespace, const char *bound,
                     struct handover_options *ret, struct err *err);

/* Appends the name of the lease: each shard has one, and a leader, of its own. */
void handover_lease_name(const struct options *o, struct buf *out);

#endif
