/* What a pod asks for, apart from its containers: .spec and what belongs to it in .status. */
#include "kube/object/json_get.h"
#include "kube/object/name_index.h"
#include "kube/object/quantity.h"
#include "kube/object/unique.h"
#include "kube/resources/pods.h"

#include <arpa/inet.h>

static int no_memory(struct err *err)
{
    return err_set(err, ENOMEM, "no memory for the decoded object");
}

static void overhead_decode(const json_t *spec, struct pod_sample *pod)
{
    const json_t *overhead = json_get_object(spec, "overhead");
    if (json_quantity(json_object_get(overhead, "cpu"), quantity_milli, &pod->overhead_cpu_cores)) {
        pod->meta.present |= POD_OVERHEAD_CPU;
    }
    if (json_quantity(json_object_get(overhead, "memory"), quantity_whole,
                      &pod->overhead_memory_bytes)) {
        pod->meta.present |= POD_OVERHEAD_MEMORY;
    }
}

static int ips_decode(const json_t *status, const struct kube_decode *how, struct pod_sample *pod,
                      struct err *err)
{
    const json_t *array = json_get_array(status, "podIPs"), *item;
    size_t i;
    struct str *ips = KUBE_DECODE_ARRAY(how, json_array_size(array), struct str, err);
    if (!ips) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        struct str ip = json_get_str(item, "ip");
        if (ip.n) {
            ips[pod->n_ips++] = ip;
        }
    }
    pod->ips = ips;
    return 0;
}

/* A template's claim gets its name when a controller made it: .status.resourceClaimStatuses. */
static int claims_resolve(const json_t *status, const struct kube_decode *how,
                          struct pod_sample *pod, struct err *err)
{
    const json_t *array = json_get_array(status, "resourceClaimStatuses"), *item;
    size_t i, n = json_array_size(array);
    struct name_index index;
    struct pod_claim *known = KUBE_DECODE_ARRAY(how, n, struct pod_claim, err);
    if (!known) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        known[i].name = json_get_str(item, "name");
        known[i].claim = json_get_str(item, "resourceClaimName");
    }
    if (name_index_init(&known->name, n, sizeof(*known), how->mem, &index) < 0) {
        return no_memory(err);
    }
    for (i = 0; i < pod->n_resource_claims; i++) {
        struct pod_claim *claim = &pod->resource_claims[i];
        const struct str *const *found = name_index_find(&index, claim->name, NULL);
        if (found && !claim->claim.p) {
            claim->claim = KG_CONTAINER_OF(*found, struct pod_claim, name)->claim;
        }
    }
    return 0;
}

static int resource_claims_decode(const json_t *spec, const json_t *status,
                                  const struct kube_decode *how, struct pod_sample *pod,
                                  struct err *err)
{
    const json_t *array = json_get_array(spec, "resourceClaims"), *item;
    size_t i;
    pod->resource_claims = KUBE_DECODE_ARRAY(how, json_array_size(array), struct pod_claim, err);
    if (!pod->resource_claims) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        struct pod_claim claim = {
            .name = json_get_str(item, "name"),
            .claim = json_get_str(item, "resourceClaimName"),
            .template = json_get_str(item, "resourceClaimTemplateName"),
        };
        if (claim.claim.p || claim.template.p) {
            pod->resource_claims[pod->n_resource_claims++] = claim;
        }
    }
    return claims_resolve(status, how, pod, err);
}

/* "<pod>-<volume>", the name of the claim that an ephemeral volume makes. */
static int ephemeral_name(const struct kube_decode *how, struct str pod, struct str volume,
                          struct str *ret)
{
    char *text = arena_alloc(how->mem, pod.n + 1 + volume.n);
    if (!text) {
        return -ENOMEM;
    }
    memcpy(text, pod.p, pod.n);
    text[pod.n] = '-';
    if (volume.n) {
        memcpy(text + pod.n + 1, volume.p, volume.n);
    }
    *ret = (struct str){ text, pod.n + 1 + volume.n };
    return 0;
}

static int volume_claims_decode(const json_t *spec, const struct kube_decode *how,
                                struct pod_sample *pod, struct err *err)
{
    const json_t *array = json_get_array(spec, "volumes"), *volume;
    size_t i;
    pod->volume_claims = KUBE_DECODE_ARRAY(how, json_array_size(array), struct pod_claim, err);
    if (!pod->volume_claims) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, volume) {
        const json_t *named = json_get_object(volume, "persistentVolumeClaim");
        struct pod_claim claim = {
            .name = json_get_str(volume, "name"),
            .claim = json_get_str(named, "claimName"),
            .read_only = json_get_true(named, "readOnly"),
            .ephemeral = !named && json_get_object(volume, "ephemeral"),
        };
        if (claim.ephemeral && ephemeral_name(how, pod->meta.name, claim.name, &claim.claim) < 0) {
            return no_memory(err);
        }
        if (named || claim.ephemeral) {
            pod->volume_claims[pod->n_volume_claims++] = claim;
        }
    }
    return 0;
}

