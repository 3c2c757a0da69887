/* targets.h — finds the folders in which the pods of this machine keep ephemeral storage.
 * Uses: base, cgroup_tree, proc_parse.  Threads: the walker's.  Owner: the walker.
 *
 *   volumes   KUBELET/pods/UID/volumes/kubernetes.io~{empty-dir,configmap,git-repo}/NAME
 *   hosts     KUBELET/pods/UID/etc-hosts
 *   logs      /var/log/pods/NAMESPACE_POD_UID/CONTAINER
 *   layers    upperdir of the overlay that is "/" to a container's process
 * Those of the kubelet's ephemeral-storage, which its eviction goes by. A volume that is a mount
 * (an emptyDir in memory) is none. A layer is found without the runtime, for any that uses overlay;
 * of one that does not, the container is told without a path. */
#ifndef KG_COLLECTORS_EPHEMERAL_TARGETS_H
#define KG_COLLECTORS_EPHEMERAL_TARGETS_H

#include "base/err.h"
#include "base/str.h"

enum ephemeral_kind {
    EPHEMERAL_LAYER,  /* name: the container's id */
    EPHEMERAL_LOGS,   /* name: the container's name */
    EPHEMERAL_VOLUME, /* name: the volume's name; type: "emptyDir", "configMap", "gitRepo" */
    EPHEMERAL_HOSTS,
};
#define EPHEMERAL_KINDS 4

struct ephemeral_places {
    char *rootfs, *procfs;        /* as seen from here */
    char *kubelet, *pod_logs;     /* as the machine sees them: below rootfs */
    char *cgroupfs, *cgroup_root; /* as struct collector_env has them */
};

struct ephemeral_target {
    enum ephemeral_kind kind;
    struct str pod_uid; /* as the cgroup and the folders have it: a static pod's hash */
    struct str name, type;
    struct str path; /* as the machine sees it, below rootfs; empty: not to be found */
};

/* Says false to end the search. What target points to is gone after the call. */
typedef bool ephemeral_found_fn(void *arg, const struct ephemeral_target *target);

/* Opens a path of the machine as chroot to root_fd would, so that a symbolic link on the way leads
 * to where it leads on the machine (before Linux 5.6: as it is seen from here). Errors: negative
 * errno. */
int ephemeral_open(int root_fd, struct str path, int flags);

/* Tells all targets, each once. Goes on after a fault; sets *ret_kinds to a bit (1 << kind) for
 * each kind of which everything was seen. Errors: the last fault. */
int ephemeral_find(const struct ephemeral_places *places, int root_fd, ephemeral_found_fn *found,
                   void *arg, unsigned *ret_kinds, struct err *err);

/* The upperdir of the last line of mountinfo that mounts "/", into out of size bytes. Errors:
 * -ENODATA that is no overlay, or one that nothing can be written to · -ENAMETOOLONG. */
int ephemeral_upperdir(struct str mountinfo, char *out, size_t size, struct str *ret);

#endif
