/* test_lease_client.c — two replicas and one Lease on the fake API server, each with a real loop.
 */
#include "kube/lease/lease_client.h"

#include "base/clock.h"
#include "tests/integration/fake.h"
#include "tests/integration/fetch.h"
#include "tests/support/test.h"

#include <stdatomic.h>
#include <unistd.h>

#define MS CLOCK_NS_PER_MS
#define SEC CLOCK_NS_PER_SEC
#define SCENARIO "tests/integration/watch/lease.py"

struct replica {
    struct kube_config config;
    struct kube_loop *loop;
    struct lease_client *lease;
    atomic_bool leads, leave, has_left, failing;
    _Atomic uint64_t taken;
    atomic_int reason;
};

struct world {
    struct fake_server server;
    struct kube_config config;
    struct kube_http *control;
    struct replica a, b;
};

static uint64_t on_turn(void *arg, uint64_t now_ns)
{
    struct replica *r = arg;
    struct elector *e = lease_client_elector(r->lease);
    elector_set_candidate(e, true);
    if (r->leave && !r->has_left) {
        elector_leave(e);
    }
    uint64_t until_ns = lease_client_turn(r->lease, now_ns);
    r->leads = elector_leads(e, now_ns);
    r->taken = e->taken;
    r->reason = (int)e->reason;
    r->has_left = elector_has_left(e);
    r->failing = lease_client_failures(r->lease) > 0;
    return until_ns;
}

static void write_note(void *arg, char *out, size_t size)
{
    (void)arg;
    snprintf(out, size, "1a:1:5000");
}

static void start(struct world *w, struct replica *r, const char *identity)
{
    char server[64];
    struct err err = { 0 };
    snprintf(server, sizeof(server), "http://127.0.0.1:%u", w->server.port);
    *r = (struct replica){ .config = { .server = strdup(server), .generation = 1 } };
    r->loop = kube_loop_new(&r->config, "kubegauge/test", &err);
    assert_non_null(r->loop);
    struct lease_client_config config = {
        .namespace = "ns",
        .name = "kubegauge",
        .elector = { identity, "10.0.0.1:80", 2 * SEC, 500 * MS, 150 * MS },
        .note = write_note,
    };
    r->lease = lease_client_new(r->loop, &config, &err);
    if (!r->lease || kube_loop_add_hook(r->loop, on_turn, r, &err) < 0 ||
        kube_loop_start(r->loop, &err) < 0) {
        fail_msg("%s", err.text);
    }
}

/* As if killed: nothing is given back. */
static void stop(struct replica *r)
{
    kube_loop_stop(r->loop);
    lease_client_free(r->lease);
    kube_loop_free(r->loop);
    kube_config_done(&r->config);
}

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    const char *args[] = { "--scenario", SCENARIO, NULL };
    char server[64];
    assert_non_null(w);
    fake_start(&w->server, args);
    snprintf(server, sizeof(server), "http://127.0.0.1:%u", w->server.port);
    w->config = (struct kube_config){ .server = strdup(server), .generation = 1 };
    w->control = kube_http_new(&w->config, "kubegauge/test", NULL);
    assert_non_null(w->control);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    kube_http_free(w->control);
    kube_config_done(&w->config);
    fake_stop(&w->server);
    free(w);
    return 0;
}

/* Has the server do something; its answer is the lease. */
static void control(struct world *w, const char *what, struct fetch *f)
{
    char path[64];
    snprintf(path, sizeof(path), "/control?do=%s", what);
    fetch(w->control, f, path);
    fetch_expect(f, KUBE_HTTP_DONE, 200);
}

static void do_it(struct world *w, const char *what)
{
    struct fetch f = FETCH_INIT;
    control(w, what, &f);
    fetch_done(&f);
}

static void expect_lease(struct world *w, const char *part)
{
    struct fetch f = FETCH_INIT;
    control(w, "now", &f);
    if (str_search(buf_str(&f.body), str_of(part)) < 0) {
        fail_msg("no %s in " STR_FMT, part, STR_ARG(buf_str(&f.body)));
    }
    fetch_done(&f);
}

/* Waits until flag is as wanted, and returns how long that took. */
static uint64_t await(const atomic_bool *flag, bool wanted)
{
    uint64_t began = clock_mono_ns();
    while (*flag != wanted) {
        if (clock_mono_ns() > began + 15 * SEC) {
            fail_msg("in vain");
        }
        usleep(1000);
    }
    return clock_mono_ns() - began;
}

