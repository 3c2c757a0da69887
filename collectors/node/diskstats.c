/* node_disk_*: /proc/diskstats, "   8       0 sda 5 0 40 …", and what udev has noted of each
 * device. A line has 11 numbers, 15 from Linux 4.18 and 17 from 5.5 on; partitions had 4
 * before 2.6.25. */
#include "base/num.h"
#include "collectors/node/node_file.h"
#include "collectors/node/node_rows.h"

#include <limits.h>
#include <stdio.h>

#define EXCLUDE "collector.diskstats.device-exclude"
#define INCLUDE "collector.diskstats.device-include"
#define NUMBERS 17
#define ATA(i) BIT(NUMBERS + (i))
#define HAS_DM BIT(NUMBERS + 3)
#define HAS_FS BIT(NUMBERS + 4)

enum {
    UDEV_ATA,
    UDEV_RPM,
    UDEV_CACHE,
    UDEV_CACHE_ON,
    UDEV_DM_LAYER,
    UDEV_DM_LV,
    UDEV_DM_NAME,
    UDEV_DM_UUID,
    UDEV_DM_VG,
    UDEV_FS_TYPE,
    UDEV_FS_USAGE,
    UDEV_FS_UUID,
    UDEV_FS_VERSION,
    UDEV_MODEL,
    UDEV_PATH,
    UDEV_REVISION,
    UDEV_SCSI_SERIAL,
    UDEV_SERIAL_SHORT,
    UDEV_SERIAL,
    UDEV_WWN,
    UDEV_KEYS,
};

static const struct str udev_keys[UDEV_KEYS] = {
    [UDEV_ATA] = STR_INIT("ID_ATA"),
    [UDEV_RPM] = STR_INIT("ID_ATA_ROTATION_RATE_RPM"),
    [UDEV_CACHE] = STR_INIT("ID_ATA_WRITE_CACHE"),
    [UDEV_CACHE_ON] = STR_INIT("ID_ATA_WRITE_CACHE_ENABLED"),
    [UDEV_DM_LAYER] = STR_INIT("DM_LV_LAYER"),
    [UDEV_DM_LV] = STR_INIT("DM_LV_NAME"),
    [UDEV_DM_NAME] = STR_INIT("DM_NAME"),
    [UDEV_DM_UUID] = STR_INIT("DM_UUID"),
    [UDEV_DM_VG] = STR_INIT("DM_VG_NAME"),
    [UDEV_FS_TYPE] = STR_INIT("ID_FS_TYPE"),
    [UDEV_FS_USAGE] = STR_INIT("ID_FS_USAGE"),
    [UDEV_FS_UUID] = STR_INIT("ID_FS_UUID"),
    [UDEV_FS_VERSION] = STR_INIT("ID_FS_VERSION"),
    [UDEV_MODEL] = STR_INIT("ID_MODEL"),
    [UDEV_PATH] = STR_INIT("ID_PATH"),
    [UDEV_REVISION] = STR_INIT("ID_REVISION"),
    [UDEV_SCSI_SERIAL] = STR_INIT("SCSI_IDENT_SERIAL"),
    [UDEV_SERIAL_SHORT] = STR_INIT("ID_SERIAL_SHORT"),
    [UDEV_SERIAL] = STR_INIT("ID_SERIAL"),
    [UDEV_WWN] = STR_INIT("ID_WWN"),
};

struct disk_sample {
    uint64_t present; /* bit i: v[i] */
    struct str device, major, minor, rotational;
    uint64_t v[NUMBERS];
    double ata[3];
    struct str udev[UDEV_KEYS];
};

static void disk_common(const void *sample, struct metric_writer *out)
{
    metric_common(out, ((const struct disk_sample *)sample)->device);
}

static void put_mapper(const void *sample, struct metric_writer *out)
{
    const struct str *u = ((const struct disk_sample *)sample)->udev;
    metric_put(out, 1, u[UDEV_DM_LAYER], u[UDEV_DM_LV], u[UDEV_DM_NAME], u[UDEV_DM_UUID],
               u[UDEV_DM_VG]);
}

