#include "agent/health.h"

#include "base/clock.h"

#include "tests/support/test.h"

static void names_the_stuck_loop(void **state)
{
    struct health h = { 0 };
    auto_buf struct buf out = BUF_INIT(1024);
    uint64_t start = 1000 * CLOCK_NS_PER_SEC;
    (void)state;
    assert_true(health_alive(&h, start, &out));
    assert_str_equal(buf_str(&out), "ok\n");
    health_beat(&h, HEALTH_NODE, start);
    health_beat(&h, HEALTH_HTTP, start + HEALTH_STUCK_NS);
    buf_clear(&out);
    assert_true(health_alive(&h, start + HEALTH_STUCK_NS - 1, &out));
    buf_clear(&out);
    assert_false(health_alive(&h, start + HEALTH_STUCK_NS, &out));
    assert_str_equal(buf_str(&out), "loop node: stuck for 30s\n");
    buf_clear(&out);
    health_gone(&h, HEALTH_NODE);
    assert_true(health_alive(&h, start + HEALTH_STUCK_NS, &out));
}

static void tells_sources(void **state)
{
    auto_buf struct buf out = BUF_INIT(1024);
    (void)state;
    assert_true(source_report_line(
        &(struct source_report){ .kind = "collector", .name = "cpu", .state = SOURCE_READY },
        &out));
    assert_true(source_report_line(
        &(struct source_report){
            .kind = "collector", .name = "ipvs", .state = SOURCE_ABSENT, .why = "no such file" },
        &out));
    assert_false(source_report_line(&(struct source_report){ .kind = "resource",
                                                             .name = "pods",
                                                             .state = SOURCE_STALE,
                                                             .has_age = true,
                                                             .age_ns = 312 * CLOCK_NS_PER_SEC,
                                                             .why = "refused" },
                                    &out));
    assert_false(source_report_line(
        &(struct source_report){
            .kind = "resource", .name = "nodes", .state = SOURCE_WAITING, .why = "" },
        &out));
    assert_str_equal(buf_str(&out), "collector cpu: ready\n"
                                    "collector ipvs: not on this machine: no such file\n"
                                    "resource pods: stale, 312s old: refused\n"
                                    "resource nodes: not complete yet\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_stuck_loop),
        cmocka_unit_test(tells_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
