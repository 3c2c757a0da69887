/* Pod disruption budgets: the kube_poddisruptionbudget_* families in the order in which they are
 * served. */
#include "kube/object/fields.h"
#include "kube/object/rows.h"

struct poddisruptionbudget_sample {
    struct kube_meta meta; /* first */
    int64_t healthy, desired_healthy, allowed, expected, observed_generation;
};

#define PODDISRUPTIONBUDGET_FIELD(member) METRIC_FIELD(struct poddisruptionbudget_sample, member, 1)

static const struct metric_family poddisruptionbudget_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_poddisruptionbudget_annotations", ALPHA, "disruption budget"),
    KUBE_ROW_LABELS("kube_poddisruptionbudget_labels", ALPHA, "disruption budget"),
    KUBE_ROW_CREATED("kube_poddisruptionbudget_created", STABLE, "disruption budget"),
    KUBE_ROW("kube_poddisruptionbudget_status_current_healthy", GAUGE, STABLE,
             ".status.currentHealthy", "Pods under the budget that are healthy.",
             .field = PODDISRUPTIONBUDGET_FIELD(healthy)),
    KUBE_ROW("kube_poddisruptionbudget_status_desired_healthy", GAUGE, STABLE,
             ".status.desiredHealthy", "Pods under the budget that must stay healthy.",
             .field = PODDISRUPTIONBUDGET_FIELD(desired_healthy)),
    KUBE_ROW("kube_poddisruptionbudget_status_pod_disruptions_allowed", GAUGE, STABLE,
             ".status.disruptionsAllowed", "Pods that may be evicted now.",
             .field = PODDISRUPTIONBUDGET_FIELD(allowed)),
    KUBE_ROW("kube_poddisruptionbudget_status_expected_pods", GAUGE, STABLE, ".status.expectedPods",
             "Pods that the budget is counted of.", .field = PODDISRUPTIONBUDGET_FIELD(expected)),
    KUBE_ROW_OBSERVED("kube_poddisruptionbudget_status_observed_generation", STABLE,
                      struct poddisruptionbudget_sample),
    KUBE_ROW_DELETED("kube_poddisruptionbudget_deletion_timestamp", ALPHA, "disruption budget"),
};

static const struct metric_subject poddisruptionbudget_subject = {
    .name = "poddisruptionbudgets",
    .part = "state",
    .sample_size = sizeof(struct poddisruptionbudget_sample),
    .present_at = offsetof(struct poddisruptionbudget_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "poddisruptionbudget"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = poddisruptionbudget_rows,
    .n_rows = KG_ARRAY_LEN(poddisruptionbudget_rows),
};

static const struct kube_field poddisruptionbudget_fields[] = {
    KUBE_I64(struct poddisruptionbudget_sample, healthy, "status", "currentHealthy", 0),
    KUBE_I64(struct poddisruptionbudget_sample, desired_healthy, "status", "desiredHealthy", 0),
    KUBE_I64(struct poddisruptionbudget_sample, allowed, "status", "disruptionsAllowed", 0),
    KUBE_I64(struct poddisruptionbudget_sample, expected, "status", "expectedPods", 0),
    KUBE_I64(struct poddisruptionbudget_sample, observed_generation, "status", "observedGeneration",
             0),
};

static int poddisruptionbudget_decode(const json_t *object, const struct kube_decode *how,
                                      void *sample, struct err *err)
{
    int r = kube_meta_decode(object, how, sample, err);
    kube_fields_decode(object, poddisruptionbudget_fields, KG_ARRAY_LEN(poddisruptionbudget_fields),
                       sample);
    return r;
}

const struct kube_resource kube_poddisruptionbudgets = {
    .group = "policy",
    .version = "v1",
    .plural = "poddisruptionbudgets",
    .kind = "PodDisruptionBudget",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &poddisruptionbudget_subject,
    .fields = poddisruptionbudget_fields,
    .n_fields = KG_ARRAY_LEN(poddisruptionbudget_fields),
    .decode = poddisruptionbudget_decode,
};
