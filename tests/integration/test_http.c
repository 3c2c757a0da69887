#include "kube/client/http.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "tests/integration/fake.h"
#include "tests/integration/fetch.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

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

static bool has(const struct buf *b, const char *text)
{
    return str_search(buf_str(b), str_of(text)) >= 0;
}

/* A server with a scenario, a configuration that leads to it, and a client. */
struct world {
    struct fake_server server;
    struct kube_config config;
    struct kube_http *http;
};

static char *read_pki(const char *name)
{
    return name ? fake_get(&dir, name) : NULL;
}

static void open_client(struct world *w, const char *scheme, const char *ca, const char *client)
{
    char server[64], key[64];
    snprintf(server, sizeof(server), "%s://127.0.0.1:%u", scheme, w->server.port);
    snprintf(key, sizeof(key), "%s.key", client ? client : "");
    char cert[64];
    snprintf(cert, sizeof(cert), "%s.pem", client ? client : "");
    w->config = (struct kube_config){
        .server = strdup(server),
        .ca_pem = read_pki(ca),
        .cert_pem = client ? read_pki(cert) : NULL,
        .key_pem = client ? read_pki(key) : NULL,
        .generation = 1,
    };
    struct err err = { 0 };
    w->http = kube_http_new(&w->config, "kubegauge/test", &err);
    if (!w->http) {
        fail_msg("%s", err.text);
    }
}

/* Makes the client anew, after the test changed the configuration. */
static void reopen(struct world *w)
{
    kube_http_free(w->http);
    w->http = kube_http_new(&w->config, "kubegauge/test", NULL);
    assert_non_null(w->http);
}

static void open_plain(struct world *w, const char *scenario)
{
    const char *args[] = { "--scenario", fake_put(&dir, "scenario.json", scenario), NULL };
    fake_start(&w->server, args);
    open_client(w, "http", NULL, NULL);
}

static void close_world(struct world *w)
{
    kube_http_free(w->http);
    kube_config_done(&w->config);
    fake_stop(&w->server);
}

static void gets_a_body_and_keeps_the_connection(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    open_plain(&w, "[{\"path\": \"/api/v1/pods\", \"steps\": [{\"echo\": true}]}]");
    for (int i = 0; i < 3; i++) {
        fetch(w.http, &f, "/api/v1/pods?limit=500&x=%2F");
        fetch_expect(&f, KUBE_HTTP_DONE, 200);
        assert_true(has(&f.body, "\"connection\": 1,"));
        assert_true(has(&f.body, "\"target\": \"/api/v1/pods?limit=500&x=%2F\""));
        assert_true(has(&f.body, "\"accept\": \"application/json\""));
        assert_true(has(&f.body, "\"user-agent\": \"kubegauge/test\""));
        assert_false(has(&f.body, "authorization"));
        assert_false(has(&f.body, "accept-encoding"));
        assert_int_equal(f.end.retry_after_ms, -1);
        assert_int_equal(f.end.error_body.n, 0);
        assert_string_equal(f.message, "");
    }
    const struct kube_http_request asking = {
        .method = "GET",
        .path = "/api/v1/pods",
        .accept = "application/json;as=X,application/json",
    };
    f.http = w.http;
    f.ended = 0;
    f.n_pieces = f.n_bytes = f.n_answers = 0;
    buf_clear(&f.body);
    f.transfer = kube_http_send(w.http, &asking, &fetch_events, &f, NULL);
    assert_non_null(f.transfer);
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    assert_true(has(&f.body, "\"accept\": \"application/json;as=X,application/json\""));
    assert_int_equal(kube_http_count(w.http), 0);
    fetch_done(&f);
    close_world(&w);
}

static void refuses_what_is_no_path(void **state)
{
    (void)state;
    struct world w;
    open_plain(&w, "[]");
    static const char *const paths[] = { "", "x", "/a b", "/a\r\nHost: evil", "/a#b" };
    for (size_t i = 0; i < KG_ARRAY_LEN(paths); i++) {
        struct err err = { 0 };
        assert_null(kube_http_get(w.http, paths[i], &no_timeouts, &fetch_events, NULL, &err));
        assert_int_equal(err.code, EINVAL);
    }
    close_world(&w);
}

