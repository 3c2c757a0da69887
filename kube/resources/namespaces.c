/* Namespaces: the kube_namespace_* families in the order in which they are served. */
#include "kube/object/condition.h"
#include "kube/object/json_get.h"
#include "kube/object/one_of.h"
#include "kube/object/rows.h"

struct namespace_sample {
    struct kube_meta meta; /* first */
    struct str phase;
    struct kube_conditions conditions;
};

static void emit_phase(const void *sample, struct metric_writer *out)
{
    static const struct str phases[] = { STR_INIT("Active"), STR_INIT("Terminating") };
    kube_put_one_of(out, ((const struct namespace_sample *)sample)->phase, phases,
                    KG_ARRAY_LEN(phases));
}

static void emit_conditions(const void *sample, struct metric_writer *out)
{
    kube_put_conditions(out, &((const struct namespace_sample *)sample)->conditions);
}

static const struct metric_family namespace_rows[] = {
    KUBE_ROW_CREATED("kube_namespace_created", STABLE, "namespace"),
    KUBE_ROW_ANNOTATIONS("kube_namespace_annotations", ALPHA, "namespace"),
    KUBE_ROW_LABELS("kube_namespace_labels", STABLE, "namespace"),
    KUBE_ROW("kube_namespace_status_phase", GAUGE, STABLE, ".status.phase",
             "1 on the phase in which the namespace is, 0 on the other.", .emit = emit_phase,
             .labels = METRIC_LABELS("phase")),
    KUBE_ROW("kube_namespace_status_condition", GAUGE, ALPHA, ".status.conditions[]",
             "1 on the status of a condition of the namespace, 0 on the others.",
             .emit = emit_conditions, .labels = METRIC_LABELS("condition", "status")),
};

static const struct metric_subject namespace_subject = {
    .name = "namespaces",
    .part = "state",
    .sample_size = sizeof(struct namespace_sample),
    .present_at = offsetof(struct namespace_sample, meta.present),
    .labels = METRIC_LABELS("namespace"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = namespace_rows,
    .n_rows = KG_ARRAY_LEN(namespace_rows),
};

static int namespace_decode(const json_t *object, const struct kube_decode *how, void *sample,
                            struct err *err)
{
    struct namespace_sample *namespace = sample;
    const json_t *status = json_get_object(object, "status");
    int r = kube_meta_decode(object, how, &namespace->meta, err);
    namespace->phase = json_get_str(status, "phase");
    return r < 0 ? r
                 : kube_conditions_decode(json_get_array(status, "conditions"), how,
                                          &namespace->conditions, err);
}

const struct kube_resource kube_namespaces = {
    .group = "",
    .version = "v1",
    .plural = "namespaces",
    .kind = "Namespace",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NODES,
    .subject = &namespace_subject,
    .reads = KUBE_READS(KUBE_CONDITION_READS("status.conditions"), "status.phase"),
    .decode = namespace_decode,
};
