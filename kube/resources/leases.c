/* Leases: the kube_lease_* families in the order in which they are served. */
#include "kube/object/fields.h"
#include "kube/object/rows.h"

/* Bits of lease_sample.meta.present. */
enum {
    LEASE_RENEWED = KUBE_PRESENT_OWN,
};

struct lease_sample {
    struct kube_meta meta; /* first */
    struct str holder;
    int64_t renewed_unix_sec;
};

static void emit_owners(const void *sample, struct metric_writer *out)
{
    const struct lease_sample *lease = sample;
    const struct kube_meta *meta = &lease->meta;
    for (size_t i = 0; i < meta->n_owners; i++) {
        metric_put(out, 1, meta->owners[i].kind, meta->owners[i].name, meta->namespace,
                   lease->holder);
    }
    if (meta->n_owners == 0) {
        metric_put(out, 1, STR(""), STR(""), meta->namespace, lease->holder);
    }
}

static void emit_renew_time(const void *sample, struct metric_writer *out)
{
    const struct lease_sample *lease = sample;
    metric_put(out, (double)lease->renewed_unix_sec, lease->meta.namespace);
}

static const struct metric_family lease_rows[] = {
    KUBE_ROW(
        "kube_lease_owner", GAUGE, ALPHA, ".metadata.ownerReferences and .spec.holderIdentity",
        "Owners of the lease, and who holds it; always 1, with empty labels where there is none.",
        .emit = emit_owners,
        .labels = METRIC_LABELS("owner_kind", "owner_name", "namespace", "lease_holder")),
    KUBE_ROW("kube_lease_renew_time", GAUGE, ALPHA, ".spec.renewTime",
             "Unix time at which the holder last renewed the lease.", .needs = LEASE_RENEWED,
             .emit = emit_renew_time, .labels = METRIC_LABELS("namespace")),
};

static const struct metric_subject lease_subject = {
    .name = "leases",
    .part = "state",
    .sample_size = sizeof(struct lease_sample),
    .present_at = offsetof(struct lease_sample, meta.present),
    .labels = METRIC_LABELS("lease"),
    .common = kube_common_name,
    .headers_always = true,
    .rows = lease_rows,
    .n_rows = KG_ARRAY_LEN(lease_rows),
};

static const struct kube_field lease_fields[] = {
    KUBE_TEXT(struct lease_sample, holder, "spec", "holderIdentity"),
    KUBE_TIME(struct lease_sample, renewed_unix_sec, "spec", "renewTime", LEASE_RENEWED),
};

static int lease_decode(const json_t *object, const struct kube_decode *how, void *sample,
                        struct err *err)
{
    int r = kube_meta_decode(object, how, sample, err);
    kube_fields_decode(object, lease_fields, KG_ARRAY_LEN(lease_fields), sample);
    return r;
}

const struct kube_resource kube_leases = {
    .group = "coordination.k8s.io",
    .version = "v1",
    .plural = "leases",
    .kind = "Lease",
    .namespaced = true,
    .on_by_default = true,
    .rank = KUBE_RANK_MANY,
    .subject = &lease_subject,
    .fields = lease_fields,
    .n_fields = KG_ARRAY_LEN(lease_fields),
    .decode = lease_decode,
};
