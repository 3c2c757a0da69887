/* In the guest: gives a folder of a file system with project quota a project, fills it, and prints
 * what the quota and what a walk say of it. Usage: quota FOLDER (made here; the file system's top
 * is the folder above). Lines: "by_quota bytes inodes", "by_walk bytes inodes". */
#include "collectors/ephemeral/project_quota.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool on(void *arg)
{
    (void)arg;
    return true;
}

static int give_project(int fd, uint32_t project)
{
    struct fsxattr attr = { 0 };
    if (ioctl(fd, FS_IOC_FSGETXATTR, &attr) < 0) {
        return -errno;
    }
    attr.fsx_projid = project;
    attr.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    return ioctl(fd, FS_IOC_FSSETXATTR, &attr) < 0 ? -errno : 0;
}

static int fill(int fd)
{
    static char block[65536];
    memset(block, 'x', sizeof(block));
    if (mkdirat(fd, "sub", 0755) < 0) {
        return -errno;
    }
    auto_close int file = openat(fd, "sub/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    for (int i = 0; i < 50; i++) {
        if (write(file, block, sizeof(block)) != (ssize_t)sizeof(block)) {
            return -errno;
        }
    }
    fsync(file); /* ext4 tells the quota when it gives out blocks */
    return linkat(fd, "sub/file", fd, "again", 0) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
    if (argc < 2 || mkdir(argv[1], 0755) < 0) {
        return 2;
    }
    auto_close int fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_close int above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct disk_usage none, quota = { 0 }, walk = { 0 }, part;
    printf("without_project %d\n", project_quota_usage(&project_quota_kernel, fd, above, &none));
    int r = give_project(fd, 4711);
    r = r < 0 ? r : fill(fd);
    printf("filled %d\n", r);
    r = project_quota_usage(&project_quota_kernel, fd, above, &quota);
    printf("by_quota %d %llu %llu\n", r, (unsigned long long)quota.bytes,
           (unsigned long long)quota.inodes);
    r = disk_usage_walk(fd, on, NULL, &walk);
    printf("by_walk %d %llu %llu\n", r, (unsigned long long)walk.bytes,
           (unsigned long long)walk.inodes);
    /* A folder in the project is a part of it. */
    auto_close int sub = openat(fd, "sub", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    printf("part %d\n", project_quota_usage(&project_quota_kernel, sub, fd, &part));
    if (setuid(1000) == 0) {
        printf("without_right %d\n", project_quota_usage(&project_quota_kernel, fd, above, &part));
    }
    return 0;
}
