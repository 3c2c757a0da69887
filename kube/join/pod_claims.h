/* pod_claims.h — the persistent volume claims of a pod, and where its containers mount them.
 * Uses: base, kube/join/pod_index, jansson.  Threads: any.  Owner: none; results borrow from the
 * object and the arena. */
#ifndef KG_KUBE_POD_CLAIMS_H
#define KG_KUBE_POD_CLAIMS_H

#include "base/arena.h"
#include "kube/join/pod_index.h"

#include <jansson.h>

/* Sets pod's claims: for each volume that is a claim, mounts of the whole volume first, then those
 * of a subPath; one row without a container when there is none. Ephemeral containers do not count:
 * they stand beside one that does. Text stands in the object or in mem. Errors: -ENOMEM. */
int pod_claims_read(const json_t *object, struct arena *mem, struct pod_index_pod *pod);

#endif
