/* Bindings of mutating admission policies: which policy is in force, with which parameter. */
#include "kube/object/rows.h"
#include "kube/resources/admission.h"

static const struct metric_family mutatingadmissionpolicybinding_rows[] = {
    KUBE_ROW("kube_mutatingadmissionpolicybinding_info", GAUGE, ALPHA,
             ".spec.policyName and .spec.paramRef",
             "Policy that is in force and the parameter that it gets; always 1.",
             .emit = admission_binding_emit_info,
             .labels = METRIC_LABELS("policy_name", "param_name", "param_namespace",
                                     "param_not_found_action")),
    KUBE_ROW_CREATED("kube_mutatingadmissionpolicybinding_created", ALPHA,
                     "binding of a mutating policy"),
};

static const struct metric_subject mutatingadmissionpolicybinding_subject = {
    .name = "mutatingadmissionpolicybindings",
    .part = "state",
    .sample_size = sizeof(struct admission_binding),
    .present_at = offsetof(struct admission_binding, meta.present),
    .labels = METRIC_LABELS("namespace", "mutatingadmissionpolicybinding"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = mutatingadmissionpolicybinding_rows,
    .n_rows = KG_ARRAY_LEN(mutatingadmissionpolicybinding_rows),
};

const struct kube_resource kube_mutatingadmissionpolicybindings = {
    .group = "admissionregistration.k8s.io",
    .version = "v1",
    .plural = "mutatingadmissionpolicybindings",
    .kind = "MutatingAdmissionPolicyBinding",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &mutatingadmissionpolicybinding_subject,
    .reads = KUBE_READS(ADMISSION_BINDING_READS),
    .decode = admission_binding_decode,
};
