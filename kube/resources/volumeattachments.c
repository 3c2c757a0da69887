/* Volume attachments: which volume is to be on which node, and whether it is. */
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

struct volumeattachment_sample {
    struct kube_meta meta; /* first */
    struct str attacher, node, volume;
    bool attached;
    struct metric_label *labels, *metadata;
    size_t n_labels, n_metadata;
};

static const struct kube_field volumeattachment_fields[] = {
    KUBE_TEXT(struct volumeattachment_sample, attacher, "spec", "attacher"),
    KUBE_TEXT(struct volumeattachment_sample, node, "spec", "nodeName"),
    KUBE_TRUE(struct volumeattachment_sample, attached, "status", "attached"),
};

/* KSM asks no allowlist for these. */
static void emit_all_labels(const void *sample, struct metric_writer *out)
{
    const struct volumeattachment_sample *attachment = sample;
    metric_put_open(out, 1, NULL, 0, attachment->labels, attachment->n_labels);
}

static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct volumeattachment_sample *attachment = sample;
    metric_put(out, 1, attachment->attacher, attachment->node);
}

static void emit_volume(const void *sample, struct metric_writer *out)
{
    const struct volumeattachment_sample *attachment = sample;
    if (attachment->volume.p) {
        metric_put(out, 1, attachment->volume);
    }
}

static void emit_metadata(const void *sample, struct metric_writer *out)
{
    const struct volumeattachment_sample *attachment = sample;
    metric_put_open(out, 1, NULL, 0, attachment->metadata, attachment->n_metadata);
}

static const struct metric_family volumeattachment_rows[] = {
    KUBE_ROW("kube_volumeattachment_labels", GAUGE, ALPHA, ".metadata.labels",
             "All labels of the volume attachment; always 1.", .emit = emit_all_labels,
             .open_labels = true),
    KUBE_ROW("kube_volumeattachment_info", GAUGE, ALPHA, ".spec.attacher and .spec.nodeName",
             "Driver that attaches the volume, and the node; always 1.", .emit = emit_info,
             .labels = METRIC_LABELS("attacher", "node")),
    KUBE_ROW_CREATED("kube_volumeattachment_created", ALPHA, "volume attachment"),
    KUBE_ROW("kube_volumeattachment_spec_source_persistentvolume", GAUGE, ALPHA,
             ".spec.source.persistentVolumeName", "Volume that is to be attached; always 1.",
             .emit = emit_volume, .labels = METRIC_LABELS("volumename")),
    KUBE_ROW("kube_volumeattachment_status_attached", GAUGE, ALPHA, ".status.attached",
             "1 while the volume is attached to the node, else 0.",
             .field = METRIC_FIELD(struct volumeattachment_sample, attached, 1)),
    KUBE_ROW("kube_volumeattachment_status_attachment_metadata", GAUGE, ALPHA,
             ".status.attachmentMetadata",
             "What the driver tells of the attached volume; always 1.", .emit = emit_metadata,
             .open_labels = true),
};

static const struct metric_subject volumeattachment_subject = {
    .name = "volumeattachments",
    .part = "state",
    .sample_size = sizeof(struct volumeattachment_sample),
    .present_at = offsetof(struct volumeattachment_sample, meta.present),
    .labels = METRIC_LABELS("volumeattachment"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = volumeattachment_rows,
    .n_rows = KG_ARRAY_LEN(volumeattachment_rows),
};

static int volumeattachment_decode(const json_t *object, const struct kube_decode *how,
                                   void *sample, struct err *err)
{
    struct volumeattachment_sample *attachment = sample;
    const json_t *source = json_get_object(json_get_object(object, "spec"), "source");
    json_t *labels = json_object_get(json_get_object(object, "metadata"), "labels");
    json_t *metadata = json_object_get(json_get_object(object, "status"), "attachmentMetadata");
    attachment->volume = json_get_str(source, "persistentVolumeName");
    int r = kube_meta_decode(object, how, &attachment->meta, err);
    if (r >= 0) {
        kube_fields_decode(object, volumeattachment_fields, KG_ARRAY_LEN(volumeattachment_fields),
                           attachment);
        r = kube_labels_of_object(labels, STR("label_"), how, &attachment->labels,
                                  &attachment->n_labels, err);
    }
    if (r >= 0) {
        r = kube_labels_of_object(metadata, STR("metadata_"), how, &attachment->metadata,
                                  &attachment->n_metadata, err);
    }
    return r;
}

const struct kube_resource kube_volumeattachments = {
    .group = "storage.k8s.io",
    .version = "v1",
    .plural = "volumeattachments",
    .kind = "VolumeAttachment",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &volumeattachment_subject,
    .fields = volumeattachment_fields,
    .n_fields = KG_ARRAY_LEN(volumeattachment_fields),
    .reads = KUBE_READS("spec.source.persistentVolumeName", "status.attachmentMetadata"),
    .reads_labels = true,
    .decode = volumeattachment_decode,
};
