/* Cluster role bindings: the role that they hand out; to whom is not looked at. */
#include "kube/object/rows.h"
#include "kube/resources/role_binding.h"

static const struct metric_family clusterrolebinding_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_clusterrolebinding_annotations", ALPHA, "cluster role binding"),
    KUBE_ROW_LABELS("kube_clusterrolebinding_labels", ALPHA, "cluster role binding"),
    KUBE_ROW("kube_clusterrolebinding_info", GAUGE, ALPHA, ".roleRef",
             "Role that the cluster role binding hands out; always 1.",
             .emit = role_binding_emit_info,
             .labels = METRIC_LABELS("roleref_kind", "roleref_name")),
    KUBE_ROW_CREATED("kube_clusterrolebinding_created", ALPHA, "cluster role binding"),
    KUBE_ROW_VERSION("kube_clusterrolebinding_metadata_resource_version", ALPHA,
                     "cluster role binding"),
};

static const struct metric_subject clusterrolebinding_subject = {
    .name = "clusterrolebindings",
    .part = "state",
    .sample_size = sizeof(struct role_binding_sample),
    .present_at = offsetof(struct role_binding_sample, meta.present),
    .labels = METRIC_LABELS("clusterrolebinding"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = clusterrolebinding_rows,
    .n_rows = KG_ARRAY_LEN(clusterrolebinding_rows),
};

const struct kube_resource kube_clusterrolebindings = {
    .group = "rbac.authorization.k8s.io",
    .version = "v1",
    .plural = "clusterrolebindings",
    .kind = "ClusterRoleBinding",
    .namespaced = false,
    .on_by_default = false,
    .rank = KUBE_RANK_MANY,
    .subject = &clusterrolebinding_subject,
    .reads = KUBE_READS(ROLE_BINDING_READS),
    .decode = role_binding_decode,
};
