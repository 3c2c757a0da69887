/* Roles: what they allow is not looked at. */
#include "kube/object/rows.h"

static const struct metric_family role_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_role_annotations", ALPHA, "role"),
    KUBE_ROW_LABELS("kube_role_labels", ALPHA, "role"),
    KUBE_ROW_ONE("kube_role_info", ALPHA, "role"),
    KUBE_ROW_CREATED("kube_role_created", ALPHA, "role"),
    KUBE_ROW_VERSION("kube_role_metadata_resource_version", ALPHA, "role"),
};

static const struct metric_subject role_subject = {
    .name = "roles",
    .part = "state",
    .sample_size = sizeof(struct kube_meta),
    .present_at = offsetof(struct kube_meta, present),
    .labels = METRIC_LABELS("namespace", "role"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = role_rows,
    .n_rows = KG_ARRAY_LEN(role_rows),
};

const struct kube_resource kube_roles = {
    .group = "rbac.authorization.k8s.io",
    .version = "v1",
    .plural = "roles",
    .kind = "Role",
    .namespaced = true,
    .on_by_default = false,
    .rank = KUBE_RANK_MANY,
    .subject = &role_subject,
    .decode = kube_meta_only_decode,
};
