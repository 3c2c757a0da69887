/* Replica sets: the kube_replicaset_* families in the order in which they are served. */
#include "kube/object/fields.h"
#include "kube/object/rows.h"

/* Bits of replicaset_sample.meta.present. */
enum {
    REPLICASET_WANTED = KUBE_PRESENT_OWN,
    REPLICASET_TERMINATING = KUBE_PRESENT_OWN << 1,
};

struct replicaset_sample {
    struct kube_meta meta; /* first */
    int64_t wanted, replicas, fully_labeled, ready, terminating, observed_generation;
};

#define REPLICASET_FIELD(member) METRIC_FIELD(struct replicaset_sample, member, 1)

static const struct metric_family replicaset_rows[] = {
    KUBE_ROW_CREATED("kube_replicaset_created", STABLE, "replica set"),
    KUBE_ROW("kube_replicaset_status_replicas", GAUGE, STABLE, ".status.replicas",
             "Pods of the replica set.", .field = REPLICASET_FIELD(replicas)),
    KUBE_ROW("kube_replicaset_status_fully_labeled_replicas", GAUGE, STABLE,
             ".status.fullyLabeledReplicas",
             "Pods of the replica set that have all labels of its template.",
             .field = REPLICASET_FIELD(fully_labeled)),
    KUBE_ROW("kube_replicaset_status_ready_replicas", GAUGE, STABLE, ".status.readyReplicas",
             "Pods of the replica set that are ready.", .field = REPLICASET_FIELD(ready)),
    KUBE_ROW("kube_replicaset_status_terminating_replicas", GAUGE, ALPHA,
             ".status.terminatingReplicas", "Pods of the replica set that are being ended.",
             .needs = REPLICASET_TERMINATING, .field = REPLICASET_FIELD(terminating)),
    KUBE_ROW_OBSERVED("kube_replicaset_status_observed_generation", STABLE,
                      struct replicaset_sample),
    KUBE_ROW("kube_replicaset_spec_replicas", GAUGE, STABLE, ".spec.replicas",
             "Pods that the replica set is to have.", .needs = REPLICASET_WANTED,
             .field = REPLICASET_FIELD(wanted)),
    KUBE_ROW_GENERATION("kube_replicaset_metadata_generation", STABLE, "replica set"),
    KUBE_ROW_OWNER("kube_replicaset_owner", STABLE, "replica set"),
    KUBE_ROW_ANNOTATIONS("kube_replicaset_annotations", ALPHA, "replica set"),
    KUBE_ROW_LABELS("kube_replicaset_labels", STABLE, "replica set"),
};

static const struct metric_subject replicaset_subject = {
    .name = "replicasets",
    .part = "state",
    .sample_size = sizeof(struct replicaset_sample),
    .present_at = offsetof(struct replicaset_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "replicaset"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = replicaset_rows,
    .n_rows = KG_ARRAY_LEN(replicaset_rows),
};

static const struct kube_field replicaset_fields[] = {
    KUBE_I64(struct replicaset_sample, wanted, "spec", "replicas", REPLICASET_WANTED),
    KUBE_I64(struct replicaset_sample, replicas, "status", "replicas", 0),
    KUBE_I64(struct replicaset_sample, fully_labeled, "status", "fullyLabeledReplicas", 0),
    KUBE_I64(struct replicaset_sample, ready, "status", "readyReplicas", 0),
    KUBE_I64(struct replicaset_sample, terminating, "status", "terminatingReplicas",
             REPLICASET_TERMINATING),
    KUBE_I64(struct replicaset_sample, observed_generation, "status", "observedGeneration", 0),
};

static int replicaset_decode(const json_t *object, const struct kube_decode *how, void *sample,
                             struct err *err)
{
    int r = kube_meta_decode(object, how, sample, err);
    kube_fields_decode(object, replicaset_fields, KG_ARRAY_LEN(replicaset_fields), sample);
    return r;
}

const struct kube_resource kube_replicasets = {
    .group = "apps",
    .version = "v1",
    .plural = "replicasets",
    .kind = "ReplicaSet",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &replicaset_subject,
    .fields = replicaset_fields,
    .n_fields = KG_ARRAY_LEN(replicaset_fields),
    .decode = replicaset_decode,
};
