/* Open files and sockets of the processes of a cgroup.
 *
 * To tell sockets from files each descriptor's link has to be read, for which the kernel makes up
 * the whole path: for a machine with thousands of them that costs more than all its cgroup files.
 * Since Linux 6.2 the size of /proc/PID/fd is the number of descriptors: while that of a process
 * has not changed, its last count of sockets is served, and the tick counts again behind the
 * scrapes' back, no more often than it must. Of a cgroup that has used no CPU time since the last
 * reading nothing is looked at. */
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/num.h"
#include "collectors/cgroup/cgroup_reader.h"
#include "collectors/proc/pid_fds.h"

#include <linux/magic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A count older than this is made anew within the reading that serves it. */
#define COUNT_MAX_AGE_NS (45 * CLOCK_NS_PER_SEC)
/* The tick, which comes every few seconds, leaves alone what is younger than this. */
#define COUNT_MIN_AGE_NS (30 * CLOCK_NS_PER_SEC)
/* It looks whether those still live that are older than this. */
#define LOOK_MIN_AGE_NS (10 * CLOCK_NS_PER_SEC)
/* Both are doubled, up to so many times, for each count that came to what the one before did: most
 * processes keep what they have for days. */
#define CALM_MAX 3

/* A process with at least so many descriptors has its links read no more often than the tick would,
 * however often it opens and closes: the agent itself keeps thousands open. */
#define LARGE 256

/* Folders that are kept open, because fstat of one costs a quarter of looking its path up. Of a
 * process that has ended it fails, also when its number has gone to another one since. */
#define KEPT_MAX 2048

static void forget(struct cgroup_reader *r, struct cg_fds *fds)
{
    if (fds->is_kept) {
        close(fds->dir_fd);
        r->n_fds_kept--;
    }
    *fds = (struct cg_fds){ 0 };
}

static bool size_by_path(struct cgroup_reader *r, struct cg_fds *fds, struct stat *ret)
{
    char path[32];
    snprintf(path, sizeof(path), "%d/fd", fds->pid);
    if (r->n_fds_kept == KEPT_MAX) {
        return fstatat(r->procfs_fd, path, ret, 0) == 0;
    }
    int fd = file_open_dir_at(r->procfs_fd, path);
    if (fd < 0) { /* one that may only be looked at from outside still tells how many it has */
        return fstatat(r->procfs_fd, path, ret, 0) == 0;
    }
    fds->dir_fd = fd;
    fds->is_kept = true;
    r->n_fds_kept++;
    return fstat(fd, ret) == 0;
}

