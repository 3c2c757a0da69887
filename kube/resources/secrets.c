/* Secrets: their type; what they hold is not looked at. */
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

struct secret_sample {
    struct kube_meta meta; /* first */
    struct str type;
};

static void emit_type(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct secret_sample *)sample)->type);
}

static const struct metric_family secret_rows[] = {
    KUBE_ROW_ONE("kube_secret_info", STABLE, "secret"),
    KUBE_ROW("kube_secret_type", GAUGE, STABLE, ".type",
             "What kind of data the secret is to hold; always 1.", .emit = emit_type,
             .labels = METRIC_LABELS("type")),
    KUBE_ROW_ANNOTATIONS("kube_secret_annotations", ALPHA, "secret"),
    KUBE_ROW_LABELS("kube_secret_labels", STABLE, "secret"),
    KUBE_ROW_CREATED("kube_secret_created", STABLE, "secret"),
    KUBE_ROW_VERSION("kube_secret_metadata_resource_version", ALPHA, "secret"),
    KUBE_ROW_OWNER("kube_secret_owner", ALPHA, "secret"),
};

static const struct metric_subject secret_subject = {
    .name = "secrets",
    .part = "state",
    .sample_size = sizeof(struct secret_sample),
    .present_at = offsetof(struct secret_sample, meta.present),
    .labels = METRIC_LABELS("namespace", "secret"),
    .common = kube_common_namespace_name,
    .headers_always = true,
    .rows = secret_rows,
    .n_rows = KG_ARRAY_LEN(secret_rows),
};

static int secret_decode(const json_t *object, const struct kube_decode *how, void *sample,
                         struct err *err)
{
    struct secret_sample *secret = sample;
    secret->type = json_get_str(object, "type");
    return kube_meta_decode(object, how, &secret->meta, err);
}

const struct kube_resource kube_secrets = {
    .group = "",
    .version = "v1",
    .plural = "secrets",
    .kind = "Secret",
    .namespaced = true,
    .on_by_default = false, /* an agent that reads all secrets is a key to all of them */
    .rank = KUBE_RANK_MANY,
    .subject = &secret_subject,
    .reads = KUBE_READS("type"),
    .decode = secret_decode,
};
