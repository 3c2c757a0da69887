/* fixture.h — a folder of files for one test, made in a temporary place and removed after it.
 * Uses: libc, cmocka.  Threads: none.  Owner: each test. */
#ifndef KG_TESTS_COLLECTORS_FIXTURE_H
#define KG_TESTS_COLLECTORS_FIXTURE_H

#include "base/defs.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char top[128];
    char scratch[4096];
};

static inline void fixture_open(struct fixture *f)
{
    /* Some tests make ten thousand folders: better in memory. */
    const char *temp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(f->top, sizeof(f->top), "%s/kubegauge-test-XXXXXX", temp);
    assert_non_null(mkdtemp(f->top));
}

static inline int fixture_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void fixture_close(const struct fixture *f)
{
    assert_int_equal(nftw(f->top, fixture_unlink, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The absolute path; valid until the next call. */
static inline const char *fixture_path(struct fixture *f, const char *path)
{
    int n = snprintf(f->scratch, sizeof(f->scratch), "%s/%s", f->top, path);
    assert_true(n > 0 && (size_t)n < sizeof(f->scratch));
    return f->scratch;
}

/* Makes a folder and those above it. */
static inline void fixture_folder(struct fixture *f, const char *path)
{
    char *at = (char *)(uintptr_t)fixture_path(f, path);
    for (char *slash = at + strlen(f->top) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        assert_true(mkdir(at, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    assert_true(mkdir(at, 0755) == 0 || errno == EEXIST);
}

/* Writes a file, with the folders above it. */
static inline void fixture_file(struct fixture *f, const char *path, const char *text)
{
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        *slash = '\0';
        fixture_folder(f, folder);
    }
    int fd = open(fixture_path(f, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static inline void fixture_remove(struct fixture *f, const char *path)
{
    assert_int_equal(nftw(fixture_path(f, path), fixture_unlink, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
