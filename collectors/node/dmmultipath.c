/* node_dmmultipath_*: disks with several paths, /sys/block/dm-0 whose dm/uuid begins with mpath-,
 * and the state of each path, /sys/block/sda/device/state. */
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <stdio.h>

#define ACTIVE BIT(0)
#define SIZE BIT(1)
#define PATHS BIT(2)
#define SECTOR_BYTES 512

struct dmmultipath_sample {
    uint64_t present;
    struct str device, sysfs_name, uuid;
    uint64_t active, sectors, paths, paths_active, paths_failed;
};

/* A path's series do not name the folder, so that they are a subject of their own. */
struct dmmultipath_state {
    uint64_t present;
    struct str device, path, state;
};

static void device_common(const void *sample, struct metric_writer *out)
{
    const struct dmmultipath_sample *s = sample;
    metric_common(out, s->device);
    metric_common(out, s->sysfs_name);
}

static void put_info(const void *sample, struct metric_writer *out)
{
    metric_put(out, 1, ((const struct dmmultipath_sample *)sample)->uuid);
}

static void put_state(const void *sample, struct metric_writer *out)
{
    const struct dmmultipath_state *s = sample;
    metric_put(out, 1, s->device, s->path, s->state);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct dmmultipath_sample, "node_dmmultipath_device_active", GAUGE, ACTIVE, active,
               1, "/sys/block/dm-*/dm/suspended", "Whether the disk is in use and not suspended."),
    NODE_SERIES("node_dmmultipath_device_info", GAUGE, 0, put_info, METRIC_LABELS("uuid"),
                "/sys/block/dm-*/dm/uuid", "What the disk is."),
    NODE_VALUE(struct dmmultipath_sample, "node_dmmultipath_device_paths", GAUGE, PATHS, paths, 1,
               "/sys/block/dm-*/slaves", "Paths to the disk."),
    NODE_VALUE(struct dmmultipath_sample, "node_dmmultipath_device_paths_active", GAUGE, PATHS,
               paths_active, 1, "/sys/block/*/device/state",
               "Paths that are running (SCSI) or live (NVMe)."),
    NODE_VALUE(struct dmmultipath_sample, "node_dmmultipath_device_paths_failed", GAUGE, PATHS,
               paths_failed, 1, "/sys/block/*/device/state", "Paths in any other state."),
    NODE_VALUE(struct dmmultipath_sample, "node_dmmultipath_device_size_bytes", GAUGE, SIZE,
               sectors, SECTOR_BYTES, "/sys/block/dm-*/size", "Size of the disk."),
};

static const struct metric_family state_rows[] = {
    NODE_SERIES("node_dmmultipath_path_state", GAUGE, 0, put_state,
                METRIC_LABELS("device", "path", "state"), "/sys/block/*/device/state",
                "State that the path is in."),
};

NODE_SUBJECT_OF(device_subject, "node_dmmultipath", struct dmmultipath_sample, rows, device_common,
                METRIC_LABELS("device", "sysfs_name"));
NODE_SUBJECT(state_subject, "node_dmmultipath_path", struct dmmultipath_state, state_rows);

static int dmmultipath_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    return node_dir_start(env->sysfs, "block", ret_state, err);
}

static int add_path(int dirfd, struct str name, struct dmmultipath_sample *disk,
                    struct metric_sink *sink, struct err *err)
{
    char path[320];
    struct str state = { 0 };
    snprintf(path, sizeof(path), "%s/device/state", name.p);
    int r = node_text_at(dirfd, path, metric_sink_arena(sink), &state);
    if (r < 0 && r != -ENOMEM) {
        state = STR("unknown"); /* the disk behind it is gone */
    }
    bool active = str_eq(state, STR("running")) || str_eq(state, STR("live"));
    disk->paths++;
    disk->paths_active += active;
    disk->paths_failed += !active;
    struct dmmultipath_state *s =
        r == -ENOMEM ? NULL : metric_sink_add(sink, &state_subject, NULL, 0, err);
    if (!s) {
        return node_no_memory(err, "dmmultipath");
    }
    *s = (struct dmmultipath_state){ .device = disk->device, .path = name, .state = state };
    return 0;
}

static int add_disk(int dirfd, struct str name, struct metric_sink *sink, struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct dmmultipath_sample values = { .sysfs_name = name };
    uint64_t suspended;
    auto_close int fd = file_open_dir_at(dirfd, name.p);
    if (fd < 0 || node_text_at(fd, "dm/uuid", mem, &values.uuid) < 0 ||
        !str_starts(values.uuid, STR("mpath-")) ||
        node_text_at(fd, "dm/name", mem, &values.device) < 0) {
        return 0; /* another kind of mapped device, or gone */
    }
    struct dmmultipath_sample *s = metric_sink_add(sink, &device_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    if (node_u64_at(fd, "dm/suspended", &suspended) >= 0) {
        values.active = suspended != 1;
        values.present |= ACTIVE;
    }
    values.present |= node_u64_at(fd, "size", &values.sectors) >= 0 ? SIZE : 0;
    auto_close int slaves = file_open_dir_at(fd, "slaves");
    struct str *names = NULL;
    size_t n = 0;
    int r = slaves < 0 ? 0 : node_dir_names(slaves, mem, &names, &n);
    values.present |= r < 0 ? 0 : PATHS;
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = add_path(dirfd, names[i], &values, sink, err);
    }
    *s = values;
    return r;
}

static int dmmultipath_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct str *names = NULL;
    size_t n = 0;
    int r = node_dir_names(node_dir_fd(state), metric_sink_arena(sink), &names, &n);
    for (size_t i = 0; i < n && r >= 0; i++) {
        if (str_starts(names[i], STR("dm-"))) {
            r = add_disk(node_dir_fd(state), names[i], sink, err);
        }
    }
    return r < 0 ? err_set_errno(err, -r, "dmmultipath") : 0;
}

static const struct metric_subject *const subjects[] = { &device_subject, &state_subject, NULL };

const struct collector collector_dmmultipath = {
    .name = "dmmultipath",
    .on_by_default = true,
    .subjects = subjects,
    .may_block = true,
    .start = dmmultipath_start,
    .read = dmmultipath_read,
    .stop = node_dir_stop,
};
