/* Horizontal pod autoscalers: the kube_horizontalpodautoscaler_* families in the order in which
 * they are served. */
#include "kube/object/condition.h"
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/quantity.h"
#include "kube/object/rows.h"
#include "kube/object/unique.h"

/* Bits of hpa_sample.meta.present. */
enum {
    HPA_DOWN_TOLERANCE = KUBE_PRESENT_OWN,
    HPA_UP_TOLERANCE = KUBE_PRESENT_OWN << 1,
    HPA_LEAST = KUBE_PRESENT_OWN << 2,
};

struct hpa_metric {
    struct str name, type, container; /* type: of the value: value, average, utilization */
    double value;
    bool repeated; /* an earlier one has the same three texts */
};

struct hpa_metrics {
    struct hpa_metric *items;
    size_t n;
};

struct hpa_sample {
    struct kube_meta meta; /* first */
    struct str target_api_version, target_kind, target_name;
    int64_t most, least, current, desired;
    double down_tolerance, up_tolerance;
    struct hpa_metrics targets, currents;
    struct kube_conditions conditions;
};

#define HPA_FIELD(member) METRIC_FIELD(struct hpa_sample, member, 1)

/* The version of the target is the first of the labels, and the one that may be missing. */
static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct hpa_sample *hpa = sample;
    const struct metric_label labels[] = {
        { STR("scaletargetref_api_version"), hpa->target_api_version },
        { STR("scaletargetref_kind"), hpa->target_kind },
        { STR("scaletargetref_name"), hpa->target_name },
    };
    size_t from = hpa->target_api_version.n ? 0 : 1;
    metric_put_open(out, 1, NULL, 0, labels + from, KG_ARRAY_LEN(labels) - from);
}

static void put_metrics(const struct hpa_metrics *metrics, struct metric_writer *out)
{
    for (size_t i = 0; i < metrics->n; i++) {
        const struct hpa_metric *m = &metrics->items[i];
        if (!m->repeated) {
            metric_put(out, m->value, m->name, m->type, m->container);
        }
    }
}

static void emit_targets(const void *sample, struct metric_writer *out)
{
    put_metrics(&((const struct hpa_sample *)sample)->targets, out);
}

static void emit_currents(const void *sample, struct metric_writer *out)
{
    put_metrics(&((const struct hpa_sample *)sample)->currents, out);
}

static void emit_conditions(const void *sample, struct metric_writer *out)
{
    kube_put_conditions(out, &((const struct hpa_sample *)sample)->conditions);
}