static int tolerations_decode(const json_t *spec, const struct kube_decode *how,
                              struct pod_sample *pod, struct err *err)
{
    const json_t *array = json_get_array(spec, "tolerations"), *item;
    size_t i;
    pod->tolerations = KUBE_DECODE_ARRAY(how, json_array_size(array), struct pod_toleration, err);
    if (!pod->tolerations) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, item) {
        if (!json_is_object(item)) {
            continue;
        }
        struct pod_toleration *t = &pod->tolerations[pod->n_tolerations++];
        t->key = json_get_str(item, "key");
        t->op = json_get_str(item, "operator");
        t->value = json_get_str(item, "value");
        t->effect = json_get_str(item, "effect");
        if (json_get_i64_text(item, "tolerationSeconds", how->mem, &t->seconds) < 0) {
            return no_memory(err);
        }
    }
    return kube_unique_mark(pod->tolerations, pod->n_tolerations,
                            KUBE_UNIQUE(struct pod_toleration, key, 5, repeated), how, err);
}

int pod_spec_decode(const json_t *spec, const json_t *status, const struct kube_decode *how,
                    struct pod_sample *pod, struct err *err)
{
    pod->node = json_get_str(spec, "nodeName");
    pod->priority_class = json_get_str(spec, "priorityClassName");
    pod->host_network = json_get_true(spec, "hostNetwork");
    pod->restart_policy = json_get_str(spec, "restartPolicy");
    pod->runtime_class = json_get_str(spec, "runtimeClassName");
    pod->service_account = json_get_str(spec, "serviceAccountName");
    pod->scheduler = json_get_str(spec, "schedulerName");
    overhead_decode(spec, pod);
    int r = ips_decode(status, how, pod, err);
    if (r >= 0) {
        r = resource_claims_decode(spec, status, how, pod, err);
    }
    if (r >= 0) {
        r = volume_claims_decode(spec, how, pod, err);
    }
    if (r >= 0) {
        r = tolerations_decode(spec, how, pod, err);
    }
    if (r >= 0) {
        r = kube_labels_of_object(json_object_get(spec, "nodeSelector"), STR("nodeselector_"), how,
                                  &pod->node_selector, &pod->n_node_selector, err);
    }
    return r;
}

void pod_emit_info(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    const struct kube_owner *by = kube_meta_controller(&pod->meta);
    metric_put(out, 1, pod->host_ip, pod->pod_ip, pod->node, by ? by->kind : STR(""),
               by ? by->name : STR(""), pod->priority_class,
               pod->host_network ? STR("true") : STR("false"));
}

/* "4", "6" (an IPv4 address mapped into IPv6 counts as 4), or empty when it is no address. */
static struct str ip_family(struct str ip)
{
    char text[INET6_ADDRSTRLEN];
    struct in_addr four;
    struct in6_addr six;
    if (str_copy(text, sizeof(text), ip) < 0) {
        return STR("");
    }
    if (inet_pton(AF_INET, text, &four) == 1) {
        return STR("4");
    }
    if (inet_pton(AF_INET6, text, &six) != 1) {
        return STR("");
    }
    return IN6_IS_ADDR_V4MAPPED(&six) ? STR("4") : STR("6");
}

void pod_emit_ips(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    for (size_t i = 0; i < pod->n_ips; i++) {
        struct str family = ip_family(pod->ips[i]);
        if (family.n) {
            metric_put(out, 1, pod->ips[i], family);
        }
    }
}

void pod_emit_resource_claims(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    for (size_t i = 0; i < pod->n_resource_claims; i++) {
        const struct pod_claim *claim = &pod->resource_claims[i];
        metric_put(out, 1, claim->name, claim->claim, claim->template);
    }
}

void pod_emit_restart_policy(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct pod_sample *)sample)->restart_policy);
}

void pod_emit_runtime_class(const void *sample, struct metric_writer *out)
{
    struct str name = ((const struct pod_sample *)sample)->runtime_class;
    if (name.p) {
        metric_put(out, 1, name);
    }
}

static void put_volume_claims(const struct pod_sample *pod, bool value_is_read_only,
                              struct metric_writer *out)
{
    for (size_t i = 0; i < pod->n_volume_claims; i++) {
        const struct pod_claim *claim = &pod->volume_claims[i];
        metric_put(out, !value_is_read_only || claim->read_only, claim->name, claim->claim,
                   claim->ephemeral ? STR("true") : STR("false"));
    }
}

void pod_emit_volume_claims(const void *sample, struct metric_writer *out)
{
    put_volume_claims(sample, false, out);
}

void pod_emit_volume_claims_readonly(const void *sample, struct metric_writer *out)
{
    put_volume_claims(sample, true, out);
}

void pod_emit_tolerations(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    for (size_t i = 0; i < pod->n_tolerations; i++) {
        const struct pod_toleration *t = &pod->tolerations[i];
        if (!t->repeated) {
            metric_put(out, 1, t->key, t->op, t->value, t->effect, t->seconds);
        }
    }
}

void pod_emit_node_selector(const void *sample, struct metric_writer *out)
{
    const struct pod_sample *pod = sample;
    metric_put_open(out, 1, NULL, 0, pod->node_selector, pod->n_node_selector);
}

void pod_emit_service_account(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct pod_sample *)sample)->service_account);
}

void pod_emit_scheduler(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct pod_sample *)sample)->scheduler);
}
