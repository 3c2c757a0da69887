/* watch_path.h — the path and query of a list or watch request.
 * Uses: base, kube/client/watch, kube/client/reflector.  Threads: any.  Owner: none. */
#ifndef KG_KUBE_WATCH_PATH_H
#define KG_KUBE_WATCH_PATH_H

#include "base/buf.h"
#include "kube/client/reflector.h"
#include "kube/client/watch.h"

/* Appends "/api/v1/pods?limit=500&…" for the step (not SLEEP), everything escaped. Errors stick in
 * out.
 * Source: Kubernetes API concepts, "Efficient detection of changes", "Streaming lists". */
void watch_path(struct buf *out, const struct kube_watch_spec *spec,
                const struct reflector_step *step);

#endif
