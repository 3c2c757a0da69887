/* What the cadvisor endpoint says about itself, in the words of the peer. */
#include "collectors/container_families.h"
#include "metrics/writer.h"

static void put_version(const void *sample, struct metric_writer *out)
{
    const struct cadvisor_meta_sample *s = sample;
    /* The kubelet, too, leaves the versions of docker and of cAdvisor empty. */
    metric_put(out, 1, STR(""), STR(""), STR(""), s->kernel_version, s->os_version);
}

static const struct metric_family rows[] = {
    {
        .name = "cadvisor_version_info",
        .help = "Always 1; the labels name the kernel and the operating system.",
        .source = "uname, /etc/os-release PRETTY_NAME",
        .type = METRIC_GAUGE,
        .needs = CADVISOR_META_VERSION,
        .emit = put_version,
        .labels = METRIC_LABELS("cadvisorRevision", "cadvisorVersion", "dockerVersion",
                                "kernelVersion", "osVersion"),
    },
    {
        .name = "container_scrape_error",
        .help = "1 when cgroups could not be listed or read, else 0.",
        .source = "this reading",
        .type = METRIC_GAUGE,
        .needs = CADVISOR_META_CONTAINER,
        .field = METRIC_FIELD(struct cadvisor_meta_sample, container_error, 1),
    },
    {
        .name = "machine_scrape_error",
        .help = "1 when the facts of the machine could not be read, else 0.",
        .source = "this reading",
        .type = METRIC_GAUGE,
        .needs = CADVISOR_META_MACHINE,
        .field = METRIC_FIELD(struct cadvisor_meta_sample, machine_error, 1),
    },
};

const struct metric_subject cadvisor_meta_subject = {
    .name = "cadvisor_meta",
    .part = "cadvisor",
    .sample_size = sizeof(struct cadvisor_meta_sample),
    .present_at = offsetof(struct cadvisor_meta_sample, present),
    .rows = rows,
    .n_rows = KG_ARRAY_LEN(rows),
};
