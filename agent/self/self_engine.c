#include "agent/self/self_families.h"
#include "metrics/writer.h"

static void engine_common(const void *sample, struct metric_writer *out)
{
    const struct engine_sample *s = sample;
    metric_common(out, str_of(s->engine.name));
}

static const struct metric_family engine_rows[] = {
    {
        .name = "kubegauge_engine_up",
        .help = "Whether the container engine answers: 1, or 0 while containers that are new have "
                "their ids for names.",
        .source = "GET /containers/json",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct engine_sample, engine.up, 0),
    },
    {
        .name = "kubegauge_engine_containers",
        .help = "Running containers by the engine's last answer.",
        .source = "GET /containers/json",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct engine_sample, engine.containers, 0),
    },
    {
        .name = "kubegauge_engine_dropped_containers",
        .help = "Containers of the engine's last answer beyond the maximum, which have their ids "
                "for names.",
        .source = "GET /containers/json",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct engine_sample, engine.dropped, 0),
    },
    {
        .name = "kubegauge_engine_request_failures_total",
        .help = "Requests that the container engine did not answer as it should.",
        .source = "the agent",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct engine_sample, engine.failures, 0),
    },
};

const struct metric_subject self_engine_subject = {
    .name = "engine",
    .part = "self",
    .sample_size = sizeof(struct engine_sample),
    .present_at = METRIC_NO_PRESENCE,
    .labels = METRIC_LABELS("engine"),
    .common = engine_common,
    .rows = engine_rows,
    .n_rows = KG_ARRAY_LEN(engine_rows),
};