static void put_filesystem(const void *sample, struct metric_writer *out)
{
    const struct str *u = ((const struct disk_sample *)sample)->udev;
    metric_put(out, 1, u[UDEV_FS_TYPE], u[UDEV_FS_USAGE], u[UDEV_FS_UUID], u[UDEV_FS_VERSION]);
}

static void put_info(const void *sample, struct metric_writer *out)
{
    const struct disk_sample *s = sample;
    const struct str *u = s->udev;
    struct str serial = u[UDEV_SCSI_SERIAL].n    ? u[UDEV_SCSI_SERIAL]
                        : u[UDEV_SERIAL_SHORT].n ? u[UDEV_SERIAL_SHORT]
                                                 : u[UDEV_SERIAL];
    metric_put(out, 1, s->major, s->minor, u[UDEV_MODEL], u[UDEV_PATH], u[UDEV_REVISION],
               s->rotational, serial, u[UDEV_WWN]);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct disk_sample, "node_disk_ata_rotation_rate_rpm", GAUGE, ATA(0), ata[0], 1,
               "/run/udev/data ID_ATA_ROTATION_RATE_RPM",
               "Turns of the disk in a minute, 0 for one without any."),
    NODE_VALUE(struct disk_sample, "node_disk_ata_write_cache", GAUGE, ATA(1), ata[1], 1,
               "/run/udev/data ID_ATA_WRITE_CACHE", "Whether the disk has a write cache."),
    NODE_VALUE(struct disk_sample, "node_disk_ata_write_cache_enabled", GAUGE, ATA(2), ata[2], 1,
               "/run/udev/data ID_ATA_WRITE_CACHE_ENABLED", "Whether the write cache is on."),
    NODE_SERIES("node_disk_device_mapper_info", GAUGE, HAS_DM, put_mapper,
                METRIC_LABELS("lv_layer", "lv_name", "name", "uuid", "vg_name"),
                "/run/udev/data DM_*", "What the device mapper calls the device."),
    NODE_VALUE(struct disk_sample, "node_disk_discard_time_seconds_total", COUNTER, BIT(14), v[14],
               0.001, "/proc/diskstats field 18", "Time that discards took, all together."),
    NODE_VALUE(struct disk_sample, "node_disk_discarded_sectors_total", COUNTER, BIT(13), v[13], 1,
               "/proc/diskstats field 17", "Sectors discarded."),
    NODE_VALUE(struct disk_sample, "node_disk_discards_completed_total", COUNTER, BIT(11), v[11], 1,
               "/proc/diskstats field 15", "Discards that were completed."),
    NODE_VALUE(struct disk_sample, "node_disk_discards_merged_total", COUNTER, BIT(12), v[12], 1,
               "/proc/diskstats field 16", "Discards merged with others."),
    NODE_SERIES("node_disk_filesystem_info", GAUGE, HAS_FS, put_filesystem,
                METRIC_LABELS("type", "usage", "uuid", "version"), "/run/udev/data ID_FS_*",
                "What file system udev has found on the device."),
    NODE_VALUE(struct disk_sample, "node_disk_flush_requests_time_seconds_total", COUNTER, BIT(16),
               v[16], 0.001, "/proc/diskstats field 20", "Time that flushes took, all together."),
    NODE_VALUE(struct disk_sample, "node_disk_flush_requests_total", COUNTER, BIT(15), v[15], 1,
               "/proc/diskstats field 19", "Flushes that were completed."),
    NODE_SERIES(
        "node_disk_info", GAUGE, 0, put_info,
        METRIC_LABELS("major", "minor", "model", "path", "revision", "rotational", "serial", "wwn"),
        "/run/udev/data, /sys/block/*/queue/rotational",
        "What the disk is; a label is empty where it is not known."),
    NODE_VALUE(struct disk_sample, "node_disk_io_now", GAUGE, BIT(8), v[8], 1,
               "/proc/diskstats field 12", "Requests under way."),
    NODE_VALUE(struct disk_sample, "node_disk_io_time_seconds_total", COUNTER, BIT(9), v[9], 0.001,
               "/proc/diskstats field 13", "Time in which there was a request."),
    NODE_VALUE(struct disk_sample, "node_disk_io_time_weighted_seconds_total", COUNTER, BIT(10),
               v[10], 0.001, "/proc/diskstats field 14",
               "Time that all requests were under way, added up."),
    NODE_VALUE(struct disk_sample, "node_disk_read_bytes_total", COUNTER, BIT(2), v[2], 512,
               "/proc/diskstats field 6", "Bytes read."),
    NODE_VALUE(struct disk_sample, "node_disk_read_time_seconds_total", COUNTER, BIT(3), v[3],
               0.001, "/proc/diskstats field 7", "Time that reads took, all together."),
    NODE_VALUE(struct disk_sample, "node_disk_reads_completed_total", COUNTER, BIT(0), v[0], 1,
               "/proc/diskstats field 4", "Reads that were completed."),
    NODE_VALUE(struct disk_sample, "node_disk_reads_merged_total", COUNTER, BIT(1), v[1], 1,
               "/proc/diskstats field 5", "Reads merged with others."),
    NODE_VALUE(struct disk_sample, "node_disk_write_time_seconds_total", COUNTER, BIT(7), v[7],
               0.001, "/proc/diskstats field 11", "Time that writes took, all together."),
    NODE_VALUE(struct disk_sample, "node_disk_writes_completed_total", COUNTER, BIT(4), v[4], 1,
               "/proc/diskstats field 8", "Writes that were completed."),
    NODE_VALUE(struct disk_sample, "node_disk_writes_merged_total", COUNTER, BIT(5), v[5], 1,
               "/proc/diskstats field 9", "Writes merged with others."),
    NODE_VALUE(struct disk_sample, "node_disk_written_bytes_total", COUNTER, BIT(6), v[6], 512,
               "/proc/diskstats field 10", "Bytes written."),
};

