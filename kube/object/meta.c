#include "kube/object/meta.h"

#include "base/num.h"
#include "kube/object/json_get.h"
#include "metrics/names.h"

const char *const kube_meta_reads[] = {
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.creationTimestamp",
    "metadata.deletionTimestamp",
    "metadata.ownerReferences.kind",
    "metadata.ownerReferences.name",
    "metadata.ownerReferences.controller",
    NULL,
};

void *kube_decode_array(const struct kube_decode *how, size_t n, size_t size, struct err *err)
{
    void *array = arena_array(how->mem, n, size);
    if (!array) {
        err_set(err, ENOMEM, "no memory for the decoded object");
    }
    return array;
}

static int owners_decode(const json_t *metadata, const struct kube_decode *how,
                         struct kube_meta *ret, struct err *err)
{
    const json_t *references = json_get_array(metadata, "ownerReferences"), *reference;
    size_t i;
    struct kube_owner *owners =
        KUBE_DECODE_ARRAY(how, json_array_size(references), struct kube_owner, err);
    if (!owners) {
        return -ENOMEM;
    }
    ret->owners = owners;
    json_array_foreach (references, i, reference) {
        if (json_is_object(reference)) {
            owners[ret->n_owners++] = (struct kube_owner){
                .kind = json_get_str(reference, "kind"),
                .name = json_get_str(reference, "name"),
                .is_controller = json_get_true(reference, "controller"),
            };
        }
    }
    return 0;
}

/* The members of labels or annotations that the allowlist lets through. */
static int keys_decode(const json_t *members, const struct key_allowlist *allowed,
                       struct str prefix, const struct kube_decode *how, struct metric_label **ret,
                       size_t *ret_n, struct err *err)
{
    int r = key_allowlist_labels(allowed, members, prefix, how->mem, ret, ret_n);
    return r < 0 ? err_set(err, -r, "no memory for the decoded object") : 0;
}

int kube_meta_decode(const json_t *object, const struct kube_decode *how, struct kube_meta *ret,
                     struct err *err)
{
    const json_t *metadata = json_get_object(object, "metadata");
    *ret = (struct kube_meta){
        .namespace = json_get_str(metadata, "namespace"),
        .name = json_get_str(metadata, "name"),
        .uid = json_get_str(metadata, "uid"),
        .resource_version = json_get_str(metadata, "resourceVersion"),
        .generation = json_get_i64(metadata, "generation"),
    };
    if (str_empty(ret->name) && !(how->ksm_quirks && metadata)) {
        return err_set(err, EBADMSG, "object without metadata.name");
    }
    if (json_get_time_if(metadata, "creationTimestamp", &ret->created_unix_sec)) {
        ret->present |= KUBE_META_CREATED;
    }
    if (json_get_time_if(metadata, "deletionTimestamp", &ret->deleted_unix_sec)) {
        ret->present |= KUBE_META_DELETED;
    }
    if (num_scan_double(ret->resource_version, &ret->version) == 0) {
        ret->present |= KUBE_META_VERSION;
    }
    int r = owners_decode(metadata, how, ret, err);
    if (r >= 0 && how->labels) {
        ret->present |= KUBE_META_LABELS;
        r = keys_decode(json_get_object(metadata, "labels"), how->labels, STR("label_"), how,
                        &ret->labels, &ret->n_labels, err);
    }
    if (r >= 0 && how->annotations) {
        ret->present |= KUBE_META_ANNOTATIONS;
        r = keys_decode(json_get_object(metadata, "annotations"), how->annotations,
                        STR("annotation_"), how, &ret->annotations, &ret->n_annotations, err);
    }
    return r;
}

int kube_meta_only_decode(const json_t *object, const struct kube_decode *how, void *sample,
                          struct err *err)
{
    return kube_meta_decode(object, how, sample, err);
}

int kube_labels_of_object(json_t *object, struct str prefix, const struct kube_decode *how,
                          struct metric_label **ret, size_t *ret_n, struct err *err)
{
    const char *key;
    json_t *value;
    size_t n = 0;
    struct metric_label *pairs =
        KUBE_DECODE_ARRAY(how, json_object_size(object), struct metric_label, err);
    if (!pairs) {
        return -ENOMEM;
    }
    json_object_foreach (object, key, value) {
        if (json_is_string(value)) {
            pairs[n++] = (struct metric_label){ str_of(key), json_text(value) };
        }
    }
    if (label_names_from_pairs(pairs, n, prefix, how->mem, ret) < 0) {
        return err_set(err, ENOMEM, "no memory for the decoded object");
    }
    *ret_n = n;
    return 0;
}

const struct kube_owner *kube_meta_controller(const struct kube_meta *meta)
{
    for (size_t i = 0; i < meta->n_owners; i++) {
        if (meta->owners[i].is_controller) {
            return &meta->owners[i];
        }
    }
    return NULL;
}

void kube_common_name(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    metric_common(out, meta->name);
}

void kube_common_name_namespace(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    metric_common(out, meta->name);
    metric_common(out, meta->namespace);
}

void kube_common_namespace_name(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    metric_common(out, meta->namespace);
    metric_common(out, meta->name);
}

void kube_common_namespace_name_uid(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    metric_common(out, meta->namespace);
    metric_common(out, meta->name);
    metric_common(out, meta->uid);
}

void kube_emit_labels(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    metric_put_open(out, 1, NULL, 0, meta->labels, meta->n_labels);
}

void kube_emit_annotations(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    metric_put_open(out, 1, NULL, 0, meta->annotations, meta->n_annotations);
}

void kube_emit_one(const void *sample, struct metric_writer *out)
{
    (void)sample;
    metric_put(out, 1);
}

void kube_emit_owners(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    for (size_t i = 0; i < meta->n_owners; i++) {
        const struct kube_owner *owner = &meta->owners[i];
        metric_put(out, 1, owner->kind, owner->name,
                   owner->is_controller ? STR("true") : STR("false"));
    }
    if (meta->n_owners == 0) {
        metric_put(out, 1, STR(""), STR(""), STR(""));
    }
}

void kube_emit_owner_names(const void *sample, struct metric_writer *out)
{
    const struct kube_meta *meta = sample;
    for (size_t i = 0; i < meta->n_owners; i++) {
        metric_put(out, 1, meta->owners[i].kind, meta->owners[i].name);
    }
    if (meta->n_owners == 0) {
        metric_put(out, 1, STR(""), STR(""));
    }
}
