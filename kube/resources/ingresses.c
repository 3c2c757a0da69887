/* Ingresses: which host and path leads to which service. */
#include "kube/object/json_get.h"
#include "kube/object/rows.h"
#include "kube/object/text_rows.h"

/* Columns of a path: own labels, then those of a service or those of another object. A service's
 * port is never empty. */
enum {
    PATH_HOST,
    PATH_PATH,
    PATH_TYPE,
    PATH_SERVICE,
    PATH_PORT,
    PATH_GROUP,
    PATH_KIND,
    PATH_NAME,
    PATH_N_COLUMNS,
};

struct ingress_sample {
    struct kube_meta meta; /* first */
    struct str class;
    struct text_rows paths, tls; /* tls: host, secret */
};

static void emit_info(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct ingress_sample *)sample)->class);
}

static void emit_paths(const void *sample, struct metric_writer *out)
{
    const struct ingress_sample *ingress = sample;
    for (size_t i = 0; i < ingress->paths.n; i++) {
        const struct str *path = text_row(&ingress->paths, i);
        const struct metric_label service[] = {
            { STR("service_name"), path[PATH_SERVICE] },
            { STR("service_port"), path[PATH_PORT] },
        };
        const struct metric_label resource[] = {
            { STR("resource_api_group"), path[PATH_GROUP] },
            { STR("resource_kind"), path[PATH_KIND] },
            { STR("resource_name"), path[PATH_NAME] },
        };
        bool is_service = path[PATH_PORT].n > 0;
        metric_put_open(out, 1, path, PATH_SERVICE, is_service ? service : resource,
                        is_service ? KG_ARRAY_LEN(service) : KG_ARRAY_LEN(resource));
    }
}

static void emit_tls(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct ingress_sample *)sample)->tls, out);
}

static const struct metric_family ingress_rows[] = {
    KUBE_ROW("kube_ingress_info", GAUGE, STABLE,
             ".metadata.annotations[kubernetes.io/ingress.class], else .spec.ingressClassName",
             "Class of the ingress, _default when it names none; always 1.", .emit = emit_info,
             .labels = METRIC_LABELS("ingressclass")),
    KUBE_ROW_ANNOTATIONS("kube_ingress_annotations", ALPHA, "ingress"),
    KUBE_ROW_LABELS("kube_ingress_labels", STABLE, "ingress"),
    KUBE_ROW_CREATED("kube_ingress_created", STABLE, "ingress"),
    KUBE_ROW_VERSION("kube_ingress_metadata_resource_version", ALPHA, "ingress"),
    KUBE_ROW("kube_ingress_path", GAUGE, STABLE, ".spec.rules[].http.paths[]",
             "Service, or other object, to which a host and path leads; always 1.",
             .emit = emit_paths, .labels = METRIC_LABELS("host", "path", "path_type"),
             .open_labels = true),
    KUBE_ROW("kube_ingress_tls", GAUGE, STABLE, ".spec.tls[].hosts[]",
             "Secret whose certificate is shown for a host; always 1.", .emit = emit_tls,
             .labels = METRIC_LABELS("tls_host", "secret")),
};

static const struct metric_subject ingress_subject = {
    .name = "ingresses",
    .part = "state",
    .sample_size = sizeof(struct ingress_sample),
    .present_at = offsetof(struct ingress_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "ingress"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = ingress_rows,
    .n_rows = KG_ARRAY_LEN(ingress_rows),
};

static struct str class_of(const json_t *object)
{
    const json_t *annotations = json_get_object(json_get_object(object, "metadata"), "annotations");
    struct str old = json_get_str(annotations, "kubernetes.io/ingress.class");
    struct str class = json_get_str(json_get_object(object, "spec"), "ingressClassName");
    if (old.p) {
        return old;
    }
    return class.p ? class : STR("_default");
}

static const json_t *paths_of(const json_t *rule)
{
    return json_get_array(json_get_object(rule, "http"), "paths");
}

static int path_decode(const json_t *path, struct str host, const struct kube_decode *how,
                       struct text_rows *paths)
{
    const json_t *backend = json_get_object(path, "backend");
    const json_t *service = json_get_object(backend, "service");
    const json_t *resource = service ? NULL : json_get_object(backend, "resource");
    struct str port = { 0 };
    if (service &&
        json_get_i64_text(json_get_object(service, "port"), "number", how->mem, &port) < 0) {
        return -ENOMEM;
    }
    if (service && str_empty(port)) {
        port = STR("0"); /* a port by name has no number; KSM shows 0 */
    }
    text_rows_add(paths, host, json_get_str(path, "path"), json_get_str(path, "pathType"),
                  json_get_str(service, "name"), port, json_get_str(resource, "apiGroup"),
                  json_get_str(resource, "kind"), json_get_str(resource, "name"));
    return 0;
}

static int rule_decode(const json_t *rule, const struct kube_decode *how, struct text_rows *paths,
                       struct err *err)
{
    const json_t *path;
    size_t i;
    json_array_foreach (paths_of(rule), i, path) {
        if (json_is_object(path) && path_decode(path, json_get_str(rule, "host"), how, paths) < 0) {
            return err_set(err, ENOMEM, "no memory for the decoded object");
        }
    }
    return 0;
}

static int paths_decode(const json_t *rules, const struct kube_decode *how, struct text_rows *paths,
                        struct err *err)
{
    const json_t *rule;
    size_t i, n = 0;
    json_array_foreach (rules, i, rule) {
        n += json_array_size(paths_of(rule));
    }
    int r = text_rows_init(paths, n, PATH_N_COLUMNS, how, err);
    for (i = 0; r >= 0 && i < json_array_size(rules); i++) {
        r = rule_decode(json_array_get(rules, i), how, paths, err);
    }
    return r < 0 ? r : text_rows_unique(paths, how, err);
}

static int tls_decode(const json_t *array, const struct kube_decode *how, struct text_rows *tls,
                      struct err *err)
{
    const json_t *entry, *host;
    size_t i, k, n = 0;
    json_array_foreach (array, i, entry) {
        n += json_array_size(json_get_array(entry, "hosts"));
    }
    if (text_rows_init(tls, n, 2, how, err) < 0) {
        return -ENOMEM;
    }
    json_array_foreach (array, i, entry) {
        json_array_foreach (json_get_array(entry, "hosts"), k, host) {
            if (json_is_string(host)) {
                text_rows_add(tls, json_text(host), json_get_str(entry, "secretName"));
            }
        }
    }
    return text_rows_unique(tls, how, err);
}

static int ingress_decode(const json_t *object, const struct kube_decode *how, void *sample,
                          struct err *err)
{
    struct ingress_sample *ingress = sample;
    const json_t *spec = json_get_object(object, "spec");
    ingress->class = class_of(object);
    int r = kube_meta_decode(object, how, &ingress->meta, err);
    if (r >= 0) {
        r = paths_decode(json_get_array(spec, "rules"), how, &ingress->paths, err);
    }
    return r < 0 ? r : tls_decode(json_get_array(spec, "tls"), how, &ingress->tls, err);
}

const struct kube_resource kube_ingresses = {
    .group = "networking.k8s.io",
    .version = "v1",
    .plural = "ingresses",
    .kind = "Ingress",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &ingress_subject,
    .reads = KUBE_READS("spec.ingressClassName", "spec.rules.host", "spec.rules.http.paths",
                        "spec.tls.hosts", "spec.tls.secretName"),
    .reads_annotations = true,
    .decode = ingress_decode,
};