NODE_SUBJECT_OF(disk_subject, "node_diskstats", struct disk_sample, rows, disk_common,
                METRIC_LABELS("device"));

extern const struct collector collector_diskstats;

static const struct collector_option options[] = {
    { EXCLUDE, COLLECTOR_PATTERN, "^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
      "Block devices that are left out; without --collector.diskstats.device-include." },
    { INCLUDE, COLLECTOR_PATTERN, "", "The only block devices that are taken." },
    { 0 },
};

struct diskstats {
    struct node_file file;
    struct node_filter filter;
    int sys_block; /* -1: none */
    char udev[PATH_MAX];
};

static void diskstats_stop(void *state)
{
    struct diskstats *d = state;
    node_file_close(&d->file);
    node_filter_done(&d->filter);
    kg_close_cleanup(&d->sys_block);
    free(d);
}

static int diskstats_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    struct diskstats *d = calloc(1, sizeof(*d));
    if (!d) {
        return node_no_memory(err, "diskstats");
    }
    d->sys_block = node_dir_open(env->sysfs, "block", NULL);
    int r = node_file_open(&d->file, env->procfs, "diskstats", err);
    if (r >= 0) {
        /* An inclusion takes the place of the default exclusion. */
        bool include = *collector_option_value(env, &collector_diskstats, INCLUDE).text;
        r = node_filter_init(&d->filter, env, &collector_diskstats, include ? NULL : EXCLUDE,
                             INCLUDE, err);
    }
    if (r >= 0) {
        r = file_join(d->udev, sizeof(d->udev), env->rootfs, "run/udev/data");
    }
    if (r < 0) {
        diskstats_stop(d);
        return r;
    }
    *ret_state = d;
    return 0;
}

/* "E:ID_MODEL=QEMU_HARDDISK" a line. */
static int parse_udev(struct str text, struct arena *mem, struct disk_sample *s)
{
    while (text.n) {
        struct str line = str_line(&text);
        if (!str_eat(&line, STR("E:"))) {
            continue;
        }
        struct str key = str_cut(&line, '=');
        for (size_t i = 0; i < UDEV_KEYS; i++) {
            if (str_eq(key, udev_keys[i]) && arena_str(mem, line, &s->udev[i]) < 0) {
                return -ENOMEM;
            }
        }
    }
    return 0;
}

