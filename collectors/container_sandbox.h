/* container_sandbox.h — whether a container that no status names is its pod's sandbox.
 * Uses: base, cgroup_entry, proc_parse.  Threads: that of the entry.  Owner: the resolver. */
#ifndef KG_COLLECTORS_CONTAINER_SANDBOX_H
#define KG_COLLECTORS_CONTAINER_SANDBOX_H

#include "collectors/cgroup/cgroup_entry.h"

/* all: the n entries of the tree in its order; at: the one in question, a container directly in a
 * pod's cgroup. procfs_fd: /proc, or -1.
 * Says true when its process is called "pause"; when it holds the eldest process of its pod's
 * containers (a runtime starts the sandbox before it makes any other container's cgroup); or, under
 * CRI-O, when it holds no process at all for a while: its stand-in for a sandbox that it does
 * without. Says false in doubt: a container without labels is better than a wrong sandbox. */
bool container_is_sandbox(struct cgroup_entry *const *all, size_t n, size_t at, int procfs_fd);

/* Sets the pid of the first line of cgroup.procs, 0 when the cgroup is empty. Says false when the
 * file cannot be read. */
bool container_first_pid(const struct cgroup_entry *e, uint64_t *ret);

#endif
