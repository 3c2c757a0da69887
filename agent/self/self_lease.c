#include "agent/self/self_families.h"
#include "metrics/writer.h"

static void lease_common(const void *sample, struct metric_writer *out)
{
    const struct lease_sample *s = sample;
    metric_common(out, str_of(s->lease.name));
}

static const struct metric_family lease_rows[] = {
    {
        .name = "kubegauge_leader",
        .help = "Whether this replica leads, and serves the state of objects: 1, or 0 while it "
                "stands by.",
        .source = "Lease",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct lease_sample, lease.leads, 0),
    },
    {
        .name = "kubegauge_lease_acquisitions_total",
        .help = "Times that this process took the lease.",
        .source = "Lease",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct lease_sample, lease.taken, 0),
    },
    {
        .name = "kubegauge_lease_request_failures_total",
        .help = "Requests about the lease that the API server did not answer or refused; not those "
                "that another replica was ahead of.",
        .source = "Lease",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct lease_sample, lease.failures, 0),
    },
    {
        .name = "kubegauge_lease_renewal_age_seconds",
        .help = "Time since this replica last renewed the lease; only while it leads.",
        .source = "Lease",
        .type = METRIC_GAUGE,
        .needs = LEASE_RENEWED,
        .field = METRIC_FIELD(struct lease_sample, renewed_seconds, 0),
    },
};

const struct metric_subject self_lease_subject = {
    .name = "lease",
    .part = "self",
    .sample_size = sizeof(struct lease_sample),
    .present_at = offsetof(struct lease_sample, present),
    .labels = METRIC_LABELS("lease"),
    .common = lease_common,
    .rows = lease_rows,
    .n_rows = KG_ARRAY_LEN(lease_rows),
};
