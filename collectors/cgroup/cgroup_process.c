/* The processes that are directly in a cgroup: their number, descriptors and sockets, and from the
 * first of them the limits and the network that the container lives in. */
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "collectors/cgroup/cgroup_mounts.h"
#include "collectors/cgroup/cgroup_reader.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

/* Of so many processes the eldest is looked for; in a new container there is one or two. */
#define ELDEST_OF 64
#define LIMITS_MAX_AGE_NS (30 * CLOCK_NS_PER_SEC)
/* Room for LIMIT_PIDS_PER_CGROUP lines; asked for only by a cgroup that needs it. */
#define PIDS_TEXT_BYTES (LIMIT_PIDS_PER_CGROUP * (size_t)8)

static bool read_pids_text(struct cg_source *s, struct str *ret)
{
    struct cgroup_reader *r = s->reader;
    int e =
        cgroup_entry_read(s->entry, CG_CPU, CGF_PROCS, "cgroup.procs", r->text, r->text_size, ret);
    if (e == -EFBIG && r->text_size < PIDS_TEXT_BYTES) {
        char *larger = realloc(r->text, PIDS_TEXT_BYTES);
        if (larger) {
            r->text = larger;
            r->text_size = PIDS_TEXT_BYTES;
            e = cgroup_entry_read(s->entry, CG_CPU, CGF_PROCS, "cgroup.procs", r->text,
                                  r->text_size, ret);
        }
    }
    if (e == -ENODEV || e == -ENOENT) {
        s->gone = e;
    } else if (e < 0 && e != -ENODATA && e != -EOPNOTSUPP) {
        /* EOPNOTSUPP: a threaded cgroup, whose processes are counted where its domain is */
        s->error = s->error ? s->error : e;
    }
    return e == 0;
}

bool cg_list_processes(struct cg_source *s, struct cgroup_sample *ret, size_t *ret_n)
{
    struct cgroup_reader *r = s->reader;
    struct str text;
    if (!read_pids_text(s, &text)) {
        return false;
    }
    ssize_t lines = cg_parse_pids(text, r->pids, LIMIT_PIDS_PER_CGROUP, ret_n);
    if (lines < 0) {
        return cg_understood(s, (int)lines);
    }
    ret->processes = (uint64_t)lines;
    return true;
}

static int read_proc_text(struct cgroup_reader *r, int32_t pid, const char *file, struct str *ret)
{
    char path[64];
    snprintf(path, sizeof(path), "%d/%s", pid, file);
    return file_read_text_at(r->procfs_fd, path, r->text, r->text_size, ret);
}

/* The process that was there first: ids wrap around, and what an exec or a shell started may have a
 * lower one. 0 when there is none. */
static int32_t eldest(struct cgroup_reader *r, const int32_t *pids, size_t n)
{
    int32_t found = n ? pids[0] : 0;
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; n > 1 && i < KG_MIN(n, (size_t)ELDEST_OF); i++) {
        struct str text;
        uint64_t ticks;
        if (read_proc_text(r, pids[i], "stat", &text) == 0 &&
            proc_parse_start_ticks(text, &ticks) == 0 && ticks < least) {
            least = ticks;
            found = pids[i];
        }
    }
    return found;
}

