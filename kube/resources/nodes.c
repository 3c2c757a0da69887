/* Nodes: the kube_node_* families in the order in which they are served. */
#include "kube/object/condition.h"
#include "kube/object/fields.h"
#include "kube/object/json_get.h"
#include "kube/object/resource_name.h"
#include "kube/object/rows.h"
#include "kube/object/unique.h"

struct node_text {
    struct str text;
    bool repeated; /* in an array: an earlier one has the same texts; the same below */
};

struct node_taint {
    struct str key, value, effect;
    bool repeated;
};

struct node_address {
    struct str type, address;
    bool repeated;
};

struct node_sample {
    struct kube_meta meta; /* first */
    struct str kernel, os_image, runtime, kubelet, provider_id, pod_cidr, system_uuid, internal_ip;
    bool is_unschedulable;
    struct node_text *roles, *pod_cidrs;
    struct node_taint *taints;
    struct node_address *addresses;
    size_t n_roles, n_pod_cidrs, n_taints, n_addresses;
    struct kube_amounts allocatable, capacity;
    struct kube_conditions conditions;
};

#define NODE_FIELD(member) METRIC_FIELD(struct node_sample, member, 1)

static void emit_info(const void *sample, struct metric_writer *out)
{
    const struct node_sample *node = sample;
    /* Kubernetes does not fill in the version of kube-proxy any more. */
    metric_put(out, 1, node->kernel, node->os_image, node->runtime, node->kubelet,
               STR("deprecated"), node->provider_id, node->pod_cidr, node->system_uuid,
               node->internal_ip);
}

static void put_texts(const struct node_text *texts, size_t n, struct metric_writer *out)
{
    for (size_t i = 0; i < n; i++) {
        if (!texts[i].repeated) {
            metric_put(out, 1, texts[i].text);
        }
    }
}

static void emit_roles(const void *sample, struct metric_writer *out)
{
    const struct node_sample *node = sample;
    put_texts(node->roles, node->n_roles, out);
}

static void emit_pod_cidrs(const void *sample, struct metric_writer *out)
{
    const struct node_sample *node = sample;
    put_texts(node->pod_cidrs, node->n_pod_cidrs, out);
}

static void emit_taints(const void *sample, struct metric_writer *out)
{
    const struct node_sample *node = sample;
    for (size_t i = 0; i < node->n_taints; i++) {
        const struct node_taint *taint = &node->taints[i];
        if (!taint->repeated) {
            metric_put(out, 1, taint->key, taint->value, taint->effect);
        }
    }
}

static void put_amounts(const struct kube_amounts *amounts, struct metric_writer *out)
{
    for (size_t i = 0; i < amounts->n; i++) {
        metric_put(out, amounts->items[i].value, amounts->items[i].resource,
                   amounts->items[i].unit);
    }
}

static void emit_allocatable(const void *sample, struct metric_writer *out)
{
    put_amounts(&((const struct node_sample *)sample)->allocatable, out);
}

static void emit_capacity(const void *sample, struct metric_writer *out)
{
    put_amounts(&((const struct node_sample *)sample)->capacity, out);
}

static void emit_conditions(const void *sample, struct metric_writer *out)
{
    kube_put_conditions(out, &((const struct node_sample *)sample)->conditions);
}

static void emit_addresses(const void *sample, struct metric_writer *out)
{
    const struct node_sample *node = sample;
    for (size_t i = 0; i < node->n_addresses; i++) {
        const struct node_address *address = &node->addresses[i];
        if (!address->repeated) {
            metric_put(out, 1, address->type, address->address);
        }
    }
}

