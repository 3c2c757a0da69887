/* How folders are found: by listing, hierarchy by hierarchy, what the watches did not tell. Not
 * recursive: folders whose children are still to be listed wait in the tree's todo. */
#include "collectors/cgroup/cgroup_tree_private.h"

#include "base/file.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static void list_later(struct cgroup_tree *t, struct cgroup_folder *f)
{
    if (cgroup_folders_push(&t->todo, &t->n_todo, &t->todo_cap, f) < 0) {
        t->stats.n_dropped++;
    }
}

/* Whether what is known of f is about an earlier folder of the same name. */
static bool is_other(const struct cgroup_tree *t, const struct cgroup_folder *f, int h,
                     const struct stat *st)
{
    return (f->entry && f->entry->gone) ||
           (h == t->mounts.lead && f->inode != 0 && f->inode != st->st_ino);
}

/* A folder that stands in hierarchy h at path. */
static void meet(struct cgroup_tree *t, int h, struct str path, const struct stat *st)
{
    struct cgroup_folder *f = cgroup_folders_find(t, path);
    if (f && is_other(t, f, h, st)) {
        cgroup_folders_remove(t, path);
        f = NULL;
    }
    bool settled = f && f->watch >= 0;
    if (!f) {
        f = cgroup_folders_add(t, path);
        if (!f) {
            return;
        }
    } else if (f->seen != t->scan) {
        if (f->watch < 0 || f->inode == 0) {
            cgroup_folder_watch(t, f);
        }
        if (f->entry) {
            cgroup_entry_refresh(f->entry);
        }
    }
    f->seen = t->scan;
    /* A folder that was not watched yet when it was looked at is listed in any case. */
    if (!settled || !t->mounts.counts_links || st->st_nlink != 2) {
        list_later(t, f);
    }
}

/* Meets what d names if that is a folder. */
static void meet_child(struct cgroup_tree *t, int h, int fd, struct str parent,
                       const struct dirent *d)
{
    char path[PATH_MAX];
    struct str at, name = str_of(d->d_name);
    struct stat st;
    bool may_be = d->d_type == DT_DIR || d->d_type == DT_UNKNOWN;
    if (may_be && !str_eq(name, STR(".")) && !str_eq(name, STR("..")) &&
        fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
        cgroup_child_path(parent, name, path, &at)) {
        meet(t, h, at, &st);
    }
}

/* Meets the children of path in hierarchy h. A folder that went meanwhile has none. */
static void list(struct cgroup_tree *t, int h, struct str path)
{
    struct stat st;
    char copy[PATH_MAX];
    if (str_copy(copy, sizeof(copy), path) < 0) {
        return;
    }
    int fd = file_open_dir_at(t->mounts.root_fd[h], cgroup_relative(copy));
    if (fd < 0) {
        return;
    }
    bool is_leaf = t->mounts.counts_links && fstat(fd, &st) == 0 && st.st_nlink == 2;
    DIR *dir = is_leaf ? NULL : fdopendir(fd);
    if (!dir) {
        close(fd);
        return;
    }
    struct dirent *d;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own */
    while ((d = readdir(dir))) {
        meet_child(t, h, fd, (struct str){ copy, path.n }, d);
    }
    closedir(dir);
}

/* Lists what is to be listed in hierarchy h, and what that brings up. */
static void list_all(struct cgroup_tree *t, int h)
{
    while (t->n_todo > 0) {
        const struct cgroup_folder *f = t->todo[--t->n_todo];
        if (f) {
            list(t, h, cgroup_folder_path(f));
        }
    }
}

static size_t unwatched(const struct cgroup_tree *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        n += t->folders[i]->watch < 0 && t->folders[i]->inode != 0;
    }
    return n;
}

int cgroup_tree_rescan(struct cgroup_tree *t, struct err *err)
{
    struct stat st;
    if (fstatat(t->mounts.root_fd[t->mounts.lead], ".", &st, 0) < 0) {
        return err_set_errno(err, errno, "look at the top cgroup");
    }
    t->stats.rescans++;
    t->stats.n_dropped = 0;
    t->lost_events = t->has_gone = false;
    t->scan++;
    for (int h = 0; h < CG_CONTROLLERS; h++) {
        if (cgroup_mounts_owns(&t->mounts, h)) {
            if (fstatat(t->mounts.root_fd[h], ".", &st, 0) == 0) {
                meet(t, h, STR("/"), &st);
            }
            list_all(t, h);
        }
    }
    cgroup_folders_remove_unseen(t);
    t->stats.n_unwatched = unwatched(t);
    return 0;
}

void cgroup_walk_from(struct cgroup_tree *t, struct str path)
{
    char copy[PATH_MAX];
    struct stat st;
    if (str_copy(copy, sizeof(copy), path) < 0 ||
        fstatat(t->mounts.root_fd[t->mounts.lead], cgroup_relative(copy), &st,
                AT_SYMLINK_NOFOLLOW) < 0) {
        return;
    }
    t->scan++;
    meet(t, t->mounts.lead, path, &st);
    list_all(t, t->mounts.lead);
}
