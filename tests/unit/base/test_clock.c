#include "base/clock.h"

#include "tests/support/test.h"

#include <time.h>

/* A thread's CPU time passes while it works and stands while it sleeps. */
static void tells_cpu_time_of_the_thread(void **state)
{
    (void)state;
    uint64_t began_ns = clock_thread_cpu_ns();
    while (clock_thread_cpu_ns() - began_ns < 2 * CLOCK_NS_PER_MS) {
    }
    uint64_t worked_ns = clock_thread_cpu_ns();
    nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000000 }, NULL);
    assert_true(clock_thread_cpu_ns() - worked_ns < 50 * CLOCK_NS_PER_MS);
    assert_true(clock_thread_cpu_ns() <= clock_cpu_ns());
}

static void reads_kubernetes_times(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int64_t out;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2017-07-14T02:40:00Z", 1500000000 },
        { "0001-01-01T00:00:00Z", -62135596800 },
        { "2024-02-29T23:59:59Z", 1709251199 },
        { "2026-11-21T01:02:03.999999Z", 1795222923 },
        { "2026-11-21T03:02:03+02:00", 1795222923 },
        { "2026-11-20T17:32:03-07:30", 1795222923 },
        { "1969-12-31T23:59:59Z", -1 },
        { "9999-12-31T23:59:59Z", 253402300799 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        int64_t got = 0;
        assert_int_equal(clock_parse_rfc3339(str_of(cases[i].in), &got), 0);
        if (got != cases[i].out) {
            fail_msg("%s: got %lld, want %lld", cases[i].in, (long long)got,
                     (long long)cases[i].out);
        }
    }
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00+2:00",
        "2026-01-01T00:00:00+24:00",
        "-026-01-01T00:00:00Z",
        "2100-02-29T00:00:00Z",
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(bad); i++) {
        int64_t got = 42;
        if (clock_parse_rfc3339(str_of(bad[i]), &got) != -EINVAL || got != 42) {
            fail_msg("\"%s\" was taken", bad[i]);
        }
    }
}

static void formats_times(void **state)
{
    (void)state;
    char out[32];
    clock_format_rfc3339(out, 1795222923004000000ULL);
    assert_string_equal(out, "2026-11-21T01:02:03.004Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_kubernetes_times),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(formats_times),
        cmocka_unit_test(tells_cpu_time_of_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
