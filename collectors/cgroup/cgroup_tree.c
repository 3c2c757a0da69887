/* The tree's life: a folder that comes is told by its parent's watch or found by a rescan; what was
 * made in it before it had a watch of its own is found by listing it right after. */
#include "collectors/cgroup/cgroup_tree_private.h"

#include "base/file.h"

#include <limits.h>
#include <unistd.h>

/* Entries that a reader found gone: their folders go too, unless the path stands (again). */
static void drop_gone(struct cgroup_tree *t)
{
    t->has_gone = false;
    for (size_t i = 0; i < t->n;) {
        struct cgroup_folder *f = t->folders[i];
        if (!f->entry || !f->entry->gone) {
            i++;
            continue;
        }
        char path[PATH_MAX];
        struct str copy = { path, f->path_len };
        memcpy(path, f->path, f->path_len + 1);
        cgroup_folders_remove(t, copy);
        for (int h = 0; h < CG_CONTROLLERS; h++) {
            if (cgroup_mounts_owns(&t->mounts, h) &&
                faccessat(t->mounts.root_fd[h], cgroup_relative(path), F_OK, 0) == 0) {
                t->lost_events = true;
            }
        }
    }
}

static void take_event(void *arg, enum cgroup_event event, void *owner, struct str name)
{
    struct cgroup_tree *t = arg;
    struct cgroup_folder *parent = owner;
    char path[PATH_MAX];
    struct str at;
    switch (event) {
    case CGROUP_EVENT_OVERFLOW:
        t->stats.overflows++;
        t->lost_events = true;
        break;
    case CGROUP_EVENT_UNWATCHED:
        parent->watch = -1;
        break;
    case CGROUP_EVENT_REMOVED:
        if (cgroup_child_path(cgroup_folder_path(parent), name, path, &at)) {
            cgroup_folders_remove(t, at);
        }
        break;
    case CGROUP_EVENT_MADE:
        if (cgroup_child_path(cgroup_folder_path(parent), name, path, &at)) {
            cgroup_walk_from(t, at);
        }
        break;
    }
}

void cgroup_tree_events(struct cgroup_tree *t)
{
    if (t->has_gone) {
        drop_gone(t);
    }
    cgroup_inotify_take(&t->inotify, take_event, t);
    if (t->lost_events) {
        /* A failure leaves lost_events set, so the next call tries again. */
        (void)cgroup_tree_rescan(t, NULL);
    }
}

struct cgroup_tree *cgroup_tree_new(const struct cgroup_tree_config *config, struct err *err)
{
    struct cgroup_tree *t = calloc(1, sizeof(*t));
    if (!t) {
        err_set(err, ENOMEM, "cgroups: out of memory");
        return NULL;
    }
    if (cgroup_mounts_open(config->cgroupfs, &t->mounts, err) < 0) {
        free(t);
        return NULL;
    }
    cgroup_inotify_open(&t->inotify);
    if (cgroup_follow_init(&t->follow, config->all_cgroups, config->cgroup_root) < 0) {
        err_set(err, ENOMEM, "cgroups: out of memory");
        cgroup_tree_free(t);
        return NULL;
    }
    if (cgroup_tree_rescan(t, err) < 0) {
        cgroup_tree_free(t);
        return NULL;
    }
    return t;
}

void cgroup_tree_free(struct cgroup_tree *t)
{
    if (!t) {
        return;
    }
    cgroup_inotify_close(&t->inotify);
    cgroup_folders_remove_all(t);
    free(t->folders);
    free(t->todo);
    cgroup_follow_done(&t->follow);
    cgroup_mounts_close(&t->mounts);
    free(t);
}

enum cgroup_version cgroup_tree_version(const struct cgroup_tree *t)
{
    return t->mounts.version;
}

int cgroup_tree_fd(const struct cgroup_tree *t)
{
    return t->inotify.fd;
}

int cgroup_tree_follow(struct cgroup_tree *t, struct str path)
{
    int r = cgroup_follow_also(&t->follow, path);
    for (size_t i = 0; r >= 0 && i < t->n; i++) {
        cgroup_folder_follow(t, t->folders[i]);
    }
    return r;
}

struct cgroup_entry *cgroup_tree_find(const struct cgroup_tree *t, struct str path)
{
    const struct cgroup_folder *f = cgroup_folders_find(t, path);
    return f && f->entry && !f->entry->gone ? f->entry : NULL;
}

bool cgroup_tree_has(const struct cgroup_tree *t, struct str path)
{
    return cgroup_folders_find(t, path);
}

struct cgroup_entry *cgroup_tree_next(struct cgroup_tree *t, size_t *at)
{
    while (*at < t->n) {
        struct cgroup_entry *e = t->folders[(*at)++]->entry;
        if (e && !e->gone) {
            return e;
        }
    }
    return NULL;
}

void cgroup_tree_gone(struct cgroup_tree *t, struct cgroup_entry *entry)
{
    entry->gone = true;
    t->has_gone = true;
}

struct cgroup_tree_stats cgroup_tree_stats(const struct cgroup_tree *t)
{
    struct cgroup_tree_stats stats = t->stats;
    stats.n_folders = t->n;
    return stats;
}