static int read_udev(const struct diskstats *d, struct arena *mem, struct disk_sample *s)
{
    char path[PATH_MAX + 64], text[16384];
    struct str content = { 0 };
    snprintf(path, sizeof(path), "%s/b%s:%s", d->udev, s->major.p, s->minor.p);
    int r = file_read_text_at(AT_FDCWD, path, text, sizeof(text), &content);
    if (r < 0) {
        return 0; /* no udev here, or it does not know the device */
    }
    r = parse_udev(content, mem, s);
    const struct str *u = s->udev;
    static const size_t from[] = { UDEV_RPM, UDEV_CACHE, UDEV_CACHE_ON };
    for (size_t i = 0; i < KG_ARRAY_LEN(from) && u[UDEV_ATA].n; i++) {
        if (num_scan_double(u[from[i]], &s->ata[i]) == 0) {
            s->present |= ATA(i);
        }
    }
    s->present |= u[UDEV_DM_NAME].n ? HAS_DM : 0;
    s->present |= u[UDEV_FS_TYPE].n ? HAS_FS : 0;
    return r;
}

static int read_rotational(const struct diskstats *d, struct arena *mem, struct disk_sample *s)
{
    char path[PATH_MAX], text[16];
    struct str value = { 0 };
    int n = snprintf(path, sizeof(path), "%s/queue/rotational", s->device.p);
    if (d->sys_block < 0 || n < 0 || (size_t)n >= sizeof(path) ||
        node_line_at(d->sys_block, path, text, sizeof(text), &value) < 0) {
        return 0;
    }
    return arena_str(mem, value, &s->rotational);
}

static int read_numbers(struct str line, struct disk_sample *s)
{
    size_t n = 0;
    for (struct str word = str_word(&line); word.n && n < NUMBERS; word = str_word(&line), n++) {
        if (num_scan_u64(word, &s->v[n]) < 0) {
            return -EBADMSG;
        }
        s->present |= BIT(n);
    }
    return n >= 4 ? 0 : -EBADMSG;
}

static int add_disk(const struct diskstats *d, struct str line, struct metric_sink *sink,
                    struct err *err)
{
    struct arena *mem = metric_sink_arena(sink);
    struct disk_sample values = { 0 };
    struct str major = str_word(&line), minor = str_word(&line), device = str_word(&line);
    uint64_t number;
    if (num_scan_u64(major, &number) < 0 || num_scan_u64(minor, &number) < 0 || str_empty(device)) {
        return err_set(err, EBADMSG, "diskstats: a line without a device");
    }
    if (!node_filter_takes(&d->filter, device)) {
        return 0;
    }
    if (read_numbers(line, &values) < 0) {
        return err_set(err, EBADMSG, "diskstats: " STR_FMT ": not a line of numbers",
                       STR_ARG(str_head(device, 40)));
    }
    if (arena_str(mem, major, &values.major) < 0 || arena_str(mem, minor, &values.minor) < 0 ||
        arena_str(mem, device, &values.device) < 0 || read_udev(d, mem, &values) < 0 ||
        read_rotational(d, mem, &values) < 0) {
        return node_no_memory(err, "diskstats");
    }
    struct disk_sample *s = metric_sink_add(sink, &disk_subject, NULL, 0, err);
    if (!s) {
        return -ENOMEM;
    }
    *s = values;
    return 0;
}

static int diskstats_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct diskstats *d = state;
    struct str text = { 0 };
    int r = node_file_read(&d->file, &text, err);
    for (size_t n = 0; r >= 0 && text.n && n < LIMIT_BLOCK_DEVICES; n++) {
        r = add_disk(d, str_line(&text), sink, err);
    }
    if (r >= 0 && text.n) {
        err_set(err, E2BIG, "diskstats: more than %d devices: the rest is left out",
                LIMIT_BLOCK_DEVICES);
        return 1;
    }
    return r;
}

static const struct metric_subject *const subjects[] = { &disk_subject, NULL };

const struct collector collector_diskstats = {
    .name = "diskstats",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .start = diskstats_start,
    .read = diskstats_read,
    .stop = diskstats_stop,
};
