/* resource_store.h — the consumer that keeps a watched resource's rendered state.
 * Uses: base, metrics/store, kube/resources/resource, kube/client/watch.  Threads: the kube loop.
 * Owner: agent. */
#ifndef KG_KUBE_RESOURCE_STORE_H
#define KG_KUBE_RESOURCE_STORE_H

#include "kube/client/watch.h"
#include "kube/resources/resource.h"
#include "metrics/store.h"

struct resource_store;

/* NULL on error. how: the resource's allowlists and quirks; copied, its mem is of no account. also:
 * a second consumer (the pod index) that gets every call after the store, or NULL. All borrowed.
 * store NULL: nothing is rendered, only `also` is served (--no-pod-state). */
struct resource_store *resource_store_new(const struct kube_resource *resource,
                                          struct metric_store *store, const struct kube_decode *how,
                                          const struct kube_consumer *also, void *also_arg,
                                          struct err *err);
/* NULL is allowed; the watch that feeds it must be gone. */
void resource_store_free(struct resource_store *s);

/* To be given to kube_watch_new with the resource_store as arg. */
extern const struct kube_consumer resource_store_consumer;

#endif
