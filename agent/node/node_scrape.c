#include "agent/node/node_scrape.h"

#include "base/clock.h"
#include "metrics/writer.h"

#include <sys/utsname.h>

struct scrape_sample {
    struct str collector;
    double duration_seconds;
    bool success;
};

static void scrape_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct scrape_sample *)sample)->collector);
}

static const struct metric_family scrape_rows[] = {
    {
        .name = "node_scrape_collector_duration_seconds",
        .help = "Time that the collector's reading took.",
        .source = "the agent",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct scrape_sample, duration_seconds, 0),
    },
    {
        .name = "node_scrape_collector_success",
        .help = "Whether the collector's reading succeeded; 0 also where the machine has no such "
                "source.",
        .source = "the agent",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct scrape_sample, success, 0),
    },
};

static const struct metric_subject scrape_subject = {
    .name = "node_scrape",
    .part = "node",
    .sample_size = sizeof(struct scrape_sample),
    .present_at = METRIC_NO_PRESENCE,
    .labels = METRIC_LABELS("collector"),
    .common = scrape_common,
    .sorted_labels = true,
    .rows = scrape_rows,
    .n_rows = KG_ARRAY_LEN(scrape_rows),
};

struct build_sample {
    struct str arch;
};

static void put_build_info(const void *sample, struct metric_writer *out)
{
    const struct build_sample *b = sample;
    metric_put(out, 1, STR("kubegauge"), b->arch, STR("linux"), STR("none"), STR(""), STR(""),
               STR(KG_VERSION));
}

static const struct metric_family build_rows[] = {
    {
        .name = "node_exporter_build_info",
        .help = "What serves the node_* families: kubegauge of this version.",
        .source = "the agent",
        .type = METRIC_GAUGE,
        .emit = put_build_info,
        .labels =
            METRIC_LABELS("branch", "goarch", "goos", "goversion", "revision", "tags", "version"),
    },
};

static const struct metric_subject build_subject = {
    .name = "node_build",
    .part = "node",
    .sample_size = sizeof(struct build_sample),
    .present_at = METRIC_NO_PRESENCE,
    .sorted_labels = true,
    .rows = build_rows,
    .n_rows = KG_ARRAY_LEN(build_rows),
};

const struct metric_subject *const node_scrape_subjects[] = { &build_subject, &scrape_subject,
                                                              NULL };

/* As Go calls the machine. */
static struct str go_arch(struct arena *mem)
{
    static const char *const names[][2] = {
        { "x86_64", "amd64" }, { "aarch64", "arm64" }, { "i686", "386" },
        { "armv7l", "arm" },   { "armv6l", "arm" },
    };
    struct utsname host;
    struct str text = STR("unknown");
    if (uname(&host) < 0) {
        return text;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(names); i++) {
        if (str_eq_c(str_of(host.machine), names[i][0])) {
            return str_of(names[i][1]);
        }
    }
    return arena_str(mem, str_of(host.machine), &text) < 0 ? STR("unknown") : text;
}

static int add_all(struct metric_sink *sink, const struct node_reading *reading, uint64_t mask)
{
    struct build_sample *build = metric_sink_add(sink, &build_subject, NULL, 0, NULL);
    if (!build) {
        return -ENOMEM;
    }
    build->arch = go_arch(metric_sink_arena(sink));
    for (size_t i = 0; reading && i < reading->n_reports; i++) {
        const struct collector_report *report = &reading->reports[i];
        if (!(mask >> i & 1) || report->state == COLLECTOR_OFF) {
            continue;
        }
        struct scrape_sample *s = metric_sink_add(sink, &scrape_subject, NULL, 0, NULL);
        if (!s) {
            return -ENOMEM;
        }
        *s = (struct scrape_sample){
            .collector = str_of(report->name),
            .duration_seconds = (double)report->duration_ns / (double)CLOCK_NS_PER_SEC,
            .success = report->state == COLLECTOR_OK,
        };
    }
    return 0;
}

struct metric_part *node_scrape_part(struct metric_sink *sink, const struct node_loop *loop,
                                     const struct node_reading *reading, uint64_t mask)
{
    mask &= node_loop_mask_of_parts(loop, 1u << NODE_PART_NODE);
    if (metric_sink_begin(sink, NULL) < 0 || add_all(sink, reading, mask) < 0) {
        return NULL;
    }
    return metric_sink_take(sink, "node", clock_mono_ns(), NULL);
}
