/* Certificate signing requests: what was decided about them. */
#include "base/base64.h"
#include "kube/object/condition.h"
#include "kube/object/json_get.h"
#include "kube/object/rows.h"

struct csr_sample {
    struct kube_meta meta; /* first */
    struct str signer;
    int64_t certificate_bytes;
    struct kube_conditions conditions;
};

static void csr_common(const void *sample, struct metric_writer *out)
{
    const struct csr_sample *request = sample;
    metric_common(out, request->meta.name);
    metric_common(out, request->signer);
}

/* A condition of these types counts whatever its status says: it is only ever set. */
static void emit_conditions(const void *sample, struct metric_writer *out)
{
    static const struct {
        struct str type, label;
    } decisions[] = {
        { STR_INIT("Approved"), STR_INIT("approved") },
        { STR_INIT("Denied"), STR_INIT("denied") },
        { STR_INIT("Failed"), STR_INIT("failed") },
    };
    const struct csr_sample *request = sample;
    for (size_t i = 0; i < KG_ARRAY_LEN(decisions); i++) {
        size_t n = 0;
        for (size_t k = 0; k < request->conditions.n; k++) {
            n += str_eq(request->conditions.items[k].type, decisions[i].type);
        }
        metric_put(out, (double)n, decisions[i].label);
    }
}

static const struct metric_family csr_rows[] = {
    KUBE_ROW_ANNOTATIONS("kube_certificatesigningrequest_annotations", ALPHA, "signing request"),
    KUBE_ROW_LABELS("kube_certificatesigningrequest_labels", STABLE, "signing request"),
    KUBE_ROW_CREATED("kube_certificatesigningrequest_created", STABLE, "signing request"),
    KUBE_ROW("kube_certificatesigningrequest_condition", GAUGE, STABLE, ".status.conditions[].type",
             "How many conditions say that the request was approved, was denied or failed.",
             .emit = emit_conditions, .labels = METRIC_LABELS("condition")),
    KUBE_ROW("kube_certificatesigningrequest_cert_length", GAUGE, STABLE, ".status.certificate",
             "Bytes of the certificate that was made; 0 when there is none.",
             .field = METRIC_FIELD(struct csr_sample, certificate_bytes, 1)),
};

static const struct metric_subject csr_subject = {
    .name = "certificatesigningrequests",
    .part = "state",
    .sample_size = sizeof(struct csr_sample),
    .present_at = offsetof(struct csr_sample, meta.present),
    .labels = METRIC_LABELS("certificatesigningrequest", "signer_name"),
    .common = csr_common,
    .headers_always = true,
    .rows = csr_rows,
    .n_rows = KG_ARRAY_LEN(csr_rows),
};

/* The bytes that base64 text stands for; 0 when it is none. */
static int certificate_decode(struct str text, int64_t *ret, struct err *err)
{
    auto_buf struct buf bytes = BUF_INIT(text.n + 1);
    int r = base64_decode(text, &bytes);
    if (r == -ENOMEM) {
        return err_set(err, ENOMEM, "no memory for the decoded object");
    }
    *ret = r < 0 ? 0 : (int64_t)bytes.n;
    return 0;
}

static int csr_decode(const json_t *object, const struct kube_decode *how, void *sample,
                      struct err *err)
{
    struct csr_sample *request = sample;
    const json_t *status = json_get_object(object, "status");
    request->signer = json_get_str(json_get_object(object, "spec"), "signerName");
    int r = kube_meta_decode(object, how, &request->meta, err);
    if (r >= 0) {
        r = certificate_decode(json_get_str(status, "certificate"), &request->certificate_bytes,
                               err);
    }
    if (r >= 0) {
        r = kube_conditions_decode(json_get_array(status, "conditions"), how, &request->conditions,
                                   err);
    }
    return r;
}

const struct kube_resource kube_certificatesigningrequests = {
    .group = "certificates.k8s.io",
    .version = "v1",
    .plural = "certificatesigningrequests",
    .kind = "CertificateSigningRequest",
    .namespaced = false,
    .on_by_default = true,
    .rank = KUBE_RANK_NETWORK,
    .subject = &csr_subject,
    .reads = KUBE_READS("spec.signerName", "status.certificate",
                        KUBE_CONDITION_READS("status.conditions")),
    .decode = csr_decode,
};