static const struct metric_family node_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_node_annotations", ALPHA, "node"),
    KUBE_ROW_CREATED("kube_node_created", STABLE, "node"),
    KUBE_ROW_DELETED("kube_node_deletion_timestamp", ALPHA, "node"),
    KUBE_ROW("kube_node_info", GAUGE, STABLE, ".status.nodeInfo, .spec and .status.addresses",
             "What runs on the node and under which address it is reached; always 1.",
             .emit = emit_info,
             .labels = METRIC_LABELS("kernel_version", "os_image", "container_runtime_version",
                                     "kubelet_version", "kubeproxy_version", "provider_id",
                                     "pod_cidr", "system_uuid", "internal_ip")),
    KUBE_ROW_LABELS("kube_node_labels", STABLE, "node"),
    KUBE_ROW("kube_node_role", GAUGE, ALPHA,
             ".metadata.labels with the prefix node-role.kubernetes.io/",
             "A role of the node; always 1.", .emit = emit_roles, .labels = METRIC_LABELS("role")),
    KUBE_ROW("kube_node_spec_pod_cidrs", GAUGE, ALPHA, ".spec.podCIDRs[]",
             "A range of addresses of the pods on the node; always 1.", .emit = emit_pod_cidrs,
             .labels = METRIC_LABELS("pod_cidr")),
    KUBE_ROW("kube_node_spec_taint", GAUGE, STABLE, ".spec.taints[]",
             "A taint that keeps pods off the node; always 1.", .emit = emit_taints,
             .labels = METRIC_LABELS("key", "value", "effect")),
    KUBE_ROW("kube_node_spec_unschedulable", GAUGE, STABLE, ".spec.unschedulable",
             "1 while no new pods are placed on the node, else 0.",
             .field = NODE_FIELD(is_unschedulable)),
    KUBE_ROW("kube_node_status_allocatable", GAUGE, STABLE, ".status.allocatable",
             "Amount of a resource that pods may be given, in the unit of the label.",
             .emit = emit_allocatable, .labels = METRIC_LABELS("resource", "unit")),
    KUBE_ROW("kube_node_status_capacity", GAUGE, STABLE, ".status.capacity",
             "Amount of a resource that the node has, in the unit of the label.",
             .emit = emit_capacity, .labels = METRIC_LABELS("resource", "unit")),
    KUBE_ROW("kube_node_status_condition", GAUGE, STABLE, ".status.conditions[]",
             "1 on the status of a condition of the node, 0 on the others.",
             .emit = emit_conditions, .labels = METRIC_LABELS("condition", "status")),
    KUBE_ROW("kube_node_status_addresses", GAUGE, ALPHA, ".status.addresses[]",
             "An address of the node and its type; always 1.", .emit = emit_addresses,
             .labels = METRIC_LABELS("type", "address")),
};

static const struct metric_subject node_subject = {
    .name = "nodes",
    .part = "state",
    .sample_size = sizeof(struct node_sample),
    .present_at = offsetof(struct node_sample, meta.present),
    .labels = METRIC_LABELS("node"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = node_rows,
    .n_rows = KG_ARRAY_LEN(node_rows),
};

static const struct kube_field node_fields[] = {
    KUBE_TRUE(struct node_sample, is_unschedulable, "spec", "unschedulable"),
    KUBE_TEXT(struct node_sample, provider_id, "spec", "providerID"),
    KUBE_TEXT(struct node_sample, pod_cidr, "spec", "podCIDR"),
};

static int roles_decode(json_t *labels, const struct kube_decode *how, struct node_sample *node,
                        struct err *err)
{
    const char *key;
    json_t *value;
    node->roles = KUBE_DECODE_ARRAY(how, json_object_size(labels), struct node_text, err);
    if (!node->roles) {
        return -ENOMEM;
    }
    json_object_foreach (labels, key, value) {
        struct str role = str_of(key);
        if (str_eat(&role, STR("node-role.kubernetes.io/"))) {
            node->roles[node->n_roles++].text = role;
        }
    }
    return 0;
}

static int pod_cidrs_decode(const json_t *spec, const struct kube_decode *how,
                            struct node_sample *node, struct err *err)
{
    const json_t *array = json_get_array(spec, "podCIDRs"), *item;
    size_t i;
    node->pod_cidrs = KUBE_DECODE_ARRAY(how, json_array_size(array), struct node_text, err);
    if (!node->pod_cidrs) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        if (json_is_string(item)) {
            node->pod_cidrs[node->n_pod_cidrs++].text = json_text(item);
        }
    }
    return kube_unique_mark(node->pod_cidrs, node->n_pod_cidrs,
                            KUBE_UNIQUE(struct node_text, text, 1, repeated), how, err);
}

