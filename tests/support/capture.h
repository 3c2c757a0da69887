/* capture.h — what a function logs.
 * Uses: base/buf, cmocka.  Threads: none.  Owner: tests. */
#ifndef KG_TESTS_CAPTURE_H
#define KG_TESTS_CAPTURE_H

#include "base/buf.h"
#include "base/file.h"
#include "tests/support/test.h"

#include <sys/mman.h>

/* Runs fn with standard error in a memory file and gives what it wrote, 8 KB at most. */
static inline void capture(void (*fn)(void), struct buf *out)
{
    auto_close int file = memfd_create("stderr", MFD_CLOEXEC);
    auto_close int saved = dup(STDERR_FILENO);
    assert_true(file >= 0 && saved >= 0);
    fflush(stderr);
    dup2(file, STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    assert_int_equal(buf_reserve(out, 8192), 0);
    ssize_t n = pread(file, out->p, 8192, 0);
    assert_true(n >= 0);
    out->n = (size_t)n;
}

#endif
