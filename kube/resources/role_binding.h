/* role_binding.h — what role bindings and cluster role bindings have in common.
 * Uses: kube/object/meta.  Threads: any.  Owner: kube/resources/rolebindings.c and
 * clusterrolebindings.c; nobody else includes it. */
#ifndef KG_KUBE_ROLE_BINDING_H
#define KG_KUBE_ROLE_BINDING_H

#include "kube/object/meta.h"

struct role_binding_sample {
    struct kube_meta meta; /* first */
    struct str role_kind, role;
};

/* What role_binding_decode looks at beside the metadata, for kube_resource.reads. */
#define ROLE_BINDING_READS "roleRef.kind", "roleRef.name"

/* kube_resource.decode. */
int role_binding_decode(const json_t *object, const struct kube_decode *how, void *sample,
                        struct err *err);

/* Own labels roleref_kind, roleref_name; always one series. */
void role_binding_emit_info(const void *sample, struct metric_writer *out);

#endif
