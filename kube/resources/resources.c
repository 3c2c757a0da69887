#include "kube/client/json_wanted.h"
#include "kube/object/fields.h"
#include "kube/object/meta.h"

#define RESOURCE(plural) extern const struct kube_resource kube_##plural;
#include "kube/resources/resources.def"
#undef RESOURCE

const struct kube_resource *const kube_resources[] = {
#define RESOURCE(plural) &kube_##plural,
#include "kube/resources/resources.def"
#undef RESOURCE
    NULL,
};

const struct kube_resource *kube_resource_by_plural(struct str plural)
{
    for (const struct kube_resource *const *r = kube_resources; *r; r++) {
        if (str_eq_c(plural, (*r)->plural)) {
            return *r;
        }
    }
    return NULL;
}

const struct kube_resource *kube_resource_by_kind(struct str kind, struct str group)
{
    for (const struct kube_resource *const *r = kube_resources; *r; r++) {
        if (str_eq_c(kind, (*r)->kind) && str_eq_c(group, (*r)->group)) {
            return *r;
        }
    }
    return NULL;
}

static int add_fields(struct json_wanted *wanted, const struct kube_field *fields, size_t n)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = json_wanted_add(wanted, str_of(fields[i].in), str_of(fields[i].key),
                            fields[i].kind != KUBE_FIELD_COUNT);
    }
    return r;
}

struct json_wanted *kube_resource_wanted(const struct kube_resource *resource, bool labels,
                                         bool annotations, const char *const *also)
{
    static const char *const all_labels[] = { "metadata.labels", NULL };
    static const char *const all_annotations[] = { "metadata.annotations", NULL };
    const char *const *const lists[] = {
        kube_meta_reads,
        resource->reads,
        labels || resource->reads_labels ? all_labels : NULL,
        annotations || resource->reads_annotations ? all_annotations : NULL,
        also,
    };
    struct json_wanted *wanted = json_wanted_new();
    int r = wanted ? add_fields(wanted, resource->fields, resource->n_fields) : -ENOMEM;
    for (size_t i = 0; r == 0 && i < KG_ARRAY_LEN(lists); i++) {
        r = json_wanted_add_list(wanted, lists[i]);
    }
    if (r < 0) {
        json_wanted_free(wanted);
        return NULL;
    }
    return wanted;
}

/* The functions that put labels which are in any object's metadata. */
static bool is_common_of_metadata(const struct metric_subject *subject)
{
    return subject->common == kube_common_name || subject->common == kube_common_name_namespace ||
           subject->common == kube_common_namespace_name ||
           subject->common == kube_common_namespace_name_uid;
}

/* ".metadata.labels", but not ".metadata.ownerReferences and .spec.holderIdentity". */
static bool is_source_metadata(struct str source)
{
    bool found = false;
    while (source.n) {
        struct str word = str_cut(&source, ' ');
        if (str_starts(word, STR("."))) {
            if (!str_starts(word, STR(".metadata"))) {
                return false;
            }
            found = true;
        }
    }
    return found;
}

bool kube_resource_needs_metadata_only(const struct kube_resource *resource,
                                       const struct metric_selection *selection)
{
    const struct metric_subject *subject = resource->subject;
    if (!is_common_of_metadata(subject)) {
        return false;
    }
    for (size_t i = 0; i < subject->n_rows; i++) {
        const struct metric_family *row = &subject->rows[i];
        if (metric_selected(selection, row) && !is_source_metadata(str_of(row->source))) {
            return false;
        }
    }
    return true;
}
