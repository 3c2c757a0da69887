/* Persistent volume claims: what storage is asked for, and whether there is a volume for it. */
#include "kube/object/condition.h"
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/one_of.h"
#include "kube/object/quantity.h"
#include "kube/object/rows.h"
#include "kube/object/text_rows.h"

enum { PVC_REQUEST = KUBE_PRESENT_OWN };

struct pvc_sample {
    struct kube_meta meta; /* first */
    struct str storage_class, volume, volume_mode, phase;
    double request_bytes;
    struct text_rows access_modes;
    struct kube_conditions conditions;
};

static const struct kube_field pvc_fields[] = {
    KUBE_TEXT(struct pvc_sample, storage_class, "spec", "storageClassName"),
    KUBE_TEXT(struct pvc_sample, volume, "spec", "volumeName"),
    KUBE_TEXT(struct pvc_sample, volume_mode, "spec", "volumeMode"),
    KUBE_TEXT(struct pvc_sample, phase, "status", "phase"),
};

static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct pvc_sample *claim = sample;
    metric_put(out, 1, claim->storage_class, claim->volume, claim->volume_mode);
}

static void emit_phase(const void *sample, struct metric_writer *out)
{
    static const struct str phases[] = {
        STR_INIT("Lost"),
        STR_INIT("Bound"),
        STR_INIT("Pending"),
    };
    const struct pvc_sample *claim = sample;
    if (claim->phase.n) {
        kube_put_one_of(out, claim->phase, phases, KG_ARRAY_LEN(phases));
    }
}

static void emit_access_modes(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct pvc_sample *)sample)->access_modes, out);
}

static void emit_conditions(const void *sample, struct metric_writer *out)
{
    kube_put_conditions(out, &((const struct pvc_sample *)sample)->conditions);
}

static const struct metric_family persistentvolumeclaim_rows[] = {
    KUBE_ROW_LABELS("kube_persistentvolumeclaim_labels", STABLE, "claim"),
    KUBE_ROW_ANNOTATIONS("kube_persistentvolumeclaim_annotations", ALPHA, "claim"),
    KUBE_ROW("kube_persistentvolumeclaim_info", GAUGE, STABLE,
             ".spec.storageClassName, .spec.volumeName and .spec.volumeMode",
             "Storage class, volume and volume mode of the claim; always 1.", .emit = emit_info,
             .labels = METRIC_LABELS("storageclass", "volumename", "volumemode")),
    KUBE_ROW("kube_persistentvolumeclaim_status_phase", GAUGE, STABLE, ".status.phase",
             "1 on the phase in which the claim is, 0 on the others.", .emit = emit_phase,
             .labels = METRIC_LABELS("phase")),
    KUBE_ROW("kube_persistentvolumeclaim_resource_requests_storage_bytes", GAUGE, STABLE,
             ".spec.resources.requests.storage", "Size of the volume that is asked for.",
             .needs = PVC_REQUEST, .field = METRIC_FIELD(struct pvc_sample, request_bytes, 1)),
    KUBE_ROW("kube_persistentvolumeclaim_access_mode", GAUGE, STABLE, ".spec.accessModes[]",
             "How the volume is to be mounted; always 1.", .emit = emit_access_modes,
             .labels = METRIC_LABELS("access_mode")),
    KUBE_ROW("kube_persistentvolumeclaim_status_condition", GAUGE, ALPHA, ".status.conditions[]",
             "1 on the status of a condition of the claim, 0 on the others.",
             .emit = emit_conditions, .labels = METRIC_LABELS("condition", "status")),
    KUBE_ROW_CREATED("kube_persistentvolumeclaim_created", ALPHA, "claim"),
    KUBE_ROW_DELETED("kube_persistentvolumeclaim_deletion_timestamp", ALPHA, "claim"),
};

static const struct metric_subject persistentvolumeclaim_subject = {
    .name = "persistentvolumeclaims",
    .part = "state",
    .sample_size = sizeof(struct pvc_sample),
    .present_at = offsetof(struct pvc_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "persistentvolumeclaim"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = persistentvolumeclaim_rows,
    .n_rows = KG_ARRAY_LEN(persistentvolumeclaim_rows),
};

static int pvc_decode(const json_t *object, const struct kube_decode *how, void *sample,
                      struct err *err)
{
    struct pvc_sample *claim = sample;
    const json_t *spec = json_get_object(object, "spec");
    const json_t *requests = json_get_object(json_get_object(spec, "resources"), "requests");
    const json_t *annotations = json_get_object(json_get_object(object, "metadata"), "annotations");
    /* How a class was named before Kubernetes 1.6; it still wins. */
    struct str old_class = json_get_str(annotations, "volume.beta.kubernetes.io/storage-class");
    int r = kube_meta_decode(object, how, &claim->meta, err);
    kube_fields_decode(object, pvc_fields, KG_ARRAY_LEN(pvc_fields), claim);
    claim->storage_class = old_class.p ? old_class : claim->storage_class;
    if (json_quantity(json_object_get(requests, "storage"), quantity_whole,
                      &claim->request_bytes)) {
        claim->meta.present |= PVC_REQUEST;
    }
    if (r >= 0) {
        r = text_rows_of_array(json_get_array(spec, "accessModes"), NULL, how, &claim->access_modes,
                               err);
    }
    if (r >= 0) {
        r = kube_conditions_decode(json_get_array(json_get_object(object, "status"), "conditions"),
                                   how, &claim->conditions, err);
    }
    return r;
}

const struct kube_resource kube_persistentvolumeclaims = {
    .group = "",
    .version = "v1",
    .plural = "persistentvolumeclaims",
    .kind = "PersistentVolumeClaim",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &persistentvolumeclaim_subject,
    .fields = pvc_fields,
    .n_fields = KG_ARRAY_LEN(pvc_fields),
    .reads = KUBE_READS("spec.accessModes", "spec.resources.requests",
                        KUBE_CONDITION_READS("status.conditions")),
    .reads_annotations = true,
    .decode = pvc_decode,
};
