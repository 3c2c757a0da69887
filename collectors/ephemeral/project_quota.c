#include "collectors/ephemeral/project_quota.h"

#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int kernel_project(int fd, uint32_t *ret)
{
    struct fsxattr attr = { 0 };
    if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) < 0) {
        return -errno;
    }
    *ret = attr.fsx_xflags & FS_XFLAG_PROJINHERIT ? attr.fsx_projid : 0;
    return 0;
}

static int kernel_usage(int fd, uint32_t project, struct disk_usage *ret)
{
    struct if_dqblk quota = { 0 };
    if (syscall(SYS_quotactl_fd, fd, QCMD((unsigned)Q_GETQUOTA, PRJQUOTA), project, &quota) < 0) {
        return -errno;
    }
    if ((quota.dqb_valid & QIF_USAGE) != QIF_USAGE) {
        return -ENODATA;
    }
    *ret = (struct disk_usage){ .bytes = quota.dqb_curspace, .inodes = quota.dqb_curinodes };
    return 0;
}

const struct project_quota_calls project_quota_kernel = { kernel_project, kernel_usage };

int project_quota_usage(const struct project_quota_calls *calls, int fd, int above,
                        struct disk_usage *ret)
{
    uint32_t project, other = 0;
    int r = calls->project(fd, &project);
    if (r < 0) {
        return r;
    }
    if (project == 0 || (calls->project(above, &other) == 0 && other == project)) {
        return -ENODATA;
    }
    return calls->usage(fd, project, ret);
}
