/* Every allocation of each node_* collector's start and first reading fails once: it says so or
 * does without, leaves nothing behind, and closes nothing that is not its own. */
#include "tests/support/torture.h"

#include "collectors/node/netclass.h"

#include <fcntl.h>

#define MACHINE "tests/fixtures/node/laptop"

static const struct collector *tortured;
static struct collector_env env;

static int collector_scenario(void)
{
    struct err err = { 0 };
    void *collector_state = NULL;
    torture.on = false;
    struct metric_sink *sink = metric_sink_new(NULL, NULL);
    assert_non_null(sink);
    assert_int_equal(metric_sink_begin(sink, NULL), 0);
    torture.on = true;
    int started = tortured->start(&env, &collector_state, &err);
    int r = started < 0 ? started : tortured->read(collector_state, sink, &err);
    torture.on = false;
    assert_true(r >= 0 || err.code != 0);
    if (started >= 0 && tortured->stop) {
        tortured->stop(collector_state);
    }
    metric_sink_free(sink);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    return torture.failed ? -ENOMEM : 0;
}

static void each_collector(void **state)
{
    (void)state;
    env = (struct collector_env){ .procfs = MACHINE "/proc",
                                  .sysfs = MACHINE "/sys",
                                  .rootfs = MACHINE };
    for (size_t i = 0; collectors[i]; i++) {
        bool is_ours = str_eq_c(str_of("node"), collectors[i]->subjects[0]->part);
        if (is_ours) {
            tortured = collectors[i];
            torture_run(collector_scenario, 0);
        }
    }
}

/* By netlink, which made-up machines do not have. */
static void interfaces_of_this_machine(void **state)
{
    (void)state;
    env = (struct collector_env){ .procfs = "/proc", .sysfs = "/sys", .rootfs = "/" };
    tortured = &collector_netclass;
    torture_run(collector_scenario, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_collector),
                                        cmocka_unit_test(interfaces_of_this_machine) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
