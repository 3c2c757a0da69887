#include "agent/self/process_stats.h"

#include "base/clock.h"

#include "tests/support/test.h"

static const char stat_text[] =
    "4242 (a (b) c) S 1 4242 4242 0 -1 4194560 1000 0 3 0 150 50 0 0 20 -5 4 0 12345 104857600 "
    "2560 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";

static void reads_fields(void **state)
{
    struct process_stats p = { 0 };
    (void)state;
    assert_int_equal(process_stats_parse(str_of(stat_text), 1700000000, 100, 4096, &p), 0);
    assert_true(p.cpu_seconds > 1.99 && p.cpu_seconds < 2.01);
    assert_int_equal(p.threads, 4);
    assert_int_equal(p.virtual_bytes, 104857600);
    assert_int_equal(p.resident_bytes, 2560 * 4096);
    assert_true(p.start_unix_seconds > 1700000123.4 && p.start_unix_seconds < 1700000123.5);
    assert_int_equal(p.present, PROCESS_CPU | PROCESS_MEMORY | PROCESS_START);
}

static void refuses_what_is_cut(void **state)
{
    (void)state;
    size_t rss = (size_t)(strstr(stat_text, " 2560") - stat_text);
    for (size_t n = 0; n <= rss; n++) {
        struct process_stats p = { 0 };
        assert_int_equal(process_stats_parse((struct str){ stat_text, n }, 0, 100, 4096, &p),
                         -EBADMSG);
        assert_int_equal(p.present, 0);
    }
}

static void knows_itself(void **state)
{
    struct process_stats p;
    (void)state;
    process_stats_read(&p);
    assert_int_equal(p.present, PROCESS_CPU | PROCESS_MEMORY | PROCESS_START | PROCESS_OPEN_FDS |
                                    PROCESS_MAX_FDS | PROCESS_MAX_MEMORY);
    assert_true(p.resident_bytes > 100000 && p.open_fds >= 3 && p.max_fds >= p.open_fds);
    assert_true(clock_unix_sec() - p.start_unix_seconds < 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields),
        cmocka_unit_test(refuses_what_is_cut),
        cmocka_unit_test(knows_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
