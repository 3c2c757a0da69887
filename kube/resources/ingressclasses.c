/* Ingress classes: who serves the ingresses that name them. */
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

struct ingressclass_sample {
    struct kube_meta meta; /* first */
    struct str controller;
};

static void emit_info(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct ingressclass_sample *)sample)->controller);
}

static const struct metric_family ingressclass_rows[] = {
    KUBE_ROW("kube_ingressclass_info", GAUGE, ALPHA, ".spec.controller",
             "Controller that serves the ingresses of the class; always 1.", .emit = emit_info,
             .labels = METRIC_LABELS("controller")),
    KUBE_ROW_CREATED("kube_ingressclass_created", ALPHA, "ingress class"),
    KUBE_ROW_ANNOTATIONS("kube_ingressclass_annotations", ALPHA, "ingress class"),
    KUBE_ROW_LABELS("kube_ingressclass_labels", ALPHA, "ingress class"),
};

static const struct metric_subject ingressclass_subject = {
    .name = "ingressclasses",
    .part = "state",
    .sample_size = sizeof(struct ingressclass_sample),
    .present_at = offsetof(struct ingressclass_sample, meta.present),
    .labels = METRIC_LABELS("ingressclass"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = ingressclass_rows,
    .n_rows = KG_ARRAY_LEN(ingressclass_rows),
};

static int ingressclass_decode(const json_t *object, const struct kube_decode *how, void *sample,
                               struct err *err)
{
    struct ingressclass_sample *class = sample;
    class->controller = json_get_str(json_get_object(object, "spec"), "controller");
    return kube_meta_decode(object, how, &class->meta, err);
}

const struct kube_resource kube_ingressclasses = {
    .group = "networking.k8s.io",
    .version = "v1",
    .plural = "ingressclasses",
    .kind = "IngressClass",
    .namespaced = false,
    .on_by_default = false,
    .rank = KUBE_RANK_NETWORK,
    .subject = &ingressclass_subject,
    .reads = KUBE_READS("spec.controller"),
    .decode = ingressclass_decode,
};
