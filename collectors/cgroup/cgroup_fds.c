/* Open files and sockets of the processes of a cgroup.
 *
 * To tell sockets from files each descriptor's link has to be read, which for a machine with
 * thousands of them costs more than all its cgroup files. Since Linux 6.2 the size of /proc/PID/fd
 * is the number of descriptors: while that of a process has not changed, its last count of sockets
 * is served, and the tick counts again behind the scrapes' back. */
#include "base/clock.h"
#include "collectors/cgroup/cgroup_reader.h"
#include "collectors/proc/pid_fds.h"

#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* A count older than this is made anew within the reading that serves it. */
#define COUNT_MAX_AGE_NS (45 * CLOCK_NS_PER_SEC)
/* The tick leaves alone what is younger than this. */
#define COUNT_MIN_AGE_NS (10 * CLOCK_NS_PER_SEC)

static bool open_files(const struct cgroup_reader *r, int32_t pid, uint64_t *ret)
{
    char path[32];
    struct stat st;
    snprintf(path, sizeof(path), "%d/fd", pid);
    if (fstatat(r->procfs_fd, path, &st, 0) < 0) {
        return false;
    }
    *ret = (uint64_t)st.st_size;
    return true;
}

bool cg_knows_open_files(const struct cgroup_reader *r)
{
    struct statfs fs;
    struct stat st;
    /* We have some open ourselves. */
    return r->procfs_fd >= 0 && fstatfs(r->procfs_fd, &fs) == 0 &&
           (long)fs.f_type == PROC_SUPER_MAGIC && fstatat(r->procfs_fd, "self/fd", &st, 0) == 0 &&
           st.st_size > 0;
}

/* A process that ends meanwhile, or that we may not look into, counts as far as it could be read.
 */
static void count(const struct cgroup_reader *r, struct cg_fds *fds, uint64_t size, uint64_t now_ns)
{
    int32_t pid = fds->pid;
    *fds = (struct cg_fds){ .pid = pid, .size = size, .counted_ns = now_ns };
    (void)proc_count_fds(r->procfs_fd, pid, &fds->files, &fds->sockets);
}

void cg_read_fds(struct cg_source *s, size_t n, struct cgroup_sample *ret)
{
    struct cgroup_reader *r = s->reader;
    uint64_t now_ns = clock_mono_ns();
    for (size_t i = 0; i < n; i++) {
        /* Processes that share a place put each other out, which only costs a count. */
        struct cg_fds *fds = &r->fds[(uint32_t)r->pids[i] % CG_FDS_PLACES];
        uint64_t size = 0;
        bool known = r->knows_open_files && open_files(r, r->pids[i], &size);
        if (!known || fds->pid != r->pids[i] || fds->size != size ||
            now_ns - fds->counted_ns >= COUNT_MAX_AGE_NS) {
            fds->pid = r->pids[i];
            count(r, fds, size, now_ns);
        }
        fds->served = true;
        ret->file_descriptors += fds->files;
        ret->sockets += fds->sockets;
    }
}

void cgroup_reader_tick(struct cgroup_reader *r, uint64_t now_ns)
{
    for (size_t i = 0; r->knows_open_files && i < CG_FDS_PLACES; i++) {
        struct cg_fds *fds = &r->fds[i];
        uint64_t size;
        if (!fds->served || now_ns - fds->counted_ns < COUNT_MIN_AGE_NS) {
            continue;
        }
        if (open_files(r, fds->pid, &size)) {
            count(r, fds, size, now_ns);
        } else {
            *fds = (struct cg_fds){ 0 }; /* has ended */
        }
    }
}
