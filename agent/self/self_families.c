#include "agent/self/self_families.h"

#include "metrics/writer.h"

#include <sys/utsname.h>

#define NS 1e-9

static void emit_build_info(const void *sample, struct metric_writer *out)
{
    struct utsname machine;
    (void)sample;
    const char *arch = uname(&machine) == 0 ? machine.machine : "";
    metric_put(out, 1, STR(KG_VERSION), STR(__VERSION__), str_of(arch));
}

static void emit_encodings(const void *sample, struct metric_writer *out)
{
    const struct agent_sample *s = sample;
    metric_put(out, (double)s->codings.plain, STR("identity"));
    for (int i = 0; i < PACK_N_CODINGS; i++) {
        metric_put(out, (double)s->codings.packed[i], str_of(pack_name((enum pack_coding)i)));
    }
}

static const struct metric_family agent_rows[] = {
    {
        .name = "kubegauge_build_info",
        .help = "The program's version, the compiler it was built with and the architecture it "
                "runs on; always 1.",
        .source = "the build",
        .type = METRIC_GAUGE,
        .emit = emit_build_info,
        .labels = METRIC_LABELS("version", "compiler", "arch"),
    },
    {
        .name = "kubegauge_ready",
        .help = "Whether every enabled source is complete and fresh, as /readyz tells.",
        .source = "/readyz",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct agent_sample, ready, 0),
    },
    {
        .name = "kubegauge_scrapes_in_progress",
        .help = "Scrapes that are being answered now, the asking one among them.",
        .source = "HTTP loop",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct agent_sample, scrapes_now, 0),
    },
    {
        .name = "kubegauge_scrapes_rejected_total",
        .help = "Scrapes refused with 503, because --max-concurrent-scrapes were under way.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct agent_sample, scrapes_rejected, 0),
    },
    {
        .name = "kubegauge_scrapes_cut_total",
        .help =
            "Scrapes broken off after ten seconds, because more than eight were taken as slowly "
            "as that and each of them kept a replaced state in memory: the oldest ones.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct agent_sample, scrapes_cut, 0),
    },
    {
        .name = "kubegauge_scrapes_by_encoding_total",
        .help = "Scrapes answered in full, by the answer's Content-Encoding.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .emit = emit_encodings,
        .labels = METRIC_LABELS("encoding"),
    },
    {
        .name = "kubegauge_connections",
        .help = "Open HTTP connections.",
        .source = "HTTP loop",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct agent_sample, connections_now, 0),
    },
    {
        .name = "kubegauge_connections_refused_total",
        .help = "Connections closed at once, because too many were open.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = METRIC_FIELD(struct agent_sample, connections_refused, 0),
    },
    {
        .name = "kubegauge_node_reading_duration_seconds",
        .help = "Time that the last reading of the node took, all collectors together.",
        .source = "node loop",
        .type = METRIC_GAUGE,
        .needs = AGENT_READING,
        .field = METRIC_FIELD(struct agent_sample, reading_seconds, 0),
    },
    {
        .name = "kubegauge_node_reading_age_seconds",
        .help = "Time since the last reading of the node began.",
        .source = "node loop",
        .type = METRIC_GAUGE,
        .needs = AGENT_READING,
        .field = METRIC_FIELD(struct agent_sample, reading_age_seconds, 0),
    },
    {
        .name = "kubegauge_node_readings_total",
        .help = "Readings of the node; scrapes that share one count once.",
        .source = "node loop",
        .type = METRIC_COUNTER,
        .needs = AGENT_READING,
        .field = METRIC_FIELD(struct agent_sample, readings, 0),
    },
    {
        .name = "kubegauge_gzip_cache_bytes",
        .help = "Memory that compressed pieces of the objects' metrics take now, of gzip and zstd.",
        .source = "gzip cache",
        .type = METRIC_GAUGE,
        .needs = AGENT_CACHE,
        .field = METRIC_FIELD(struct agent_sample, cache.bytes, 0),
    },
    {
        .name = "kubegauge_gzip_cache_limit_bytes",
        .help = "Memory that they may take, as --web.gzip-cache says.",
        .source = "gzip cache",
        .type = METRIC_GAUGE,
        .needs = AGENT_CACHE,
        .field = METRIC_FIELD(struct agent_sample, cache.max_bytes, 0),
    },
    {
        .name = "kubegauge_gzip_pieces_reused_total",
        .help = "Compressed pieces that were sent again without being compressed again.",
        .source = "gzip cache",
        .type = METRIC_COUNTER,
        .needs = AGENT_CACHE,
        .field = METRIC_FIELD(struct agent_sample, cache.hits, 0),
    },
    {
        .name = "kubegauge_gzip_pieces_made_total",
        .help = "Pieces that were compressed and kept, by gzip or zstd.",
        .source = "gzip cache",
        .type = METRIC_COUNTER,
        .needs = AGENT_CACHE,
        .field = METRIC_FIELD(struct agent_sample, cache.made, 0),
    },
    {
        .name = "kubegauge_gzip_pieces_refused_total",
        .help = "Pieces that were compressed and not kept, because --web.gzip-cache was full.",
        .source = "gzip cache",
        .type = METRIC_COUNTER,
        .needs = AGENT_CACHE,
        .field = METRIC_FIELD(struct agent_sample, cache.refused, 0),
    },
};

