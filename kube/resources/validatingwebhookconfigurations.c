/* Validating webhooks: which services are asked about requests to the API server. */
#include "kube/object/rows.h"
#include "kube/resources/admission.h"

static const struct metric_family validatingwebhookconfiguration_rows[] = {
    KUBE_ROW_ONE("kube_validatingwebhookconfiguration_info", ALPHA,
                 "validating webhook configuration"),
    KUBE_ROW_CREATED("kube_validatingwebhookconfiguration_created", ALPHA,
                     "validating webhook configuration"),
    KUBE_ROW_VERSION("kube_validatingwebhookconfiguration_metadata_resource_version", ALPHA,
                     "validating webhook configuration"),
    KUBE_ROW("kube_validatingwebhookconfiguration_webhook_clientconfig_service", GAUGE, ALPHA,
             ".webhooks[]", "Service that a webhook asks, empty when it asks a URL; always 1.",
             .emit = admission_webhooks_emit_services,
             .labels = METRIC_LABELS("webhook_name", "service_name", "service_namespace")),
};

static const struct metric_subject validatingwebhookconfiguration_subject = {
    .name = "validatingwebhookconfigurations",
    .part = "state",
    .sample_size = sizeof(struct admission_webhooks),
    .present_at = offsetof(struct admission_webhooks, meta.present),
    .labels = METRIC_LABELS("namespace", "validatingwebhookconfiguration"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = validatingwebhookconfiguration_rows,
    .n_rows = KG_ARRAY_LEN(validatingwebhookconfiguration_rows),
};

const struct kube_resource kube_validatingwebhookconfigurations = {
    .group = "admissionregistration.k8s.io",
    .version = "v1",
    .plural = "validatingwebhookconfigurations",
    .kind = "ValidatingWebhookConfiguration",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &validatingwebhookconfiguration_subject,
    .reads = KUBE_READS(ADMISSION_WEBHOOKS_READS),
    .decode = admission_webhooks_decode,
};