static const struct metric_family hpa_rows[] = {
    KUBE_ROW("kube_horizontalpodautoscaler_info", GAUGE, ALPHA, ".spec.scaleTargetRef",
             "What the autoscaler scales; always 1.", .emit = emit_info, .open_labels = true),
    KUBE_ROW_GENERATION("kube_horizontalpodautoscaler_metadata_generation", STABLE, "autoscaler"),
    KUBE_ROW("kube_horizontalpodautoscaler_spec_max_replicas", GAUGE, STABLE, ".spec.maxReplicas",
             "Most pods that the autoscaler may ask for.", .field = HPA_FIELD(most)),
    KUBE_ROW("kube_horizontalpodautoscaler_spec_min_replicas", GAUGE, STABLE, ".spec.minReplicas",
             "Fewest pods that the autoscaler may ask for, 1 unless it says otherwise.",
             .field = HPA_FIELD(least)),
    KUBE_ROW("kube_horizontalpodautoscaler_spec_target_metric", GAUGE, ALPHA,
             ".spec.metrics[].*.target", "Value that the autoscaler keeps a metric at.",
             .emit = emit_targets,
             .labels = METRIC_LABELS("metric_name", "metric_target_type", "container")),
    KUBE_ROW("kube_horizontalpodautoscaler_spec_behavior_scale_down_tolerance", GAUGE, ALPHA,
             ".spec.behavior.scaleDown.tolerance",
             "Part of the target by which a metric may be below it without consequence.",
             .needs = HPA_DOWN_TOLERANCE, .field = HPA_FIELD(down_tolerance)),
    KUBE_ROW("kube_horizontalpodautoscaler_spec_behavior_scale_up_tolerance", GAUGE, ALPHA,
             ".spec.behavior.scaleUp.tolerance",
             "Part of the target by which a metric may be above it without consequence.",
             .needs = HPA_UP_TOLERANCE, .field = HPA_FIELD(up_tolerance)),
    KUBE_ROW("kube_horizontalpodautoscaler_status_target_metric", GAUGE, STABLE,
             ".status.currentMetrics[].*.current",
             "Value of a metric when the autoscaler last looked.", .emit = emit_currents,
             .labels = METRIC_LABELS("metric_name", "metric_target_type", "container")),
    KUBE_ROW("kube_horizontalpodautoscaler_status_current_replicas", GAUGE, STABLE,
             ".status.currentReplicas", "Pods that there were when the autoscaler last looked.",
             .field = HPA_FIELD(current)),
    KUBE_ROW("kube_horizontalpodautoscaler_status_desired_replicas", GAUGE, STABLE,
             ".status.desiredReplicas", "Pods that the autoscaler asks for.",
             .field = HPA_FIELD(desired)),
    KUBE_ROW_ANNOTATIONS("kube_horizontalpodautoscaler_annotations", ALPHA, "autoscaler"),
    KUBE_ROW_LABELS("kube_horizontalpodautoscaler_labels", STABLE, "autoscaler"),
    KUBE_ROW("kube_horizontalpodautoscaler_status_condition", GAUGE, STABLE, ".status.conditions[]",
             "1 on the status of a condition of the autoscaler, 0 on the others.",
             .emit = emit_conditions, .labels = METRIC_LABELS("condition", "status")),
    KUBE_ROW_CREATED("kube_horizontalpodautoscaler_created", ALPHA, "autoscaler"),
    KUBE_ROW_DELETED("kube_horizontalpodautoscaler_deletion_timestamp", ALPHA, "autoscaler"),
};

static const struct metric_subject hpa_subject = {
    .name = "horizontalpodautoscalers",
    .part = "state",
    .sample_size = sizeof(struct hpa_sample),
    .present_at = offsetof(struct hpa_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "horizontalpodautoscaler"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = hpa_rows,
    .n_rows = KG_ARRAY_LEN(hpa_rows),
};

static const struct kube_field hpa_fields[] = {
    KUBE_I64(struct hpa_sample, most, "spec", "maxReplicas", 0),
    KUBE_I64(struct hpa_sample, least, "spec", "minReplicas", HPA_LEAST),
    KUBE_I64(struct hpa_sample, current, "status", "currentReplicas", 0),
    KUBE_I64(struct hpa_sample, desired, "status", "desiredReplicas", 0),
};

/* The source of a metric: {"type": "Pods", "pods": {"metric": {"name": …}, "target": {…}}}; those
 * of the resource types have their name beside the target. */
static const json_t *source_of(const json_t *metric, struct str *ret_name)
{
    static const struct {
        const char *type, *key;
        bool is_resource;
    } sources[] = {
        { "Object", "object", false },     { "Pods", "pods", false },
        { "Resource", "resource", true },  { "ContainerResource", "containerResource", true },
        { "External", "external", false },
    };
    struct str type = json_get_str(metric, "type");
    for (size_t i = 0; i < KG_ARRAY_LEN(sources); i++) {
        if (str_eq_c(type, sources[i].type)) {
            const json_t *source = json_get_object(metric, sources[i].key);
            const json_t *named =
                sources[i].is_resource ? source : json_get_object(source, "metric");
            *ret_name = json_get_str(named, "name");
            return source;
        }
    }
    return NULL;
}

/* Each of the three ways in which a metric's value may be given, in the order of the series. */
static void values_decode(const json_t *in, struct hpa_metric metric, struct hpa_metrics *metrics)
{
    int64_t percent;
    metric.type = STR("value");
    if (json_quantity(json_object_get(in, "value"), quantity_milli, &metric.value)) {
        metrics->items[metrics->n++] = metric;
    }
    metric.type = STR("average");
    if (json_quantity(json_object_get(in, "averageValue"), quantity_milli, &metric.value)) {
        metrics->items[metrics->n++] = metric;
    }
    metric.type = STR("utilization");
    if (json_get_i64_if(in, "averageUtilization", &percent)) {
        metric.value = (double)percent;
        metrics->items[metrics->n++] = metric;
    }
}

/* key: the member of a source that holds the values. */
static int metrics_decode(const json_t *array, const char *key, const struct kube_decode *how,
                          struct hpa_metrics *ret, struct err *err)
{
    const json_t *item;
    size_t i;
    ret->items = KUBE_DECODE_ARRAY(how, 3 * json_array_size(array), struct hpa_metric, err);
    if (!ret->items) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        struct hpa_metric metric = { 0 };
        const json_t *source = source_of(item, &metric.name);
        if (str_eq_c(json_get_str(item, "type"), "ContainerResource")) {
            metric.container = json_get_str(source, "container");
        }
        values_decode(json_get_object(source, key), metric, ret);
    }
    return kube_unique_mark(ret->items, ret->n, KUBE_UNIQUE(struct hpa_metric, name, 3, repeated),
                            how, err);
}

