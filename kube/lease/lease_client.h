/* lease_client.h — one Lease on the API server: watched, and written as an elector says.
 * Uses: base, kube/client, kube/lease/elector.  Threads: the kube loop's, but new and free, which
 * are the owner's while the loop does not run.  Owner: agent.
 *
 * The lease is watched alone (metadata.name), so that a release is seen at once. What goes wrong is
 * logged at growing intervals, and each change of holder once. */
#ifndef KG_KUBE_LEASE_CLIENT_H
#define KG_KUBE_LEASE_CLIENT_H

#include "kube/client/loop.h"
#include "kube/lease/elector.h"

struct lease_client_config {
    const char *namespace, *name; /* of the lease */
    struct elector_config elector;
    /* Fills the note of a lease that is about to be written; before the first time it is what the
     * predecessor left. May be NULL. */
    void (*note)(void *arg, char *out, size_t size);
    void *arg;
};

struct lease_client;

/* Adds its watch to loop, which must not run yet. config and its texts are borrowed. NULL on error:
 * -EINVAL a duration, a name · those of kube_loop_add. */
struct lease_client *lease_client_new(struct kube_loop *loop,
                                      const struct lease_client_config *config, struct err *err);
void lease_client_free(struct lease_client *c); /* NULL is allowed; before kube_loop_free */

/* Does what is due. Returns when it wants to be called again at the latest. */
uint64_t lease_client_turn(struct lease_client *c, uint64_t now_ns);

/* The election's state; to be told of candidates, death and leaving. */
struct elector *lease_client_elector(struct lease_client *c);

/* Requests that failed, and when the lease was renewed last (clock_mono_ns; 0: never). */
uint64_t lease_client_failures(const struct lease_client *c);
uint64_t lease_client_renewed_ns(const struct lease_client *c);

#endif
