/* torture.h — lets the n-th allocation of a test fail, each n in turn.
 * Uses: libc; the binary is linked with --wrap for malloc, calloc, realloc and reallocarray
 * (tests/CMakeLists.txt does so for every test_*torture.c).  Threads: none.  Owner: tests.
 *
 * A scenario is run again and again, until it gets through without a failure: it must clean up
 * after itself whatever fails (ASan finds what it leaves) and return 0 only when nothing did. */
#ifndef KG_TESTS_SUPPORT_TORTURE_H
#define KG_TESTS_SUPPORT_TORTURE_H

#include "tests/support/test.h"

static struct {
    bool on;
    size_t seen, fail_at; /* counted from 1 */
    bool failed;
} torture;

static bool torture_refuses(void)
{
    if (!torture.on || ++torture.seen != torture.fail_at) {
        return false;
    }
    torture.failed = true;
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

void *__wrap_malloc(size_t n)
{
    return torture_refuses() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return torture_refuses() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return torture_refuses() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    return torture_refuses() ? NULL : __real_reallocarray(p, n, size);
}

#define TORTURE_ROUNDS_MAX 100000

/* Runs the scenario with each of its allocations failing once; `least` is how many it must make at
 * least, so that a test whose hook does not work cannot pass. */
static inline void torture_run(int (*scenario)(void), size_t least)
{
    for (size_t n = 1; n < TORTURE_ROUNDS_MAX; n++) {
        torture.seen = 0;
        torture.fail_at = n;
        torture.failed = false;
        torture.on = true;
        int r = scenario();
        torture.on = false;
        if (!torture.failed) {
            assert_int_equal(r, 0);
            assert_true(n > least);
            return;
        }
        if (r != -ENOMEM) {
            fail_msg("allocation %zu failed, the scenario returned %d", n, r);
        }
    }
    fail_msg("no end after %d rounds", TORTURE_ROUNDS_MAX);
}

#endif
