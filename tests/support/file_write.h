/* file_write.h — writes a file as those do who write what the program reads.
 * Uses: base.  Threads: any.  Owner: tests. */
#ifndef KG_TESTS_FILE_WRITE_H
#define KG_TESTS_FILE_WRITE_H

#include "base/file.h"

#include <stdio.h>
#include <unistd.h>

static inline int file_write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        text = str_from(text, (size_t)n);
    }
    return 0;
}

/* Writes text to path by a temporary file and rename, so that nobody reads a part of it.
 * Errors: those of the calls. */
static inline int KG_UNUSED file_write_atomic(const char *path, struct str text, struct err *err)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof(temporary)) {
        return err_set_errno(err, ENAMETOOLONG, "write %s", path);
    }
    auto_close int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        return err_set_errno(err, errno, "create %s", temporary);
    }
    int r = file_write_all(fd, text);
    if (r == 0 && rename(temporary, path) < 0) {
        r = -errno;
    }
    if (r < 0) {
        unlink(temporary);
        return err_set_errno(err, -r, "write %s", path);
    }
    return 0;
}

#endif