static void tolerance_decode(const json_t *behavior, const char *direction, uint64_t bit,
                             double *ret, struct kube_meta *meta)
{
    const json_t *rules = json_get_object(behavior, direction);
    if (json_quantity(json_object_get(rules, "tolerance"), quantity_approx, ret)) {
        meta->present |= bit;
    }
}

static void hpa_spec_decode(const json_t *spec, struct hpa_sample *hpa)
{
    const json_t *target = json_get_object(spec, "scaleTargetRef");
    const json_t *behavior = json_get_object(spec, "behavior");
    hpa->target_api_version = json_get_str(target, "apiVersion");
    hpa->target_kind = json_get_str(target, "kind");
    hpa->target_name = json_get_str(target, "name");
    tolerance_decode(behavior, "scaleDown", HPA_DOWN_TOLERANCE, &hpa->down_tolerance, &hpa->meta);
    tolerance_decode(behavior, "scaleUp", HPA_UP_TOLERANCE, &hpa->up_tolerance, &hpa->meta);
    if (!(hpa->meta.present & HPA_LEAST)) {
        hpa->least = 1;
    }
}

static int hpa_decode(const json_t *object, const struct kube_decode *how, void *sample,
                      struct err *err)
{
    struct hpa_sample *hpa = sample;
    const json_t *spec = json_get_object(object, "spec");
    const json_t *status = json_get_object(object, "status");
    int r = kube_meta_decode(object, how, &hpa->meta, err);
    if (r < 0) {
        return r;
    }
    kube_fields_decode(object, hpa_fields, KG_ARRAY_LEN(hpa_fields), hpa);
    hpa_spec_decode(spec, hpa);
    r = metrics_decode(json_get_array(spec, "metrics"), "target", how, &hpa->targets, err);
    if (r >= 0) {
        r = metrics_decode(json_get_array(status, "currentMetrics"), "current", how, &hpa->currents,
                           err);
    }
    return r < 0 ? r
                 : kube_conditions_decode(json_get_array(status, "conditions"), how,
                                          &hpa->conditions, err);
}

const struct kube_resource kube_horizontalpodautoscalers = {
    .group = "autoscaling",
    .version = "v2",
    .plural = "horizontalpodautoscalers",
    .kind = "HorizontalPodAutoscaler",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &hpa_subject,
    .fields = hpa_fields,
    .n_fields = KG_ARRAY_LEN(hpa_fields),
    .reads = KUBE_READS("spec.behavior.scaleDown.tolerance", "spec.behavior.scaleUp.tolerance",
                        "spec.metrics", "spec.scaleTargetRef",
                        KUBE_CONDITION_READS("status.conditions"), "status.currentMetrics"),
    .decode = hpa_decode,
};
