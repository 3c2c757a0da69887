#include "collectors/container_sandbox.h"

#include "base/clock.h"
#include "base/file.h"
#include "collectors/cgroup/cgroup_mounts.h"
#include "collectors/proc/proc_parse.h"
#include "collectors/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* The first process of a container; pid 0: there is none, or it cannot be told. */
struct init {
    uint64_t pid, start_ticks;
};

/* A file of the first few bytes: cgroup.procs of a busy container is long, and only its first line
 * matters. */
static bool read_head(int dirfd, const char *path, char *out, size_t size, struct str *ret)
{
    auto_close int fd = file_open_read_at(dirfd, path);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size);
    if (n < 0) {
        return false;
    }
    *ret = (struct str){ out, (size_t)n };
    return true;
}

bool container_first_pid(const struct cgroup_entry *e, uint64_t *ret)
{
    char text[64];
    struct str procs;
    if (!read_head(e->dir_fd[e->mounts->lead], "cgroup.procs", text, sizeof(text), &procs)) {
        return false;
    }
    struct scan s = scan_of(procs);
    uint64_t pid = 0;
    (void)scan_u64(&s, &pid);
    *ret = pid;
    return true;
}

static struct str pid_file(int procfs_fd, uint64_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    struct str got = { NULL, 0 };
    snprintf(path, sizeof(path), "%" PRIu64 "/%s", pid, name);
    (void)read_head(procfs_fd, path, text, size, &got);
    return got;
}

static struct init init_of(const struct cgroup_entry *e, int procfs_fd)
{
    char text[1024];
    struct init init = { 0, 0 };
    if (container_first_pid(e, &init.pid) && init.pid > 0) {
        struct str stat = pid_file(procfs_fd, init.pid, "stat", text, sizeof(text));
        if (proc_parse_start_ticks(stat, &init.start_ticks) < 0) {
            init.pid = 0;
        }
    }
    return init;
}

static bool elder(struct init a, struct init b)
{
    return a.start_ticks != b.start_ticks ? a.start_ticks < b.start_ticks : a.pid < b.pid;
}

/* The folder that e stands in, with its last '/'. */
static struct str folder_of(const struct cgroup_entry *e)
{
    struct str path = str_of(e->path);
    return str_head(path, (size_t)(str_rfind(path, '/') + 1));
}

/* Whether b is another container in the same folder as a. */
static bool is_sibling(const struct cgroup_entry *a, const struct cgroup_entry *b)
{
    return b->id.kind == CGROUP_CONTAINER && str_eq(folder_of(a), folder_of(b));
}

/* Whether b stands in the folder that a stands in, at any depth. */
static bool is_near(const struct cgroup_entry *a, const struct cgroup_entry *b)
{
    return str_starts(str_of(b->path), folder_of(a));
}

/* Whether the sibling at i shows that a, whose process is init, is not the sandbox. */
static bool contradicts(const struct cgroup_entry *a, struct init init,
                        const struct cgroup_entry *sibling, int procfs_fd)
{
    if (!is_sibling(a, sibling)) {
        return false;
    }
    struct init other = init_of(sibling, procfs_fd);
    return sibling->sandbox || (other.pid > 0 && elder(other, init));
}

static bool is_eldest(struct cgroup_entry *const *all, size_t n, size_t at, struct init init,
                      int procfs_fd)
{
    const struct cgroup_entry *e = all[at];
    for (size_t i = at; i-- > 0 && is_near(e, all[i]);) {
        if (contradicts(e, init, all[i], procfs_fd)) {
            return false;
        }
    }
    for (size_t i = at + 1; i < n && is_near(e, all[i]); i++) {
        if (contradicts(e, init, all[i], procfs_fd)) {
            return false;
        }
    }
    return true;
}

bool container_is_sandbox(struct cgroup_entry *const *all, size_t n, size_t at, int procfs_fd)
{
    const struct cgroup_entry *e = all[at];
    bool crio = e->id.runtime == CGROUP_RUNTIME_CRIO;
    char text[64];
    uint64_t pid;
    if (!container_first_pid(e, &pid)) {
        return false;
    }
    if (pid == 0) {
        return crio && clock_mono_ns() - e->seen_ns >= CGROUP_YOUNG_NS;
    }
    if (str_eq(str_trim(pid_file(procfs_fd, pid, "comm", text, sizeof(text))), STR("pause"))) {
        return true;
    }
    /* Without a sandbox of its own, CRI-O's eldest process is an application's. */
    struct init init = init_of(e, procfs_fd);
    return !crio && init.pid > 0 && is_eldest(all, n, at, init, procfs_fd);
}
