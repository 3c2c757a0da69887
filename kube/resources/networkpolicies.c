/* Network policies: how many rules they have. */
#include "kube/object/fields.h"
#include "kube/object/rows.h"

struct networkpolicy_sample {
    struct kube_meta meta; /* first */
    int64_t ingress_rules, egress_rules;
};

static const struct kube_field networkpolicy_fields[] = {
    KUBE_COUNT(struct networkpolicy_sample, ingress_rules, "spec", "ingress"),
    KUBE_COUNT(struct networkpolicy_sample, egress_rules, "spec", "egress"),
};

static const struct metric_family networkpolicy_rows[] = {
    KUBE_ROW_CREATED("kube_networkpolicy_created", ALPHA, "network policy"),
    KUBE_ROW_ANNOTATIONS("kube_networkpolicy_annotations", ALPHA, "network policy"),
    KUBE_ROW_LABELS("kube_networkpolicy_labels", ALPHA, "network policy"),
    KUBE_ROW("kube_networkpolicy_spec_ingress_rules", GAUGE, ALPHA, ".spec.ingress[]",
             "Number of rules for traffic to the selected pods.",
             .field = METRIC_FIELD(struct networkpolicy_sample, ingress_rules, 1)),
    KUBE_ROW("kube_networkpolicy_spec_egress_rules", GAUGE, ALPHA, ".spec.egress[]",
             "Number of rules for traffic from the selected pods.",
             .field = METRIC_FIELD(struct networkpolicy_sample, egress_rules, 1)),
};

static const struct metric_subject networkpolicy_subject = {
    .name = "networkpolicies",
    .part = "state",
    .sample_size = sizeof(struct networkpolicy_sample),
    .present_at = offsetof(struct networkpolicy_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "networkpolicy"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = networkpolicy_rows,
    .n_rows = KG_ARRAY_LEN(networkpolicy_rows),
};

static int networkpolicy_decode(const json_t *object, const struct kube_decode *how, void *sample,
                                struct err *err)
{
    struct networkpolicy_sample *policy = sample;
    int r = kube_meta_decode(object, how, &policy->meta, err);
    kube_fields_decode(object, networkpolicy_fields, KG_ARRAY_LEN(networkpolicy_fields), policy);
    return r;
}

const struct kube_resource kube_networkpolicies = {
    .group = "networking.k8s.io",
    .version = "v1",
    .plural = "networkpolicies",
    .kind = "NetworkPolicy",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &networkpolicy_subject,
    .fields = networkpolicy_fields,
    .n_fields = KG_ARRAY_LEN(networkpolicy_fields),
    .decode = networkpolicy_decode,
};
