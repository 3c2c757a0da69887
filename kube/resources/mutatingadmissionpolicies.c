/* Mutating admission policies: what they take as a parameter, and what their failure means. */
#include "kube/object/rows.h"
#include "kube/resources/admission.h"

static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct admission_policy *policy = sample;
    metric_put(out, 1, policy->param_api_version, policy->param_kind, policy->failure_policy,
               policy->reinvocation_policy);
}

static const struct metric_family mutatingadmissionpolicy_rows[] = {
    KUBE_ROW("kube_mutatingadmissionpolicy_info", GAUGE, ALPHA,
             ".spec.paramKind, .failurePolicy and .reinvocationPolicy",
             "Kind of the policy's parameter, and what its failure means; always 1.",
             .emit = emit_info,
             .labels = METRIC_LABELS("param_api_version", "param_kind", "failure_policy",
                                     "reinvocation_policy")),
    KUBE_ROW_CREATED("kube_mutatingadmissionpolicy_created", ALPHA, "mutating admission policy"),
};

static const struct metric_subject mutatingadmissionpolicy_subject = {
    .name = "mutatingadmissionpolicies",
    .part = "state",
    .sample_size = sizeof(struct admission_policy),
    .present_at = offsetof(struct admission_policy, meta.present),
    .labels = METRIC_LABELS("namespace", "mutatingadmissionpolicy"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = mutatingadmissionpolicy_rows,
    .n_rows = KG_ARRAY_LEN(mutatingadmissionpolicy_rows),
};

const struct kube_resource kube_mutatingadmissionpolicies = {
    .group = "admissionregistration.k8s.io",
    .version = "v1",
    .plural = "mutatingadmissionpolicies",
    .kind = "MutatingAdmissionPolicy",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &mutatingadmissionpolicy_subject,
    .reads = KUBE_READS(ADMISSION_POLICY_READS),
    .decode = admission_policy_decode,
};
