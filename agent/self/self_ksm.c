/* What kube-state-metrics tells of itself, under its names, for dashboards and alerts that ask; and
 * the files that are read again. Only role cluster has them. */
#include "agent/self/self_families.h"
#include "base/num.h"
#include "metrics/writer.h"

#include <sys/utsname.h>

/* Go's name of the machine, as far as it is built for it. */
static struct str go_arch(const struct utsname *machine)
{
    if (str_eq_c(STR("x86_64"), machine->machine)) {
        return STR("amd64");
    }
    return str_eq_c(STR("aarch64"), machine->machine) ? STR("arm64") : str_of(machine->machine);
}

static void emit_build_info(const void *sample, struct metric_writer *out)
{
    struct utsname machine = { 0 };
    (void)sample;
    (void)uname(&machine);
    metric_put(out, 1, STR(""), go_arch(&machine), STR("linux"), STR(""), STR(""), STR(""),
               STR(KG_VERSION));
}

static void emit_shard(const void *sample, struct metric_writer *out)
{
    const struct ksm_sample *s = sample;
    char text[NUM_TEXT_MAX];
    struct str ordinal = { text, num_format_u64(text, s->shard) };
    metric_put(out, s->shard, ordinal);
}

static const struct metric_family ksm_rows[] = {
    {
        .name = "kube_state_metrics_build_info",
        .help = "The version of kubegauge; labels that only a Go program has are empty. Always 1.",
        .source = "the build",
        .type = METRIC_GAUGE,
        .emit = emit_build_info,
        .labels =
            METRIC_LABELS("branch", "goarch", "goos", "goversion", "revision", "tags", "version"),
    },
    {
        .name = "kube_state_metrics_shard_ordinal",
        .help = "Which share of all objects is served, from 0.",
        .source = "--shard, StatefulSet",
        .type = METRIC_GAUGE,
        .emit = emit_shard,
        .labels = METRIC_LABELS("shard_ordinal"),
    },
    {
        .name = "kube_state_metrics_total_shards",
        .help = "How many shares there are; 1 without sharding.",
        .source = "--total-shards, StatefulSet",
        .type = METRIC_GAUGE,
        .field = METRIC_FIELD(struct ksm_sample, total_shards, 0),
    },
};

const struct metric_subject self_ksm_subject = {
    .name = "kube-state-metrics",
    .part = "self",
    .sample_size = sizeof(struct ksm_sample),
    .present_at = METRIC_NO_PRESENCE,
    .rows = ksm_rows,
    .n_rows = KG_ARRAY_LEN(ksm_rows),
};

static void resource_common(const void *sample, struct metric_writer *out)
{
    const struct ksm_resource_sample *s = sample;
    metric_common(out, str_of(s->go_type));
}

static void emit_lists(const void *sample, struct metric_writer *out)
{
    const struct ksm_resource_sample *s = sample;
    metric_put(out, (double)s->report.list_success, STR("success"));
    metric_put(out, (double)s->report.list_error, STR("error"));
}

static void emit_watches(const void *sample, struct metric_writer *out)
{
    const struct ksm_resource_sample *s = sample;
    metric_put(out, (double)s->report.watch_success, STR("success"));
    metric_put(out, (double)s->report.watch_error, STR("error"));
}

static const struct metric_family resource_rows[] = {
    {
        .name = "kube_state_metrics_list_total",
        .help = "Lists of the resource, by how they ended; it is named by its type in Go.",
        .source = "watch",
        .type = METRIC_COUNTER,
        .emit = emit_lists,
        .labels = METRIC_LABELS("result"),
    },
    {
        .name = "kube_state_metrics_watch_total",
        .help = "Watches of the resource, by how they ended; it is named by its type in Go.",
        .source = "watch",
        .type = METRIC_COUNTER,
        .emit = emit_watches,
        .labels = METRIC_LABELS("result"),
    },
    {
        .name = "kube_state_metrics_list_objects",
        .help = "Objects of the resource that are served; only with --object-limit.",
        .source = "store",
        .type = METRIC_GAUGE,
        .needs = KSM_LIMITED,
        .field = METRIC_FIELD(struct ksm_resource_sample, report.n_objects, 0),
    },
    {
        .name = "kube_state_metrics_list_objects_limit",
        .help = "The value of --object-limit; only with it.",
        .source = "--object-limit",
        .type = METRIC_GAUGE,
        .needs = KSM_LIMITED,
        .field = METRIC_FIELD(struct ksm_resource_sample, limit, 0),
    },
};

const struct metric_subject self_ksm_resource_subject = {
    .name = "kube-state-metrics, resources",
    .part = "self",
    .sample_size = sizeof(struct ksm_resource_sample),
    .present_at = offsetof(struct ksm_resource_sample, present),
    .labels = METRIC_LABELS("resource"),
    .common = resource_common,
    .rows = resource_rows,
    .n_rows = KG_ARRAY_LEN(resource_rows),
};

static void file_common(const void *sample, struct metric_writer *out)
{
    const struct file_sample *s = sample;
    metric_common(out, str_of(s->file.type));
    metric_common(out, str_of(s->file.path));
}

#define FILE_ROW(family, text, member)                                                             \
    {                                                                                              \
        .name = (family), .help = (text), .source = "file", .type = METRIC_GAUGE,                  \
        .field = METRIC_FIELD(struct file_sample, file.member, 0)                                  \
    }

static const struct metric_family file_rows[] = {
    FILE_ROW("kubegauge_config_last_reload_successful",
             "Whether the file is in effect as it is now; 0 when it was changed and is not good.",
             good),
    FILE_ROW("kubegauge_config_last_reload_success_timestamp_seconds",
             "When the file was last read and taken, in seconds since 1970.", good_unix),
    FILE_ROW("kubegauge_config_hash", "A number that stands for the file's content.", hash),
    FILE_ROW("kube_state_metrics_last_config_reload_successful",
             "As kubegauge_config_last_reload_successful.", good),
    FILE_ROW("kube_state_metrics_last_config_reload_success_timestamp_seconds",
             "As kubegauge_config_last_reload_success_timestamp_seconds.", good_unix),
    FILE_ROW("kube_state_metrics_config_hash", "As kubegauge_config_hash.", hash),
};

const struct metric_subject self_file_subject = {
    .name = "file",
    .part = "self",
    .sample_size = sizeof(struct file_sample),
    .present_at = METRIC_NO_PRESENCE,
    .labels = METRIC_LABELS("type", "filename"),
    .common = file_common,
    .rows = file_rows,
    .n_rows = KG_ARRAY_LEN(file_rows),
};
