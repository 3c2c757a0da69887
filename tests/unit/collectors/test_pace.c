/* The budget of the walk: so many looks a second, a quarter of the time, and an end at once. */
#include "collectors/ephemeral/pace.h"

#include "base/clock.h"
#include "tests/support/test.h"

#include <time.h>

static void looks_a_second(void **state)
{
    (void)state;
    static const struct {
        uint64_t per_second, looks;
    } rows[] = { { 1000, 500 }, { 20000, 8000 }, { 10, 4 } };
    for (size_t i = 0; i < KG_ARRAY_LEN(rows); i++) {
        struct pace p;
        assert_int_equal(pace_init(&p, rows[i].per_second), 0);
        uint64_t began = clock_mono_ns();
        for (uint64_t n = 0; n < rows[i].looks; n++) {
            assert_true(pace_step(&p));
        }
        /* A last slice is still owed. */
        double took = (double)(clock_mono_ns() - began) / 1e9;
        double least = (double)rows[i].looks / (double)rows[i].per_second - 0.051;
        if (took < least) {
            fail_msg("%llu looks in %.3f s, not before %.3f", (unsigned long long)rows[i].looks,
                     took, least);
        }
        assert_int_equal(p.looks, rows[i].looks);
        pace_done(&p);
    }
}

/* Looks that take 5 ms each: the number is no bound, the time is. */
static void share_of_time(void **state)
{
    (void)state;
    struct pace p;
    assert_int_equal(pace_init(&p, 1000000), 0);
    uint64_t began = clock_mono_ns();
    for (int i = 0; i < 40; i++) {
        assert_true(pace_step(&p));
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    uint64_t took = clock_mono_ns() - began;
    assert_true(took >= UINT64_C(600) * CLOCK_NS_PER_MS); /* 200 ms of work, less the last slice */
    assert_true(p.worked_ns <= took / 3);
    pace_done(&p);
}

static void *end_soon(void *arg)
{
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    pace_stop(arg);
    return NULL;
}

static void ends(void **state)
{
    (void)state;
    struct pace p;
    pthread_t thread;
    assert_int_equal(pace_init(&p, 1), 0);
    uint64_t began = clock_mono_ns();
    assert_true(pace_sleep(&p, began + 10 * CLOCK_NS_PER_MS));
    assert_true(clock_mono_ns() - began >= 10 * CLOCK_NS_PER_MS);
    assert_true(pace_sleep(&p, 0));
    assert_int_equal(pthread_create(&thread, NULL, end_soon, &p), 0);
    /* Neither an hour of pause nor a budget of one look a second holds it up. */
    assert_false(pace_sleep(&p, began + 3600 * CLOCK_NS_PER_SEC));
    assert_false(pace_step(&p));
    assert_true(clock_mono_ns() - began < 60 * CLOCK_NS_PER_SEC);
    pthread_join(thread, NULL);
    pace_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_a_second),
        cmocka_unit_test(share_of_time),
        cmocka_unit_test(ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