static void verifies_the_server(void **state)
{
    (void)state;
    static const struct {
        const char *cert, *key, *ca, *name;
        bool insecure;
        enum kube_http_result want;
    } cases[] = {
        { "server.pem", "server.key", "ca.pem", NULL, false, KUBE_HTTP_DONE },
        { "server.pem", "server.key", "other-ca.pem", NULL, false, KUBE_HTTP_TLS },
        { "server.pem", "server.key", NULL, NULL, false, KUBE_HTTP_TLS },
        { "server.pem", "server.key", NULL, NULL, true, KUBE_HTTP_DONE },
        { "server.pem", "server.key", "ca.pem", "localhost", false, KUBE_HTTP_DONE },
        { "server.pem", "server.key", "ca.pem", "kubernetes", false, KUBE_HTTP_TLS },
        { "named.pem", "named.key", "ca.pem", NULL, false, KUBE_HTTP_TLS },
        { "named.pem", "named.key", "ca.pem", "kubernetes", false, KUBE_HTTP_DONE },
        { "named.pem", "named.key", "other-ca.pem", "kubernetes", false, KUBE_HTTP_TLS },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct world w;
        struct fetch f = FETCH_INIT;
        const char *args[] = {
            "--scenario", fake_put(&dir, "scenario.json", "[{\"steps\": [{\"echo\": true}]}]"),
            "--cert",     fake_path(&dir, cases[i].cert),
            "--key",      fake_path(&dir, cases[i].key),
            NULL
        };
        fake_start(&w.server, args);
        open_client(&w, "https", cases[i].ca, NULL);
        w.config.insecure_skip_tls_verify = cases[i].insecure;
        w.config.tls_server_name = cases[i].name ? strdup(cases[i].name) : NULL;
        reopen(&w);
        for (int again = 0; again < 2; again++) {
            fetch(w.http, &f, "/version");
            fetch_expect(&f, cases[i].want, cases[i].want == KUBE_HTTP_DONE ? 200 : 0);
        }
        if (cases[i].want == KUBE_HTTP_DONE) {
            char wanted[96];
            snprintf(wanted, sizeof(wanted), "\"host\": \"127.0.0.1:%u\"", w.server.port);
            assert_true(has(&f.body, wanted));
            assert_true(has(&f.body, "\"connection\": 1,"));
            assert_true(has(&f.body, "\"target\": \"/version\""));
        }
        if (cases[i].want == KUBE_HTTP_DONE && cases[i].name) {
            char wanted[96];
            snprintf(wanted, sizeof(wanted), "\"server_name\": \"%s\"", cases[i].name);
            assert_true(has(&f.body, wanted));
        }
        fetch_done(&f);
        close_world(&w);
    }
}

static void shows_its_certificate_and_follows_new_ones(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    const char *args[] = {
        "--scenario",  fake_put(&dir, "scenario.json", "[{\"steps\": [{\"echo\": true}]}]"),
        "--cert",      fake_path(&dir, "server.pem"),
        "--key",       fake_path(&dir, "server.key"),
        "--client-ca", fake_path(&dir, "ca.pem"),
        NULL
    };
    fake_start(&w.server, args);
    open_client(&w, "https", "ca.pem", NULL);
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_TLS, 0);

    /* What a refresh does: the same client goes on with what is new. */
    w.config.cert_pem = read_pki("client.pem");
    w.config.key_pem = read_pki("client.key");
    w.config.tls_generation++;
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    assert_true(has(&f.body, "\"client\": \"client\""));

    free(w.config.cert_pem);
    free(w.config.key_pem);
    w.config.cert_pem = read_pki("server.pem");
    w.config.key_pem = read_pki("server.key");
    w.config.tls_generation++;
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    assert_true(has(&f.body, "\"client\": \"server\""));

    free(w.config.ca_pem);
    w.config.ca_pem = read_pki("other-ca.pem");
    w.config.tls_generation++;
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_TLS, 0);
    fetch_done(&f);
    close_world(&w);
}

