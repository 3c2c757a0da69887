/* node_filesystem_*: the mounts of process 1 and, for each, statfs, which may not come back: one is
 * asked by a thread that can be left behind. */
#include "collectors/fs_probe.h"
#include "collectors/node/mount_table.h"
#include "collectors/node/node_rows.h"

#include "base/clock.h"

#define MOUNTS_EXCLUDE "collector.filesystem.mount-points-exclude"
#define MOUNTS_INCLUDE "collector.filesystem.mount-points-include"
#define TYPES_EXCLUDE "collector.filesystem.fs-types-exclude"
#define TYPES_INCLUDE "collector.filesystem.fs-types-include"
#define TIMEOUT "collector.filesystem.mount-timeout"
#define DEFAULT_TIMEOUT_NS CLOCK_NS_PER_SEC
#define ANSWERED BIT(0)

struct filesystem_sample {
    uint64_t present;
    struct str device, fstype, mountpoint, error;
    double size_bytes, free_bytes, avail_bytes, files, files_free, purgeable;
    bool readonly, failed;
};

static void filesystem_common(const void *sample, struct metric_writer *out)
{
    const struct filesystem_sample *s = sample;
    metric_common(out, s->device);
    metric_common(out, s->error);
    metric_common(out, s->fstype);
    metric_common(out, s->mountpoint);
}

static const struct metric_family rows[] = {
    NODE_VALUE(struct filesystem_sample, "node_filesystem_avail_bytes", GAUGE, ANSWERED,
               avail_bytes, 1, "statfs f_bavail", "Space that users who are not root can fill."),
    NODE_VALUE(struct filesystem_sample, "node_filesystem_device_error", GAUGE, 0, failed, 1,
               "statfs", "Whether asking the file system failed or took too long."),
    NODE_VALUE(struct filesystem_sample, "node_filesystem_files", GAUGE, ANSWERED, files, 1,
               "statfs f_files", "Inodes of the file system."),
    NODE_VALUE(struct filesystem_sample, "node_filesystem_files_free", GAUGE, ANSWERED, files_free,
               1, "statfs f_ffree", "Inodes that are free."),
    NODE_VALUE(struct filesystem_sample, "node_filesystem_free_bytes", GAUGE, ANSWERED, free_bytes,
               1, "statfs f_bfree", "Space that is free."),
    NODE_VALUE(struct filesystem_sample, "node_filesystem_purgeable_bytes", GAUGE, ANSWERED,
               purgeable, 1, "statfs none", "Always 0: Linux has no such space."),
    NODE_VALUE(struct filesystem_sample, "node_filesystem_readonly", GAUGE, 0, readonly, 1,
               "/proc/1/mountinfo", "Whether the file system is mounted for reading only."),
    NODE_VALUE(struct filesystem_sample, "node_filesystem_size_bytes", GAUGE, ANSWERED, size_bytes,
               1, "statfs f_blocks", "Size of the file system."),
};

NODE_SUBJECT_OF(filesystem_subject, "node_filesystem", struct filesystem_sample, rows,
                filesystem_common, METRIC_LABELS("device", "device_error", "fstype", "mountpoint"));

struct mount_sample {
    uint64_t present;
    struct str device, major, minor, mountpoint;
};

static void put_mount_info(const void *sample, struct metric_writer *out)
{
    const struct mount_sample *s = sample;
    metric_put(out, 1, s->device, s->major, s->minor, s->mountpoint);
}

static const struct metric_family mount_rows[] = {
    NODE_SERIES("node_filesystem_mount_info", GAUGE, 0, put_mount_info,
                METRIC_LABELS("device", "major", "minor", "mountpoint"), "/proc/1/mountinfo",
                "Number of the device that is mounted."),
};

NODE_SUBJECT(mount_subject, "node_filesystem_mount", struct mount_sample, mount_rows);

extern const struct collector collector_filesystem;

