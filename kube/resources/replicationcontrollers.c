/* Replication controllers: the kube_replicationcontroller_* families in the order in which they
 * are served. */
#include "kube/object/fields.h"
#include "kube/object/rows.h"

/* Bits of replicationcontroller_sample.meta.present. */
enum {
    REPLICATIONCONTROLLER_WANTED = KUBE_PRESENT_OWN,
};

struct replicationcontroller_sample {
    struct kube_meta meta; /* first */
    int64_t wanted, replicas, fully_labeled, ready, available, observed_generation;
};

#define REPLICATIONCONTROLLER_FIELD(member)                                                        \
    METRIC_FIELD(struct replicationcontroller_sample, member, 1)

static const struct metric_family replicationcontroller_rows[] = {
    KUBE_ROW_CREATED("kube_replicationcontroller_created", STABLE, "replication controller"),
    KUBE_ROW("kube_replicationcontroller_status_replicas", GAUGE, STABLE, ".status.replicas",
             "Pods of the replication controller.", .field = REPLICATIONCONTROLLER_FIELD(replicas)),
    KUBE_ROW("kube_replicationcontroller_status_fully_labeled_replicas", GAUGE, STABLE,
             ".status.fullyLabeledReplicas",
             "Pods of the replication controller that have all labels of its template.",
             .field = REPLICATIONCONTROLLER_FIELD(fully_labeled)),
    KUBE_ROW("kube_replicationcontroller_status_ready_replicas", GAUGE, STABLE,
             ".status.readyReplicas", "Pods of the replication controller that are ready.",
             .field = REPLICATIONCONTROLLER_FIELD(ready)),
    KUBE_ROW("kube_replicationcontroller_status_available_replicas", GAUGE, STABLE,
             ".status.availableReplicas",
             "Pods of the replication controller that have been ready for long enough.",
             .field = REPLICATIONCONTROLLER_FIELD(available)),
    KUBE_ROW_OBSERVED("kube_replicationcontroller_status_observed_generation", STABLE,
                      struct replicationcontroller_sample),
    KUBE_ROW("kube_replicationcontroller_spec_replicas", GAUGE, STABLE, ".spec.replicas",
             "Pods that the replication controller is to have.",
             .needs = REPLICATIONCONTROLLER_WANTED, .field = REPLICATIONCONTROLLER_FIELD(wanted)),
    KUBE_ROW_GENERATION("kube_replicationcontroller_metadata_generation", STABLE,
                        "replication controller"),
    KUBE_ROW_OWNER("kube_replicationcontroller_owner", ALPHA, "replication controller"),
};

static const struct metric_subject replicationcontroller_subject = {
    .name = "replicationcontrollers",
    .part = "state",
    .sample_size = sizeof(struct replicationcontroller_sample),
    .present_at = offsetof(struct replicationcontroller_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "replicationcontroller"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = replicationcontroller_rows,
    .n_rows = KG_ARRAY_LEN(replicationcontroller_rows),
};

static const struct kube_field replicationcontroller_fields[] = {
    KUBE_I64(struct replicationcontroller_sample, wanted, "spec", "replicas",
             REPLICATIONCONTROLLER_WANTED),
    KUBE_I64(struct replicationcontroller_sample, replicas, "status", "replicas", 0),
    KUBE_I64(struct replicationcontroller_sample, fully_labeled, "status", "fullyLabeledReplicas",
             0),
    KUBE_I64(struct replicationcontroller_sample, ready, "status", "readyReplicas", 0),
    KUBE_I64(struct replicationcontroller_sample, available, "status", "availableReplicas", 0),
    KUBE_I64(struct replicationcontroller_sample, observed_generation, "status",
             "observedGeneration", 0),
};

static int replicationcontroller_decode(const json_t *object, const struct kube_decode *how,
                                        void *sample, struct err *err)
{
    int r = kube_meta_decode(object, how, sample, err);
    kube_fields_decode(object, replicationcontroller_fields,
                       KG_ARRAY_LEN(replicationcontroller_fields), sample);
    return r;
}

const struct kube_resource kube_replicationcontrollers = {
    .group = "",
    .version = "v1",
    .plural = "replicationcontrollers",
    .kind = "ReplicationController",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &replicationcontroller_subject,
    .fields = replicationcontroller_fields,
    .n_fields = KG_ARRAY_LEN(replicationcontroller_fields),
    .decode = replicationcontroller_decode,
};
