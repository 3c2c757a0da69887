#include "collectors/cgroup/filesystems.h"

#include "base/file.h"
#include "base/limits.h"
#include "collectors/fs_probe.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PROBE_TIMEOUT_MS 2000
#define MOUNT_TABLE_BYTES (8 * MIB)

struct filesystem {
    char *device, *mountpoint;
    char *path; /* the mountpoint as seen from here */
    uint32_t major, minor;
    bool anonymous; /* btrfs: stat tells another number than the mount table */
};

struct filesystems {
    const struct collector_env *env;
    struct str kubelet; /* as the host sees it */
    int fd;             /* mountinfo of process 1: poll says when it has changed; -1 */
    bool known;
    struct filesystem *list;
    size_t n, cap;
    struct fs_probe *probe;
    struct fs_probe_result *results;
};

/* The kubelet's folder without the prefix under which we see the host's root. */
static struct str host_path(const char *path, const char *rootfs)
{
    struct str s = str_of(path), root = str_of(rootfs);
    str_eat_end(&root, STR("/"));
    str_eat(&s, root);
    return s;
}

struct filesystems *filesystems_new(const struct collector_env *env)
{
    struct filesystems *f = calloc(1, sizeof(*f));
    if (!f) {
        return NULL;
    }
    f->env = env;
    f->kubelet = host_path(env->kubelet, env->rootfs);
    f->fd = -1;
    f->probe = fs_probe_new();
    if (!f->probe) {
        free(f);
        return NULL;
    }
    char path[PATH_MAX];
    if (file_join(path, sizeof(path), env->procfs, "1/mountinfo") == 0) {
        f->fd = file_open_read_at(AT_FDCWD, path);
    }
    return f;
}

static void forget(struct filesystems *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->list[i].device);
        free(f->list[i].mountpoint);
        free(f->list[i].path);
    }
    f->n = 0;
}

void filesystems_free(struct filesystems *f)
{
    if (!f) {
        return;
    }
    forget(f);
    free(f->list);
    free(f->results);
    fs_probe_free(f->probe);
    if (f->fd >= 0) {
        close(f->fd);
    }
    free(f);
}

static bool is_served_type(struct str type)
{
    static const struct str types[] = {
        STR_INIT("btrfs"), STR_INIT("overlay"), STR_INIT("squashfs"), STR_INIT("tmpfs"),
        STR_INIT("vfat"),  STR_INIT("xfs"),     STR_INIT("zfs"),
    };
    if (str_starts(type, STR("ext")) || str_starts(type, STR("nfs"))) {
        return true;
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(types); i++) {
        if (str_eq(type, types[i])) {
            return true;
        }
    }
    return false;
}

static bool is_below(struct str path, struct str folder, struct str below)
{
    return !str_empty(folder) && str_eat(&path, folder) && str_starts(path, below);
}

bool filesystems_serves(const struct mount_line *line, struct str kubelet)
{
    if (!is_served_type(line->type) || is_below(line->mountpoint, kubelet, STR("/pods/")) ||
        is_below(line->mountpoint, kubelet, STR("/plugins/"))) {
        return false;
    }
    if (str_eq(line->type, STR("overlay"))) { /* a container's root */
        return !str_ends(line->mountpoint, STR("/rootfs")) &&
               !str_ends(line->mountpoint, STR("/merged"));
    }
    if (str_eq(line->type, STR("tmpfs"))) { /* a sandbox's /dev/shm */
        return !str_ends(line->mountpoint, STR("/shm")) ||
               str_eq(line->mountpoint, STR("/dev/shm"));
    }
    return true;
}

static struct filesystem *find_device(struct filesystems *f, const char *device)
{
    for (size_t i = 0; i < f->n; i++) {
        if (str_eq_c(str_of(f->list[i].device), device)) {
            return &f->list[i];
        }
    }
    return NULL;
}

/* What the peer calls the device: the mountpoint of a tmpfs, a source of its own for each overlay.
 * The kernel shows the root of a machine without an initramfs as /dev/root, which is no device. */
