/* Role bindings: the role that they hand out; to whom is not looked at. */
#include "kube/object/rows.h"
#include "kube/resources/role_binding.h"

static const struct metric_family rolebinding_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_rolebinding_annotations", ALPHA, "role binding"),
    KUBE_ROW_LABELS("kube_rolebinding_labels", ALPHA, "role binding"),
    KUBE_ROW("kube_rolebinding_info", GAUGE, ALPHA, ".roleRef",
             "Role that the role binding hands out; always 1.", .emit = role_binding_emit_info,
             .labels = METRIC_LABELS("roleref_kind", "roleref_name")),
    KUBE_ROW_CREATED("kube_rolebinding_created", ALPHA, "role binding"),
    KUBE_ROW_VERSION("kube_rolebinding_metadata_resource_version", ALPHA, "role binding"),
};

static const struct metric_subject rolebinding_subject = {
    .name = "rolebindings",
    .part = "state",
    .sample_size = sizeof(struct role_binding_sample),
    .present_at = offsetof(struct role_binding_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "rolebinding"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = rolebinding_rows,
    .n_rows = KG_ARRAY_LEN(rolebinding_rows),
};

const struct kube_resource kube_rolebindings = {
    .group = "rbac.authorization.k8s.io",
    .version = "v1",
    .plural = "rolebindings",
    .kind = "RoleBinding",
    .namespaced = true,
    .on_by_default = false,
    .rank = KUBE_RANK_MANY,
    .subject = &rolebinding_subject,
    .reads = KUBE_READS(ROLE_BINDING_READS),
    .decode = role_binding_decode,
};
