/* volume_list.h — the claims of the node's pods, and the folder of the machine behind each.
 * Uses: base, collectors/pod_lookup, collectors/runtime_record.  Threads: one at a time.  Owner:
 * the volumes collector.
 *
 * Where a container mounts a claim its pod says; what of the machine stands there the runtime wrote
 * down (docs/adr/0013). A folder once known holds for the life of the pod. */
#ifndef KG_COLLECTORS_VOLUME_LIST_H
#define KG_COLLECTORS_VOLUME_LIST_H

#include "base/err.h"
#include "collectors/collector.h"

struct volume {
    struct str namespace, claim;
    const char *path; /* as the machine's root sees it; NULL: not known */
    bool is_mount;    /* the kubelet mounts something there */
};

struct volume_list;

/* env is borrowed; env->pods is not NULL. NULL when out of memory. */
struct volume_list *volume_list_new(const struct collector_env *env);
void volume_list_free(struct volume_list *l);

/* Brings the list up to now: one row a claim, in the order of pods. Rows are valid until the next
 * call. Errors: -ENOMEM, there are no rows then · -ENOSPC more than LIMIT_VOLUMES; the list then
 * has these.
 */
int volume_list_update(struct volume_list *l, const struct volume **ret, size_t *ret_n,
                       struct err *err);

#endif
