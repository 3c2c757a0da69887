/* test_lease_client.c — what is logged of a lease; tests/integration has the rest. */
#include "kube/lease/lease_client.h"

#include "base/clock.h"
#include "tests/support/capture.h"

static void see(struct lease_client *c, const char *holder, unsigned version)
{
    struct lease l = { .duration_sec = 15 };
    snprintf(l.version, sizeof(l.version), "%u", version);
    snprintf(l.holder, sizeof(l.holder), "%s", holder);
    elector_saw(lease_client_elector(c), holder[0] ? &l : NULL, clock_mono_ns());
    for (int i = 0; i < 3; i++) {
        lease_client_turn(c, clock_mono_ns());
    }
}

/* Of a process that is no candidate, so that it only looks on. */
static void look_on(void)
{
    struct kube_config config = { .server = (char *)"http://127.0.0.1:9", .generation = 1 };
    struct kube_loop *loop = kube_loop_new(&config, "agent", NULL);
    const struct lease_client_config of_lease = {
        .namespace = "ns",
        .name = "kubegauge",
        .elector = { "pod-a_1", "", 15 * CLOCK_NS_PER_SEC, 5 * CLOCK_NS_PER_SEC, 1 },
    };
    assert_non_null(loop);
    struct lease_client *c = lease_client_new(loop, &of_lease, NULL);
    assert_non_null(c);
    see(c, "pod-b_1", 1);
    see(c, "pod-c_1", 2);
    see(c, "", 0); /* somebody deleted it */
    see(c, "pod-c_1", 4);
    lease_client_free(c);
    kube_loop_free(loop);
}

static void tells_of_each_holder_once(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "msg=\"another one leads\" lease=kubegauge holder=pod-b_1",
        "msg=\"another one leads\" lease=kubegauge holder=pod-c_1",
        "msg=\"nobody leads\" lease=kubegauge holder=\"\"",
        "msg=\"another one leads\" lease=kubegauge holder=pod-c_1",
    };
    auto_buf struct buf out = BUF_INIT(8192);
    capture(look_on, &out);
    struct str text = buf_str(&out);
    for (size_t i = 0; i < KG_ARRAY_LEN(wanted); i++) {
        struct str line = str_line(&text);
        assert_true(str_search(line, str_of(wanted[i])) >= 0);
    }
    assert_str_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(tells_of_each_holder_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
