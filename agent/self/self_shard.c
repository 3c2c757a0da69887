/* The table of what is told about the agent's share, where there are shards. */
#include "agent/self/self_families.h"
#include "metrics/writer.h"

static void emit_phase(const void *sample, struct metric_writer *out)
{
    const struct shard_sample *s = sample;
    metric_put(out, 1, str_of(s->report.phase));
}

#define REPORT(member) METRIC_FIELD(struct shard_sample, report.member, 0)

static const struct metric_family shard_rows[] = {
    {
        .name = "kubegauge_shard_ordinal",
        .help = "Number of this shard, from 0.",
        .source = "--shard, or the pod's ordinal",
        .type = METRIC_GAUGE,
        .field = REPORT(index),
    },
    {
        .name = "kubegauge_total_shards",
        .help = "Number of shards by which the objects that are served here are divided.",
        .source = "--total-shards, or what the shards agreed on",
        .type = METRIC_GAUGE,
        .field = REPORT(total),
    },
    {
        .name = "kubegauge_shards_wanted",
        .help = "Replicas of the StatefulSet; another number than kubegauge_total_shards while "
                "objects are handed over.",
        .source = "StatefulSet",
        .type = METRIC_GAUGE,
        .needs = SHARD_AUTOMATIC,
        .field = REPORT(wanted),
    },
    {
        .name = "kubegauge_shard_shares",
        .help = "Shares that are served: 1, or 2 while a neighbour's pod is replaced; 0 until the "
                "shard has taken over its own.",
        .source = "the shards' agreement",
        .type = METRIC_GAUGE,
        .needs = SHARD_AUTOMATIC,
        .field = REPORT(shares),
    },
    {
        .name = "kubegauge_shard_agreed",
        .help = "Whether the Lease by which shards agree may be used; without it objects can be "
                "missing or be there twice for some seconds when shards are scaled.",
        .source = "Lease",
        .type = METRIC_GAUGE,
        .needs = SHARD_AUTOMATIC,
        .field = REPORT(is_agreed),
    },
    {
        .name = "kubegauge_shard_epoch",
        .help = "Counts the numbers of shards that the StatefulSet has had.",
        .source = "Lease",
        .type = METRIC_GAUGE,
        .needs = SHARD_AUTOMATIC,
        .field = REPORT(epoch),
    },
    {
        .name = "kubegauge_shard_phase",
        .help =
            "What the shard does: settled; preparing or warm (its new share is being listed, or "
            "waits for others'); losing (waits until scrapers have seen that objects went); "
            "gaining (waits for those who lose); left; unknown.",
        .source = "the shards' agreement",
        .type = METRIC_GAUGE,
        .needs = SHARD_AUTOMATIC,
        .emit = emit_phase,
        .labels = METRIC_LABELS("phase"),
    },
};

const struct metric_subject self_shard_subject = {
    .name = "shard",
    .part = "self",
    .sample_size = sizeof(struct shard_sample),
    .present_at = offsetof(struct shard_sample, present),
    .rows = shard_rows,
    .n_rows = KG_ARRAY_LEN(shard_rows),
};
