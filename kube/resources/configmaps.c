/* Config maps: what they hold is not looked at. */
#include "kube/object/rows.h"

static const struct metric_family configmap_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_configmap_annotations", ALPHA, "config map"),
    KUBE_ROW_LABELS("kube_configmap_labels", STABLE, "config map"),
    KUBE_ROW_ONE("kube_configmap_info", STABLE, "config map"),
    KUBE_ROW_CREATED("kube_configmap_created", STABLE, "config map"),
    KUBE_ROW_VERSION("kube_configmap_metadata_resource_version", ALPHA, "config map"),
};

static const struct metric_subject configmap_subject = {
    .name = "configmaps",
    .part = "state",
    .sample_size = sizeof(struct kube_meta),
    .present_at = offsetof(struct kube_meta, present),
    .labels = METRIC_LABELS("namespace", "configmap"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = configmap_rows,
    .n_rows = KG_ARRAY_LEN(configmap_rows),
};

const struct kube_resource kube_configmaps = {
    .group = "",
    .version = "v1",
    .plural = "configmaps",
    .kind = "ConfigMap",
    .namespaced = true,
    .on_by_default = false, /* they hold secrets more often than they should */
    .rank = KUBE_RANK_MANY,
    .subject = &configmap_subject,
    .decode = kube_meta_only_decode,
};