static const struct collector_option options[] = {
    { MOUNTS_EXCLUDE, COLLECTOR_PATTERN,
      "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
      "Mount points that are left out." },
    { MOUNTS_INCLUDE, COLLECTOR_PATTERN, "", "The only mount points that are taken." },
    { TYPES_EXCLUDE, COLLECTOR_PATTERN,
      "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|"
      "iso9660|"
      "mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|"
      "tracefs)$",
      "Types of file systems that are left out." },
    { TYPES_INCLUDE, COLLECTOR_PATTERN, "", "The only types of file systems that are taken." },
    { TIMEOUT, COLLECTOR_TIME, "1s",
      "How long file systems are waited for; three quarters of --collector.deadline at most. One "
      "that "
      "does not answer is flagged, and left out until it does." },
    { 0 },
};

struct filesystem {
    struct node_file file;
    struct buf table; /* the text that list was made of */
    struct arena mem; /* of list */
    struct mount *list;
    size_t n;
    int complete; /* as of mount_table_parse; negative: there is no list */
    struct err remark;
    struct node_filter mounts, types;
    const char *rootfs;
    uint64_t timeout_ns;
    struct fs_probe *probe;
};

static void filesystem_stop(void *state)
{
    struct filesystem *f = state;
    node_file_close(&f->file);
    buf_done(&f->table);
    arena_done(&f->mem);
    node_filter_done(&f->mounts);
    node_filter_done(&f->types);
    fs_probe_free(f->probe);
    free(f);
}

static int open_table(struct filesystem *f, const struct collector_env *env, struct err *err)
{
    if (node_file_open(&f->file, env->procfs, "1/mountinfo", NULL) == 0) {
        return 0;
    }
    return node_file_open(&f->file, env->procfs, "self/mountinfo", err);
}

static int filesystem_start(const struct collector_env *env, void **ret_state, struct err *err)
{
    const struct collector *c = &collector_filesystem;
    struct filesystem *f = calloc(1, sizeof(*f));
    if (!f) {
        return node_no_memory(err, "filesystem");
    }
    f->file.fd = -1;
    f->complete = -ENODATA;
    buf_init(&f->table, LIMIT_NODE_FILE_BYTES);
    arena_init(&f->mem, LIMIT_NODE_FILE_BYTES);
    uint64_t wanted = collector_option_value(env, c, TIMEOUT).ns;
    f->timeout_ns = wanted ? wanted : DEFAULT_TIMEOUT_NS;
    if (env->deadline_ns) {
        f->timeout_ns = KG_MIN(f->timeout_ns, env->deadline_ns / 4 * 3);
    }
    f->rootfs = env->rootfs;
    f->probe = fs_probe_new();
    int r = f->probe ? open_table(f, env, err) : node_no_memory(err, "filesystem");
    if (r >= 0) {
        r = node_filter_init(&f->mounts, env, c, MOUNTS_EXCLUDE, MOUNTS_INCLUDE, err);
    }
    if (r >= 0) {
        r = node_filter_init(&f->types, env, c, TYPES_EXCLUDE, TYPES_INCLUDE, err);
    }
    if (r < 0) {
        filesystem_stop(f);
        return r;
    }
    *ret_state = f;
    return 0;
}

static int tell_probe(struct filesystem *f)
{
    const char **paths = ARENA_ARRAY(&f->mem, f->n, const char *);
    for (size_t i = 0; paths && i < f->n; i++) {
        paths[i] = f->list[i].path;
    }
    return paths ? fs_probe_set(f->probe, paths, f->n) : -ENOMEM;
}

/* Brings the list up to date: the table is read each time, since a file system that turns itself
 * read-only is no change that the kernel would tell of, but nearly always it reads as before. */
static int read_table(struct filesystem *f, struct err *err)
{
    struct str text = { 0 };
    const struct mount_rules rules = { &f->mounts, &f->types, f->rootfs };
    int r = node_file_read(&f->file, &text, err);
    if (r < 0) {
        return r;
    }
    if (f->complete < 0 || !str_eq(text, buf_str(&f->table))) {
        buf_clear(&f->table);
        buf_add(&f->table, text);
        arena_reset(&f->mem, LIMIT_NODE_FILE_BYTES / 4);
        f->remark = (struct err){ 0 };
        f->complete = mount_table_parse(text, &rules, &f->mem, &f->list, &f->n, &f->remark);
        if (f->complete >= 0 && (buf_failed(&f->table) || tell_probe(f) < 0)) {
            f->complete = node_no_memory(&f->remark, "filesystem");
        }
    }
    if (f->complete != 0 && err) {
        *err = f->remark;
    }
    return f->complete;
}

