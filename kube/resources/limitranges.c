/* Limit ranges: the kube_limitrange* families in the order in which they are served. */
#include "kube/object/json_get.h"
#include "kube/object/resource_name.h"
#include "kube/object/rows.h"

/* Members of a limit that hold amounts, in the order in which they are served. */
static const char *const constraints[] = {
    "min", "max", "default", "defaultRequest", "maxLimitRequestRatio",
};

struct limit {
    struct str type;
    struct kube_amounts amounts[KG_ARRAY_LEN(constraints)];
};

struct limitrange_sample {
    struct kube_meta meta; /* first */
    struct limit *limits;
    size_t n_limits;
};

static void emit_limits(const void *sample, struct metric_writer *out)
{
    const struct limitrange_sample *range = sample;
    for (size_t l = 0; l < range->n_limits; l++) {
        const struct limit *limit = &range->limits[l];
        for (size_t c = 0; c < KG_ARRAY_LEN(constraints); c++) {
            const struct kube_amounts *amounts = &limit->amounts[c];
            for (size_t i = 0; i < amounts->n; i++) {
                metric_put(out, amounts->items[i].value, amounts->items[i].resource, limit->type,
                           str_of(constraints[c]));
            }
        }
    }
}

static const struct metric_family limitrange_rows[] = {
    KUBE_ROW("kube_limitrange", GAUGE, STABLE, ".spec.limits[]",
             "A bound or default of what one object of the type may ask for of a resource.",
             .emit = emit_limits, .labels = METRIC_LABELS("resource", "type", "constraint")),
    KUBE_ROW_CREATED("kube_limitrange_created", STABLE, "limit range"),
};

static const struct metric_subject limitrange_subject = {
    .name = "limitranges",
    .part = "state",
    .sample_size = sizeof(struct limitrange_sample),
    .present_at = offsetof(struct limitrange_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "limitrange"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = limitrange_rows,
    .n_rows = KG_ARRAY_LEN(limitrange_rows),
};

static int limits_decode(const json_t *spec, const struct kube_decode *how,
                         struct limitrange_sample *range, struct err *err)
{
    const json_t *array = json_get_array(spec, "limits"), *item;
    size_t i;
    range->limits = KUBE_DECODE_ARRAY(how, json_array_size(array), struct limit, err);
    if (!range->limits) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        struct limit *limit = &range->limits[range->n_limits++];
        limit->type = json_get_str(item, "type");
        for (size_t c = 0; c < KG_ARRAY_LEN(constraints); c++) {
            int r = kube_amounts_decode(json_get_object(item, constraints[c]),
                                        KUBE_AMOUNTS_OF_ANYTHING, how, &limit->amounts[c], err);
            if (r < 0) {
                return r;
            }
        }
    }
    return 0;
}

static int limitrange_decode(const json_t *object, const struct kube_decode *how, void *sample,
                             struct err *err)
{
    struct limitrange_sample *range = sample;
    int r = kube_meta_decode(object, how, &range->meta, err);
    return r < 0 ? r : limits_decode(json_get_object(object, "spec"), how, range, err);
}

const struct kube_resource kube_limitranges = {
    .group = "",
    .version = "v1",
    .plural = "limitranges",
    .kind = "LimitRange",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &limitrange_subject,
    .reads = KUBE_READS("spec.limits"),
    .decode = limitrange_decode,
};
