/* admission.h — what the mutating and the validating kinds of admission control have in common.
 * Uses: kube/object/meta, kube/object/text_rows.  Threads: any.  Owner: the six files of those
 * kinds (kube/resources/mutating*.c, validating*.c); nobody else includes it.
 *
 * The kinds are of the whole cluster; their series have a namespace label all the same, as KSM's.
 */
#ifndef KG_KUBE_ADMISSION_H
#define KG_KUBE_ADMISSION_H

#include "kube/object/text_rows.h"

struct admission_policy {
    struct kube_meta meta; /* first */
    struct str param_api_version, param_kind, failure_policy, reinvocation_policy;
};

struct admission_binding {
    struct kube_meta meta; /* first */
    struct str policy, param, param_namespace, param_not_found_action;
    struct text_rows actions; /* spec.validationActions */
};

struct admission_webhooks {
    struct kube_meta meta;     /* first */
    struct text_rows services; /* webhook, service, namespace of the service */
};

/* What the functions below look at beside the metadata, for kube_resource.reads. */
#define ADMISSION_POLICY_READS                                                                     \
    "spec.failurePolicy", "spec.paramKind.apiVersion", "spec.paramKind.kind",                      \
        "spec.reinvocationPolicy"
#define ADMISSION_BINDING_READS                                                                    \
    "spec.paramRef.name", "spec.paramRef.namespace", "spec.paramRef.parameterNotFoundAction",      \
        "spec.policyName", "spec.validationActions"
#define ADMISSION_WEBHOOKS_READS                                                                   \
    "webhooks.clientConfig.service.name", "webhooks.clientConfig.service.namespace", "webhooks.name"

/* kube_resource.decode of both kinds of policies, of bindings, of webhook configurations. */
int admission_policy_decode(const json_t *object, const struct kube_decode *how, void *sample,
                            struct err *err);
int admission_binding_decode(const json_t *object, const struct kube_decode *how, void *sample,
                             struct err *err);
int admission_webhooks_decode(const json_t *object, const struct kube_decode *how, void *sample,
                              struct err *err);

/* Own labels policy_name, param_name, param_namespace, param_not_found_action; one series. */
void admission_binding_emit_info(const void *sample, struct metric_writer *out);

/* Own labels webhook_name, service_name, service_namespace; one series a webhook. */
void admission_webhooks_emit_services(const void *sample, struct metric_writer *out);

#endif