/* As the Go library words them, since the text is a label. */
static struct str error_text(int code)
{
    static const struct {
        int code;
        struct str text;
    } known[] = {
        { ETIMEDOUT, STR_INIT("mountpoint timeout") },
        { EACCES, STR_INIT("permission denied") },
        { EPERM, STR_INIT("operation not permitted") },
        { ENOENT, STR_INIT("no such file or directory") },
        { EIO, STR_INIT("input/output error") },
        { ESTALE, STR_INIT("stale NFS file handle") },
        { ENOTCONN, STR_INIT("transport endpoint is not connected") },
        { ENODEV, STR_INIT("no such device") },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(known); i++) {
        if (known[i].code == code) {
            return known[i].text;
        }
    }
    return STR("statfs failed");
}

static int copy_texts(const struct mount *m, struct arena *mem, struct mount *ret)
{
    *ret = *m;
    struct str *const texts[] = { &ret->device, &ret->mountpoint, &ret->fstype, &ret->major,
                                  &ret->minor };
    for (size_t i = 0; i < KG_ARRAY_LEN(texts); i++) {
        if (arena_str(mem, *texts[i], texts[i]) < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int add_mount(const struct mount *listed, const struct fs_probe_result *result,
                     struct metric_sink *sink, struct err *err)
{
    struct mount m;
    struct filesystem_sample *s = metric_sink_add(sink, &filesystem_subject, NULL, 0, err);
    if (!s || copy_texts(listed, metric_sink_arena(sink), &m) < 0) {
        return -ENOMEM;
    }
    *s = (struct filesystem_sample){
        .present = result->r < 0 ? 0 : ANSWERED,
        .device = m.device,
        .fstype = m.fstype,
        .mountpoint = m.mountpoint,
        .error = result->r < 0 ? error_text(-result->r) : STR(""),
        .size_bytes = (double)result->size_bytes,
        .free_bytes = (double)result->free_bytes,
        .avail_bytes = (double)result->avail_bytes,
        .files = (double)result->files,
        .files_free = (double)result->files_free,
        .readonly = m.readonly,
        .failed = result->r < 0,
    };
    struct mount_sample *info =
        result->r < 0 ? NULL : metric_sink_add(sink, &mount_subject, NULL, 0, err);
    if (info) {
        *info = (struct mount_sample){
            .device = m.device, .major = m.major, .minor = m.minor, .mountpoint = m.mountpoint
        };
    }
    return info || result->r < 0 ? 0 : -ENOMEM;
}

/* Names are copied into the reading, which may outlive the list. */
static int filesystem_read(void *state, struct metric_sink *sink, struct err *err)
{
    struct filesystem *f = state;
    int complete = read_table(f, err);
    if (complete < 0) {
        return complete;
    }
    struct fs_probe_result *results =
        ARENA_ARRAY(metric_sink_arena(sink), f->n, struct fs_probe_result);
    if (!results) {
        return node_no_memory(err, "filesystem");
    }
    int r = fs_probe_run_all(f->probe, f->timeout_ns, results);
    if (r < 0) {
        return err_set_errno(err, -r, "filesystem: too many mounts do not answer");
    }
    for (size_t i = 0; i < f->n && r >= 0; i++) {
        r = add_mount(&f->list[i], &results[i], sink, err);
    }
    return r < 0 ? r : complete;
}

static const struct metric_subject *const subjects[] = { &filesystem_subject, &mount_subject,
                                                         NULL };

const struct collector collector_filesystem = {
    .name = "filesystem",
    .on_by_default = true,
    .subjects = subjects,
    .options = options,
    .may_block = true,
    .start = filesystem_start,
    .read = filesystem_read,
    .stop = filesystem_stop,
};
