/* pods.h — what the kube_pod_* families need of a pod, and the functions that put their series.
 * Uses: base, metrics, kube/object/meta, kube/object/condition, kube/object/resource_name. Threads:
 * any. Owner: the files kube/pods*.c; nobody else includes it. */
#ifndef KG_KUBE_PODS_H
#define KG_KUBE_PODS_H

#include "kube/object/condition.h"
#include "kube/object/meta.h"
#include "kube/object/resource_name.h"

/* Bits of pod_sample.meta.present. */
enum {
    POD_OVERHEAD_CPU = KUBE_PRESENT_OWN,
    POD_OVERHEAD_MEMORY = KUBE_PRESENT_OWN << 1,
    POD_STARTED = KUBE_PRESENT_OWN << 2,
    POD_COMPLETED = KUBE_PRESENT_OWN << 3,
    POD_READY_SINCE = KUBE_PRESENT_OWN << 4, /* the condition is True, and says since when */
    POD_INITIALIZED_SINCE = KUBE_PRESENT_OWN << 5,
    POD_CONTAINERS_READY_SINCE = KUBE_PRESENT_OWN << 6,
    POD_SCHEDULED_SINCE = KUBE_PRESENT_OWN << 7,
    POD_UNSCHEDULED_SINCE = KUBE_PRESENT_OWN << 8, /* PodScheduled is False, and says since when */
};

struct pod_container {
    struct str name, image, restart_policy;
    struct kube_amounts requests, limits;
};

struct pod_terminated {
    bool is;
    struct str reason;
    int64_t exit_code, started_unix_sec, finished_unix_sec; /* times: JSON_TIME_ZERO when absent */
};

struct pod_container_status {
    struct str name, image, image_id, container_id, waiting_reason;
    bool ready, waiting, running;
    int64_t restarts, running_since_unix_sec;
    struct pod_terminated terminated, last_terminated;
};

/* A container of the spec with its status. */
struct pod_container_pair {
    const struct pod_container *container;
    const struct pod_container_status *status;
};

/* The containers or the init containers. */
struct pod_containers {
    const struct pod_container *items;
    const struct pod_container_status *statuses;
    const struct pod_container_pair *pairs; /* of equal names */
    size_t n, n_statuses, n_pairs;
};

struct pod_claim { /* resourceclaim or persistent volume claim */
    struct str name, claim, template;
    bool ephemeral, read_only;
};

struct pod_toleration {
    struct str key, op, value, effect, seconds;
    bool repeated; /* an earlier one has the same five texts */
};

struct pod_sample {
    struct kube_meta meta; /* first */
    struct str node, host_ip, pod_ip, priority_class, restart_policy, runtime_class;
    struct str service_account, scheduler, phase, qos_class, reason;
    bool host_network;
    double overhead_cpu_cores, overhead_memory_bytes;
    int64_t started_unix_sec, completed_unix_sec, ready_unix_sec, initialized_unix_sec;
    int64_t containers_ready_unix_sec, scheduled_unix_sec, unscheduled_unix_sec;
    struct pod_containers containers, init_containers;
    struct kube_conditions conditions;
    const struct str *ips; /* status.podIPs, as written */
    struct pod_claim *resource_claims, *volume_claims;
    struct pod_toleration *tolerations;
    struct metric_label *node_selector;
    size_t n_ips, n_resource_claims, n_volume_claims, n_tolerations, n_node_selector;
};

/* Parts of the decoding: each reads its fields of .spec or .status (either may be NULL) into the
 * sample. Errors: -ENOMEM. */
int pod_containers_decode(const json_t *spec, const json_t *status, const struct kube_decode *how,
                          struct pod_sample *pod, struct err *err);
int pod_spec_decode(const json_t *spec, const json_t *status, const struct kube_decode *how,
                    struct pod_sample *pod, struct err *err);
int pod_status_decode(const json_t *status, const struct kube_decode *how, struct pod_sample *pod,
                      struct err *err);

/* Functions of rows (metric_family.emit), in order of kube/resources/pods.c. POD_EMIT_BOTH: one for
 * the containers and one for the init containers. */
#define POD_EMIT(name) void pod_emit_##name(const void *sample, struct metric_writer *out)
#define POD_EMIT_BOTH(name)                                                                        \
    POD_EMIT(name);                                                                                \
    POD_EMIT(init_##name)

POD_EMIT_BOTH(container_info);
POD_EMIT_BOTH(limits);
POD_EMIT_BOTH(requests);
POD_EMIT_BOTH(state_started);
POD_EMIT_BOTH(last_terminated_reason);
POD_EMIT_BOTH(last_terminated_exitcode);
POD_EMIT_BOTH(last_terminated_timestamp);
POD_EMIT_BOTH(ready_containers);
POD_EMIT_BOTH(restarts);
POD_EMIT_BOTH(running);
POD_EMIT_BOTH(terminated);
POD_EMIT_BOTH(terminated_reason);
POD_EMIT_BOTH(waiting);
POD_EMIT_BOTH(waiting_reason);

POD_EMIT(info);
POD_EMIT(ips);
POD_EMIT(resource_claims);
POD_EMIT(restart_policy);
POD_EMIT(runtime_class);
POD_EMIT(volume_claims);
POD_EMIT(volume_claims_readonly);
POD_EMIT(tolerations);
POD_EMIT(node_selector);
POD_EMIT(service_account);
POD_EMIT(scheduler);

POD_EMIT(phase);
POD_EMIT(qos_class);
POD_EMIT(ready);
POD_EMIT(reason);
POD_EMIT(disruption_reason);
POD_EMIT(scheduled);
POD_EMIT(unschedulable);

#endif