const struct metric_subject self_agent_subject = {
    .name = "agent",
    .part = "self",
    .sample_size = sizeof(struct agent_sample),
    .present_at = offsetof(struct agent_sample, present),
    .rows = agent_rows,
    .n_rows = KG_ARRAY_LEN(agent_rows),
};

static void endpoint_common(const void *sample, struct metric_writer *out)
{
    const struct endpoint_sample *s = sample;
    metric_common(out, s->path);
}

#define COUNT(member, factor) METRIC_FIELD(struct endpoint_sample, counts.member, factor)

static const struct metric_family endpoint_rows[] = {
    {
        .name = "kubegauge_scrapes_total",
        .help = "Scrapes answered in full, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = COUNT(scrapes, 0),
    },
    {
        .name = "kubegauge_scrapes_failed_total",
        .help = "Scrapes that broke off or could not be answered, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = COUNT(failed, 0),
    },
    {
        .name = "kubegauge_scrape_seconds_total",
        .help = "Time from request to end of answer of all full scrapes, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = COUNT(duration_ns, NS),
    },
    {
        .name = "kubegauge_scrape_series_total",
        .help = "Series served, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = COUNT(series, 0),
    },
    {
        .name = "kubegauge_scrape_bytes_total",
        .help = "Bytes of exposition before compression, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = COUNT(bytes, 0),
    },
    {
        .name = "kubegauge_scrape_sent_bytes_total",
        .help = "Bytes of exposition as sent, compressed or not, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_COUNTER,
        .field = COUNT(sent_bytes, 0),
    },
    {
        .name = "kubegauge_last_scrape_duration_seconds",
        .help = "Time from request to end of answer of the last full scrape, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_GAUGE,
        .needs = ENDPOINT_SCRAPED,
        .field = COUNT(last_duration_ns, NS),
    },
    {
        .name = "kubegauge_last_scrape_series",
        .help = "Series of the last full scrape, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_GAUGE,
        .needs = ENDPOINT_SCRAPED,
        .field = COUNT(last_series, 0),
    },
    {
        .name = "kubegauge_last_scrape_bytes",
        .help = "Bytes before compression of the last full scrape, by endpoint.",
        .source = "HTTP loop",
        .type = METRIC_GAUGE,
        .needs = ENDPOINT_SCRAPED,
        .field = COUNT(last_bytes, 0),
    },
};

