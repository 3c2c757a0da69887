/* Endpoint slices: the addresses behind a service. */
#include "kube/object/json_get.h"
#include "kube/object/rows.h"
#include "kube/object/text_rows.h"

struct endpointslice_sample {
    struct kube_meta meta; /* first */
    struct str address_type;
    struct text_rows hints, endpoints, ports; /* as the labels of their rows */
};

static void emit_info(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct endpointslice_sample *)sample)->address_type);
}

static void emit_hints(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct endpointslice_sample *)sample)->hints, out);
}

static void emit_endpoints(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct endpointslice_sample *)sample)->endpoints, out);
}

static void emit_ports(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct endpointslice_sample *)sample)->ports, out);
}

static const struct metric_family endpointslice_rows[] = {
    KUBE_ROW("kube_endpointslice_info", GAUGE, ALPHA, ".addressType",
             "What the addresses of the slice are; always 1.", .emit = emit_info,
             .labels = METRIC_LABELS("addresstype")),
    KUBE_ROW_CREATED("kube_endpointslice_created", ALPHA, "endpoint slice"),
    KUBE_ROW("kube_endpointslice_endpoints_hints", GAUGE, ALPHA, ".endpoints[].hints.forZones[]",
             "Zone whose traffic an endpoint, named by its first address, should take; always 1.",
             .emit = emit_hints, .labels = METRIC_LABELS("address", "for_zone")),
    KUBE_ROW("kube_endpointslice_endpoints", GAUGE, ALPHA, ".endpoints[].addresses[]",
             "Address of an endpoint, what is behind it and how it fares; always 1.",
             .emit = emit_endpoints,
             .labels = METRIC_LABELS("ready", "serving", "hostname", "terminating",
                                     "targetref_kind", "targetref_name", "targetref_namespace",
                                     "endpoint_nodename", "endpoint_zone", "address")),
    KUBE_ROW("kube_endpointslice_ports", GAUGE, ALPHA, ".ports[]",
             "Port at which all endpoints of the slice take traffic; always 1.", .emit = emit_ports,
             .labels = METRIC_LABELS("port_name", "port_protocol", "port_number")),
    KUBE_ROW_ANNOTATIONS("kube_endpointslice_annotations", ALPHA, "endpoint slice"),
    KUBE_ROW_LABELS("kube_endpointslice_labels", ALPHA, "endpoint slice"),
};

static const struct metric_subject endpointslice_subject = {
    .name = "endpointslices",
    .part = "state",
    .sample_size = sizeof(struct endpointslice_sample),
    .present_at = offsetof(struct endpointslice_sample, meta.present),
    .labels = METRIC_LABELS("endpointslice", "namespace"),
    .common = kube_common_name_namespace,
    .headers_always = true,
    .rows = endpointslice_rows,
    .n_rows = KG_ARRAY_LEN(endpointslice_rows),
};

static const json_t *zones_of(const json_t *endpoint)
{
    return json_get_array(json_get_object(endpoint, "hints"), "forZones");
}

static void endpoint_decode(const json_t *endpoint, struct endpointslice_sample *slice)
{
    const json_t *conditions = json_get_object(endpoint, "conditions");
    const json_t *target = json_get_object(endpoint, "targetRef");
    const json_t *addresses = json_get_array(endpoint, "addresses"), *item;
    const json_t *first = json_array_get(addresses, 0);
    size_t i;
    json_array_foreach (addresses, i, item) {
        if (json_is_string(item)) {
            text_rows_add(&slice->endpoints, json_get_bool_text(conditions, "ready"),
                          json_get_bool_text(conditions, "serving"),
                          json_get_str(endpoint, "hostname"),
                          json_get_bool_text(conditions, "terminating"),
                          json_get_str(target, "kind"), json_get_str(target, "name"),
                          json_get_str(target, "namespace"), json_get_str(endpoint, "nodeName"),
                          json_get_str(endpoint, "zone"), json_text(item));
        }
    }
    json_array_foreach (zones_of(endpoint), i, item) {
        if (json_is_string(first) && json_is_object(item)) {
            text_rows_add(&slice->hints, json_text(first), json_get_str(item, "name"));
        }
    }
}

static int endpoints_decode(const json_t *array, const struct kube_decode *how,
                            struct endpointslice_sample *slice, struct err *err)
{
    const json_t *endpoint;
    size_t i, n_addresses = 0, n_hints = 0;
    json_array_foreach (array, i, endpoint) {
        n_addresses += json_array_size(json_get_array(endpoint, "addresses"));
        n_hints += json_array_size(zones_of(endpoint));
    }
    if (text_rows_init(&slice->endpoints, n_addresses, 10, how, err) < 0 ||
        text_rows_init(&slice->hints, n_hints, 2, how, err) < 0) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, endpoint) {
        endpoint_decode(endpoint, slice);
    }
    int r = text_rows_unique(&slice->endpoints, how, err);
    return r < 0 ? r : text_rows_unique(&slice->hints, how, err);
}

static int ports_decode(const json_t *array, const struct kube_decode *how, struct text_rows *ports,
                        struct err *err)
{
    const json_t *port;
    size_t i;
    if (text_rows_init(ports, json_array_size(array), 3, how, err) < 0) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, port) {
        struct str number;
        if (!json_is_object(port)) {
            continue;
        }
        if (json_get_i64_text(port, "port", how->mem, &number) < 0) {
            return err_set(err, ENOMEM, "no memory for the decoded object");
        }
        text_rows_add(ports, json_get_str(port, "name"), json_get_str(port, "protocol"), number);
    }
    return text_rows_unique(ports, how, err);
}

static int endpointslice_decode(const json_t *object, const struct kube_decode *how, void *sample,
                                struct err *err)
{
    struct endpointslice_sample *slice = sample;
    slice->address_type = json_get_str(object, "addressType");
    int r = kube_meta_decode(object, how, &slice->meta, err);
    if (r >= 0) {
        r = endpoints_decode(json_get_array(object, "endpoints"), how, slice, err);
    }
    return r < 0 ? r : ports_decode(json_get_array(object, "ports"), how, &slice->ports, err);
}

const struct kube_resource kube_endpointslices = {
    .group = "discovery.k8s.io",
    .version = "v1",
    .plural = "endpointslices",
    .kind = "EndpointSlice",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_MANY,
    .subject = &endpointslice_subject,
    .reads = KUBE_READS("addressType", "endpoints.addresses", "endpoints.conditions",
                        "endpoints.hints.forZones.name", "endpoints.hostname", "endpoints.nodeName",
                        "endpoints.targetRef.kind", "endpoints.targetRef.name",
                        "endpoints.targetRef.namespace", "endpoints.zone", "ports.name",
                        "ports.port", "ports.protocol"),
    .decode = endpointslice_decode,
};
