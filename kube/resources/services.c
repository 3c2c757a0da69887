/* Services: addresses from inside and outside of the cluster. */
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"
#include "kube/object/text_rows.h"

struct service_sample {
    struct kube_meta meta; /* first */
    struct str type, cluster_ip, external_name, load_balancer_ip, external_traffic_policy;
    struct text_rows external_ips, load_balancers; /* ip; ip, hostname */
};

static const struct kube_field service_fields[] = {
    KUBE_TEXT(struct service_sample, type, "spec", "type"),
    KUBE_TEXT(struct service_sample, cluster_ip, "spec", "clusterIP"),
    KUBE_TEXT(struct service_sample, external_name, "spec", "externalName"),
    KUBE_TEXT(struct service_sample, load_balancer_ip, "spec", "loadBalancerIP"),
    KUBE_TEXT(struct service_sample, external_traffic_policy, "spec", "externalTrafficPolicy"),
};

static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct service_sample *service = sample;
    metric_put(out, 1, service->cluster_ip, service->external_name, service->load_balancer_ip,
               service->external_traffic_policy);
}

static void emit_type(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct service_sample *)sample)->type);
}

static void emit_external_ips(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct service_sample *)sample)->external_ips, out);
}

static void emit_load_balancers(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct service_sample *)sample)->load_balancers, out);
}

static const struct metric_family service_rows[] = {
    KUBE_ROW("kube_service_info", GAUGE, STABLE, ".spec",
             "Addresses of the service and how traffic from outside is spread; always 1.",
             .emit = emit_info,
             .labels = METRIC_LABELS("cluster_ip", "external_name", "load_balancer_ip",
                                     "external_traffic_policy")),
    KUBE_ROW_CREATED("kube_service_created", STABLE, "service"),
    KUBE_ROW("kube_service_spec_type", GAUGE, STABLE, ".spec.type",
             "How the service is reached; always 1.", .emit = emit_type,
             .labels = METRIC_LABELS("type")),
    KUBE_ROW_ANNOTATIONS("kube_service_annotations", ALPHA, "service"),
    KUBE_ROW_LABELS("kube_service_labels", STABLE, "service"),
    KUBE_ROW("kube_service_spec_external_ip", GAUGE, STABLE, ".spec.externalIPs[]",
             "Address outside of the cluster's care that leads to the service; always 1.",
             .emit = emit_external_ips, .labels = METRIC_LABELS("external_ip")),
    KUBE_ROW("kube_service_status_load_balancer_ingress", GAUGE, STABLE,
             ".status.loadBalancer.ingress[]",
             "Address at which a load balancer takes traffic for the service; always 1.",
             .emit = emit_load_balancers, .labels = METRIC_LABELS("ip", "hostname")),
    KUBE_ROW_DELETED("kube_service_deletion_timestamp", ALPHA, "service"),
};

static const struct metric_subject service_subject = {
    .name = "services",
    .part = "state",
    .sample_size = sizeof(struct service_sample),
    .present_at = offsetof(struct service_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "service", "uid"),
    .common = kube_common_namespace_name_uid,
    .headers_always = true,
    .rows = service_rows,
    .n_rows = KG_ARRAY_LEN(service_rows),
};

static int load_balancers_decode(const json_t *status, const struct kube_decode *how,
                                 struct text_rows *ret, struct err *err)
{
    const json_t *array = json_get_array(json_get_object(status, "loadBalancer"), "ingress"), *item;
    size_t i;
    if (text_rows_init(ret, json_array_size(array), 2, how, err) < 0) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        if (json_is_object(item)) {
            text_rows_add(ret, json_get_str(item, "ip"), json_get_str(item, "hostname"));
        }
    }
    return text_rows_unique(ret, how, err);
}

static int service_decode(const json_t *object, const struct kube_decode *how, void *sample,
                          struct err *err)
{
    struct service_sample *service = sample;
    const json_t *spec = json_get_object(object, "spec");
    int r = kube_meta_decode(object, how, &service->meta, err);
    if (r >= 0) {
        kube_fields_decode(object, service_fields, KG_ARRAY_LEN(service_fields), service);
        r = text_rows_of_array(json_get_array(spec, "externalIPs"), NULL, how,
                               &service->external_ips, err);
    }
    if (r >= 0) {
        r = load_balancers_decode(json_get_object(object, "status"), how, &service->load_balancers,
                                  err);
    }
    return r;
}

const struct kube_resource kube_services = {
    .group = "",
    .version = "v1",
    .plural = "services",
    .kind = "Service",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &service_subject,
    .fields = service_fields,
    .n_fields = KG_ARRAY_LEN(service_fields),
    .reads = KUBE_READS("spec.externalIPs", "status.loadBalancer.ingress.hostname",
                        "status.loadBalancer.ingress.ip"),
    .decode = service_decode,
};
