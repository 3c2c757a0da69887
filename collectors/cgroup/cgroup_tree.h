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

/* Finds version and controllers (v1: folder names and /proc/mounts-like links such as cpu,cpuacct),
 * walks once, sets up inotify. NULL on error. Errors: -ENODATA no cgroup file system there (err:
 * path and what was found) · those of open · -ENOMEM. */
struct cgroup_tree *cgroup_tree_new(const struct cgroup_tree_config *config, struct err *err);
void cgroup_tree_free(struct cgroup_tree *tree);

enum cgroup_version cgroup_tree_version(const struct cgroup_tree *tree);

/* inotify descriptor, -1 when inotify is not to be had (then the rescan alone keeps it true). */
int cgroup_tree_fd(const struct cgroup_tree *tree);

/* Takes the events that are there; then rescan finds what inotify lost (queue overflow included).
 */
void cgroup_tree_events(struct cgroup_tree *tree);
int cgroup_tree_rescan(struct cgroup_tree *tree, struct err *err);

/* Walks the entries in path order: start with *at 0; NULL at the end. */
struct cgroup_entry *cgroup_tree_next(struct cgroup_tree *tree, size_t *at);

/* An entry whose files said ENODEV or ENOENT: gone. Freed at the next events or rescan. */
void cgroup_tree_gone(struct cgroup_tree *tree, struct cgroup_entry *entry);

struct cgroup_tree_stats {
    size_t n_cgroups, n_watches;
    uint64_t overflows, dropped; /* dropped: beyond LIMIT_CGROUPS or LIMIT_CGROUP_DEPTH */
};
struct cgroup_tree_stats cgroup_tree_stats(const struct cgroup_tree *tree);

#endif
