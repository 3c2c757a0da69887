/* pod_limits.h — how much of its node's disk a pod may take.
 * Uses: kube/object, jansson.  Threads: any.  Owner: none. */
#ifndef KG_KUBE_POD_LIMITS_H
#define KG_KUBE_POD_LIMITS_H

#include <jansson.h>
#include <stdint.h>

/* Bytes of ephemeral-storage beyond which the kubelet evicts the pod: the sum over the containers
 * that have such a limit and the sidecars, or what an init container may take if that is more, and
 * the overhead. 0: none has a limit.
 * Source: k8s.io/component-helpers resource.PodLimits, as the kubelet's eviction uses it. */
uint64_t pod_limits_ephemeral(const json_t *object);

#endif
