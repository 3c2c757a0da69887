#include "collectors/cgroup/cgroup_entry.h"

#include "base/clock.h"
#include "base/file.h"
#include "collectors/cgroup/cgroup_mounts.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* Beyond the budget descriptors are opened for each reading anew. */
static bool may_keep(struct cgroup_mounts *m)
{
    if (m->fds_kept >= m->fds_max) {
        return false;
    }
    m->fds_kept++;
    return true;
}

static void drop(struct cgroup_mounts *m, int *fd, int now)
{
    if (*fd >= 0) {
        close(*fd);
        m->fds_kept--;
    }
    *fd = now;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void open_folder(struct cgroup_entry *e, int c)
{
    struct cgroup_mounts *m = e->mounts;
    const char *path = cgroup_relative(e->path);
    if (!may_keep(m)) {
        if (faccessat(m->root_fd[c], path, F_OK, 0) == 0) {
            e->there |= 1u << c;
        }
        return;
    }
    int fd = file_open_dir_at(m->root_fd[c], path);
    if (fd < 0) {
        m->fds_kept--;
        return;
    }
    e->dir_fd[c] = fd;
    e->there |= 1u << c;
}

static void open_folders(struct cgroup_entry *e)
{
    const struct cgroup_mounts *m = e->mounts;
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        if (cgroup_mounts_owns(m, c) && e->dir_fd[c] < 0) {
            open_folder(e, c);
        }
    }
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        int h = m->hierarchy[c];
        if (h >= 0 && h != c) {
            e->dir_fd[c] = e->dir_fd[h];
            e->there |= ((e->there >> h) & 1u) << c;
        }
    }
}

struct cgroup_entry *cgroup_entry_new(struct cgroup_mounts *mounts, struct str path)
{
    struct cgroup_entry *e = calloc(1, sizeof(*e));
    if (!e) {
        return NULL;
    }
    e->path = str_dup(path);
    if (!e->path) {
        free(e);
        return NULL;
    }
    /* Of the entry's own copy, because the id points into it. */
    cgroup_identify(str_of(e->path), &e->id);
    e->mounts = mounts;
    e->seen_ns = clock_mono_ns();
    e->net_dev_fd = e->limits_fd = -1;
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        e->dir_fd[c] = CG_FD_UNTRIED;
    }
    for (int f = 0; f < CGF_FILES; f++) {
        e->fd[f] = CG_FD_UNTRIED;
    }
    open_folders(e);
    return e;
}

void cgroup_entry_free(struct cgroup_entry *e)
{
    if (!e) {
        return;
    }
    for (int c = 0; c < CG_CONTROLLERS; c++) {
        if (cgroup_mounts_owns(e->mounts, c)) {
            drop(e->mounts, &e->dir_fd[c], CG_FD_UNTRIED);
        }
    }
    for (int f = 0; f < CGF_FILES; f++) {
        drop(e->mounts, &e->fd[f], CG_FD_UNTRIED);
    }
    close_if_open(&e->net_dev_fd);
    close_if_open(&e->limits_fd);
    for (size_t i = 0; i < e->n_columns; i++) {
        free(e->columns[i]);
    }
    free(e->columns);
    if (e->record) {
        snapshot_unref(&e->record->snapshot);
    }
    free(e->peaks);
    free(e->container);
    free(e->image);
    free(e->name);
    free(e->namespace);
    free(e->pod);
    free(e->path);
    free(e);
}

void cgroup_entry_refresh(struct cgroup_entry *e)
{
    open_folders(e);
    for (int f = 0; f < CGF_FILES; f++) {
        if (e->fd[f] == CG_FD_ABSENT) {
            e->fd[f] = CG_FD_UNTRIED;
        }
    }
}

/* Whether the cgroup still stands in hierarchy c: a look at its path, and whether that is the
 * folder that was opened or a new one of the same name. */
static bool stands(const struct cgroup_entry *e, int c)
{
    struct stat now, then;
    if (fstatat(e->mounts->root_fd[c], cgroup_relative(e->path), &now, 0) < 0) {
        return false;
    }
    return e->dir_fd[c] < 0 || fstat(e->dir_fd[c], &then) < 0 ||
           (now.st_dev == then.st_dev && now.st_ino == then.st_ino);
}

static bool is_young(const struct cgroup_entry *e)
{
    return clock_mono_ns() - e->seen_ns < CGROUP_YOUNG_NS;
}

/* What a failed open or read means. v2 drops a controller's files while the cgroup lives on when
 * the controller is turned off for it: their descriptors then say ENODEV too. */
static int judge(struct cgroup_entry *e, int c, enum cgroup_file file, int r)
{
    if (r != -ENOENT && r != -ENODEV) {
        return r;
    }
    if (stands(e, c)) {
        drop(e->mounts, &e->fd[file], is_young(e) ? CG_FD_UNTRIED : CG_FD_ABSENT);
        return -ENODATA;
    }
    return -ENODEV;
}

/* cgroup.procs comes in pieces of a page. All other files are shown whole by one read that has
 * room for them, so asking again for the end of the file would double the cost of a reading. */
static int read_text(int fd, enum cgroup_file file, char *out, size_t size, struct str *ret)
{
    if (file == CGF_PROCS) {
        return file_pread_text(fd, out, size, ret);
    }
    ssize_t n = file_pread(fd, out, size, 0);
    if (n < 0) {
        return -errno;
    }
    if ((size_t)n == size) {
        return -EFBIG;
    }
    out[n] = '\0';
    *ret = (struct str){ out, (size_t)n };
    return 0;
}

static bool has_folder(const struct cgroup_entry *e, int c)
{
    return e->there & (1u << c);
}

static int open_file(struct cgroup_entry *e, int c, const char *name)
{
    if (e->dir_fd[c] >= 0) {
        return file_open_read_at(e->dir_fd[c], name);
    }
    char path[PATH_MAX];
    int r = file_join(path, sizeof(path), e->path, name);
    if (r < 0) {
        return r;
    }
    /* The result starts with '/', which openat must not see. */
    return file_open_read_at(e->mounts->root_fd[c], path + strspn(path, "/"));
}

int cgroup_entry_read(struct cgroup_entry *e, enum cgroup_controller controller,
                      enum cgroup_file file, const char *name, char *out, size_t size,
                      struct str *ret)
{
    int c = e->mounts->version == CGROUP_V2 ? 0 : (int)controller;
    if (e->fd[file] >= 0) {
        int r = read_text(e->fd[file], file, out, size, ret);
        return r < 0 ? judge(e, c, file, r) : 0;
    }
    if (e->fd[file] == CG_FD_ABSENT || e->mounts->root_fd[c] < 0) {
        return -ENODATA;
    }
    if (!has_folder(e, c) && !e->is_settled) {
        /* A runtime makes the hierarchies one after the other, and the first of them is what we
         * heard of. Only a look at a grown cgroup is the last, whenever the first scrape comes. */
        e->is_settled = !is_young(e);
        open_folders(e);
    }
    if (!has_folder(e, c)) {
        return -ENODATA;
    }
    int fd = open_file(e, c, name);
    if (fd < 0) {
        return judge(e, c, file, fd);
    }
    if (may_keep(e->mounts)) {
        e->fd[file] = fd;
    }
    int r = read_text(fd, file, out, size, ret);
    if (e->fd[file] != fd) {
        close(fd);
    }
    return r < 0 ? judge(e, c, file, r) : 0;
}
