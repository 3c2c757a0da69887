/* Storage classes: who makes their volumes, and how. */
#include "kube/object/fields.h"
#include "kube/object/rows.h"

struct storageclass_sample {
    struct kube_meta meta; /* first */
    struct str provisioner, reclaim_policy, binding_mode;
};

static const struct kube_field storageclass_fields[] = {
    KUBE_TEXT(struct storageclass_sample, provisioner, NULL, "provisioner"),
    KUBE_TEXT(struct storageclass_sample, reclaim_policy, NULL, "reclaimPolicy"),
    KUBE_TEXT(struct storageclass_sample, binding_mode, NULL, "volumeBindingMode"),
};

/* A manifest may leave out what the API server fills in. */
static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct storageclass_sample *class = sample;
    metric_put(out, 1, class->provisioner,
               class->reclaim_policy.p ? class->reclaim_policy : STR("Delete"),
               class->binding_mode.p ? class->binding_mode : STR("Immediate"));
}

static const struct metric_family storageclass_rows[] = {
    KUBE_ROW("kube_storageclass_info", GAUGE, STABLE,
             ".provisioner, .reclaimPolicy and .volumeBindingMode",
             "Who makes volumes of the class, when, and what becomes of them; always 1.",
             .emit = emit_info,
             .labels = METRIC_LABELS("provisioner", "reclaim_policy", "volume_binding_mode")),
    KUBE_ROW_CREATED("kube_storageclass_created", STABLE, "storage class"),
    KUBE_ROW_ANNOTATIONS("kube_storageclass_annotations", ALPHA, "storage class"),
    KUBE_ROW_LABELS("kube_storageclass_labels", STABLE, "storage class"),
};

static const struct metric_subject storageclass_subject = {
    .name = "storageclasses",
    .part = "state",
    .sample_size = sizeof(struct storageclass_sample),
    .present_at = offsetof(struct storageclass_sample, meta.present),
    .labels = METRIC_LABELS("storageclass"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = storageclass_rows,
    .n_rows = KG_ARRAY_LEN(storageclass_rows),
};

static int storageclass_decode(const json_t *object, const struct kube_decode *how, void *sample,
                               struct err *err)
{
    struct storageclass_sample *class = sample;
    int r = kube_meta_decode(object, how, &class->meta, err);
    kube_fields_decode(object, storageclass_fields, KG_ARRAY_LEN(storageclass_fields), class);
    return r;
}

const struct kube_resource kube_storageclasses = {
    .group = "storage.k8s.io",
    .version = "v1",
    .plural = "storageclasses",
    .kind = "StorageClass",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &storageclass_subject,
    .fields = storageclass_fields,
    .n_fields = KG_ARRAY_LEN(storageclass_fields),
    .decode = storageclass_decode,
};