static void sends_the_token_that_is_good_now(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    const char *args[] = { "--scenario",
                           fake_put(&dir, "scenario.json", "[{\"steps\": [{\"echo\": true}]}]"),
                           "--tokens", fake_put(&dir, "tokens", "one\n"), NULL };
    fake_start(&w.server, args);
    open_client(&w, "http", NULL, NULL);
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_DONE, 401);
    assert_true(has(&f.error_body, "\"reason\": \"Unauthorized\""));
    assert_int_equal(f.n_pieces, 0);

    w.config.token = strdup("one");
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    fake_put(&dir, "tokens", "two\nthree\n");
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_DONE, 401);
    free(w.config.token);
    w.config.token = strdup("two");
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    assert_true(has(&f.body, "\"authorization\": \"Bearer two\""));
    assert_true(has(&f.body, "\"connection\": 1,"));
    fetch_done(&f);
    close_world(&w);
}

static void hands_on_errors_with_their_body(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    open_plain(&w,
               "[{\"path\": \"/seconds\", \"status\": 429, \"headers\": {\"Retry-After\": \"7\"},"
               "  \"steps\": [{\"send\": \"slow down\"}]},"
               " {\"path\": \"/date\", \"status\": 503, \"length\": true,"
               "  \"headers\": {\"retry-after\": \"Fri, 31 Dec 2100 23:59:59 GMT\"},"
               "  \"steps\": [{\"send\": \"no etcd\"}]},"
               " {\"path\": \"/large\", \"status\": 500, \"steps\": [{\"fill\": 9000000}]},"
               " {\"path\": \"/endless\", \"status\": 500,"
               "  \"steps\": [{\"fill\": 9000000}, {\"stall\": 60}]},"
               " {\"path\": \"/moved\", \"status\": 302, \"headers\": {\"Location\": \"/date\"},"
               "  \"steps\": [{\"send\": \"elsewhere\"}]}]");
    fetch(w.http, &f, "/seconds");
    fetch_expect(&f, KUBE_HTTP_DONE, 429);
    assert_int_equal(f.end.retry_after_ms, 7000);
    assert_str_equal(buf_str(&f.error_body), "slow down");

    fetch(w.http, &f, "/date");
    fetch_expect(&f, KUBE_HTTP_DONE, 503);
    assert_int_equal(f.end.retry_after_ms, 24 * 3600 * 1000);
    assert_str_equal(buf_str(&f.error_body), "no etcd");

    static const char *const large[] = { "/large", "/endless" };
    for (size_t i = 0; i < KG_ARRAY_LEN(large); i++) {
        fetch(w.http, &f, large[i]);
        fetch_expect(&f, KUBE_HTTP_DONE, 500);
        assert_int_equal(f.error_body.n, LIMIT_ERROR_BODY_BYTES);
        assert_int_equal(f.end.retry_after_ms, -1);
    }

    fetch(w.http, &f, "/moved");
    fetch_expect(&f, KUBE_HTTP_DONE, 302);
    assert_int_equal(f.error_body.n, 0);
    assert_int_equal(f.n_pieces, 0);
    fetch_done(&f);
    close_world(&w);
}