const struct metric_subject self_endpoint_subject = {
    .name = "endpoint",
    .part = "self",
    .sample_size = sizeof(struct endpoint_sample),
    .present_at = offsetof(struct endpoint_sample, present),
    .labels = METRIC_LABELS("endpoint"),
    .common = endpoint_common,
    .rows = endpoint_rows,
    .n_rows = KG_ARRAY_LEN(endpoint_rows),
};

static void collector_common(const void *sample, struct metric_writer *out)
{
    const struct collector_sample *s = sample;
    metric_common(out, s->name);
}

static const struct metric_family collector_rows[] = {
    {
        .name = "kubegauge_collector_success",
        .help = "Whether the collector's last reading succeeded; 0 also where its source is "
                "missing.",
        .source = "node loop",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct collector_sample, success, 0),
    },
    {
        .name = "kubegauge_collector_duration_seconds",
        .help = "Time that the collector's last reading took.",
        .source = "node loop",
        .type = METRIC_GAUGE,
        .needs = COLLECTOR_READ,
        .field = METRIC_FIELD(struct collector_sample, duration_seconds, 0),
    },
};

const struct metric_subject self_collector_subject = {
    .name = "collector",
    .part = "self",
    .sample_size = sizeof(struct collector_sample),
    .present_at = offsetof(struct collector_sample, present),
    .labels = METRIC_LABELS("collector"),
    .common = collector_common,
    .rows = collector_rows,
    .n_rows = KG_ARRAY_LEN(collector_rows),
};

#define PROCESS(member, factor) METRIC_FIELD(struct process_stats, member, factor)

static const struct metric_family process_rows[] = {
    {
        .name = "process_cpu_seconds_total",
        .help = "Processor time of the agent, in user and kernel mode.",
        .source = "/proc/self/stat utime + stime",
        .type = METRIC_COUNTER,
        .needs = PROCESS_CPU,
        .field = PROCESS(cpu_seconds, 0),
    },
    {
        .name = "process_resident_memory_bytes",
        .help = "Memory of the agent that is in RAM.",
        .source = "/proc/self/stat rss",
        .type = METRIC_GAUGE,
        .needs = PROCESS_MEMORY,
        .field = PROCESS(resident_bytes, 0),
    },
    {
        .name = "process_virtual_memory_bytes",
        .help = "Address space that the agent has mapped.",
        .source = "/proc/self/stat vsize",
        .type = METRIC_GAUGE,
        .needs = PROCESS_MEMORY,
        .field = PROCESS(virtual_bytes, 0),
    },
    {
        .name = "process_virtual_memory_max_bytes",
        .help = "Limit on the agent's address space; -1 without one.",
        .source = "getrlimit RLIMIT_AS",
        .type = METRIC_GAUGE,
        .needs = PROCESS_MAX_MEMORY,
        .field = PROCESS(max_virtual_bytes, 0),
    },
    {
        .name = "process_open_fds",
        .help = "Descriptors that the agent has open.",
        .source = "/proc/self/fd",
        .type = METRIC_GAUGE,
        .needs = PROCESS_OPEN_FDS,
        .field = PROCESS(open_fds, 0),
    },
    {
        .name = "process_max_fds",
        .help = "Limit on the agent's open descriptors.",
        .source = "getrlimit RLIMIT_NOFILE",
        .type = METRIC_GAUGE,
        .needs = PROCESS_MAX_FDS,
        .field = PROCESS(max_fds, 0),
    },
    {
        .name = "process_start_time_seconds",
        .help = "When the agent started, in seconds since 1970.",
        .source = "/proc/self/stat starttime, /proc/stat btime",
        .type = METRIC_GAUGE,
        .needs = PROCESS_START,
        .field = PROCESS(start_unix_seconds, 0),
    },
};

const struct metric_subject self_process_subject = {
    .name = "process",
    .part = "self",
    .sample_size = sizeof(struct process_stats),
    .present_at = offsetof(struct process_stats, present),
    .rows = process_rows,
    .n_rows = KG_ARRAY_LEN(process_rows),
};