static void one_leads_and_the_next_when_it_leaves_or_is_silent(void **state)
{
    struct world *w = *state;
    start(w, &w->a, "pod-a_1");
    await(&w->a.leads, true);
    expect_lease(w, "\"holderIdentity\": \"pod-a_1\"");
    expect_lease(w, "\"kubegauge.io/address\": \"10.0.0.1:80\"");
    expect_lease(w, "\"kubegauge.io/scrapes\": \"1a:1:5000\"");
    expect_lease(w, "\"leaseTransitions\": 0");
    start(w, &w->b, "pod-b_1");
    usleep(3000000); /* longer than the lease lasts: it is renewed */
    assert_true(w->a.leads);
    assert_false(w->b.leads);
    /* It leaves. */
    w->a.leave = true;
    kube_loop_wakeup(w->a.loop);
    uint64_t took = await(&w->b.leads, true);
    assert_true(took < SEC); /* not the lease's end, but the watch */
    await(&w->a.has_left, true);
    assert_false(w->a.leads);
    assert_int_equal(w->b.reason, ELECTOR_RELEASED);
    expect_lease(w, "\"holderIdentity\": \"pod-b_1\"");
    expect_lease(w, "\"leaseTransitions\": 1");
    stop(&w->a);
    /* Another one comes, and the holder falls silent. */
    start(w, &w->a, "pod-a_2");
    usleep(1000000);
    stop(&w->b);
    took = await(&w->a.leads, true);
    assert_true(took > SEC && took < 5 * SEC);
    assert_int_equal(w->a.reason, ELECTOR_EXPIRED);
    /* The silent one's container is started again, and stands by. */
    start(w, &w->b, "pod-b_2");
    usleep(500000);
    assert_true(w->a.leads && !w->b.leads);
    /* And the other way round: it would follow its own former self at once. */
    stop(&w->b);
    stop(&w->a);
    start(w, &w->a, "pod-a_3");
    took = await(&w->a.leads, true);
    assert_true(took < SEC);
    stop(&w->a);
}

static void a_holder_outlives_an_outage_and_obeys_the_server(void **state)
{
    struct world *w = *state;
    start(w, &w->a, "pod-a_1");
    await(&w->a.leads, true);
    start(w, &w->b, "pod-b_1");
    usleep(500000);
    do_it(w, "down");
    usleep(4000000); /* twice the lease */
    assert_true(w->a.leads);
    assert_false(w->b.leads);
    assert_true(w->a.failing);
    do_it(w, "up");
    usleep(3000000);
    assert_true(w->a.leads);
    assert_false(w->b.leads);
    expect_lease(w, "\"leaseTransitions\": 0");
    /* The answer to a renewal is lost: it was done all the same. */
    do_it(w, "lose");
    usleep(1500000);
    assert_true(w->a.leads);
    /* Somebody else took it. */
    do_it(w, "take");
    uint64_t took = await(&w->a.leads, false);
    assert_true(took < SEC);
    do_it(w, "free");
    took = 0;
    while (!w->a.leads && !w->b.leads && took++ < 2000) {
        usleep(1000);
    }
    assert_true(w->a.leads != w->b.leads);
    struct replica *holder = w->a.leads ? &w->a : &w->b;
    /* Removed: made again, by either. */
    do_it(w, "remove");
    usleep(1000000);
    assert_true(w->a.leads != w->b.leads);
    holder = w->a.leads ? &w->a : &w->b;
    /* The server lets nobody write: the lease ends, and with it the leading. */
    do_it(w, "refuse");
    took = await(&holder->leads, false);
    assert_true(took > SEC && took < 4 * SEC);
    assert_false(w->a.leads || w->b.leads);
    do_it(w, "accept");
    took = 0;
    while (!w->a.leads && !w->b.leads && took++ < 4000) {
        usleep(1000);
    }
    assert_true(w->a.leads != w->b.leads);
    stop(&w->a);
    stop(&w->b);
}

static void refuses_what_is_no_name(void **state)
{
    (void)state;
    static const struct {
        const char *namespace, *name;
        uint64_t duration_ns, renew_ns;
    } cases[] = {
        { "ns", "a b", 2 * SEC, SEC },        { "ns", "", 2 * SEC, SEC },
        { "n/s", "kubegauge", 2 * SEC, SEC }, { "ns", "kubegauge", 2 * SEC, 0 },
        { "ns", "kubegauge", SEC / 2, 1 },    { "ns", "kubegauge", 3 * SEC, 2 * SEC },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct err err = { 0 };
        struct lease_client_config config = {
            .namespace = cases[i].namespace,
            .name = cases[i].name,
            .elector = { "x_1", "", cases[i].duration_ns, cases[i].renew_ns, SEC },
        };
        assert_null(lease_client_new(NULL, &config, &err));
        assert_int_equal(err.code, EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_name),
        cmocka_unit_test_setup_teardown(one_leads_and_the_next_when_it_leaves_or_is_silent,
                                        open_world, close_world),
        cmocka_unit_test_setup_teardown(a_holder_outlives_an_outage_and_obeys_the_server,
                                        open_world, close_world),
    };
    static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                         "ALL_PROXY" };
    for (size_t i = 0; i < KG_ARRAY_LEN(names); i++) {
        unsetenv(names[i]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