static int taints_decode(const json_t *spec, const struct kube_decode *how,
                         struct node_sample *node, struct err *err)
{
    const json_t *array = json_get_array(spec, "taints"), *item;
    size_t i;
    node->taints = KUBE_DECODE_ARRAY(how, json_array_size(array), struct node_taint, err);
    if (!node->taints) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        if (json_is_object(item)) {
            node->taints[node->n_taints++] = (struct node_taint){
                .key = json_get_str(item, "key"),
                .value = json_get_str(item, "value"),
                .effect = json_get_str(item, "effect"),
            };
        }
    }
    return kube_unique_mark(node->taints, node->n_taints,
                            KUBE_UNIQUE(struct node_taint, key, 3, repeated), how, err);
}

static int addresses_decode(const json_t *status, const struct kube_decode *how,
                            struct node_sample *node, struct err *err)
{
    const json_t *array = json_get_array(status, "addresses"), *item;
    size_t i;
    node->addresses = KUBE_DECODE_ARRAY(how, json_array_size(array), struct node_address, err);
    if (!node->addresses) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        if (!json_is_object(item)) {
            continue;
        }
        struct node_address *address = &node->addresses[node->n_addresses++];
        address->type = json_get_str(item, "type");
        address->address = json_get_str(item, "address");
        if (str_eq_c(address->type, "InternalIP")) {
            node->internal_ip = address->address; /* the last, as in KSM */
        }
    }
    return kube_unique_mark(node->addresses, node->n_addresses,
                            KUBE_UNIQUE(struct node_address, type, 2, repeated), how, err);
}

static int node_status_decode(const json_t *status, const struct kube_decode *how,
                              struct node_sample *node, struct err *err)
{
    const json_t *info = json_get_object(status, "nodeInfo");
    node->kernel = json_get_str(info, "kernelVersion");
    node->os_image = json_get_str(info, "osImage");
    node->runtime = json_get_str(info, "containerRuntimeVersion");
    node->kubelet = json_get_str(info, "kubeletVersion");
    node->system_uuid = json_get_str(info, "systemUUID");
    int r = addresses_decode(status, how, node, err);
    if (r >= 0) {
        r = kube_amounts_decode(json_get_object(status, "allocatable"), KUBE_AMOUNTS_OF_NODE, how,
                                &node->allocatable, err);
    }
    if (r >= 0) {
        r = kube_amounts_decode(json_get_object(status, "capacity"), KUBE_AMOUNTS_OF_NODE, how,
                                &node->capacity, err);
    }
    return r < 0 ? r
                 : kube_conditions_decode(json_get_array(status, "conditions"), how,
                                          &node->conditions, err);
}

static int node_decode(const json_t *object, const struct kube_decode *how, void *sample,
                       struct err *err)
{
    struct node_sample *node = sample;
    const json_t *metadata = json_get_object(object, "metadata");
    const json_t *spec = json_get_object(object, "spec");
    int r = kube_meta_decode(object, how, &node->meta, err);
    kube_fields_decode(object, node_fields, KG_ARRAY_LEN(node_fields), node);
    if (r >= 0) {
        r = roles_decode(json_object_get(metadata, "labels"), how, node, err);
    }
    if (r >= 0) {
        r = pod_cidrs_decode(spec, how, node, err);
    }
    if (r >= 0) {
        r = taints_decode(spec, how, node, err);
    }
    return r < 0 ? r : node_status_decode(json_get_object(object, "status"), how, node, err);
}

const struct kube_resource kube_nodes = {
    .group = "",
    .version = "v1",
    .plural = "nodes",
    .kind = "Node",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NODES,
    .subject = &node_subject,
    .fields = node_fields,
    .n_fields = KG_ARRAY_LEN(node_fields),
    .reads = KUBE_READS("spec.podCIDRs", "spec.taints.effect", "spec.taints.key",
                        "spec.taints.value", "status.addresses", "status.allocatable",
                        "status.capacity", KUBE_CONDITION_READS("status.conditions"),
                        "status.nodeInfo.containerRuntimeVersion", "status.nodeInfo.kernelVersion",
                        "status.nodeInfo.kubeletVersion", "status.nodeInfo.osImage",
                        "status.nodeInfo.systemUUID"),
    .reads_labels = true,
    .decode = node_decode,
};
