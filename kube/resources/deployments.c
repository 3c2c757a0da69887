/* Deployments: the kube_deployment_* families in the order in which they are served. */
#include "kube/object/condition.h"
#include "kube/object/fields.h"
#include "kube/object/int_or_percent.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

/* Bits of deployment_sample.meta.present. */
enum {
    DEPLOYMENT_WANTED = KUBE_PRESENT_OWN,
    DEPLOYMENT_TERMINATING = KUBE_PRESENT_OWN << 1,
    DEPLOYMENT_MAX_UNAVAILABLE = KUBE_PRESENT_OWN << 2,
    DEPLOYMENT_MAX_SURGE = KUBE_PRESENT_OWN << 3,
};

struct deployment_sample {
    struct kube_meta meta; /* first */
    int64_t wanted, replicas, ready, available, unavailable, updated, terminating;
    int64_t observed_generation, max_unavailable, max_surge;
    bool is_paused;
    struct kube_conditions conditions;
};

#define DEPLOYMENT_FIELD(member) METRIC_FIELD(struct deployment_sample, member, 1)

/* Reasons that the deployment controller gives; others, of other programs, are not told apart, so
 * that what they write does not make series without end. */
static struct str known_reason(struct str reason)
{
    static const struct str known[] = {
        STR_INIT(""),
        STR_INIT("ReplicaSetUpdated"),
        STR_INIT("ReplicaSetCreateError"),
        STR_INIT("NewReplicaSetCreated"),
        STR_INIT("FoundNewReplicaSet"),
        STR_INIT("NewReplicaSetAvailable"),
        STR_INIT("ProgressDeadlineExceeded"),
        STR_INIT("DeploymentPaused"),
        STR_INIT("DeploymentResumed"),
        STR_INIT("MinimumReplicasAvailable"),
        STR_INIT("MinimumReplicasUnavailable"),
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(known); i++) {
        if (str_eq(reason, known[i])) {
            return known[i];
        }
    }
    return STR("unknown");
}

static void emit_conditions(const void *sample, struct metric_writer *out)
{
    const struct deployment_sample *deployment = sample;
    for (size_t i = 0; i < deployment->conditions.n; i++) {
        const struct kube_condition *c = &deployment->conditions.items[i];
        if (!c->repeated) {
            const struct str before[] = { known_reason(c->reason), c->type };
            kube_put_condition(out, c->status, before, KG_ARRAY_LEN(before));
        }
    }
}

static const struct metric_family deployment_rows[] = {
    KUBE_ROW("kube_deployment_owner", GAUGE, ALPHA, ".metadata.ownerReferences",
             "Owners of the deployment; always 1, with empty labels when it has none.",
             .emit = kube_emit_owner_names, .labels = METRIC_LABELS("owner_kind", "owner_name")),
    KUBE_ROW_CREATED("kube_deployment_created", STABLE, "deployment"),
    KUBE_ROW("kube_deployment_status_replicas", GAUGE, STABLE, ".status.replicas",
             "Pods of the deployment.", .field = DEPLOYMENT_FIELD(replicas)),
    KUBE_ROW("kube_deployment_status_replicas_ready", GAUGE, STABLE, ".status.readyReplicas",
             "Pods of the deployment that are ready.", .field = DEPLOYMENT_FIELD(ready)),
    KUBE_ROW("kube_deployment_status_replicas_available", GAUGE, STABLE,
             ".status.availableReplicas",
             "Pods of the deployment that have been ready for long enough.",
             .field = DEPLOYMENT_FIELD(available)),
    KUBE_ROW("kube_deployment_status_replicas_unavailable", GAUGE, STABLE,
             ".status.unavailableReplicas",
             "Pods that the deployment lacks to be as available as it is to be.",
             .field = DEPLOYMENT_FIELD(unavailable)),
    KUBE_ROW("kube_deployment_status_replicas_updated", GAUGE, STABLE, ".status.updatedReplicas",
             "Pods of the deployment that are of its newest template.",
             .field = DEPLOYMENT_FIELD(updated)),
    KUBE_ROW("kube_deployment_status_terminating_replicas", GAUGE, ALPHA,
             ".status.terminatingReplicas", "Pods of the deployment that are being ended.",
             .needs = DEPLOYMENT_TERMINATING, .field = DEPLOYMENT_FIELD(terminating)),
    KUBE_ROW_OBSERVED("kube_deployment_status_observed_generation", STABLE,
                      struct deployment_sample),
    KUBE_ROW("kube_deployment_status_condition", GAUGE, STABLE, ".status.conditions[]",
             "1 on the status of a condition of the deployment, 0 on the others.",
             .emit = emit_conditions, .labels = METRIC_LABELS("reason", "condition", "status")),
    KUBE_ROW("kube_deployment_spec_replicas", GAUGE, STABLE, ".spec.replicas",
             "Pods that the deployment is to have.", .needs = DEPLOYMENT_WANTED,
             .field = DEPLOYMENT_FIELD(wanted)),
    KUBE_ROW("kube_deployment_spec_paused", GAUGE, STABLE, ".spec.paused",
             "1 while the deployment does not act on a new template, else 0.",
             .field = DEPLOYMENT_FIELD(is_paused)),
    KUBE_ROW("kube_deployment_spec_strategy_rollingupdate_max_unavailable", GAUGE, STABLE,
             ".spec.strategy.rollingUpdate.maxUnavailable",
             "Most pods that may be missing during an update.", .needs = DEPLOYMENT_MAX_UNAVAILABLE,
             .field = DEPLOYMENT_FIELD(max_unavailable)),
    KUBE_ROW("kube_deployment_spec_strategy_rollingupdate_max_surge", GAUGE, STABLE,
             ".spec.strategy.rollingUpdate.maxSurge",
             "Most pods that there may be too many of during an update.",
             .needs = DEPLOYMENT_MAX_SURGE, .field = DEPLOYMENT_FIELD(max_surge)),
    KUBE_ROW_GENERATION("kube_deployment_metadata_generation", STABLE, "deployment"),
    KUBE_ROW_DELETED("kube_deployment_deletion_timestamp", ALPHA, "deployment"),
    KUBE_ROW_ANNOTATIONS("kube_deployment_annotations", ALPHA, "deployment"),
    KUBE_ROW_LABELS("kube_deployment_labels", STABLE, "deployment"),
};

