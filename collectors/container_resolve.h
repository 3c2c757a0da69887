/* container_resolve.h — the join: gives each cgroup its labels container, image, name, namespace,
 * pod, and the chosen label columns.
 * Uses: base, cgroup_tree, cgroup_entry, pod_lookup, runtime_record.  Threads: the node loop.
 * Owner: the container collector.
 * Source: reference cadvisor/labels.md sections 2 and 4.
 *
 * Three sources, the surer one first: the runtime's own record of the container (exact, but it may
 * not be there), the pod's container statuses (they come some time after the cgroup), and, only for
 * telling a pod's sandbox, which no status names, from a container whose status has not come yet:
 * the process in it. What was told once is kept when its source is gone: a pod that left the API
 * before its cgroups, an API server that does not answer. */
#ifndef KG_COLLECTORS_CONTAINER_RESOLVE_H
#define KG_COLLECTORS_CONTAINER_RESOLVE_H

#include "collectors/cgroup/cgroup_tree.h"
#include "collectors/collector.h"

struct container_resolver;

/* NULL on error. env is borrowed. Without a readable env->rootfs there are no runtime's records,
 * without env->procfs no guesses. Errors: -ENOMEM. */
struct container_resolver *container_resolver_new(const struct collector_env *env, struct err *err);
void container_resolver_free(struct container_resolver *r);

/* Resolves what is not resolved for this table yet; cheap when nothing is new. table: of
 * env->pods->acquire, NULL when there is none (yet); generation: its. again: also what could not be
 * resolved before and is not young any more. Returns 1 when the table is another than at the last
 * call, else 0. Errors: -ENOMEM; the rest is then done at the next call. */
int container_resolve(struct container_resolver *r, struct cgroup_tree *tree, const void *table,
                      uint64_t generation, bool again);

/* Containers of pods that the last call left without a name, sandboxes not among them. */
size_t container_resolver_unresolved(const struct container_resolver *r);

#endif