static void ends_what_is_silent(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    open_plain(&w, "[{\"path\": \"/mute\", \"before\": [{\"stall\": 60}]},"
                   " {\"path\": \"/halfway\", \"steps\": [{\"send\": \"begun\"}, {\"stall\": 60}]},"
                   " {\"path\": \"/quiet\", \"steps\": [{\"stall\": 60}]},"
                   " {\"path\": \"/slow\", \"steps\": [{\"send\": \"a\"}, {\"sleep\": 0.3},"
                   "  {\"send\": \"b\"}, {\"sleep\": 0.3}, {\"send\": \"c\"}, {\"sleep\": 0.3},"
                   "  {\"send\": \"d\"}]}]");
    uint64_t start = clock_mono_ns();
    fetch_begin(w.http, &f, "/mute", (struct kube_http_timeouts){ .idle_ms = 300 });
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_IDLE, 0);
    assert_string_equal(f.message, "no byte for 300 ms");
    uint64_t took = clock_mono_ns() - start;
    assert_in_range(took, 300 * CLOCK_NS_PER_MS, 3000 * CLOCK_NS_PER_MS);

    fetch_begin(w.http, &f, "/halfway", (struct kube_http_timeouts){ .idle_ms = 300 });
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_IDLE, 200);
    assert_str_equal(buf_str(&f.body), "begun");

    /* A quiet watch: its headers come at once. */
    fetch_begin(w.http, &f, "/quiet", (struct kube_http_timeouts){ .idle_ms = 5000 });
    start = clock_mono_ns();
    while (!f.n_answers) {
        fetch_turn(w.http, 100);
    }
    assert_true(clock_mono_ns() - start < 3 * CLOCK_NS_PER_SEC);
    kube_http_cancel(f.transfer);

    /* 0.9 s in all, but never silent for 0.6. */
    fetch_begin(w.http, &f, "/slow", (struct kube_http_timeouts){ .idle_ms = 600 });
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    assert_str_equal(buf_str(&f.body), "abcd");

    fetch_begin(w.http, &f, "/slow", (struct kube_http_timeouts){ .total_ms = 450 });
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_IDLE, 200);
    assert_str_equal(buf_str(&f.body), "ab");
    fetch_done(&f);
    close_world(&w);
}

/* A port that takes connections and never says a word. */
static int deaf_port(unsigned *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void tells_connecting_from_the_rest(void **state)
{
    (void)state;
    struct world w = { 0 };
    struct fetch f = FETCH_INIT;
    int fd = deaf_port(&w.server.port);
    open_client(&w, "https", "ca.pem", NULL);
    /* The idle time-out is shorter, but does not count before the handshake is over. */
    fetch_begin(w.http, &f, "/", (struct kube_http_timeouts){ .connect_ms = 400, .idle_ms = 100 });
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_CONNECT, 0);
    close(fd);
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_CONNECT, 0);
    free(w.config.server);
    w.config.server = strdup("https://no-such-host.invalid");
    reopen(&w);
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_CONNECT, 0);
    fetch_done(&f);
    kube_http_free(w.http);
    kube_config_done(&w.config);
}

static void tells_a_broken_stream_from_a_whole_one(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
        long status;
    } cases[] = {
        { "/chunked", "0123456", 200 }, { "/length", "0123456", 200 }, { "/reset", NULL, 200 },
        { "/half", "0123456789", 200 }, { "/nothing", "", 0 },         { "/garbage", "", 0 },
        { "/headers", "", 200 },
    };
    auto_buf struct buf scenario = BUF_INIT(MIB);
    buf_add_c(&scenario,
              "[{\"path\": \"/chunked\", \"cut_at\": 7, \"steps\": [{\"send\": \"0123456789\"}]},"
              " {\"path\": \"/length\", \"cut_at\": 7, \"length\": true,"
              "  \"steps\": [{\"send\": \"0123456789\"}]},"
              " {\"path\": \"/reset\", \"steps\": [{\"send\": \"0123456789\"}, {\"sleep\": 0.2},"
              "  {\"reset\": true}]},"
              " {\"path\": \"/half\", \"steps\": [{\"send\": \"0123456789\"},"
              "  {\"half_close\": true}]},"
              " {\"path\": \"/nothing\", \"before\": [{\"cut\": true}]},"
              " {\"path\": \"/garbage\", \"before\": [{\"send\": \"SSH-2.0-OpenSSH_9.2\\r\\n\"}]},"
              " {\"path\": \"/headers\", \"headers\": {");
    for (int i = 0; i < 100; i++) {
        buf_addf(&scenario, "%s\"X-%d\": \"%01000d\"", i ? "," : "", i, 0);
    }
    buf_add_c(&scenario, "}, \"steps\": [{\"send\": \"x\"}]}]");
    struct world w;
    struct fetch f = FETCH_INIT;
    open_plain(&w, buf_c(&scenario));
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        fetch(w.http, &f, cases[i].path);
        fetch_expect(&f, KUBE_HTTP_BROKEN, cases[i].status);
        assert_true(f.message[0] != '\0');
        if (cases[i].body) {
            assert_str_equal(buf_str(&f.body), cases[i].body);
        }
    }
    assert_string_equal(f.message, "the headers are too long");
    fetch_done(&f);
    close_world(&w);
}

