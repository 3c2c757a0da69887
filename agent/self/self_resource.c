/* The tables of what is told about each watched resource, and each group of families. */
#include "agent/self/self_families.h"
#include "metrics/writer.h"

static void resource_common(const void *sample, struct metric_writer *out)
{
    const struct resource_sample *s = sample;
    metric_common(out, s->name);
}

static void emit_lists(const void *sample, struct metric_writer *out)
{
    const struct resource_sample *s = sample;
    metric_put(out, (double)s->report.list_success, STR("success"));
    metric_put(out, (double)s->report.list_error, STR("error"));
}

static void emit_watches(const void *sample, struct metric_writer *out)
{
    const struct resource_sample *s = sample;
    metric_put(out, (double)s->report.watch_success, STR("success"));
    metric_put(out, (double)s->report.watch_error, STR("error"));
}

static void emit_dropped(const void *sample, struct metric_writer *out)
{
    const struct resource_sample *s = sample;
    metric_put(out, (double)s->report.decode_errors, STR("decode"));
    metric_put(out, (double)s->report.oversize_objects, STR("oversize"));
    metric_put(out, (double)s->report.dropped_objects, STR("limit"));
}

#define REPORT(member) METRIC_FIELD(struct resource_sample, report.member, 0)

static const struct metric_family resource_rows[] = {
    {
        .name = "kubegauge_shard_foreign_objects_total",
        .help =
            "Objects of other shards that the API server sent and that were dropped unparsed, in "
            "lists and changes.",
        .source = "watch",
        .type = METRIC_COUNTER,
        .field = REPORT(foreign_objects),
    },
    {
        .name = "kubegauge_shard_by_server",
        .help = "With --shard-mode=server: whether the API server is known to send the share only.",
        .source = "shardInfo of the list, or what came",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_SHARDED_AT_SERVER,
        .field = METRIC_FIELD(struct resource_sample, divided_by_server, 0),
    },
    {
        .name = "kubegauge_watch_synced",
        .help = "Whether a whole list of the resource was received since the start.",
        .source = "watch",
        .type = METRIC_GAUGE,
        .field = REPORT(synced),
    },
    {
        .name = "kubegauge_resource_available",
        .help =
            "Whether the API server has the resource and lets it be listed; 0 when the last list "
            "was answered with 403, 404 or 405.",
        .source = "watch",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct resource_sample, available, 0),
    },
    {
        .name = "kubegauge_watch_connected",
        .help = "Whether a list or watch of the resource is under way.",
        .source = "watch",
        .type = METRIC_GAUGE,
        .field = REPORT(connected),
    },
    {
        .name = "kubegauge_watch_age_seconds",
        .help = "How long the resource's data may have been out of date; 0 while its watch is "
                "well.",
        .source = "watch",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_SYNCED,
        .field = METRIC_FIELD(struct resource_sample, age_seconds, 0),
    },
    {
        .name = "kubegauge_watch_last_contact_seconds",
        .help = "Time since the API server was last heard of for this resource; a quiet watch "
                "hears of it about once a minute.",
        .source = "watch",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_HEARD,
        .field = METRIC_FIELD(struct resource_sample, contact_seconds, 0),
    },
    {
        .name = "kubegauge_list_total",
        .help = "Lists of the resource, by how they ended.",
        .source = "watch",
        .type = METRIC_COUNTER,
        .emit = emit_lists,
        .labels = METRIC_LABELS("result"),
    },
    {
        .name = "kubegauge_watch_total",
        .help = "Watches of the resource, by how they ended.",
        .source = "watch",
        .type = METRIC_COUNTER,
        .emit = emit_watches,
        .labels = METRIC_LABELS("result"),
    },
    {
        .name = "kubegauge_watch_events_total",
        .help = "Objects and bookmarks received.",
        .source = "watch",
        .type = METRIC_COUNTER,
        .field = REPORT(events),
    },
    {
        .name = "kubegauge_relists_total",
        .help = "Times that the whole resource was listed again.",
        .source = "watch",
        .type = METRIC_COUNTER,
        .field = REPORT(relists),
    },
    {
        .name = "kubegauge_dropped_objects_total",
        .help = "Objects that were received and are not served, by reason: not decodable, larger "
                "than the maximum, or beyond a limit of the store.",
        .source = "watch, store",
        .type = METRIC_COUNTER,
        .emit = emit_dropped,
        .labels = METRIC_LABELS("reason"),
    },
    {
        .name = "kubegauge_resource_left_out",
        .help =
            "1 while none of the resource's objects is served because the budget (--max-objects, "
            "--max-series, --max-bytes) has no room for all of them, else 0.",
        .source = "budget",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_BUDGETED,
        .field = REPORT(left_out),
    },
    {
        .name = "kubegauge_resource_left_out_objects",
        .help = "Objects that are left out, as far as they have been counted.",
        .source = "budget",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_BUDGETED,
        .field = REPORT(left_out_objects),
    },
    {
        .name = "kubegauge_resource_sheddings_total",
        .help = "Times that the budget had the resource left out.",
        .source = "budget",
        .type = METRIC_COUNTER,
        .needs = RESOURCE_BUDGETED,
        .field = REPORT(left_out_total),
    },
    {
        .name = "kubegauge_objects",
        .help = "Objects of the resource that are served.",
        .source = "store",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_STORED,
        .field = METRIC_FIELD(struct resource_sample, report.n_objects, 0),
    },
    {
        .name = "kubegauge_series",
        .help = "Series that these objects yield.",
        .source = "store",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_STORED,
        .field = METRIC_FIELD(struct resource_sample, report.n_series, 0),
    },
    {
        .name = "kubegauge_store_bytes",
        .help = "Memory that these objects take.",
        .source = "store",
        .type = METRIC_GAUGE,
        .needs = RESOURCE_STORED,
        .field = METRIC_FIELD(struct resource_sample, report.n_bytes, 0),
    },
};

const struct metric_subject self_resource_subject = {
    .name = "resource",
    .part = "self",
    .sample_size = sizeof(struct resource_sample),
    .present_at = offsetof(struct resource_sample, present),
    .labels = METRIC_LABELS("resource"),
    .common = resource_common,
    .rows = resource_rows,
    .n_rows = KG_ARRAY_LEN(resource_rows),
};

static void group_common(const void *sample, struct metric_writer *out)
{
    const struct group_sample *s = sample;
    metric_common(out, s->name);
}

static const struct metric_family group_rows[] = {
    {
        .name = "kubegauge_group_series",
        .help = "Series that the endpoint /metrics/GROUP has, by the last reading or state.",
        .source = "node loop, store",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct group_sample, series, 0),
    },
    {
        .name = "kubegauge_group_objects",
        .help = "Objects (containers, pods, devices …) that these series describe.",
        .source = "node loop, store",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct group_sample, objects, 0),
    },
    {
        .name = "kubegauge_group_bytes",
        .help = "Memory that they take; the groups of one reading of the node share it.",
        .source = "node loop, store",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct group_sample, bytes, 0),
    },
};

const struct metric_subject self_group_subject = {
    .name = "group",
    .part = "self",
    .sample_size = sizeof(struct group_sample),
    .present_at = METRIC_NO_PRESENCE,
    .labels = METRIC_LABELS("group"),
    .common = group_common,
    .rows = group_rows,
    .n_rows = KG_ARRAY_LEN(group_rows),
};
