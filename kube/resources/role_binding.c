#include "kube/resources/role_binding.h"

#include "kube/object/fields.h"

static const struct kube_field fields[] = {
    KUBE_TEXT(struct role_binding_sample, role_kind, "roleRef", "kind"),
    KUBE_TEXT(struct role_binding_sample, role, "roleRef", "name"),
};

int role_binding_decode(const json_t *object, const struct kube_decode *how, void *sample,
                        struct err *err)
{
    struct role_binding_sample *binding = sample;
    int r = kube_meta_decode(object, how, &binding->meta, err);
    kube_fields_decode(object, fields, KG_ARRAY_LEN(fields), binding);
    return r;
}

void role_binding_emit_info(const void *sample, struct metric_writer *out)
{
    const struct role_binding_sample *binding = sample;
    metric_put(out, 1, binding->role_kind, binding->role);
}