static void passes_a_large_body_on_in_pieces(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    open_plain(&w, "[{\"steps\": [{\"fill\": 20000000}, {\"fill\": 20000000}]}]");
    fetch(w.http, &f, "/");
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    assert_int_equal(f.n_bytes, 40000000);
    assert_true(f.n_pieces > 100);
    fetch_begin(w.http, &f, "/", no_timeouts);
    f.refuse_at = 1000000;
    fetch_wait(w.http, &f);
    fetch_expect(&f, KUBE_HTTP_CONSUMER, 200);
    assert_in_range(f.n_bytes, 1000000, 2000000);
    fetch_done(&f);
    close_world(&w);
}

static void cancel_self(struct fetch *f)
{
    kube_http_cancel(f->transfer);
}

static void cancel_other(struct fetch *f)
{
    struct fetch *other = f->other;
    if (other->transfer) {
        kube_http_cancel(other->transfer);
        other->transfer = NULL;
    }
}

static void start_other(struct fetch *f)
{
    struct fetch *other = f->other;
    if (!other->transfer) {
        fetch_begin(f->http, other, "/short", no_timeouts);
    }
}

static void may_be_cancelled_and_started_from_everywhere(void **state)
{
    (void)state;
    struct world w;
    struct fetch a = FETCH_INIT, b = FETCH_INIT;
    open_plain(&w, "[{\"path\": \"/long\", \"steps\": [{\"send\": \"x\"}, {\"stall\": 60}]},"
                   " {\"path\": \"/short\", \"steps\": [{\"sleep\": 0.1}, {\"send\": \"y\"}]}]");
    /* Before anything happened, and while it waits. */
    fetch_begin(w.http, &a, "/long", no_timeouts);
    kube_http_cancel(a.transfer);
    kube_http_cancel(NULL);
    fetch_begin(w.http, &a, "/long", no_timeouts);
    while (!a.n_pieces) {
        fetch_turn(w.http, 100);
    }
    kube_http_cancel(a.transfer);
    assert_int_equal(kube_http_count(w.http), 0);

    /* From its own on_body; from another's on_body and on_end. */
    a.in_body = cancel_self;
    fetch_begin(w.http, &a, "/short", no_timeouts);
    while (kube_http_count(w.http)) {
        fetch_turn(w.http, 100);
    }
    assert_int_equal(a.n_pieces, 1);
    assert_int_equal(a.ended, 0);
    a.in_body = NULL;
    a.in_answer = cancel_self;
    fetch_begin(w.http, &a, "/short", no_timeouts);
    while (kube_http_count(w.http)) {
        fetch_turn(w.http, 100);
    }
    assert_int_equal(a.n_answers, 1);
    assert_int_equal(a.n_pieces + (size_t)a.ended, 0);
    a.in_answer = NULL;
    for (int from_end = 0; from_end < 2; from_end++) {
        a.other = &b;
        a.in_body = from_end ? NULL : cancel_other;
        a.in_end = from_end ? cancel_other : NULL;
        fetch_begin(w.http, &b, "/long", no_timeouts);
        fetch(w.http, &a, "/short");
        fetch_expect(&a, KUBE_HTTP_DONE, 200);
        assert_int_equal(b.ended, 0);
        assert_int_equal(kube_http_count(w.http), 0);
    }

    /* Another one begun in on_body and in on_end; a cancel of itself in on_end does nothing. */
    for (int from_end = 0; from_end < 2; from_end++) {
        b.transfer = NULL;
        b.ended = 0;
        a.in_body = from_end ? NULL : start_other;
        a.in_end = from_end ? start_other : cancel_self;
        fetch(w.http, &a, "/short");
        fetch_wait(w.http, &b);
        fetch_expect(&a, KUBE_HTTP_DONE, 200);
        fetch_expect(&b, KUBE_HTTP_DONE, 200);
        assert_str_equal(buf_str(&b.body), "y");
    }

    /* What is under way at the end is freed with the client, without a word. */
    a.in_body = a.in_end = NULL;
    fetch_begin(w.http, &a, "/long", no_timeouts);
    fetch_begin(w.http, &b, "/long", no_timeouts);
    while (!a.n_pieces) {
        fetch_turn(w.http, 100);
    }
    close_world(&w);
    assert_int_equal(a.ended + b.ended, 0);
    fetch_done(&a);
    fetch_done(&b);
}