static int device_label(const struct mount_line *line, const struct devices *devices, char *out,
                        size_t size)
{
    struct str text, name = devices_name(devices, line->major, line->minor);
    if (str_eq(line->type, STR("tmpfs"))) {
        return proc_unescape(line->mountpoint, out, size, &text);
    }
    if (str_eq(line->source, STR("/dev/root")) && !str_empty(name)) {
        return str_copy(out, size, name);
    }
    int r = proc_unescape(line->source, out, size, &text);
    if (r == 0 && str_eq(line->type, STR("overlay"))) {
        int n = snprintf(out + text.n, size - text.n, "_%u-%u", line->major, line->minor);
        r = n < 0 || (size_t)n >= size - text.n ? -ENAMETOOLONG : 0;
    }
    return r;
}

/* The disk behind a btrfs, whose own number is not a disk's. */
static void set_disk_number(const struct filesystems *f, struct filesystem *fs)
{
    char path[PATH_MAX];
    struct stat st;
    if (file_join(path, sizeof(path), f->env->rootfs, fs->device) == 0 && stat(path, &st) == 0 &&
        S_ISBLK(st.st_mode)) {
        fs->major = major(st.st_rdev);
        fs->minor = minor(st.st_rdev);
    }
}

static int append(struct filesystems *f, const struct filesystem *fs)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 16;
        struct filesystem *list = reallocarray(f->list, cap, sizeof(*list));
        if (!list) {
            return -ENOMEM;
        }
        f->list = list;
        f->cap = cap;
    }
    f->list[f->n++] = *fs;
    return 0;
}

static int add_mount(struct filesystems *f, const struct mount_line *line,
                     const struct devices *devices)
{
    char device[PATH_MAX], mountpoint[PATH_MAX], path[PATH_MAX];
    struct str text;
    if (device_label(line, devices, device, sizeof(device)) < 0 ||
        proc_unescape(line->mountpoint, mountpoint, sizeof(mountpoint), &text) < 0 ||
        file_join(path, sizeof(path), f->env->rootfs, mountpoint) < 0) {
        return 0; /* too long to be asked about */
    }
    struct filesystem *before = find_device(f, device);
    if (before && str_eq(line->type, STR("tmpfs"))) { /* mounted over: only the last is seen */
        before->major = line->major;
        before->minor = line->minor;
        return 0;
    }
    if (before || f->n == LIMIT_FILESYSTEMS) {
        return 0;
    }
    struct filesystem fs = {
        .device = str_dup(str_of(device)),
        .mountpoint = str_dup(str_of(mountpoint)),
        .path = str_dup(str_of(path)),
        .major = line->major,
        .minor = line->minor,
        .anonymous = str_eq(line->type, STR("btrfs")),
    };
    if (!fs.device || !fs.mountpoint || !fs.path || append(f, &fs) < 0) {
        free(fs.device);
        free(fs.mountpoint);
        free(fs.path);
        return -ENOMEM;
    }
    if (fs.anonymous) {
        set_disk_number(f, &f->list[f->n - 1]);
    }
    return 0;
}

/* Reading the state of poll also takes it: the next change is told again. */
static bool has_changed(const struct filesystems *f)
{
    struct pollfd p = { .fd = f->fd, .events = POLLPRI };
    return !f->known || (f->fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & POLLPRI));
}

static int set_probe_paths(struct filesystems *f)
{
    const char **paths = calloc(f->n ? f->n : 1, sizeof(*paths));
    struct fs_probe_result *results = reallocarray(f->results, f->n ? f->n : 1, sizeof(*results));
    if (results) {
        f->results = results;
    }
    int r = paths && results ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < f->n; i++) {
        paths[i] = f->list[i].path;
    }
    if (r == 0) {
        r = fs_probe_set(f->probe, paths, f->n);
    }
    free((void *)paths);
    return r;
}

