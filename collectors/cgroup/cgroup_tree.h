/* cgroup_tree.h — which cgroups exist, kept true by inotify and a rescan, their descriptors open.
 * Uses: base, cgroup_id.  Threads: the node loop.  Owner: the container collector.
 *
 * One entry a cgroup path, whatever the number of v1 controllers it exists in. */
#ifndef KG_COLLECTORS_CGROUP_TREE_H
#define KG_COLLECTORS_CGROUP_TREE_H

#include "base/err.h"
#include "collectors/cgroup/cgroup_id.h"

/* What statfs of the cgroup mount says; hybrid (v2 at …/unified) counts as v1. */
enum cgroup_version { CGROUP_V1 = 1, CGROUP_V2 = 2 };

enum cgroup_controller {
    CG_CPU,
    CG_CPUACCT,
    CG_CPUSET,
    CG_MEMORY_CONTROLLER,
    CG_BLKIO,
    CG_PIDS_CONTROLLER,
    CG_DEVICES,
    CG_FREEZER,
    CG_CONTROLLERS,
};

struct cgroup_entry; /* cgroup_entry.h: kept-open descriptors and resolved labels */

struct cgroup_tree_config {
    const char *cgroupfs;    /* mount point as seen from here */
    const char *cgroup_root; /* "" or path below which kubepods stands */
    bool all_cgroups;
};

struct cgroup_tree;

/* Finds version and controllers (cgroup_mounts.h), walks once, sets up inotify. Every folder but
 * *.mount is known and watched, because a container may appear anywhere; those that are followed
 * have an entry: all with all_cgroups, else "/", what stands at or below kubepods, and containers.
 *
 * On v1 a folder that exists in any hierarchy is known, and one hierarchy (cgroup_mounts.h lead) is
 * watched: managers of containers make and remove a cgroup in all of them within milliseconds, so
 * eight watches would tell eight times the same. What stands only in another is found by the
 * rescan. NULL on error. Errors: -ENODATA no cgroup file system there · those of open · -ENOMEM. */
struct cgroup_tree *cgroup_tree_new(const struct cgroup_tree_config *config, struct err *err);
void cgroup_tree_free(struct cgroup_tree *tree);

enum cgroup_version cgroup_tree_version(const struct cgroup_tree *tree);

/* inotify descriptor, -1 when inotify is not to be had (then the rescan alone keeps it true). */
int cgroup_tree_fd(const struct cgroup_tree *tree);

/* Follows the cgroup at path and what stands below it too (the kubelet's own), whether it is there
 * yet or not; in the place of what an earlier call named. Entries may be freed. Errors: -ENOMEM. */
int cgroup_tree_follow(struct cgroup_tree *tree, struct str path);

/* Takes the events that are there and drops what is gone; entries may be freed. When events were
 * lost it rescans. */
void cgroup_tree_events(struct cgroup_tree *tree);

/* Walks all hierarchies anew: finds what inotify did not tell, and cgroups that were removed and
 * made again. Errors: those of opening the top folder (nothing is dropped then). */
int cgroup_tree_rescan(struct cgroup_tree *tree, struct err *err);

/* The entry of a path, or NULL. */
struct cgroup_entry *cgroup_tree_find(const struct cgroup_tree *tree, struct str path);

/* Whether a folder is known at path, followed or not. */
bool cgroup_tree_has(const struct cgroup_tree *tree, struct str path);

/* Walks the entries in path order ('/' before any other byte, so that a cgroup stands right before
 * what is below it): start with *at 0; NULL at the end. Entries that are gone are left out. */
struct cgroup_entry *cgroup_tree_next(struct cgroup_tree *tree, size_t *at);

/* An entry whose files said ENODEV or ENOENT: gone. Freed at the next events or rescan. */
void cgroup_tree_gone(struct cgroup_tree *tree, struct cgroup_entry *entry);

struct cgroup_tree_stats {
    size_t n_cgroups;   /* entries */
    size_t n_folders;   /* known, followed or not */
    size_t n_unwatched; /* folders of the watched hierarchy without a watch */
    size_t n_dropped;   /* at the last rescan: beyond LIMIT_CGROUPS or LIMIT_CGROUP_DEPTH */
    uint64_t overflows; /* of the event queue */
    uint64_t rescans;
};
struct cgroup_tree_stats cgroup_tree_stats(const struct cgroup_tree *tree);

#endif