static void runs_many_at_once_up_to_the_limit(void **state)
{
    (void)state;
    struct world w;
    open_plain(&w, "[{\"steps\": [{\"sleep\": 0.2}, {\"send\": \"z\"}]}]");
    static struct fetch all[24];
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        all[i] = (struct fetch)FETCH_INIT;
        fetch_begin(w.http, &all[i], "/", no_timeouts);
    }
    uint64_t start = clock_mono_ns();
    for (size_t i = 0; i < KG_ARRAY_LEN(all); i++) {
        fetch_wait(w.http, &all[i]);
        fetch_expect(&all[i], KUBE_HTTP_DONE, 200);
        fetch_done(&all[i]);
    }
    assert_true(clock_mono_ns() - start < 3 * CLOCK_NS_PER_SEC);

    struct fetch f = FETCH_INIT;
    for (int i = 0; i < LIMIT_TRANSFERS; i++) {
        assert_non_null(kube_http_get(w.http, "/", &no_timeouts, &fetch_events, &f, NULL));
    }
    struct err err = { 0 };
    assert_null(kube_http_get(w.http, "/", &no_timeouts, &fetch_events, &f, &err));
    assert_int_equal(err.code, EBUSY);
    close_world(&w);
}

static void *wake_later(void *arg)
{
    usleep(200000);
    kube_http_wakeup(arg);
    return NULL;
}

static void wakes_up(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    open_plain(&w, "[{\"before\": [{\"stall\": 60}]}]");
    for (int busy = 0; busy < 2; busy++) {
        if (busy) {
            fetch_begin(w.http, &f, "/", no_timeouts);
            fetch_turn(w.http, 0);
        }
        pthread_t thread;
        uint64_t start = clock_mono_ns();
        assert_int_equal(pthread_create(&thread, NULL, wake_later, w.http), 0);
        uint64_t took = 0;
        while (took < 150 * CLOCK_NS_PER_MS) { /* curl's own timers may end a turn */
            fetch_turn(w.http, 10000);
            took = clock_mono_ns() - start;
        }
        assert_true(took < 5 * CLOCK_NS_PER_SEC);
        pthread_join(thread, NULL);
    }
    /* Without a wakeup the time-out holds. */
    uint64_t start = clock_mono_ns();
    fetch_turn(w.http, 50);
    assert_true(clock_mono_ns() - start < 3 * CLOCK_NS_PER_SEC);
    fetch_done(&f);
    close_world(&w);
}

