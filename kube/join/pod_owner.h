/* pod_owner.h — the workload that a pod belongs to, as far as the pod alone tells.
 * Uses: base, jansson.  Threads: any.  Owner: none; results borrow from the object. */
#ifndef KG_KUBE_POD_OWNER_H
#define KG_KUBE_POD_OWNER_H

#include "base/str.h"

#include <jansson.h>

struct pod_owner {
    struct str kind, name; /* both empty when no owner is the controller */
};

/* The controlling owner, one step up where the pod shows it:
 *   ReplicaSet "web-5d4f8", pod label pod-template-hash "5d4f8"  → Deployment "web"
 *   Job "backup-29384400"                                        → CronJob "backup"
 * A CronJob names its Jobs by the scheduled time in minutes (in seconds before Kubernetes 1.21); a
 * number that lies within POD_OWNER_SLACK_SEC of the pod's creation is taken for that, so that a
 * Job called "import-20240101" stays a Job. Anything else is shown as it is. */
struct pod_owner pod_owner_of(const json_t *pod);

#define POD_OWNER_SLACK_SEC (INT64_C(7) * 24 * 3600)

#endif
