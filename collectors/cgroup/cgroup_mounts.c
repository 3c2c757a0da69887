#include "collectors/cgroup/cgroup_mounts.h"

#include "base/file.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Left to sockets, files of other collectors and the libraries. */
#define FDS_FOR_OTHERS ((rlim_t)512)

static const char *const controller_names[CG_CONTROLLERS] = {
    [CG_CPU] = "cpu",         [CG_CPUACCT] = "cpuacct",
    [CG_CPUSET] = "cpuset",   [CG_MEMORY_CONTROLLER] = "memory",
    [CG_BLKIO] = "blkio",     [CG_PIDS_CONTROLLER] = "pids",
    [CG_DEVICES] = "devices", [CG_FREEZER] = "freezer",
};

/* Every container manager makes its cgroups in all controllers, but other programs (and systemd
 * with accounting off) only in some, of which memory is the most common. */
static const int lead_order[] = { CG_MEMORY_CONTROLLER, CG_CPU,    CG_CPUACCT,
                                  CG_PIDS_CONTROLLER,   CG_BLKIO,  CG_CPUSET,
                                  CG_DEVICES,           CG_FREEZER };

static bool is_type(int fd, long magic)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && (long)fs.f_type == magic;
}

static bool same_folder(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The controllers that a folder's name lists: "cpu,cpuacct", "net_cls,net_prio" (none of ours). */
static unsigned controllers_named(struct str name)
{
    unsigned mask = 0;
    while (name.n > 0) {
        struct str part = str_cut(&name, ',');
        for (unsigned c = 0; c < CG_CONTROLLERS; c++) {
            if (str_eq_c(part, controller_names[c])) {
                mask |= 1u << c;
            }
        }
    }
    return mask;
}

/* Gives the folder to each controller that has none yet; fd is taken over. */
static void take_folder(struct cgroup_mounts *m, unsigned mask, int fd)
{
    int first = -1;
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        if (m->root_fd[c] >= 0 && same_folder(m->root_fd[c], fd)) {
            first = m->hierarchy[c];
            break;
        }
    }
    int shared = first >= 0 ? m->root_fd[first] : fd;
    bool used = false;
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        if ((mask & (1u << c)) && m->root_fd[c] < 0) {
            first = first >= 0 ? first : c;
            m->root_fd[c] = shared;
            m->hierarchy[c] = first;
            used = true;
        }
    }
    if (shared != fd || !used) {
        close(fd);
    }
}

/* One pass over the folders of a v1 mount; real: only cgroup file systems count. */
static int find_controllers(int top, bool real, struct cgroup_mounts *m)
{
    int fd = file_open_dir_at(top, ".");
    if (fd < 0) {
        return fd;
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        int code = errno;
        close(fd);
        return -code;
    }
    struct dirent *d;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own */
    while ((d = readdir(dir))) {
        unsigned mask = controllers_named(str_of(d->d_name));
        if (mask == 0) {
            continue;
        }
        int folder = file_open_dir_at(top, d->d_name);
        if (folder < 0) {
            continue;
        }
        if (real && !is_type(folder, CGROUP_SUPER_MAGIC)) {
            close(folder);
            continue;
        }
        take_folder(m, mask, folder);
    }
    closedir(dir);
    return 0;
}

static bool has_any(const struct cgroup_mounts *m)
{
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        if (m->root_fd[c] >= 0) {
            return true;
        }
    }
    return false;
}

static int open_v2(struct cgroup_mounts *m, int top, bool real)
{
    m->version = CGROUP_V2;
    m->root_fd[0] = fcntl(top, F_DUPFD_CLOEXEC, 0);
    if (m->root_fd[0] < 0) {
        return -errno;
    }
    m->hierarchy[0] = 0;
    m->counts_links = real;
    return 0;
}

static int open_v1(struct cgroup_mounts *m, int top)
{
    m->version = CGROUP_V1;
    m->lead = -1;
    int r = find_controllers(top, true, m);
    m->counts_links = r >= 0 && has_any(m);
    if (r >= 0 && !has_any(m)) {
        r = find_controllers(top, false, m);
    }
    for (size_t i = 0; m->lead < 0 && i < KG_ARRAY_LEN(lead_order); i++) {
        m->lead = m->hierarchy[lead_order[i]];
    }
    return r < 0 || m->lead >= 0 ? r : -ENODATA;
}

static size_t descriptors_to_keep(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY) {
        return SIZE_MAX;
    }
    return limit.rlim_cur > 2 * FDS_FOR_OTHERS ? limit.rlim_cur - FDS_FOR_OTHERS
                                               : limit.rlim_cur / 2;
}

int cgroup_mounts_open(const char *cgroupfs, struct cgroup_mounts *ret, struct err *err)
{
    struct cgroup_mounts m = { .fds_max = descriptors_to_keep() };
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        m.root_fd[c] = m.hierarchy[c] = -1;
    }
    auto_close int top = file_open_dir_at(AT_FDCWD, cgroupfs);
    if (top < 0) {
        return err_set_errno(err, -top, "open %s", cgroupfs);
    }
    bool real = is_type(top, CGROUP2_SUPER_MAGIC);
    int r = real || faccessat(top, "cgroup.controllers", F_OK, 0) == 0 ? open_v2(&m, top, real)
                                                                       : open_v1(&m, top);
    if (r < 0) {
        cgroup_mounts_close(&m);
        return r == -ENODATA ? err_set(err, ENODATA,
                                       "%s: neither a cgroup v2 file system nor a folder with "
                                       "cgroup v1 controllers",
                                       cgroupfs)
                             : err_set_errno(err, -r, "open cgroups below %s", cgroupfs);
    }
    *ret = m;
    return 0;
}

void cgroup_mounts_close(struct cgroup_mounts *m)
{
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        if (cgroup_mounts_owns(m, c) && m->root_fd[c] >= 0) {
            close(m->root_fd[c]);
        }
        m->root_fd[c] = m->hierarchy[c] = -1;
    }
}
