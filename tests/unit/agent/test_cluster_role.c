/* test_cluster_role.c — the role's part in the loop's turns; tests/cluster has the rest. */
#include "agent/cluster/cluster_role.h"

#include "tests/support/test.h"

#include <time.h>

static atomic_uint turns;

static uint64_t count_turns(void *arg, uint64_t now_ns)
{
    (void)arg;
    (void)now_ns;
    turns++;
    return UINT64_MAX;
}

/* A shard has no plan before it knows the others, which may take for ever. */
static void waits_for_a_plan_without_turning(void **state)
{
    (void)state;
    char *none[] = { NULL };
    char *argv[] = {
        (char *)"cluster",
        (char *)"--apiserver=http://127.0.0.1:9",
        (char *)"--pod=kubegauge-0",
        (char *)"--pod-namespace=ns",
    };
    static struct options options;
    static struct health health;
    struct err err = { 0 };
    assert_int_equal(options_init(&options, &err), 0);
    if (options_load(&options, (int)KG_ARRAY_LEN(argv), argv, none, &err) < 0) {
        fail_msg("%s", err.text);
    }
    struct cluster_role *c = cluster_role_new(&options, &health, &err);
    assert_non_null(c);
    assert_int_equal(kube_loop_add_hook(cluster_role_loop(c), count_turns, NULL, &err), 0);
    assert_int_equal(cluster_role_start(c, &err), 0);
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    cluster_role_stop(c);
    assert_in_range(turns, 1, 5);
    cluster_role_free(c);
    options_done(&options);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(waits_for_a_plan_without_turning) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
