#include "kube/join/pod_owner.h"

#include "base/num.h"
#include "kube/object/json_get.h"

static bool replica_set_name(const json_t *metadata, struct str *name)
{
    struct str hash = json_get_str(json_get_object(metadata, "labels"), "pod-template-hash");
    struct str rest = *name;
    if (hash.n && str_eat_end(&rest, hash) && str_eat_end(&rest, STR("-")) && rest.n) {
        *name = rest;
        return true;
    }
    return false;
}

static bool is_near(int64_t a, int64_t b)
{
    return a - b <= POD_OWNER_SLACK_SEC && b - a <= POD_OWNER_SLACK_SEC;
}

static bool cron_job_name(const json_t *metadata, struct str *name)
{
    ssize_t dash = str_rfind(*name, '-');
    uint64_t number;
    int64_t created;
    if (dash < 1 || num_scan_u64(str_from(*name, (size_t)dash + 1), &number) < 0 ||
        number > INT32_MAX || !json_get_time_if(metadata, "creationTimestamp", &created)) {
        return false;
    }
    if (!is_near((int64_t)number * 60, created) && !is_near((int64_t)number, created)) {
        return false;
    }
    *name = str_head(*name, (size_t)dash);
    return true;
}

struct pod_owner pod_owner_of(const json_t *pod)
{
    const json_t *metadata = json_get_object(pod, "metadata"), *reference;
    const json_t *references = json_get_array(metadata, "ownerReferences");
    struct pod_owner owner = { 0 };
    size_t i;
    json_array_foreach (references, i, reference) {
        if (json_get_true(reference, "controller")) {
            owner.kind = json_get_str(reference, "kind");
            owner.name = json_get_str(reference, "name");
            break;
        }
    }
    if (str_eq_c(owner.kind, "ReplicaSet") && replica_set_name(metadata, &owner.name)) {
        owner.kind = STR("Deployment");
    } else if (str_eq_c(owner.kind, "Job") && cron_job_name(metadata, &owner.name)) {
        owner.kind = STR("CronJob");
    }
    return owner;
}