static void keeps_the_token_from_proxies(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    const char *args[] = { "--log", fake_path(&dir, "log"), NULL };
    fake_start(&w.server, args);
    open_client(&w, "http", NULL, NULL);
    w.config.proxy_url = w.config.server;
    w.config.server = strdup("https://no-such-host.invalid:6443");
    w.config.tls_server_name = strdup("kubernetes");
    w.config.token = strdup("secret");
    reopen(&w);
    fetch(w.http, &f, "/api/v1/pods");
    fetch_expect(&f, KUBE_HTTP_CONNECT, 0);
    auto_free char *log = fake_get(&dir, "log");
    assert_non_null(strstr(log, "\"CONNECT\""));
    assert_non_null(strstr(log, "\"no-such-host.invalid:6443\""));
    assert_null(strstr(log, "kubernetes"));
    assert_null(strstr(log, "secret"));
    fetch_done(&f);
    close_world(&w);
}

static void asks_a_proxy_for_a_plain_server(void **state)
{
    (void)state;
    struct world w;
    struct fetch f = FETCH_INIT;
    open_plain(&w, "[{\"steps\": [{\"echo\": true}]}]");
    w.config.proxy_url = w.config.server;
    w.config.server = strdup("http://no-such-host.invalid");
    assert_int_equal(setenv("no_proxy", "*", 1), 0); /* is not for a proxy-url */
    reopen(&w);
    fetch(w.http, &f, "/version");
    assert_int_equal(unsetenv("no_proxy"), 0);
    fetch_expect(&f, KUBE_HTTP_DONE, 200);
    assert_true(has(&f.body, "\"target\": \"http://no-such-host.invalid/version\""));
    fetch_done(&f);
    close_world(&w);
}

static void says_when_a_credential_is_unusable(void **state)
{
    (void)state;
    static const struct {
        const char *ca, *cert, *key;
    } cases[] = {
        { "junk.pem", NULL, NULL },
        { "ca.pem", "junk.pem", "client.key" },
        { "ca.pem", "client.pem", "junk.pem" },
        { "ca.pem", "client.pem", "server.key" },
    };
    fake_put(&dir, "junk.pem",
             "-----BEGIN CERTIFICATE-----\nanVuaw==\n-----END CERTIFICATE-----\n");
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct world w;
        struct fetch f = FETCH_INIT;
        const char *args[] = { "--cert", fake_path(&dir, "server.pem"), "--key",
                               fake_path(&dir, "server.key"), NULL };
        fake_start(&w.server, args);
        open_client(&w, "https", cases[i].ca, NULL);
        w.config.cert_pem = read_pki(cases[i].cert);
        w.config.key_pem = read_pki(cases[i].key);
        fetch(w.http, &f, "/");
        fetch_expect(&f, KUBE_HTTP_INTERNAL, 0);
        assert_true(f.message[0] != '\0');
        fetch_done(&f);
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_a_body_and_keeps_the_connection),
        cmocka_unit_test(refuses_what_is_no_path),
        cmocka_unit_test(verifies_the_server),
        cmocka_unit_test(shows_its_certificate_and_follows_new_ones),
        cmocka_unit_test(sends_the_token_that_is_good_now),
        cmocka_unit_test(hands_on_errors_with_their_body),
        cmocka_unit_test(ends_what_is_silent),
        cmocka_unit_test(tells_connecting_from_the_rest),
        cmocka_unit_test(tells_a_broken_stream_from_a_whole_one),
        cmocka_unit_test(passes_a_large_body_on_in_pieces),
        cmocka_unit_test(may_be_cancelled_and_started_from_everywhere),
        cmocka_unit_test(runs_many_at_once_up_to_the_limit),
        cmocka_unit_test(wakes_up),
        cmocka_unit_test(keeps_the_token_from_proxies),
        cmocka_unit_test(asks_a_proxy_for_a_plain_server),
        cmocka_unit_test(says_when_a_credential_is_unusable),
    };
    /* A proxy of the environment would answer for the fake server. */
    static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                         "ALL_PROXY" };
    for (size_t i = 0; i < KG_ARRAY_LEN(names); i++) {
        unsetenv(names[i]);
    }
    return cmocka_run_group_tests(tests, make_group, remove_group);
}
