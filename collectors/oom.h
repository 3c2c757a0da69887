/* oom.h — OOM kills, each counted once, on the container that they hit and on its successors.
 * Uses: base, pod_lookup, cgroup_id.  Threads: the node loop.  Owner: the container collector.
 *
 * A container whose init process is killed is gone before anybody can read its counter, and its
 * successor is another cgroup. So kills are kept for each container instance, from three sources
 * that each may miss some and never invent one: the cgroup's own counter (memory.events, v1
 * memory.oom_control), the kernel log where it can be read, and the API's word that an instance
 * ended as OOMKilled. An instance's kills are the greatest of the three; a container's are the sum
 * over its instances, known by pod uid and container name. Only what was killed is kept, at most
 * LIMIT_OOM_CONTAINERS containers, the longest untouched going first. */
#ifndef KG_COLLECTORS_OOM_H
#define KG_COLLECTORS_OOM_H

#include "base/err.h"
#include "collectors/pod_lookup.h"

struct oom;

/* NULL on error. kmsg: path of the kernel log, "" or one that cannot be opened: without that source
 * (oom_has_kmsg says so). Errors: -ENOMEM. */
struct oom *oom_new(const char *kmsg, struct err *err);
void oom_free(struct oom *o);

/* Descriptor that becomes readable when the kernel log has news, or -1. */
int oom_fd(const struct oom *o);
bool oom_has_kmsg(const struct oom *o);

/* Takes the lines that are there. To be called when oom_fd is readable and before each reading. */
void oom_events(struct oom *o);

/* Takes one line of the kernel log (without its prefix), as oom_events does. */
void oom_kmsg_line(struct oom *o, struct str line);

/* Names the containers that were unknown when they were killed, and takes from the API what it says
 * of a pod's terminated containers. To be called for each pod cgroup when the table's generation
 * has changed. */
void oom_pod_status(struct oom *o, const struct pod_lookup *pods, const void *table,
                    struct str pod_uid);

/* Kills of the container: of this instance (own: what its cgroup's counter says now) and of its
 * predecessors. name is empty for a sandbox or a container not resolved yet. */
uint64_t oom_count(struct oom *o, struct str pod_uid, struct str name, struct str container_id,
                   uint64_t own);

/* Kills of all containers of the pod that are known, for the pod's own cgroup; own: its counter
 * (on v2 that of its hierarchy). */
uint64_t oom_pod_count(struct oom *o, struct str pod_uid, uint64_t own);

/* Kills in a cgroup that is no pod's, by its path; own: its counter. */
uint64_t oom_path_count(struct oom *o, struct str path, uint64_t own);

#endif
