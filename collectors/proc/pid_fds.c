#include "collectors/proc/pid_fds.h"

#include "base/file.h"
#include "collectors/proc/dents.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool is_socket(int dir_fd, const char *name)
{
    static const char socket[] = "socket";
    char target[sizeof(socket) - 1];
    ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));
    return n == (ssize_t)sizeof(target) && memcmp(target, socket, sizeof(target)) == 0;
}

int proc_count_fds(int procfs_fd, int32_t pid, uint64_t *fds, uint64_t *sockets)
{
    char path[32];
    snprintf(path, sizeof(path), "%d/fd", pid);
    auto_close int dir_fd = file_open_dir_at(procfs_fd, path);
    if (dir_fd < 0) {
        return dir_fd;
    }
    struct dents dents;
    dents_init(&dents, dir_fd);
    int r = 0;
    const char *name;
    while ((name = dents_next(&dents, &r)) != NULL) {
        *fds += 1;
        *sockets += is_socket(dir_fd, name);
    }
    return r;
}
