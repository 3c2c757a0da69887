/* Endpoints: the addresses behind a service, before there were endpoint slices. */
#include "kube/object/json_get.h"
#include "kube/object/rows.h"
#include "kube/object/text_rows.h"

struct endpoint_sample {
    struct kube_meta meta;             /* first */
    struct text_rows addresses, ports; /* as the labels of their rows */
};

static void emit_addresses(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct endpoint_sample *)sample)->addresses, out);
}

static void emit_ports(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct endpoint_sample *)sample)->ports, out);
}

static const struct metric_family endpoint_rows[] = {
    KUBE_ROW_ONE("kube_endpoint_info", STABLE, "object of endpoints"),
    KUBE_ROW_CREATED("kube_endpoint_created", STABLE, "object of endpoints"),
    KUBE_ROW_ANNOTATIONS("kube_endpoint_annotations", ALPHA, "object of endpoints"),
    KUBE_ROW_LABELS("kube_endpoint_labels", STABLE, "object of endpoints"),
    KUBE_ROW("kube_endpoint_address", GAUGE, STABLE,
             ".subsets[].ports[] with .addresses[] and .notReadyAddresses[]",
             "Address and port behind a service, and whether it takes traffic; always 1.",
             .emit = emit_addresses,
             .labels = METRIC_LABELS("port_protocol", "port_number", "port_name", "ip", "ready")),
    KUBE_ROW("kube_endpoint_ports", GAUGE, STABLE, ".subsets[].ports[]",
             "(Deprecated since v2.14.0) Port behind a service; always 1. kube_endpoint_address "
             "has it, too.",
             .emit = emit_ports,
             .labels = METRIC_LABELS("port_name", "port_protocol", "port_number")),
};

static const struct metric_subject endpoint_subject = {
    .name = "endpoints",
    .part = "state",
    .sample_size = sizeof(struct endpoint_sample),
    .present_at = offsetof(struct endpoint_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "endpoint"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = endpoint_rows,
    .n_rows = KG_ARRAY_LEN(endpoint_rows),
};

struct port {
    struct str name, protocol, number;
};

static void addresses_add(const json_t *array, const struct port *port, struct str ready,
                          struct text_rows *addresses)
{
    const json_t *address;
    size_t i;
    json_array_foreach (array, i, address) {
        if (json_is_object(address)) {
            text_rows_add(addresses, port->protocol, port->number, port->name,
                          json_get_str(address, "ip"), ready);
        }
    }
}

static int subset_decode(const json_t *subset, const struct kube_decode *how,
                         struct endpoint_sample *endpoint, struct err *err)
{
    const json_t *ports = json_get_array(subset, "ports"), *item;
    size_t i;
    json_array_foreach (ports, i, item) {
        struct port port = {
            .name = json_get_str(item, "name"),
            .protocol = json_get_str(item, "protocol"),
        };
        if (!json_is_object(item)) {
            continue;
        }
        if (json_get_i64_text(item, "port", how->mem, &port.number) < 0) {
            return err_set(err, ENOMEM, "no memory for the decoded object");
        }
        port.number = port.number.n ? port.number : STR("0");
        text_rows_add(&endpoint->ports, port.name, port.protocol, port.number);
        addresses_add(json_get_array(subset, "addresses"), &port, STR("true"),
                      &endpoint->addresses);
        addresses_add(json_get_array(subset, "notReadyAddresses"), &port, STR("false"),
                      &endpoint->addresses);
    }
    return 0;
}

/* Room for every port, and for every port with every address of its subset. */
static int rows_init(const json_t *subsets, const struct kube_decode *how,
                     struct endpoint_sample *endpoint, struct err *err)
{
    const json_t *subset;
    size_t i, n_ports = 0, n_addresses = 0;
    json_array_foreach (subsets, i, subset) {
        size_t ports = json_array_size(json_get_array(subset, "ports"));
        n_ports += ports;
        n_addresses += ports * (json_array_size(json_get_array(subset, "addresses")) +
                                json_array_size(json_get_array(subset, "notReadyAddresses")));
    }
    int r = text_rows_init(&endpoint->ports, n_ports, 3, how, err);
    return r < 0 ? r : text_rows_init(&endpoint->addresses, n_addresses, 5, how, err);
}

static int endpoint_decode(const json_t *object, const struct kube_decode *how, void *sample,
                           struct err *err)
{
    struct endpoint_sample *endpoint = sample;
    const json_t *subsets = json_get_array(object, "subsets");
    int r = kube_meta_decode(object, how, &endpoint->meta, err);
    if (r >= 0) {
        r = rows_init(subsets, how, endpoint, err);
    }
    for (size_t i = 0; r >= 0 && i < json_array_size(subsets); i++) {
        r = subset_decode(json_array_get(subsets, i), how, endpoint, err);
    }
    if (r >= 0) {
        r = text_rows_unique(&endpoint->ports, how, err);
    }
    return r < 0 ? r : text_rows_unique(&endpoint->addresses, how, err);
}

const struct kube_resource kube_endpoints = {
    .group = "",
    .version = "v1",
    .plural = "endpoints",
    .kind = "Endpoints",
    .namespaced = true,
    .on_by_default = false,
    .rank = KUBE_RANK_MANY,
    .subject = &endpoint_subject,
    .reads = KUBE_READS("subsets.addresses.ip", "subsets.notReadyAddresses.ip",
                        "subsets.ports.name", "subsets.ports.port", "subsets.ports.protocol"),
    .decode = endpoint_decode,
};
