#include "base/clock.h"
#include "tests/integration/fake.h"
#include "tests/integration/fetch.h"
#include "tests/support/test.h"

static struct fake_dir dir;

static int make_group(void **state)
{
    (void)state;
    fake_dir_make(&dir);
    fake_pki(&dir);
    return 0;
}

static int remove_group(void **state)
{
    (void)state;
    fake_dir_remove(&dir);
    return 0;
}

struct world {
    struct fake_server server;
    struct kube_config config;
    struct kube_http *http;
};

static void open_world(struct world *w, const char *script)
{
    const char *args[] = { "--cert",   fake_path(&dir, "server.pem"),
                           "--key",    fake_path(&dir, "server.key"),
                           "--script", script,
                           NULL };
    fake_start_program(&w->server, "http2server.py", args);
    char server[64];
    snprintf(server, sizeof(server), "https://127.0.0.1:%u", w->server.port);
    w->config =
        (struct kube_config){ .server = strdup(server), .ca_pem = fake_get(&dir, "ca.pem") };
    w->http = kube_http_new(&w->config, "kubegauge/test", NULL);
    assert_non_null(w->http);
}

static void close_world(struct world *w)
{
    kube_http_free(w->http);
    kube_config_done(&w->config);
    fake_stop(&w->server);
}

/* Says that f got the body of the n-th connection. */
static void expect_connection(const struct fetch *f, int n)
{
    char wanted[32];
    snprintf(wanted, sizeof(wanted), "\"connection\": %d,", n);
    fetch_expect(f, KUBE_HTTP_DONE, 200);
    if (str_search(buf_str(&f->body), str_of(wanted)) < 0) {
        fail_msg("not %s: " STR_FMT, wanted, STR_ARG(buf_str(&f->body)));
    }
}

static void many_requests_share_one_connection(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "ok");
    struct fetch all[12];
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        all[i] = (struct fetch)FETCH_INIT;
        fetch_begin(w.http, &all[i], "/", no_timeouts);
    }
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        fetch_wait(w.http, &all[i]);
        expect_connection(&all[i], 1);
        fetch_done(&all[i]);
    }
    close_world(&w);
}

static void a_cancelled_stream_leaves_the_others_alone(void **state)
{
    (void)state;
    struct world w;
    struct fetch quiet = FETCH_INIT, f = FETCH_INIT;
    open_world(&w, "stall,ok");
    fetch_begin(w.http, &quiet, "/watch", no_timeouts);
    while (!quiet.n_answers) {
        fetch_turn(w.http, 100);
    }
    fetch(w.http, &f, "/");
    expect_connection(&f, 1);
    kube_http_cancel(quiet.transfer);
    fetch(w.http, &f, "/");
    expect_connection(&f, 1);
    assert_int_equal(quiet.ended, 0);
    fetch_done(&quiet);
    fetch_done(&f);
    close_world(&w);
}

static void a_broken_stream_or_connection_is_said_to_be_broken(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT, g = FETCH_INIT;
    open_world(&w, "rst,ok,stall,cut,goaway,ok");
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_BROKEN, 200);
    fetch(w.http, &f, "/");
    expect_connection(&f, 1);
    /* One connection's end is the end of all its streams. */
    fetch_begin(w.http, &g, "/watch", no_timeouts);
    while (!g.n_answers) {
        fetch_turn(w.http, 100);
    }
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_BROKEN, 200);
    fetch_wait(w.http, &g);
    fetch_expect(&g, KUBE_HTTP_BROKEN, 200);
    fetch(w.http, &f, "/");
    expect_connection(&f, 2);
    fetch(w.http, &f, "/");
    expect_connection(&f, 3);
    fetch_done(&f);
    fetch_done(&g);
    close_world(&w);
}

/* The peer's kernel still acknowledges, but nobody answers: as behind a load balancer whose backend
 * is gone. The next request must not be given to the same connection. */
static void a_dead_connection_is_left(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT, g = FETCH_INIT;
    open_world(&w, "ok,dead,ok");
    fetch(w.http, &f, "/");
    expect_connection(&f, 1);
    fetch_begin(w.http, &f, "/", (struct kube_http_timeouts){ .idle_ms = 400 });
    fetch_turn(w.http, 50);
    fetch_begin(w.http, &g, "/", no_timeouts);
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_IDLE, 0);
    fetch_wait(w.http, &g); /* had no time-out of its own, but shared the connection */
    assert_true(g.end.result == KUBE_HTTP_BROKEN || g.end.result == KUBE_HTTP_DONE);
    fetch(w.http, &f, "/");
    expect_connection(&f, 2);
    fetch_done(&f);
    fetch_done(&g);
    close_world(&w);
}

/* A stream may be silent on a connection that is alive: then only the stream ends. */
static void a_silent_stream_does_not_end_its_neighbours(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT, g = FETCH_INIT;
    open_world(&w, "stall,ok");
    fetch_begin(w.http, &f, "/watch", (struct kube_http_timeouts){ .idle_ms = 600 });
    uint64_t until = clock_mono_ns() + 10 * CLOCK_NS_PER_SEC;
    while (!f.ended && clock_mono_ns() < until) {
        fetch(w.http, &g, "/");
        expect_connection(&g, 1);
        fetch_turn(w.http, 50); /* nothing but the silent one is under way now */
    }
    fetch_expect(&f, KUBE_HTTP_IDLE, 200);
    fetch(w.http, &g, "/");
    expect_connection(&g, 1);
    fetch_done(&f);
    fetch_done(&g);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_requests_share_one_connection),
        cmocka_unit_test(a_cancelled_stream_leaves_the_others_alone),
        cmocka_unit_test(a_broken_stream_or_connection_is_said_to_be_broken),
        cmocka_unit_test(a_dead_connection_is_left),
        cmocka_unit_test(a_silent_stream_does_not_end_its_neighbours),
    };
    return cmocka_run_group_tests(tests, make_group, remove_group);
}
