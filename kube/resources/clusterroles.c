/* Cluster roles: what they allow is not looked at. */
#include "kube/object/rows.h"

static const struct metric_family clusterrole_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_clusterrole_annotations", ALPHA, "cluster role"),
    KUBE_ROW_LABELS("kube_clusterrole_labels", ALPHA, "cluster role"),
    KUBE_ROW_ONE("kube_clusterrole_info", ALPHA, "cluster role"),
    KUBE_ROW_CREATED("kube_clusterrole_created", ALPHA, "cluster role"),
    KUBE_ROW_VERSION("kube_clusterrole_metadata_resource_version", ALPHA, "cluster role"),
};

static const struct metric_subject clusterrole_subject = {
    .name = "clusterroles",
    .part = "state",
    .sample_size = sizeof(struct kube_meta),
    .present_at = offsetof(struct kube_meta, present),
    .labels = METRIC_LABELS("clusterrole"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = clusterrole_rows,
    .n_rows = KG_ARRAY_LEN(clusterrole_rows),
};

const struct kube_resource kube_clusterroles = {
    .group = "rbac.authorization.k8s.io",
    .version = "v1",
    .plural = "clusterroles",
    .kind = "ClusterRole",
    .namespaced = false,
    .on_by_default = false,
    .rank = KUBE_RANK_MANY,
    .subject = &clusterrole_subject,
    .decode = kube_meta_only_decode,
};
