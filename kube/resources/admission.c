#include "kube/resources/admission.h"

#include "kube/object/fields.h"
#include "kube/object/json_get.h"

static const struct kube_field policy_fields[] = {
    KUBE_TEXT(struct admission_policy, failure_policy, "spec", "failurePolicy"),
    KUBE_TEXT(struct admission_policy, reinvocation_policy, "spec", "reinvocationPolicy"),
};

int admission_policy_decode(const json_t *object, const struct kube_decode *how, void *sample,
                            struct err *err)
{
    struct admission_policy *policy = sample;
    const json_t *param = json_get_object(json_get_object(object, "spec"), "paramKind");
    int r = kube_meta_decode(object, how, &policy->meta, err);
    kube_fields_decode(object, policy_fields, KG_ARRAY_LEN(policy_fields), policy);
    policy->param_api_version = json_get_str(param, "apiVersion");
    policy->param_kind = json_get_str(param, "kind");
    return r;
}

int admission_binding_decode(const json_t *object, const struct kube_decode *how, void *sample,
                             struct err *err)
{
    struct admission_binding *binding = sample;
    const json_t *spec = json_get_object(object, "spec");
    const json_t *param = json_get_object(spec, "paramRef");
    binding->policy = json_get_str(spec, "policyName");
    binding->param = json_get_str(param, "name");
    binding->param_namespace = json_get_str(param, "namespace");
    binding->param_not_found_action = json_get_str(param, "parameterNotFoundAction");
    int r = kube_meta_decode(object, how, &binding->meta, err);
    return r < 0 ? r
                 : text_rows_of_array(json_get_array(spec, "validationActions"), NULL, how,
                                      &binding->actions, err);
}

int admission_webhooks_decode(const json_t *object, const struct kube_decode *how, void *sample,
                              struct err *err)
{
    struct admission_webhooks *webhooks = sample;
    const json_t *array = json_get_array(object, "webhooks"), *webhook;
    size_t i;
    int r = kube_meta_decode(object, how, &webhooks->meta, err);
    if (r >= 0) {
        r = text_rows_init(&webhooks->services, json_array_size(array), 3, how, err);
    }
    if (r < 0) {
        return r;
    }
    json_array_foreach (array, i, webhook) {
        const json_t *service =
            json_get_object(json_get_object(webhook, "clientConfig"), "service");
        if (json_is_object(webhook)) {
            text_rows_add(&webhooks->services, json_get_str(webhook, "name"),
                          json_get_str(service, "name"), json_get_str(service, "namespace"));
        }
    }
    return text_rows_unique(&webhooks->services, how, err);
}

void admission_binding_emit_info(const void *sample, struct metric_writer *out)
{
    const struct admission_binding *binding = sample;
    metric_put(out, 1, binding->policy, binding->param, binding->param_namespace,
               binding->param_not_found_action);
}

void admission_webhooks_emit_services(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct admission_webhooks *)sample)->services, out);
}
