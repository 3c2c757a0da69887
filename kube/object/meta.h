/* meta.h — metadata of any Kubernetes object, the labels and the series that come from it.
 * Uses: base, metrics, kube/resources/resource, jansson.  Threads: any.  Owner: the decode arena.
 *
 * Every kind's sample begins with a struct kube_meta, so that the functions and rows here serve all
 * kinds: a pointer to the sample is a pointer to its metadata. */
#ifndef KG_KUBE_META_H
#define KG_KUBE_META_H

#include "kube/resources/resource.h"
#include "metrics/writer.h"

/* Bits of kube_meta.present; a kind's own bits start at KUBE_PRESENT_OWN. */
enum {
    KUBE_META_CREATED = 1 << 0,
    KUBE_META_DELETED = 1 << 1,
    KUBE_META_LABELS = 1 << 2,      /* there is an allowlist, even if no key matched it */
    KUBE_META_ANNOTATIONS = 1 << 3, /* the same */
    KUBE_META_VERSION = 1 << 4,     /* resourceVersion is a number */
    KUBE_PRESENT_OWN = 1 << 8,
};

struct kube_owner {
    struct str kind, name;
    bool is_controller;
};

struct kube_meta {
    uint64_t present;
    struct str namespace, name, uid, resource_version;
    double version; /* resource_version as a number, as inexact as that is */
    int64_t created_unix_sec, deleted_unix_sec, generation; /* generation: 0 when absent */
    const struct kube_owner *owners;
    struct metric_label *labels, *annotations; /* allowed ones, by label_names_from_pairs */
    size_t n_owners, n_labels, n_annotations;
};

/* Paths of what kube_meta_decode looks at beside labels and annotations; ends with NULL. */
extern const char *const kube_meta_reads[];

/* Fills *ret from object's metadata; text is borrowed from the object.
 * Errors: -EBADMSG not an object, or no metadata.name (which no API server lets through; with
 * how->ksm_quirks it may be missing) · -ENOMEM. */
int kube_meta_decode(const json_t *object, const struct kube_decode *how, struct kube_meta *ret,
                     struct err *err);

/* kube_resource.decode of kinds of which only the metadata is shown; the sample is a kube_meta. */
int kube_meta_only_decode(const json_t *object, const struct kube_decode *how, void *sample,
                          struct err *err);

/* The members of a JSON object of strings (NULL: none) as labels prefix + name, all of them, legal
 * and sorted by key. Sets *ret and *ret_n. Errors: -ENOMEM. */
int kube_labels_of_object(json_t *object, struct str prefix, const struct kube_decode *how,
                          struct metric_label **ret, size_t *ret_n, struct err *err);

/* The owner that is the controller: the first that says so; NULL when none does. */
const struct kube_owner *kube_meta_controller(const struct kube_meta *meta);

/* A zeroed array of n elements in the decode arena; NULL, with err set, when it has no room
 * (LIMIT_DECODE_ARENA_BYTES for one object) or memory is out. */
void *kube_decode_array(const struct kube_decode *how, size_t n, size_t size, struct err *err);
#define KUBE_DECODE_ARRAY(how, n, T, err) ((T *)kube_decode_array((how), (n), sizeof(T), (err)))

/* metric_subject.common of most kinds: the metadata that the function's name lists. */
void kube_common_name(const void *sample, struct metric_writer *out);
void kube_common_name_namespace(const void *sample, struct metric_writer *out);
void kube_common_namespace_name(const void *sample, struct metric_writer *out);
void kube_common_namespace_name_uid(const void *sample, struct metric_writer *out);

/* metric_family.emit of rows that most kinds have: kube/object/rows.h. */
void kube_emit_labels(const void *sample, struct metric_writer *out);
void kube_emit_annotations(const void *sample, struct metric_writer *out);
void kube_emit_one(const void *sample, struct metric_writer *out); /* 1, without own labels */

/* The value 1, without own labels. */
void kube_emit_one(const void *sample, struct metric_writer *out);

/* Own labels owner_kind, owner_name, owner_is_controller; one series an owner, one with three empty
 * labels when there is none. */
void kube_emit_owners(const void *sample, struct metric_writer *out);

/* The same without owner_is_controller. */
void kube_emit_owner_names(const void *sample, struct metric_writer *out);

#endif