static const struct metric_subject deployment_subject = {
    .name = "deployments",
    .part = "state",
    .sample_size = sizeof(struct deployment_sample),
    .present_at = offsetof(struct deployment_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "deployment"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = deployment_rows,
    .n_rows = KG_ARRAY_LEN(deployment_rows),
};

static const struct kube_field deployment_fields[] = {
    KUBE_I64(struct deployment_sample, wanted, "spec", "replicas", DEPLOYMENT_WANTED),
    KUBE_TRUE(struct deployment_sample, is_paused, "spec", "paused"),
    KUBE_I64(struct deployment_sample, replicas, "status", "replicas", 0),
    KUBE_I64(struct deployment_sample, ready, "status", "readyReplicas", 0),
    KUBE_I64(struct deployment_sample, available, "status", "availableReplicas", 0),
    KUBE_I64(struct deployment_sample, unavailable, "status", "unavailableReplicas", 0),
    KUBE_I64(struct deployment_sample, updated, "status", "updatedReplicas", 0),
    KUBE_I64(struct deployment_sample, terminating, "status", "terminatingReplicas",
             DEPLOYMENT_TERMINATING),
    KUBE_I64(struct deployment_sample, observed_generation, "status", "observedGeneration", 0),
};

/* Both are counted of the wanted replicas, so that without these there are none. */
static void rolling_update_decode(const json_t *spec, struct deployment_sample *deployment)
{
    const json_t *strategy = json_get_object(spec, "strategy");
    const json_t *rolling = json_get_object(strategy, "rollingUpdate");
    struct kube_meta *meta = &deployment->meta;
    if (!(meta->present & DEPLOYMENT_WANTED)) {
        return;
    }
    if (int_or_percent(json_object_get(rolling, "maxUnavailable"), deployment->wanted, false,
                       &deployment->max_unavailable)) {
        meta->present |= DEPLOYMENT_MAX_UNAVAILABLE;
    }
    if (int_or_percent(json_object_get(rolling, "maxSurge"), deployment->wanted, true,
                       &deployment->max_surge)) {
        meta->present |= DEPLOYMENT_MAX_SURGE;
    }
}

static int deployment_decode(const json_t *object, const struct kube_decode *how, void *sample,
                             struct err *err)
{
    struct deployment_sample *deployment = sample;
    const json_t *status = json_get_object(object, "status");
    int r = kube_meta_decode(object, how, &deployment->meta, err);
    if (r < 0) {
        return r;
    }
    kube_fields_decode(object, deployment_fields, KG_ARRAY_LEN(deployment_fields), deployment);
    rolling_update_decode(json_get_object(object, "spec"), deployment);
    return kube_conditions_decode(json_get_array(status, "conditions"), how,
                                  &deployment->conditions, err);
}

const struct kube_resource kube_deployments = {
    .group = "apps",
    .version = "v1",
    .plural = "deployments",
    .kind = "Deployment",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &deployment_subject,
    .fields = deployment_fields,
    .n_fields = KG_ARRAY_LEN(deployment_fields),
    .reads = KUBE_READS("spec.strategy.rollingUpdate", KUBE_CONDITION_READS("status.conditions")),
    .decode = deployment_decode,
};