static void close_kept(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* Beyond the budget of descriptors that cgroups may keep, each reading opens anew. */
static void keep_or_close(const struct cgroup_entry *e, int *fd)
{
    if (e->mounts->fds_kept >= e->mounts->fds_max) {
        close_kept(fd);
    }
}

static int open_proc(const struct cgroup_reader *r, int32_t pid, const char *file)
{
    char path[64];
    snprintf(path, sizeof(path), "%d/%s", pid, file);
    return file_open_read_at(r->procfs_fd, path);
}

static bool is_listed(const struct cgroup_reader *r, size_t n, int32_t pid)
{
    for (size_t i = 0; i < n; i++) {
        if (r->pids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* A process that is still listed lives, and its limits are read again only now and then: they
 * hardly ever change, but for a runtime that has not yet become what it starts. */
static bool limits_are_fresh(const struct cgroup_reader *r, const struct cgroup_entry *e,
                             size_t n_pids, uint64_t now_ns)
{
    return e->limits_read_ns && now_ns - e->limits_read_ns < LIMITS_MAX_AGE_NS &&
           e->limits_read_ns - e->seen_ns >= CGROUP_YOUNG_NS && is_listed(r, n_pids, e->init_pid);
}

/* Reads the limits of the init process through its kept descriptor, which also tells whether it
 * still lives: of a dead one it says ESRCH. */
static int read_limits(struct cg_source *s, size_t n_pids)
{
    struct cgroup_entry *e = s->entry;
    struct str text;
    uint64_t now_ns = clock_mono_ns();
    if (limits_are_fresh(s->reader, e, n_pids, now_ns)) {
        return 0;
    }
    if (e->limits_fd < 0) {
        e->limits_fd = open_proc(s->reader, e->init_pid, "limits");
    }
    if (e->limits_fd < 0) {
        return e->limits_fd;
    }
    int r = file_pread_text(e->limits_fd, s->reader->text, s->reader->text_size, &text);
    keep_or_close(e, &e->limits_fd);
    if (r < 0) {
        return r;
    }
    e->limits_read_ns =
        cg_understood(s, proc_parse_open_files_limit(text, &e->nofile_soft)) ? now_ns : 0;
    return 0;
}

/* CRI-O's sandbox is an empty folder: its network is that of any container of the pod. */
static int32_t pid_of_sibling(struct cg_source *s)
{
    int dir_fd = s->entry->dir_fd[CG_CPU];
    int32_t found = 0;
    DIR *pod = NULL;
    int pod_fd = dir_fd < 0 ? -1 : file_open_dir_at(dir_fd, "..");
    if (pod_fd < 0 || !(pod = fdopendir(pod_fd))) {
        return 0;
    }
    /* One reader and one stream: readdir of glibc is safe there. NOLINTNEXTLINE(concurrency-*) */
    for (struct dirent *entry = readdir(pod); entry && !found; entry = readdir(pod)) {
        char path[NAME_MAX + 16];
        struct str text;
        size_t n = 0;
        snprintf(path, sizeof(path), "%s/cgroup.procs", entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
            file_read_text_at(pod_fd, path, s->reader->text, s->reader->text_size, &text) == 0 &&
            cg_parse_pids(text, s->reader->pids, ELDEST_OF, &n) > 0 && n > 0) {
            found = s->reader->pids[0];
        }
    }
    closedir(pod);
    return found;
}

static int32_t choose_init(struct cg_source *s, size_t n_pids)
{
    if (cg_is_root(s)) {
        return 1;
    }
    if (n_pids > 0) {
        return eldest(s->reader, s->reader->pids, n_pids);
    }
    if (s->entry->record) {
        return s->entry->record->pid; /* its processes may all be in a cgroup below */
    }
    return s->entry->sandbox ? pid_of_sibling(s) : 0;
}

/* Finds the init process, or another when it has died, and reads its limits. */
static void follow_init(struct cg_source *s, size_t n_pids, struct cgroup_sample *ret)
{
    struct cgroup_entry *e = s->entry;
    for (int attempt = 0; attempt < 2; attempt++) {
        if (e->init_pid == 0) {
            e->init_pid = choose_init(s, n_pids);
            e->limits_read_ns = 0;
        }
        if (e->init_pid == 0) {
            return;
        }
        if (read_limits(s, n_pids) == 0) {
            break;
        }
        close_kept(&e->limits_fd);
        close_kept(&e->net_dev_fd);
        e->init_pid = 0;
    }
    /* Of a process of another container only the network is the sandbox's too. */
    if (e->init_pid && e->limits_read_ns && (n_pids > 0 || cg_is_root(s))) {
        ret->ulimit_nofile_soft = e->nofile_soft;
        ret->present |= CG_ULIMIT;
    }
}

/* A sandbox holds its pod's network. Outside of pods (docker, podman) each container has its own,
 * unless its engine says that it joined another's. */
static bool has_network(const struct cg_source *s)
{
    const struct cgroup_entry *e = s->entry;
    return cg_is_root(s) || e->sandbox ||
           (e->id.kind == CGROUP_CONTAINER && e->id.pod_uid[0] == '\0' &&
            !(e->record && e->record->shares_network));
}

static int read_network(struct cg_source *s, struct arena *mem, struct cgroup_sample *ret)
{
    struct cgroup_reader *r = s->reader;
    struct cgroup_entry *e = s->entry;
    struct str text;
    size_t n = 0;
    if (e->net_dev_fd < 0) {
        e->net_dev_fd = open_proc(r, e->init_pid, "net/dev");
    }
    if (e->net_dev_fd < 0 || file_pread_text(e->net_dev_fd, r->text, r->text_size, &text) < 0) {
        close_kept(&e->net_dev_fd);
        return 0;
    }
    keep_or_close(e, &e->net_dev_fd);
    int parsed = proc_parse_net_dev(text, proc_skip_interface, r->net, LIMIT_NET_INTERFACES, &n);
    if (parsed != -E2BIG && !cg_understood(s, parsed)) {
        return 0;
    }
    struct cgroup_net *net = ARENA_ARRAY(mem, n, struct cgroup_net);
    if (!net) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const struct net_dev *from = &r->net[i];
        net[i] = (struct cgroup_net){
            .rx_bytes = from->rx_bytes,
            .rx_packets = from->rx_packets,
            .rx_errors = from->rx_errors,
            .rx_dropped = from->rx_dropped,
            .tx_bytes = from->tx_bytes,
            .tx_packets = from->tx_packets,
            .tx_errors = from->tx_errors,
            .tx_dropped = from->tx_dropped,
        };
        if (arena_str(mem, from->name, &net[i].interface) < 0) {
            return -ENOMEM;
        }
    }
    ret->net = net;
    ret->n_net = n;
    return 0;
}

int cg_read_processes(struct cg_source *s, struct arena *mem, struct cgroup_sample *ret)
{
    size_t n = 0;
    if (cg_list_processes(s, ret, &n)) {
        ret->present |= CG_PROCESSES;
        cg_read_fds_of_entry(s, n, ret);
        if (s->reader->version == CGROUP_V2 && cg_is_root(s) && ret->threads == 0) {
            ret->threads = ret->processes; /* the root has no pids.current */
        }
    }
    if (s->gone || (!cg_is_root(s) && s->entry->id.kind != CGROUP_CONTAINER)) {
        return 0;
    }
    follow_init(s, n, ret);
    return s->entry->init_pid && has_network(s) ? read_network(s, mem, ret) : 0;
}
