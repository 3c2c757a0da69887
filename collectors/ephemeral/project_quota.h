/* project_quota.h — the disk space of a folder that has a project of its own, from its quota.
 * Uses: base, disk_usage.  Threads: any.  Owner: the walker.
 *
 * The kubelet gives each emptyDir a project where it may (LocalStorageCapacityFSQuotaMonitoring):
 * the file system then keeps the sum itself, and nothing has to be walked. The kernel tells it to
 * CAP_SYS_ADMIN alone.
 * Source: quotactl(2) Q_GETQUOTA, ioctl_xfs_fsgetxattr(2); quotactl_fd is in Linux since 5.14. */
#ifndef KG_COLLECTORS_EPHEMERAL_PROJECT_QUOTA_H
#define KG_COLLECTORS_EPHEMERAL_PROJECT_QUOTA_H

#include "collectors/ephemeral/disk_usage.h"

/* How the kernel is asked; tests have another. Errors: negative errno. */
struct project_quota_calls {
    /* The project of the folder open at fd; 0: none, or new files below would not inherit it. */
    int (*project)(int fd, uint32_t *ret);
    int (*usage)(int fd, uint32_t project, struct disk_usage *ret);
};
extern const struct project_quota_calls project_quota_kernel;

/* Sets *ret to what the quota of the project of the folder open at fd (not O_PATH) says. above: the
 * folder it stands in; a project that it shares is not this folder's own. Errors: -ENODATA it has
 * none of its own · those of the calls: no quota is kept, or it is not told to us (-EPERM). */
int project_quota_usage(const struct project_quota_calls *calls, int fd, int above,
                        struct disk_usage *ret) KG_MUST_CHECK;

#endif
