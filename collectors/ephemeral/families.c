#include "collectors/ephemeral/families.h"

#include "metrics/writer.h"

#define VALUE(T, family, kind, bits, member, from, text)                                           \
    {                                                                                              \
        .name = (family), .help = (text), .source = (from), .type = METRIC_##kind,                 \
        .needs = (bits), .field = METRIC_FIELD(T, member, 0),                                      \
    }

static void pod_common(const void *sample, struct metric_writer *out)
{
    const struct ephemeral_pod_sample *s = sample;
    metric_common(out, s->namespace);
    metric_common(out, s->pod);
}

#define POD(family, bits, member, from, text)                                                      \
    VALUE(struct ephemeral_pod_sample, family, GAUGE, bits, member, from, text)

static const struct metric_family pod_rows[] = {
    POD("kubegauge_pod_ephemeral_storage_age_seconds", EPHEMERAL_TOTAL, age_seconds, "clock",
        "Seconds since the oldest of the values that make up the pod's was measured."),
    POD("kubegauge_pod_ephemeral_storage_bytes", EPHEMERAL_TOTAL, bytes,
        "st_blocks of its files, project quota",
        "Disk space that the pod takes on the machine: writable layers and logs of its containers, "
        "emptyDir and configMap volumes, /etc/hosts. Missing until all of it has been measured."),
    POD("kubegauge_pod_ephemeral_storage_inodes", EPHEMERAL_TOTAL, inodes, "files, project quota",
        "Files and folders that make up the pod's ephemeral storage."),
    POD("kubegauge_pod_ephemeral_storage_limit_bytes", EPHEMERAL_LIMIT, limit_bytes,
        ".spec.containers[].resources.limits",
        "Disk space beyond which the kubelet evicts the pod; missing when it has no limit."),
};

const struct metric_subject ephemeral_pod_subject = {
    .name = "ephemeral_pod",
    .part = "volumes",
    .sample_size = sizeof(struct ephemeral_pod_sample),
    .present_at = offsetof(struct ephemeral_pod_sample, present),
    .labels = METRIC_LABELS("namespace", "pod"),
    .common = pod_common,
    .sorted_labels = true,
    .rows = pod_rows,
    .n_rows = KG_ARRAY_LEN(pod_rows),
};

static void container_common(const void *sample, struct metric_writer *out)
{
    const struct ephemeral_container_sample *s = sample;
    metric_common(out, s->container);
    metric_common(out, s->namespace);
    metric_common(out, s->pod);
    metric_common(out, s->source);
}

#define CONTAINER(family, member, from, text)                                                      \
    VALUE(struct ephemeral_container_sample, family, GAUGE, 0, member, from, text)

static const struct metric_family container_rows[] = {
    CONTAINER("kubegauge_container_ephemeral_storage_bytes", bytes,
              "upperdir of the overlay, /var/log/pods",
              "Disk space that the container takes: what it has written beside its image "
              "(source=\"layer\"), and its logs (source=\"logs\")."),
    CONTAINER("kubegauge_container_ephemeral_storage_inodes", inodes,
              "upperdir of the overlay, /var/log/pods",
              "Files and folders in the container's writable layer, and its logs."),
};

const struct metric_subject ephemeral_container_subject = {
    .name = "ephemeral_container",
    .part = "volumes",
    .sample_size = sizeof(struct ephemeral_container_sample),
    .present_at = METRIC_NO_PRESENCE,
    .labels = METRIC_LABELS("container", "namespace", "pod", "source"),
    .common = container_common,
    .sorted_labels = true,
    .rows = container_rows,
    .n_rows = KG_ARRAY_LEN(container_rows),
};

static void volume_common(const void *sample, struct metric_writer *out)
{
    const struct ephemeral_volume_sample *s = sample;
    metric_common(out, s->namespace);
    metric_common(out, s->pod);
    metric_common(out, s->type);
    metric_common(out, s->volume);
}

#define VOLUME(family, member, from, text)                                                         \
    VALUE(struct ephemeral_volume_sample, family, GAUGE, 0, member, from, text)

static const struct metric_family volume_rows[] = {
    VOLUME("kubegauge_volume_ephemeral_storage_bytes", bytes, "the volume's folder",
           "Disk space that a volume of the pod takes on the machine; an emptyDir in memory is "
           "none."),
    VOLUME("kubegauge_volume_ephemeral_storage_inodes", inodes, "the volume's folder",
           "Files and folders in the volume."),
};

const struct metric_subject ephemeral_volume_subject = {
    .name = "ephemeral_volume",
    .part = "volumes",
    .sample_size = sizeof(struct ephemeral_volume_sample),
    .present_at = METRIC_NO_PRESENCE,
    .labels = METRIC_LABELS("namespace", "pod", "type", "volume"),
    .common = volume_common,
    .sorted_labels = true,
    .rows = volume_rows,
    .n_rows = KG_ARRAY_LEN(volume_rows),
};

#define SELF(family, kind, member, from, text)                                                     \
    VALUE(struct ephemeral_self_sample, family, kind, 0, member, from, text)

static const struct metric_family self_rows[] = {
    SELF("kubegauge_ephemeral_storage_files_per_second_max", GAUGE, files_per_second,
         "--collector.ephemeral.files-per-second", "Files a second that the walker may look at."),
    SELF("kubegauge_ephemeral_storage_files_total", COUNTER, looks, "walker",
         "Files that the walker has looked at."),
    SELF("kubegauge_ephemeral_storage_folders", GAUGE, folders, "walker",
         "Folders of pods that are known: layers, logs, volumes, and files /etc/hosts."),
    SELF("kubegauge_ephemeral_storage_folders_dropped", GAUGE, dropped, "walker",
         "Folders that the last search left out, because they are too many."),
    SELF("kubegauge_ephemeral_storage_folders_failed", GAUGE, failed, "walker",
         "Folders that could not be found or read; layers of runtimes without overlay among them."),
    SELF("kubegauge_ephemeral_storage_folders_waiting", GAUGE, waiting, "walker",
         "Folders that have not been measured yet."),
    SELF("kubegauge_ephemeral_storage_inexact_walks_total", COUNTER, inexact, "walker",
         "Walks whose value is not exact: a part could not be read, or was too deep or too large."),
    SELF("kubegauge_ephemeral_storage_quota_reads_total", COUNTER, quotas, "quotactl",
         "Folders whose value came from the quota of their project, without a walk."),
    SELF("kubegauge_ephemeral_storage_walk_seconds_total", COUNTER, walked_seconds, "clock",
         "Time that walks took, with the pauses that the budget asks for."),
    SELF("kubegauge_ephemeral_storage_walks_total", COUNTER, walks, "walker",
         "Folders that were walked."),
    SELF("kubegauge_ephemeral_storage_work_seconds_total", COUNTER, worked_seconds, "clock",
         "Time in which the walker did not pause: processor and waiting for disks."),
};

const struct metric_subject ephemeral_self_subject = {
    .name = "ephemeral_collector",
    .part = "self",
    .sample_size = sizeof(struct ephemeral_self_sample),
    .present_at = METRIC_NO_PRESENCE,
    .rows = self_rows,
    .n_rows = KG_ARRAY_LEN(self_rows),
};
