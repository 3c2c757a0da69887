/* test_handover_options.c — the lease's names and the address that others are told. */
#include "agent/cluster/handover_options.h"

#include "tests/support/test.h"

#define FLAGS_MAX 8

/* Returns what handover_options returns. */
static int work_out(const char *const *flags, const char *namespace, const char *bound,
                    struct handover_options *ret, struct err *err)
{
    static char *const envp[] = { NULL };
    char *argv[FLAGS_MAX + 3] = { (char *)(uintptr_t) "cluster",
                                  (char *)(uintptr_t) "--kubeconfig=/none" };
    int argc = 2;
    struct options o;
    while (flags && *flags && argc < FLAGS_MAX) {
        argv[argc++] = (char *)(uintptr_t)*flags++;
    }
    assert_int_equal(options_init(&o, err), 0);
    if (options_load(&o, argc, argv, envp, err) < 0) {
        fail_msg("%s", err_text(err));
    }
    int r = handover_options(&o, namespace, bound, ret, err);
    options_done(&o);
    return r;
}

#define FLAGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void tells_an_address_where_there_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *advertise, *bound, *want; /* want NULL: refused */
    } cases[] = {
        { "", "[::]:9095", "" },
        { "", "0.0.0.0:9095", "" },
        { "", "10.0.0.7:9095", "10.0.0.7:9095" },
        { "", "[fd00::7]:9095", "[fd00::7]:9095" },
        { "10.0.0.1", "[::]:9095", "10.0.0.1:9095" },
        { "10.0.0.1:80", "[::]:9095", "10.0.0.1:80" },
        { "fd00::1", "[::]:9095", "[fd00::1]:9095" },
        { "[fd00::1]:80", "[::]:9095", "[fd00::1]:80" },
        { "10.0.0.1:x", "[::]:9095", NULL },
        { "[fd00::1", "[::]:9095", NULL },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        char flag[80];
        struct handover_options p;
        struct err err = { 0 };
        snprintf(flag, sizeof(flag), "--advertise-address=%s", cases[i].advertise);
        int r = work_out(FLAGS(flag), NULL, cases[i].bound, &p, &err);
        assert_int_equal(r, cases[i].want ? 0 : -EINVAL);
        if (cases[i].want) {
            assert_string_equal(p.address, cases[i].want);
        } else {
            assert_true(str_search(str_of(err.text), STR("--advertise-address")) == 0);
        }
    }
}

static void names_the_lease(void **state)
{
    (void)state;
    struct handover_options p, q;
    struct err err = { 0 };
    assert_int_equal(work_out(NULL, NULL, "[::]:1", &p, &err), 0);
    assert_string_equal(p.name, "kubegauge");
    assert_string_equal(p.namespace, "default");
    assert_int_equal(work_out(NULL, "monitoring", "[::]:1", &p, &err), 0);
    assert_string_equal(p.namespace, "monitoring");
    assert_int_equal(work_out(FLAGS("--lease-namespace=a", "--lease-name=b", "--total-shards=3",
                                    "--shard=2", "--lease-identity=pod-0"),
                              "monitoring", "[::]:1", &p, &err),
                     0);
    assert_string_equal(p.namespace, "a");
    assert_string_equal(p.name, "b-2");
    assert_true(str_starts(str_of(p.identity), STR("pod-0_")));
    assert_int_equal(work_out(FLAGS("--lease-identity=pod-0"), NULL, "[::]:1", &q, &err), 0);
    assert_false(str_eq(str_of(p.identity), str_of(q.identity))); /* another process */
}

static void refuses_times_that_cannot_work(void **state)
{
    (void)state;
    struct handover_options p;
    struct err err = { 0 };
    assert_int_equal(work_out(FLAGS("--lease-duration=8s"), NULL, "[::]:1", &p, &err), -EINVAL);
    assert_int_equal(work_out(FLAGS("--lease-duration=500ms", "--lease-renew-interval=100ms"), NULL,
                              "[::]:1", &p, &err),
                     -EINVAL);
    assert_int_equal(work_out(FLAGS("--lease-renew-interval=0s"), NULL, "[::]:1", &p, &err),
                     -EINVAL);
    assert_int_equal(work_out(FLAGS("--lease-duration=10s"), NULL, "[::]:1", &p, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_an_address_where_there_is_one),
        cmocka_unit_test(names_the_lease),
        cmocka_unit_test(refuses_times_that_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