/* The number of descriptors of fds->pid; false when the process has ended. */
static bool open_files(struct cgroup_reader *r, struct cg_fds *fds, uint64_t *ret)
{
    struct stat st;
    if (!fds->is_kept || fstat(fds->dir_fd, &st) < 0) {
        int32_t pid = fds->pid;
        if (fds->is_kept) {
            forget(r, fds);
            fds->pid = pid;
        }
        if (!size_by_path(r, fds, &st)) {
            return false;
        }
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

int32_t cg_own_pid(const struct cgroup_reader *r)
{
    char text[NUM_TEXT_MAX];
    uint64_t pid;
    ssize_t n = r->procfs_fd < 0 ? -1 : readlinkat(r->procfs_fd, "self", text, sizeof(text));
    bool known = n > 0 && num_scan_u64((struct str){ text, (size_t)n }, &pid) == 0;
    return known && pid <= INT32_MAX ? (int32_t)pid : 0;
}

/* Of ourselves, who keep more open than all others together, no link need be read. size: how many
 * there are; numbers are given out from below, so that nearly all up to it are in use. */
static void count_own(struct cg_fds *fds, uint64_t size)
{
    for (int fd = 0; fds->files < size && (uint64_t)fd < 2 * size + LARGE; fd++) {
        int type;
        socklen_t n = sizeof(type);
        bool is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
        fds->sockets += is_socket;
        fds->files += is_socket || errno == ENOTSOCK;
    }
}

/* A process that ends meanwhile, or that we may not look into, counts as far as it could be read.
 */
static void count(const struct cgroup_reader *r, struct cg_fds *fds, uint64_t size, uint64_t now_ns)
{
    struct cg_fds before = *fds;
    fds->size = size;
    fds->counted_ns = now_ns;
    fds->served = false;
    fds->files = fds->sockets = 0;
    if (size > 0 && fds->pid == r->own_pid) {
        count_own(fds, size);
    } else {
        (void)proc_count_fds(r->procfs_fd, fds->pid, &fds->files, &fds->sockets);
    }
    bool same = before.counted_ns && before.files == fds->files && before.sockets == fds->sockets;
    fds->calm = (uint8_t)(same ? KG_MIN(before.calm + 1, CALM_MAX) : 0);
}

/* Whether the sockets of the last count will do for a process that has size descriptors now. */
static bool is_fresh(const struct cg_fds *fds, uint64_t size, uint64_t now_ns)
{
    uint64_t age_ns = now_ns - fds->counted_ns;
    if (fds->counted_ns == 0 || age_ns >= COUNT_MAX_AGE_NS << fds->calm) {
        return false;
    }
    /* Not that files equals its size: of ourselves the folder being read was one more. */
    bool may_wait = size >= LARGE && fds->files > 0 && age_ns < COUNT_MIN_AGE_NS;
    return fds->size == size || may_wait;
}

/* The place of a process, emptied if it was another's. A number falls into a set of CG_FDS_WAYS
 * places: with one place a number, two processes 8192 apart (a kernel thread and a container's) put
 * each other out at every reading, which costs both a count of their links. */
static struct cg_fds *place_of(struct cgroup_reader *r, int32_t pid)
{
    struct cg_fds *set = &r->fds[(uint32_t)pid * CG_FDS_WAYS % CG_FDS_PLACES];
    struct cg_fds *ret = &set[0];
    for (size_t i = 0; i < CG_FDS_WAYS; i++) {
        if (set[i].pid == pid) {
            return &set[i];
        }
        /* An empty one has the oldest count of all. */
        ret = set[i].counted_ns < ret->counted_ns ? &set[i] : ret;
    }
    forget(r, ret);
    ret->pid = pid;
    return ret;
}

void cg_read_fds(struct cg_source *s, size_t n, struct cgroup_sample *ret)
{
    struct cgroup_reader *r = s->reader;
    uint64_t now_ns = clock_mono_ns();
    for (size_t i = 0; i < n; i++) {
        struct cg_fds *fds = place_of(r, r->pids[i]);
        uint64_t size = 0;
        bool known = r->knows_open_files && open_files(r, fds, &size);
        if (!known || !is_fresh(fds, size, now_ns)) {
            count(r, fds, size, now_ns);
        }
        fds->served = true;
        /* The size is exact; a count of our own has the folder that was being read in it, too. */
        ret->file_descriptors += known && fds->files > 0 ? size : fds->files;
        ret->sockets += fds->sockets;
    }
}

/* As long as the tick lets a count be. */
#define STILL_MAX_NS COUNT_MIN_AGE_NS

void cg_read_fds_of_entry(struct cg_source *s, size_t n, struct cgroup_sample *ret)
{
    struct cgroup_entry *e = s->entry;
    const char *pids = (const char *)s->reader->pids;
    uint64_t mark = hash_str(HASH_START, (struct str){ pids, n * sizeof(*s->reader->pids) });
    uint64_t now_ns = clock_mono_ns();
    /* Who opens or closes a file runs for it. */
    bool still = e->fds_read_ns && now_ns - e->fds_read_ns < STILL_MAX_NS && ret->cpu_usage_ns &&
                 ret->cpu_usage_ns == e->fds_usage_ns && mark == e->fds_pids;
    if (still) {
        ret->file_descriptors = e->file_descriptors;
        ret->sockets = e->sockets;
        return;
    }
    cg_read_fds(s, n, ret);
    e->file_descriptors = ret->file_descriptors;
    e->sockets = ret->sockets;
    e->fds_usage_ns = ret->cpu_usage_ns;
    e->fds_pids = mark;
    e->fds_read_ns = now_ns;
}

void cgroup_reader_tick(struct cgroup_reader *r, uint64_t now_ns)
{
    for (size_t i = 0; r->knows_open_files && i < CG_FDS_PLACES; i++) {
        struct cg_fds *fds = &r->fds[i];
        uint64_t size;
        uint64_t age_ns = now_ns - fds->counted_ns;
        if (fds->pid == 0 || age_ns < LOOK_MIN_AGE_NS) {
            continue;
        }
        if (!open_files(r, fds, &size)) {
            forget(r, fds); /* has ended */
        } else if (fds->served && age_ns >= COUNT_MIN_AGE_NS << fds->calm) {
            count(r, fds, size, now_ns);
        }
    }
}

void cg_forget_fds(struct cgroup_reader *r)
{
    for (size_t i = 0; r->fds && i < CG_FDS_PLACES; i++) {
        forget(r, &r->fds[i]);
    }
}
