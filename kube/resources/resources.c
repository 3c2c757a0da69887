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
