/* The folders that are known, in an array so sorted that a subtree is one run of it. */
#include "collectors/cgroup/cgroup_tree_private.h"

#include "base/limits.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* Order of the array: '/' before any other byte. */
static int path_cmp(struct str a, struct str b)
{
    size_t n = KG_MIN(a.n, b.n);
    for (size_t i = 0; i < n; i++) {
        if (a.p[i] != b.p[i]) {
            int x = a.p[i] == '/' ? -1 : (unsigned char)a.p[i];
            int y = b.p[i] == '/' ? -1 : (unsigned char)b.p[i];
            return x < y ? -1 : 1;
        }
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

/* Index of path, or where it belongs; *ret_found says which. */
static size_t position(const struct cgroup_tree *t, struct str path, bool *ret_found)
{
    size_t from = 0, to = t->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int order = path_cmp(cgroup_folder_path(t->folders[mid]), path);
        if (order == 0) {
            *ret_found = true;
            return mid;
        }
        if (order < 0) {
            from = mid + 1;
        } else {
            to = mid;
        }
    }
    *ret_found = false;
    return from;
}

struct cgroup_folder *cgroup_folders_find(const struct cgroup_tree *t, struct str path)
{
    bool found;
    size_t at = position(t, path, &found);
    return found ? t->folders[at] : NULL;
}

int cgroup_folders_push(struct cgroup_folder ***array, size_t *n, size_t *cap,
                        struct cgroup_folder *f)
{
    if (*n == *cap) {
        size_t want = *cap ? *cap * 2 : 64;
        struct cgroup_folder **bigger = realloc(*array, want * sizeof(struct cgroup_folder *));
        if (!bigger) {
            return -ENOMEM;
        }
        *array = bigger;
        *cap = want;
    }
    (*array)[(*n)++] = f;
    return 0;
}

static size_t depth_of(struct str path)
{
    size_t depth = 0;
    for (size_t i = 0; i + 1 < path.n; i++) {
        depth += path.p[i] == '/';
    }
    return depth;
}

void cgroup_folder_watch(struct cgroup_tree *t, struct cgroup_folder *f)
{
    struct stat st;
    int root = t->mounts.root_fd[t->mounts.lead];
    if (fstatat(root, cgroup_relative(f->path), &st, AT_SYMLINK_NOFOLLOW) < 0) {
        f->inode = 0;
        return;
    }
    f->inode = st.st_ino;
    if (f->watch < 0) {
        /* inotify takes only names; this one leads through the open top folder, wherever that is
         * mounted. */
        char name[PATH_MAX];
        int n = snprintf(name, sizeof(name), "/proc/self/fd/%d/%s", root, cgroup_relative(f->path));
        if (n > 0 && (size_t)n < sizeof(name)) {
            f->watch = cgroup_inotify_add(&t->inotify, name, f);
        }
    }
}

static void set_entry(struct cgroup_tree *t, struct cgroup_folder *f, const struct cgroup_id *id)
{
    if (f->entry || !cgroup_followed(&t->follow, cgroup_folder_path(f), id)) {
        return;
    }
    f->entry = cgroup_entry_new(&t->mounts, cgroup_folder_path(f));
    if (f->entry) {
        t->stats.n_cgroups++;
    } else {
        t->stats.n_dropped++;
    }
}

static void free_entry(struct cgroup_tree *t, struct cgroup_folder *f)
{
    if (f->entry) {
        t->stats.n_cgroups--;
        cgroup_entry_free(KG_TAKE(f->entry));
    }
}

void cgroup_folder_follow(struct cgroup_tree *t, struct cgroup_folder *f)
{
    struct cgroup_id id;
    cgroup_identify(cgroup_folder_path(f), &id);
    if (f->entry && !cgroup_followed(&t->follow, cgroup_folder_path(f), &id)) {
        free_entry(t, f);
    }
    set_entry(t, f, &id);
}

static void free_folder(struct cgroup_tree *t, struct cgroup_folder *f)
{
    for (size_t i = 0; i < t->n_todo; i++) {
        if (t->todo[i] == f) {
            t->todo[i] = NULL;
        }
    }
    cgroup_inotify_remove(&t->inotify, f->watch);
    free_entry(t, f);
    free(f->path);
    free(f);
}

struct cgroup_folder *cgroup_folders_add(struct cgroup_tree *t, struct str path)
{
    struct cgroup_id id;
    cgroup_identify(path, &id);
    if (id.kind == CGROUP_MOUNT) {
        return NULL;
    }
    if (t->n >= LIMIT_CGROUPS || path.n >= PATH_MAX || depth_of(path) > LIMIT_CGROUP_DEPTH) {
        t->stats.n_dropped++;
        return NULL;
    }
    struct cgroup_folder *f = calloc(1, sizeof(*f));
    char *copy = str_dup(path);
    bool found;
    size_t at = position(t, path, &found), n = t->n;
    if (!f || !copy || cgroup_folders_push(&t->folders, &t->n, &t->cap, f) < 0) {
        free(f);
        free(copy);
        t->stats.n_dropped++;
        return NULL;
    }
    *f = (struct cgroup_folder){ .path = copy, .path_len = path.n, .watch = -1 };
    memmove(t->folders + at + 1, t->folders + at, (n - at) * sizeof(struct cgroup_folder *));
    t->folders[at] = f;
    cgroup_folder_watch(t, f);
    set_entry(t, f, &id);
    return f;
}

/* Removes the folders of [from, to). */
static void remove_run(struct cgroup_tree *t, size_t from, size_t to)
{
    if (from == to) {
        return; /* and perhaps no array at all */
    }
    for (size_t i = from; i < to; i++) {
        free_folder(t, t->folders[i]);
    }
    memmove(t->folders + from, t->folders + to, (t->n - to) * sizeof(struct cgroup_folder *));
    t->n -= to - from;
}

void cgroup_folders_remove_all(struct cgroup_tree *t)
{
    remove_run(t, 0, t->n);
}

void cgroup_folders_remove(struct cgroup_tree *t, struct str path)
{
    bool found;
    size_t from = position(t, path, &found), to = from;
    while (to < t->n) {
        struct str below = cgroup_folder_path(t->folders[to]);
        if (!str_eat(&below, path) || (below.n > 0 && below.p[0] != '/')) {
            break;
        }
        to++;
    }
    remove_run(t, from, to);
}

bool cgroup_child_path(struct str parent, struct str name, char *out, struct str *ret)
{
    struct str base = parent.n == 1 ? (struct str){ parent.p, 0 } : parent;
    if (name.n == 0 || base.n + 1 + name.n >= PATH_MAX) {
        return false;
    }
    memcpy(out, base.p, base.n);
    out[base.n] = '/';
    memcpy(out + base.n + 1, name.p, name.n);
    out[base.n + 1 + name.n] = '\0';
    *ret = (struct str){ out, base.n + 1 + name.n };
    return true;
}

void cgroup_folders_remove_unseen(struct cgroup_tree *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct cgroup_folder *f = t->folders[i];
        if (f->seen == t->scan) {
            t->folders[kept++] = f;
        } else {
            free_folder(t, f);
        }
    }
    t->n = kept;
}
