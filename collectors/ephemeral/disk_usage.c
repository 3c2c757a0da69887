#include "collectors/ephemeral/disk_usage.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/map.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAT_BLOCK 512 /* stx_blocks counts these, whatever the file system's are */

struct walk {
    disk_usage_step_fn *step;
    void *step_arg;
    uint32_t major, minor; /* of the file system that is counted */
    struct map links;      /* inodes with several names that were counted */
    struct disk_usage usage;
    size_t depth;
    DIR *open[LIMIT_WALK_DEPTH];
};

/* DONT_SYNC: a network file system that is mounted below is not to be waited for. */
static int look(int dirfd, const char *name, struct statx *ret)
{
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    return statx(dirfd, name, flags, STATX_BASIC_STATS, ret) < 0 ? -errno : 0;
}

static bool is_mount(const struct walk *w, const struct statx *st)
{
    return st->stx_dev_major != w->major || st->stx_dev_minor != w->minor ||
           (st->stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Whether this inode was counted under another name. */
static int seen_before(struct walk *w, const struct statx *st, bool *ret)
{
    const struct str key = { (const char *)&st->stx_ino, sizeof(st->stx_ino) };
    *ret = map_get(&w->links, key);
    if (*ret) {
        return 0;
    }
    if (map_count(&w->links) == LIMIT_WALK_LINKS) {
        w->usage.inexact = true;
        return 0;
    }
    return map_put(&w->links, key, w, NULL);
}

static int count(struct walk *w, const struct statx *st)
{
    bool seen = false;
    int r = st->stx_nlink > 1 && !S_ISDIR(st->stx_mode) ? seen_before(w, st, &seen) : 0;
    if (r == 0 && !seen) {
        w->usage.bytes += st->stx_blocks * STAT_BLOCK;
        w->usage.inodes++;
    }
    return r;
}

static bool is_vanished(int error)
{
    return error == -ENOENT || error == -ENOTDIR || error == -ELOOP || error == -ESTALE;
}

/* Whether fd is the folder that was looked at: another can have been put or mounted there since. */
static bool is_same(const struct walk *w, int fd, const struct statx *st)
{
    struct statx now;
    return look(fd, "", &now) == 0 && now.stx_ino == st->stx_ino && now.stx_dev_major == w->major &&
           now.stx_dev_minor == w->minor;
}

/* Goes on with the entries of a folder. -ENOENT: it is another one now. */
static int enter(struct walk *w, int dirfd, const char *name, const struct statx *st)
{
    if (w->depth == LIMIT_WALK_DEPTH) {
        return -ENAMETOOLONG;
    }
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    bool same = is_same(w, fd, st);
    DIR *dir = same ? fdopendir(fd) : NULL;
    if (!dir) {
        int r = same ? -ENOMEM : -ENOENT;
        close(fd);
        return r;
    }
    w->open[w->depth++] = dir;
    return 0;
}

static int take_entry(struct walk *w, int dirfd, const char *name)
{
    struct statx st;
    if (w->usage.inodes >= LIMIT_WALK_FILES) {
        w->usage.inexact = true;
        return -EFBIG;
    }
    if (!w->step(w->step_arg)) {
        return -ECANCELED;
    }
    int r = look(dirfd, name, &st);
    if (r == 0 && !is_mount(w, &st)) {
        r = count(w, &st);
        if (r == 0 && S_ISDIR(st.stx_mode)) {
            r = enter(w, dirfd, name, &st);
        }
    }
    if (r == -ENOMEM || is_vanished(r)) {
        return r == -ENOMEM ? r : 0;
    }
    w->usage.inexact |= r < 0;
    return 0;
}

static bool is_dots(const char *name)
{
    return str_eq(str_of(name), STR(".")) || str_eq(str_of(name), STR(".."));
}

static int walk_all(struct walk *w)
{
    int r = 0;
    while (r == 0 && w->depth > 0) {
        DIR *dir = w->open[w->depth - 1];
        errno = 0;
        /* glibc's is safe with one reader a stream. NOLINTNEXTLINE(concurrency-*) */
        const struct dirent *e = readdir(dir);
        if (e) {
            r = is_dots(e->d_name) ? 0 : take_entry(w, dirfd(dir), e->d_name);
            continue;
        }
        w->usage.inexact |= errno != 0 && !is_vanished(-errno);
        closedir(dir);
        w->depth--;
    }
    while (w->depth > 0) {
        closedir(w->open[--w->depth]);
    }
    return r == -EFBIG ? 0 : r;
}

int disk_usage_walk(int fd, disk_usage_step_fn *step, void *arg, struct disk_usage *ret)
{
    struct statx st;
    int r = look(fd, "", &st);
    struct walk *w = r == 0 ? calloc(1, sizeof(*w)) : NULL;
    if (!w) {
        return r < 0 ? r : -ENOMEM;
    }
    w->step = step;
    w->step_arg = arg;
    w->major = st.stx_dev_major;
    w->minor = st.stx_dev_minor;
    r = step(arg) ? count(w, &st) : -ECANCELED;
    if (r == 0 && S_ISDIR(st.stx_mode)) {
        r = enter(w, fd, ".", &st);
        r = r == 0 ? walk_all(w) : r;
    }
    if (r == 0) {
        *ret = w->usage;
    }
    map_done(&w->links, NULL);
    free(w);
    return r;
}
