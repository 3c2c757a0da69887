#include "base/file.h"

#include "base/num.h"

#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One read of /proc or cgroup files gives at least this much when there is as much. */
#define READ_STEP ((size_t)4096)

/* A file that the kernel makes line by line (cgroup.procs, net/dev) gives whole lines, so that a
 * read ends up to a line before its step. */
#define LONGEST_LINE ((size_t)512)

void kg_close_cleanup(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

int file_open_read_at(int dirfd, const char *path)
{
    int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int file_open_dir_at(int dirfd, const char *path)
{
    int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Reads until the end, or until one byte beyond out's maximum shows that there is more. */
static ssize_t read_all(int fd, struct buf *out)
{
    size_t start = out->n;
    for (;;) {
        size_t room = KG_MIN(READ_STEP, out->max - out->n);
        char beyond;
        if (room && buf_reserve(out, room) < 0) {
            return buf_failed(out);
        }
        ssize_t got = room ? read(fd, out->p + out->n, room) : read(fd, &beyond, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -errno;
        }
        if (got == 0) {
            return (ssize_t)(out->n - start);
        }
        if (!room) {
            return -EFBIG;
        }
        out->n += (size_t)got;
    }
}

ssize_t file_read(int dirfd, const char *path, struct buf *out, struct err *err)
{
    auto_close int fd = file_open_read_at(dirfd, path);
    if (fd < 0) {
        return err_set_errno(err, -fd, "open %s", path);
    }
    size_t start = out->n;
    ssize_t n = read_all(fd, out);
    if (n == -EFBIG) {
        buf_truncate(out, start);
        return err_set(err, EFBIG, "%s: larger than %zu bytes", path, out->max);
    }
    if (n < 0) {
        buf_truncate(out, start);
        return err_set_errno(err, (int)-n, "read %s", path);
    }
    return n;
}

/* libc's pread is a point where a thread may be cancelled, and marking it as one costs a tenth of
 * the call. No thread here is ever cancelled. */
ssize_t file_pread(int fd, char *out, size_t size, off_t at)
{
#if __SIZEOF_LONG__ == 8
    return syscall(SYS_pread64, fd, out, size, at);
#else
    return pread(fd, out, size, at);
#endif
}

int file_pread_text(int fd, char *out, size_t size, struct str *ret)
{
    size_t n = 0;
    while (n < size) {
        ssize_t got = file_pread(fd, out + n, size - n, (off_t)n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -errno;
        }
        if (got == 0) {
            break;
        }
        n += (size_t)got;
        /* Small files of kernfs and procfs come whole in one read; a second read would only cost.
         */
        if (n < size && n < READ_STEP - LONGEST_LINE) {
            break;
        }
    }
    if (n >= size) {
        return -EFBIG;
    }
    out[n] = '\0';
    *ret = (struct str){ out, n };
    return 0;
}

int file_read_text_at(int dirfd, const char *path, char *out, size_t size, struct str *ret)
{
    auto_close int fd = file_open_read_at(dirfd, path);
    return fd < 0 ? fd : file_pread_text(fd, out, size, ret);
}

int file_read_u64_at(int dirfd, const char *path, uint64_t *ret)
{
    char text[64];
    struct str s = { 0 };
    int r = file_read_text_at(dirfd, path, text, sizeof(text), &s);
    if (r < 0) {
        return r;
    }
    s = str_trim(s);
    if (str_starts(s, STR("-"))) {
        return -ERANGE;
    }
    return num_scan_u64(s, ret);
}

int file_open_in_root(const char *root, const char *path, int flags)
{
    const struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
                                  .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
    char joined[PATH_MAX];
    auto_close int dir = file_open_dir_at(AT_FDCWD, root);
    if (dir < 0) {
        return dir;
    }
    long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
    /* A sandbox that does not know the call answers EPERM. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
        if (file_join(joined, sizeof(joined), root, path) < 0) {
            return -ENAMETOOLONG;
        }
        fd = open(joined, flags | O_CLOEXEC);
    }
    return fd < 0 ? -errno : (int)fd;
}

int file_join(char *out, size_t size, const char *root, const char *path)
{
    struct str r = str_of(root), p = str_of(path);
    str_eat_end(&r, STR("/"));
    str_eat(&p, STR("/"));
    int n = snprintf(out, size, STR_FMT "/" STR_FMT, STR_ARG(r), STR_ARG(p));
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}
