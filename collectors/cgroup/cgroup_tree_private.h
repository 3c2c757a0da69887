/* cgroup_tree_private.h — the tree's insides, shared by cgroup_tree.c (events, interface),
 * cgroup_folders.c (what is known) and cgroup_walk.c (how it is found).
 * Uses: base, cgroup_*.  Threads: the node loop.  Owner: the tree. */
#ifndef KG_COLLECTORS_CGROUP_TREE_PRIVATE_H
#define KG_COLLECTORS_CGROUP_TREE_PRIVATE_H

#include "collectors/cgroup/cgroup_entry.h"
#include "collectors/cgroup/cgroup_follow.h"
#include "collectors/cgroup/cgroup_inotify.h"
#include "collectors/cgroup/cgroup_mounts.h"

#include <sys/types.h>

/* One folder of the cgroup file systems: one path, in one hierarchy or more. */
struct cgroup_folder {
    char *path;
    size_t path_len;
    int watch;                  /* -1: none */
    ino_t inode;                /* in the lead hierarchy, 0 when it is not there */
    uint32_t seen;              /* the last scan that met it */
    struct cgroup_entry *entry; /* NULL: known, but not followed */
};

struct cgroup_tree {
    struct cgroup_mounts mounts;
    struct cgroup_inotify inotify;
    struct cgroup_follow follow;
    struct cgroup_folder **folders;
    size_t n, cap;
    struct cgroup_folder **todo; /* folders whose children are still to be listed */
    size_t n_todo, todo_cap;
    uint32_t scan;
    bool lost_events, has_gone;
    struct cgroup_tree_stats stats;
};

static inline struct str cgroup_folder_path(const struct cgroup_folder *f)
{
    return (struct str){ f->path, f->path_len };
}

/* The folder of a path, or NULL. */
struct cgroup_folder *cgroup_folders_find(const struct cgroup_tree *t, struct str path);

/* Adds a folder that is not known, with its watch and entry. NULL when it is none of ours, or is
 * counted as dropped: beyond a limit, out of memory. */
struct cgroup_folder *cgroup_folders_add(struct cgroup_tree *t, struct str path);

/* Removes path and all below it; path must not be the text of a folder. */
void cgroup_folders_remove(struct cgroup_tree *t, struct str path);
void cgroup_folders_remove_all(struct cgroup_tree *t);

/* Removes the folders that the last scan did not meet. */
void cgroup_folders_remove_unseen(struct cgroup_tree *t);

/* Watches f if it stands in the lead hierarchy and has no watch, and notes which folder it was. */
void cgroup_folder_watch(struct cgroup_tree *t, struct cgroup_folder *f);

/* Makes or frees the entry, as the folder is to be followed now. */
void cgroup_folder_follow(struct cgroup_tree *t, struct cgroup_folder *f);

/* Appends one to an array of folders. Errors: -ENOMEM. */
int cgroup_folders_push(struct cgroup_folder ***array, size_t *n, size_t *cap,
                        struct cgroup_folder *f) KG_MUST_CHECK;

/* Writes "parent/name" to out (PATH_MAX bytes), NUL-terminated. False when it does not fit. */
bool cgroup_child_path(struct str parent, struct str name, char *out, struct str *ret);

/* Takes in the folder at path of the lead hierarchy, if it is (still) there, and all below it. */
void cgroup_walk_from(struct cgroup_tree *t, struct str path);

#endif
