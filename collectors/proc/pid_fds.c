#include "collectors/proc/pid_fds.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_socket(int dir_fd, const char *name)
{
    static const char socket[] = "socket";
    char target[sizeof(socket) - 1];
    ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));
    return n == (ssize_t)sizeof(target) && memcmp(target, socket, sizeof(target)) == 0;
}

/* getdents64 and not readdir: one process after the other is looked at in every reading, and a
 * stream would allocate its buffer for each. */
int proc_count_fds(int procfs_fd, int32_t pid, uint64_t *fds, uint64_t *sockets)
{
    char path[32];
    snprintf(path, sizeof(path), "%d/fd", pid);
    auto_close int dir_fd = file_open_dir_at(procfs_fd, path);
    if (dir_fd < 0) {
        return dir_fd;
    }
    union {
        struct dirent64 aligned;
        char bytes[4096];
    } buffer;
    for (;;) {
        long n = syscall(SYS_getdents64, dir_fd, buffer.bytes, sizeof(buffer.bytes));
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            return 0;
        }
        for (long at = 0; at < n;) {
            const struct dirent64 *entry = (const struct dirent64 *)(void *)(buffer.bytes + at);
            at += entry->d_reclen;
            if (entry->d_name[0] != '.') {
                *fds += 1;
                *sockets += is_socket(dir_fd, entry->d_name);
            }
        }
    }
}
