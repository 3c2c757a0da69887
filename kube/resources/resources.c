#include "kube/object/meta.h"
#include "kube/resources/resource.h"

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
