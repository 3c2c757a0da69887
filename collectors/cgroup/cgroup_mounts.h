/* cgroup_mounts.h — what stands at the cgroup mount: the version, and where each controller is.
 * Uses: base, cgroup_tree.  Threads: the node loop.  Owner: the tree. */
#ifndef KG_COLLECTORS_CGROUP_MOUNTS_H
#define KG_COLLECTORS_CGROUP_MOUNTS_H

#include "collectors/cgroup/cgroup_tree.h"

/* A hierarchy is one tree of cgroup folders. v2 has one, at index 0; v1 has one a controller, or
 * several controllers share one (cpu,cpuacct): hierarchy[c] is then the same one of them for all.
 */
struct cgroup_mounts {
    enum cgroup_version version;
    int root_fd[CG_CONTROLLERS];   /* the hierarchy's top folder, shared alike; -1: not mounted */
    int hierarchy[CG_CONTROLLERS]; /* c itself for one of those that share; -1: not mounted */
    int lead;                      /* the hierarchy that is watched */
    bool counts_links;             /* a folder's link count is 2 + its folders, as kernfs has it */

    /* Descriptors that entries keep, and how many they may: the rest of the process needs some. */
    size_t fds_kept, fds_max;
};

/* Tells the version by the file system's type; on a fixture, which has none, by what is there:
 * cgroup.controllers at the top is v2, controller folders are v1. v1 controllers are the folders
 * and links under cgroupfs whose comma-separated names are those of controllers; on real mounts
 * only folders that are cgroup file systems count. Sets *ret. Errors: -ENODATA nothing of cgroups
 * there · those of open. */
int cgroup_mounts_open(const char *cgroupfs, struct cgroup_mounts *ret, struct err *err);
void cgroup_mounts_close(struct cgroup_mounts *m);

/* Whether c stands for its hierarchy: true for exactly one of the controllers that share one. */
static inline bool cgroup_mounts_owns(const struct cgroup_mounts *m, int c)
{
    return m->hierarchy[c] == c;
}

/* Path of a cgroup relative to a hierarchy's top folder, as openat takes it. */
static inline const char *cgroup_relative(const char *path)
{
    return path[1] ? path + 1 : ".";
}

#endif
