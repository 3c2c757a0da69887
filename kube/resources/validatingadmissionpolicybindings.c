/* Bindings of validating admission policies: which policy is in force, with which parameter. */
#include "kube/object/rows.h"
#include "kube/resources/admission.h"

static void emit_actions(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct admission_binding *)sample)->actions, out);
}

static const struct metric_family validatingadmissionpolicybinding_rows[] = {
    KUBE_ROW("kube_validatingadmissionpolicybinding_info", GAUGE, ALPHA,
             ".spec.policyName and .spec.paramRef",
             "Policy that is in force and the parameter that it gets; always 1.",
             .emit = admission_binding_emit_info,
             .labels = METRIC_LABELS("policy_name", "param_name", "param_namespace",
                                     "param_not_found_action")),
    KUBE_ROW_CREATED("kube_validatingadmissionpolicybinding_created", ALPHA,
                     "binding of a validating policy"),
    KUBE_ROW("kube_validatingadmissionpolicybinding_validation_action", GAUGE, ALPHA,
             ".spec.validationActions[]",
             "What happens when the policy objects to a request; always 1.", .emit = emit_actions,
             .labels = METRIC_LABELS("action")),
};

static const struct metric_subject validatingadmissionpolicybinding_subject = {
    .name = "validatingadmissionpolicybindings",
    .part = "state",
    .sample_size = sizeof(struct admission_binding),
    .present_at = offsetof(struct admission_binding, meta.present),
    .labels = METRIC_LABELS("namespace", "validatingadmissionpolicybinding"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = validatingadmissionpolicybinding_rows,
    .n_rows = KG_ARRAY_LEN(validatingadmissionpolicybinding_rows),
};

const struct kube_resource kube_validatingadmissionpolicybindings = {
    .group = "admissionregistration.k8s.io",
    .version = "v1",
    .plural = "validatingadmissionpolicybindings",
    .kind = "ValidatingAdmissionPolicyBinding",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &validatingadmissionpolicybinding_subject,
    .reads = KUBE_READS(ADMISSION_BINDING_READS),
    .decode = admission_binding_decode,
};
