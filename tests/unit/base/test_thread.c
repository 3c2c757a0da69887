/* A detached thread runs with its argument, and handles no signal. */
#include "base/thread.h"

#include "tests/support/test.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

struct seen {
    sem_t done;
    bool blocked;
    size_t stack_bytes;
};

static void *look(void *arg)
{
    struct seen *s = arg;
    sigset_t now;
    pthread_attr_t attr;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    s->blocked = sigismember(&now, SIGTERM) == 1 && sigismember(&now, SIGUSR1) == 1;
    assert_int_equal(pthread_getattr_np(pthread_self(), &attr), 0);
    pthread_attr_getstacksize(&attr, &s->stack_bytes);
    pthread_attr_destroy(&attr);
    sem_post(&s->done);
    return NULL;
}

static void runs(void **state)
{
    (void)state;
    struct seen s = { 0 };
    sigset_t before, after;
    sem_init(&s.done, 0, 0);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(thread_start_detached(512 * 1024, look, &s), 0);
    sem_wait(&s.done);
    assert_true(s.blocked);
    assert_true(s.stack_bytes >= 512 * 1024 && s.stack_bytes < 1024 * 1024);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
    sem_destroy(&s.done);
}

static void fails(void **state)
{
    (void)state;
    struct seen s = { 0 };
    assert_true(thread_start_detached((size_t)1 << 50, look, &s) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs),
        cmocka_unit_test(fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
