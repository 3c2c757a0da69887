/* The container collector's own families. */
#include "collectors/container_stats.h"

#define STAT(family, kind, member, from, text)                                                     \
    {                                                                                              \
        .name = (family), .help = (text), .source = (from), .type = METRIC_##kind,                 \
        .field = METRIC_FIELD(struct container_stats, member, 0),                                  \
    }

static const struct metric_family rows[] = {
    STAT("kubegauge_cgroup_event_overflows_total", COUNTER, overflows, "inotify",
         "Times that more cgroups came and went than the kernel's queue holds; each led to a "
         "rescan."),
    STAT("kubegauge_cgroup_folders", GAUGE, folders, "cgroup file system",
         "Cgroup folders that are known, with those that have no series."),
    STAT("kubegauge_cgroup_folders_dropped", GAUGE, dropped_folders, "cgroup file system",
         "Cgroup folders that the last rescan left out, because they are too many or too deep."),
    STAT("kubegauge_cgroup_folders_unwatched", GAUGE, unwatched_folders, "inotify",
         "Cgroup folders that no watch could be placed on; changes in them show at the next "
         "rescan."),
    STAT("kubegauge_cgroup_malformed_files_total", COUNTER, malformed_files, "cgroup files, /proc",
         "Files that could not be understood when cgroups were read."),
    STAT("kubegauge_cgroup_read_errors_total", COUNTER, read_errors, "cgroup files",
         "Cgroups whose reading failed."),
    STAT("kubegauge_cgroup_rescans_total", COUNTER, rescans, "cgroup file system",
         "Walks over all cgroup folders."),
    STAT("kubegauge_cgroups", GAUGE, cgroups, "cgroup file system", "Cgroups that have series."),
    STAT("kubegauge_containers_unresolved", GAUGE, unresolved, "pods, runtime",
         "Containers of pods whose name is not known (yet)."),
    STAT("kubegauge_kernel_log_readable", GAUGE, has_kmsg, "/dev/kmsg",
         "Whether OOM kills are also taken from the kernel log."),
    STAT("kubegauge_stuck_mounts", GAUGE, stuck_mounts, "statfs",
         "File systems that have not answered; they are left out until they do."),
};

const struct metric_subject container_self_subject = {
    .name = "container_collector",
    .part = "self",
    .sample_size = sizeof(struct container_stats),
    .present_at = METRIC_NO_PRESENCE,
    .rows = rows,
    .n_rows = KG_ARRAY_LEN(rows),
};
