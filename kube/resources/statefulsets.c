/* Stateful sets: the kube_statefulset_* families in the order in which they are served. */
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

/* Bits of statefulset_sample.meta.present. */
enum {
    STATEFULSET_WANTED = KUBE_PRESENT_OWN,
    STATEFULSET_ORDINALS = KUBE_PRESENT_OWN << 1,
};

struct statefulset_sample {
    struct kube_meta meta; /* first */
    int64_t wanted, replicas, available, current, ready, updated, observed_generation;
    int64_t ordinals_start;
    struct str current_revision, update_revision, when_deleted, when_scaled;
};

#define STATEFULSET_FIELD(member) METRIC_FIELD(struct statefulset_sample, member, 1)

static void emit_retention_policy(const void *sample, struct metric_writer *out)
{
    const struct statefulset_sample *set = sample;
    if (set->when_deleted.n || set->when_scaled.n) {
        metric_put(out, 1, set->when_deleted, set->when_scaled);
    }
}

static void emit_current_revision(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct statefulset_sample *)sample)->current_revision);
}

static void emit_update_revision(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct statefulset_sample *)sample)->update_revision);
}

static const struct metric_family statefulset_rows[] = {
    KUBE_ROW_CREATED("kube_statefulset_created", STABLE, "stateful set"),
    KUBE_ROW("kube_statefulset_status_replicas", GAUGE, STABLE, ".status.replicas",
             "Pods of the stateful set.", .field = STATEFULSET_FIELD(replicas)),
    KUBE_ROW("kube_statefulset_status_replicas_available", GAUGE, STABLE,
             ".status.availableReplicas",
             "Pods of the stateful set that have been ready for long enough.",
             .field = STATEFULSET_FIELD(available)),
    KUBE_ROW("kube_statefulset_status_replicas_current", GAUGE, STABLE, ".status.currentReplicas",
             "Pods of the stateful set that are of its current revision.",
             .field = STATEFULSET_FIELD(current)),
    KUBE_ROW("kube_statefulset_status_replicas_ready", GAUGE, STABLE, ".status.readyReplicas",
             "Pods of the stateful set that are ready.", .field = STATEFULSET_FIELD(ready)),
    KUBE_ROW("kube_statefulset_status_replicas_updated", GAUGE, STABLE, ".status.updatedReplicas",
             "Pods of the stateful set that are of the revision it is updated to.",
             .field = STATEFULSET_FIELD(updated)),
    KUBE_ROW_OBSERVED("kube_statefulset_status_observed_generation", STABLE,
                      struct statefulset_sample),
    KUBE_ROW("kube_statefulset_replicas", GAUGE, STABLE, ".spec.replicas",
             "Pods that the stateful set is to have.", .needs = STATEFULSET_WANTED,
             .field = STATEFULSET_FIELD(wanted)),
    KUBE_ROW("kube_statefulset_ordinals_start", GAUGE, STABLE, ".spec.ordinals.start",
             "Number of the first pod of the stateful set.", .needs = STATEFULSET_ORDINALS,
             .field = STATEFULSET_FIELD(ordinals_start)),
    KUBE_ROW_GENERATION("kube_statefulset_metadata_generation", STABLE, "stateful set"),
    KUBE_ROW("kube_statefulset_persistentvolumeclaim_retention_policy", GAUGE, STABLE,
             ".spec.persistentVolumeClaimRetentionPolicy",
             "What becomes of the claims when the stateful set or a pod of it goes; always 1.",
             .emit = emit_retention_policy, .labels = METRIC_LABELS("when_deleted", "when_scaled")),
    KUBE_ROW_ANNOTATIONS("kube_statefulset_annotations", STABLE, "stateful set"),
    KUBE_ROW_LABELS("kube_statefulset_labels", STABLE, "stateful set"),
    KUBE_ROW("kube_statefulset_status_current_revision", GAUGE, STABLE, ".status.currentRevision",
             "Revision of the pods that are not updated yet; always 1.",
             .emit = emit_current_revision, .labels = METRIC_LABELS("revision")),
    KUBE_ROW("kube_statefulset_status_update_revision", GAUGE, STABLE, ".status.updateRevision",
             "Revision that the pods are updated to; always 1.", .emit = emit_update_revision,
             .labels = METRIC_LABELS("revision")),
    KUBE_ROW_DELETED("kube_statefulset_deletion_timestamp", STABLE, "stateful set"),
};

static const struct metric_subject statefulset_subject = {
    .name = "statefulsets",
    .part = "state",
    .sample_size = sizeof(struct statefulset_sample),
    .present_at = offsetof(struct statefulset_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "statefulset"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = statefulset_rows,
    .n_rows = KG_ARRAY_LEN(statefulset_rows),
};

static const struct kube_field statefulset_fields[] = {
    KUBE_I64(struct statefulset_sample, wanted, "spec", "replicas", STATEFULSET_WANTED),
    KUBE_I64(struct statefulset_sample, replicas, "status", "replicas", 0),
    KUBE_I64(struct statefulset_sample, available, "status", "availableReplicas", 0),
    KUBE_I64(struct statefulset_sample, current, "status", "currentReplicas", 0),
    KUBE_I64(struct statefulset_sample, ready, "status", "readyReplicas", 0),
    KUBE_I64(struct statefulset_sample, updated, "status", "updatedReplicas", 0),
    KUBE_I64(struct statefulset_sample, observed_generation, "status", "observedGeneration", 0),
    KUBE_TEXT(struct statefulset_sample, current_revision, "status", "currentRevision"),
    KUBE_TEXT(struct statefulset_sample, update_revision, "status", "updateRevision"),
};

static int statefulset_decode(const json_t *object, const struct kube_decode *how, void *sample,
                              struct err *err)
{
    struct statefulset_sample *set = sample;
    const json_t *spec = json_get_object(object, "spec");
    const json_t *ordinals = json_get_object(spec, "ordinals");
    const json_t *policy = json_get_object(spec, "persistentVolumeClaimRetentionPolicy");
    int r = kube_meta_decode(object, how, &set->meta, err);
    if (r < 0) {
        return r;
    }
    kube_fields_decode(object, statefulset_fields, KG_ARRAY_LEN(statefulset_fields), set);
    if (ordinals) {
        set->meta.present |= STATEFULSET_ORDINALS;
        set->ordinals_start = json_get_i64(ordinals, "start");
    }
    set->when_deleted = json_get_str(policy, "whenDeleted");
    set->when_scaled = json_get_str(policy, "whenScaled");
    return 0;
}

const struct kube_resource kube_statefulsets = {
    .group = "apps",
    .version = "v1",
    .plural = "statefulsets",
    .kind = "StatefulSet",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &statefulset_subject,
    .fields = statefulset_fields,
    .n_fields = KG_ARRAY_LEN(statefulset_fields),
    .reads =
        KUBE_READS("spec.ordinals.start", "spec.persistentVolumeClaimRetentionPolicy.whenDeleted",
                   "spec.persistentVolumeClaimRetentionPolicy.whenScaled"),
    .decode = statefulset_decode,
};