static int read_table(struct filesystems *f, const struct devices *devices)
{
    char path[PATH_MAX];
    auto_buf struct buf text = BUF_INIT(MOUNT_TABLE_BYTES);
    forget(f);
    if (file_join(path, sizeof(path), f->env->procfs, "1/mountinfo") < 0 ||
        file_read(AT_FDCWD, path, &text, NULL) < 0) {
        return set_probe_paths(f); /* not to be had: no file systems */
    }
    struct str rest = buf_str(&text);
    struct mount_line line;
    int more;
    while ((more = proc_parse_mount_line(&rest, &line)) != 0) {
        if (more > 0 && filesystems_serves(&line, f->kubelet) && add_mount(f, &line, devices) < 0) {
            return -ENOMEM;
        }
    }
    return set_probe_paths(f);
}

static const struct diskstat *find_disk(const struct diskstat *disks, size_t n, uint32_t major,
                                        uint32_t minor)
{
    for (size_t i = 0; i < n; i++) {
        if (disks[i].major == major && disks[i].minor == minor) {
            return &disks[i];
        }
    }
    return NULL;
}

/* A file system on no disk has done no disk I/O: the peer, too, says 0 for a tmpfs. */
static struct cgroup_io disk_io(const struct diskstat *disk)
{
    struct cgroup_io io = {
        .has_ios = 1 << CG_IO_READ | 1 << CG_IO_WRITE,
        .has_disk = true,
        .has_sectors = true,
        .has_weighted = true,
    };
    if (disk) {
        io.ios[CG_IO_READ] = disk->reads;
        io.ios[CG_IO_WRITE] = disk->writes;
        io.sectors_read = disk->sectors_read;
        io.sectors_written = disk->sectors_written;
        io.reads_merged = disk->reads_merged;
        io.writes_merged = disk->writes_merged;
        io.io_current = disk->in_flight;
        io.read_seconds = (double)disk->read_ms / 1e3;
        io.write_seconds = (double)disk->write_ms / 1e3;
        io.io_seconds = (double)disk->io_ms / 1e3;
        io.io_weighted_seconds = (double)disk->weighted_ms / 1e3;
    }
    return io;
}

/* Something else may be mounted at the path as we see it, or nothing: then the numbers would be
 * those of the file system below. */
static bool is_what_was_mounted(const struct filesystem *fs, const struct fs_probe_result *result)
{
    return result->r == 0 &&
           (fs->anonymous || (fs->major == result->major && fs->minor == result->minor));
}

int filesystems_read(struct filesystems *f, struct arena *mem, const struct diskstat *disks,
                     size_t n_disks, const struct devices *devices, const struct cgroup_fs **ret,
                     size_t *ret_n)
{
    if (has_changed(f)) {
        int r = read_table(f, devices);
        if (r < 0) {
            return r;
        }
        f->known = true;
    }
    struct cgroup_fs *list = ARENA_ARRAY(mem, f->n, struct cgroup_fs);
    if (!list) {
        return -ENOMEM;
    }
    size_t n = 0;
    bool measured = fs_probe_run(f->probe, PROBE_TIMEOUT_MS, f->results) == 0;
    for (size_t i = 0; measured && i < f->n; i++) {
        const struct filesystem *fs = &f->list[i];
        const struct fs_probe_result *result = &f->results[i];
        if (!is_what_was_mounted(fs, result)) {
            continue;
        }
        list[n] = (struct cgroup_fs){
            .usage_bytes = result->size_bytes - result->free_bytes,
            .limit_bytes = result->size_bytes,
            .inodes_total = result->files,
            .inodes_free = result->files_free,
            .has_io = true,
            .io = disk_io(find_disk(disks, n_disks, fs->major, fs->minor)),
        };
        if (arena_str(mem, str_of(fs->device), &list[n].device) < 0) {
            return -ENOMEM;
        }
        n++;
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

struct str filesystems_device(const struct filesystems *f, uint32_t major, uint32_t minor)
{
    for (size_t i = 0; major != 0 && i < f->n; i++) {
        if (f->list[i].major == major && f->list[i].minor == minor) {
            return str_of(f->list[i].device);
        }
    }
    return (struct str){ 0 };
}

size_t filesystems_stuck(const struct filesystems *f)
{
    return fs_probe_stuck(f->probe);
}
