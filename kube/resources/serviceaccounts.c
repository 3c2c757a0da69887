/* Service accounts and the secrets that belong to them. */
#include "kube/object/json_get.h"
#include "kube/object/rows.h"
#include "kube/object/text_rows.h"

struct serviceaccount_sample {
    struct kube_meta meta; /* first */
    struct str automount;
    struct text_rows secrets, pull_secrets; /* name */
};

static void emit_info(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct serviceaccount_sample *)sample)->automount);
}

static void emit_secrets(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct serviceaccount_sample *)sample)->secrets, out);
}

static void emit_pull_secrets(const void *sample, struct metric_writer *out)
{
    text_rows_put(&((const struct serviceaccount_sample *)sample)->pull_secrets, out);
}

static const struct metric_family serviceaccount_rows[] = {
    KUBE_ROW("kube_serviceaccount_info", GAUGE, ALPHA, ".automountServiceAccountToken",
             "Whether pods get the account's token mounted unasked; always 1.", .emit = emit_info,
             .labels = METRIC_LABELS("automount_token")),
    KUBE_ROW_CREATED("kube_serviceaccount_created", ALPHA, "service account"),
    KUBE_ROW_DELETED("kube_serviceaccount_deleted", ALPHA, "service account"),
    KUBE_ROW("kube_serviceaccount_secret", GAUGE, ALPHA, ".secrets[].name",
             "Secret that pods of the account may use; always 1.", .emit = emit_secrets,
             .labels = METRIC_LABELS("name")),
    KUBE_ROW("kube_serviceaccount_image_pull_secret", GAUGE, ALPHA, ".imagePullSecrets[].name",
             "Secret with which images are pulled for pods of the account; always 1.",
             .emit = emit_pull_secrets, .labels = METRIC_LABELS("name")),
    KUBE_ROW_ANNOTATIONS("kube_serviceaccount_annotations", ALPHA, "service account"),
    KUBE_ROW_LABELS("kube_serviceaccount_labels", ALPHA, "service account"),
};

static const struct metric_subject serviceaccount_subject = {
    .name = "serviceaccounts",
    .part = "state",
    .sample_size = sizeof(struct serviceaccount_sample),
    .present_at = offsetof(struct serviceaccount_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "serviceaccount", "uid"),
    .common = kube_common_namespace_name_uid,
    .headers_always = true,
    .rows = serviceaccount_rows,
    .n_rows = KG_ARRAY_LEN(serviceaccount_rows),
};

static int serviceaccount_decode(const json_t *object, const struct kube_decode *how, void *sample,
                                 struct err *err)
{
    struct serviceaccount_sample *account = sample;
    account->automount = json_get_bool_text(object, "automountServiceAccountToken");
    int r = kube_meta_decode(object, how, &account->meta, err);
    if (r >= 0) {
        r = text_rows_of_array(json_get_array(object, "secrets"), "name", how, &account->secrets,
                               err);
    }
    if (r >= 0) {
        r = text_rows_of_array(json_get_array(object, "imagePullSecrets"), "name", how,
                               &account->pull_secrets, err);
    }
    return r;
}

const struct kube_resource kube_serviceaccounts = {
    .group = "",
    .version = "v1",
    .plural = "serviceaccounts",
    .kind = "ServiceAccount",
    .namespaced = true,
    .on_by_default = false,
    .rank = KUBE_RANK_MANY,
    .subject = &serviceaccount_subject,
    .reads = KUBE_READS("automountServiceAccountToken", "imagePullSecrets.name", "secrets.name"),
    .decode = serviceaccount_decode,
};
