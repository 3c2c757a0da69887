/* Resource quotas: the kube_resourcequota* families in the order in which they are served. */
#include "kube/object/json_get.h"
#include "kube/object/resource_name.h"
#include "kube/object/rows.h"

struct resourcequota_sample {
    struct kube_meta meta; /* first */
    struct kube_amounts hard, used;
};

static void put_amounts(const struct kube_amounts *amounts, struct str type,
                        struct metric_writer *out)
{
    for (size_t i = 0; i < amounts->n; i++) {
        metric_put(out, amounts->items[i].value, amounts->items[i].resource, type);
    }
}

static void emit_amounts(const void *sample, struct metric_writer *out)
{
    const struct resourcequota_sample *quota = sample;
    put_amounts(&quota->hard, STR("hard"), out);
    put_amounts(&quota->used, STR("used"), out);
}

static const struct metric_family resourcequota_rows[] = {
    KUBE_ROW_CREATED("kube_resourcequota_created", STABLE, "quota"),
    KUBE_ROW("kube_resourcequota", GAUGE, STABLE, ".status.hard and .status.used",
             "Most of a resource that the namespace may have (hard), and what it has (used).",
             .emit = emit_amounts, .labels = METRIC_LABELS("resource", "type")),
    KUBE_ROW_ANNOTATIONS("kube_resourcequota_annotations", ALPHA, "quota"),
    KUBE_ROW_LABELS("kube_resourcequota_labels", STABLE, "quota"),
};

static const struct metric_subject resourcequota_subject = {
    .name = "resourcequotas",
    .part = "state",
    .sample_size = sizeof(struct resourcequota_sample),
    .present_at = offsetof(struct resourcequota_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "resourcequota"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = resourcequota_rows,
    .n_rows = KG_ARRAY_LEN(resourcequota_rows),
};

static int resourcequota_decode(const json_t *object, const struct kube_decode *how, void *sample,
                                struct err *err)
{
    struct resourcequota_sample *quota = sample;
    const json_t *status = json_get_object(object, "status");
    int r = kube_meta_decode(object, how, &quota->meta, err);
    if (r >= 0) {
        r = kube_amounts_decode(json_get_object(status, "hard"), KUBE_AMOUNTS_OF_ANYTHING, how,
                                &quota->hard, err);
    }
    return r < 0 ? r
                 : kube_amounts_decode(json_get_object(status, "used"), KUBE_AMOUNTS_OF_ANYTHING,
                                       how, &quota->used, err);
}

const struct kube_resource kube_resourcequotas = {
    .group = "",
    .version = "v1",
    .plural = "resourcequotas",
    .kind = "ResourceQuota",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_WORKLOADS,
    .subject = &resourcequota_subject,
    .reads = KUBE_READS("status.hard", "status.used"),
    .decode = resourcequota_decode,
};
