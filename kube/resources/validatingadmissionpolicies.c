/* Validating admission policies: what they take as a parameter, and what their failure means. */
#include "kube/object/rows.h"
#include "kube/resources/admission.h"

static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct admission_policy *policy = sample;
    metric_put(out, 1, policy->param_api_version, policy->param_kind, policy->failure_policy);
}

static const struct metric_family validatingadmissionpolicy_rows[] = {
    KUBE_ROW("kube_validatingadmissionpolicy_info", GAUGE, ALPHA, ".spec.paramKind, .failurePolicy",
             "Kind of the policy's parameter, and what its failure means; always 1.",
             .emit = emit_info,
             .labels = METRIC_LABELS("param_api_version", "param_kind", "failure_policy")),
    KUBE_ROW_CREATED("kube_validatingadmissionpolicy_created", ALPHA,
                     "validating admission policy"),
};

static const struct metric_subject validatingadmissionpolicy_subject = {
    .name = "validatingadmissionpolicies",
    .part = "state",
    .sample_size = sizeof(struct admission_policy),
    .present_at = offsetof(struct admission_policy, meta.present),
    .labels = METRIC_LABELS("namespace", "validatingadmissionpolicy"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = validatingadmissionpolicy_rows,
    .n_rows = KG_ARRAY_LEN(validatingadmissionpolicy_rows),
};

const struct kube_resource kube_validatingadmissionpolicies = {
    .group = "admissionregistration.k8s.io",
    .version = "v1",
    .plural = "validatingadmissionpolicies",
    .kind = "ValidatingAdmissionPolicy",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &validatingadmissionpolicy_subject,
    .reads = KUBE_READS(ADMISSION_POLICY_READS),
    .decode = admission_policy_decode,
};
