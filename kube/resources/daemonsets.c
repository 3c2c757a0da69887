/* Daemon sets: the kube_daemonset_* families in the order in which they are served. */
#include "kube/object/fields.h"
#include "kube/object/rows.h"

struct daemonset_sample {
    struct kube_meta meta; /* first */
    int64_t current, desired, available, misscheduled, ready, unavailable, updated;
    int64_t observed_generation;
};

#define DAEMONSET_FIELD(member) METRIC_FIELD(struct daemonset_sample, member, 1)

static const struct metric_family daemonset_rows[] = {
    KUBE_ROW_CREATED("kube_daemonset_created", STABLE, "daemon set"),
    KUBE_ROW("kube_daemonset_status_current_number_scheduled", GAUGE, STABLE,
             ".status.currentNumberScheduled",
             "Nodes that run a pod of the daemon set and are meant to.",
             .field = DAEMONSET_FIELD(current)),
    KUBE_ROW("kube_daemonset_status_desired_number_scheduled", GAUGE, STABLE,
             ".status.desiredNumberScheduled",
             "Nodes that are meant to run a pod of the daemon set.",
             .field = DAEMONSET_FIELD(desired)),
    KUBE_ROW("kube_daemonset_status_number_available", GAUGE, STABLE, ".status.numberAvailable",
             "Nodes meant to run a pod of the daemon set on which one is available.",
             .field = DAEMONSET_FIELD(available)),
    KUBE_ROW("kube_daemonset_status_number_misscheduled", GAUGE, STABLE,
             ".status.numberMisscheduled",
             "Nodes that run a pod of the daemon set and are not meant to.",
             .field = DAEMONSET_FIELD(misscheduled)),
    KUBE_ROW("kube_daemonset_status_number_ready", GAUGE, STABLE, ".status.numberReady",
             "Nodes meant to run a pod of the daemon set on which one is ready.",
             .field = DAEMONSET_FIELD(ready)),
    KUBE_ROW("kube_daemonset_status_number_unavailable", GAUGE, STABLE, ".status.numberUnavailable",
             "Nodes meant to run a pod of the daemon set on which none is available.",
             .field = DAEMONSET_FIELD(unavailable)),
    KUBE_ROW_OBSERVED("kube_daemonset_status_observed_generation", STABLE, struct daemonset_sample),
    KUBE_ROW("kube_daemonset_status_updated_number_scheduled", GAUGE, STABLE,
             ".status.updatedNumberScheduled",
             "Nodes on which the pod of the daemon set is of the newest template.",
             .field = DAEMONSET_FIELD(updated)),
    KUBE_ROW_GENERATION("kube_daemonset_metadata_generation", STABLE, "daemon set"),
    KUBE_ROW_DELETED("kube_daemonset_deletion_timestamp", ALPHA, "daemon set"),
    KUBE_ROW_ANNOTATIONS("kube_daemonset_annotations", ALPHA, "daemon set"),
    KUBE_ROW_LABELS("kube_daemonset_labels", STABLE, "daemon set"),
};

static const struct metric_subject daemonset_subject = {
    .name = "daemonsets",
    .part = "state",
    .sample_size = sizeof(struct daemonset_sample),
    .present_at = offsetof(struct daemonset_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "daemonset"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = daemonset_rows,
    .n_rows = KG_ARRAY_LEN(daemonset_rows),
};

static const struct kube_field daemonset_fields[] = {
    KUBE_I64(struct daemonset_sample, current, "status", "currentNumberScheduled", 0),
    KUBE_I64(struct daemonset_sample, desired, "status", "desiredNumberScheduled", 0),
    KUBE_I64(struct daemonset_sample, available, "status", "numberAvailable", 0),
    KUBE_I64(struct daemonset_sample, misscheduled, "status", "numberMisscheduled", 0),
    KUBE_I64(struct daemonset_sample, ready, "status", "numberReady", 0),
    KUBE_I64(struct daemonset_sample, unavailable, "status", "numberUnavailable", 0),
    KUBE_I64(struct daemonset_sample, observed_generation, "status", "observedGeneration", 0),
    KUBE_I64(struct daemonset_sample, updated, "status", "updatedNumberScheduled", 0),
};

static int daemonset_decode(const json_t *object, const struct kube_decode *how, void *sample,
                            struct err *err)
{
    int r = kube_meta_decode(object, how, sample, err);
    kube_fields_decode(object, daemonset_fields, KG_ARRAY_LEN(daemonset_fields), sample);
    return r;
}

const struct kube_resource kube_daemonsets = {
    .group = "apps",
    .version = "v1",
    .plural = "daemonsets",
    .kind = "DaemonSet",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &daemonset_subject,
    .fields = daemonset_fields,
    .n_fields = KG_ARRAY_LEN(daemonset_fields),
    .decode = daemonset_decode,
};
