/* test_call.c — calls about single objects against the fake API server. */
#include "kube/client/call.h"

#include "kube/object/json_get.h"
#include "tests/integration/fake.h"
#include "tests/integration/fetch.h"
#include "tests/support/test.h"

static struct fake_dir dir;

static int make_group(void **state)
{
    (void)state;
    fake_dir_make(&dir);
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

static void open_world(struct world *w, const char *scenario)
{
    char server[64];
    const char *args[] = { "--scenario", fake_put(&dir, "scenario.json", scenario), NULL };
    fake_start(&w->server, args);
    snprintf(server, sizeof(server), "http://127.0.0.1:%u", w->server.port);
    w->config = (struct kube_config){
        .server = strdup(server),
        .token = strdup("secret"),
        .generation = 1,
    };
    w->http = kube_http_new(&w->config, "kubegauge/test", NULL);
    assert_non_null(w->http);
}

static void close_world(struct world *w)
{
    kube_http_free(w->http);
    kube_config_done(&w->config);
    fake_stop(&w->server);
}

struct outcome {
    int ended;
    struct kube_call_end end;
    json_t *body;
    char message[ERR_MAX];
};

static void note(void *arg, const struct kube_call_end *end)
{
    struct outcome *o = arg;
    o->ended++;
    o->end = *end;
    o->body = json_incref(end->body);
    snprintf(o->message, sizeof(o->message), "%s", end->message);
}

static struct outcome call(struct world *w, const struct kube_call_spec *spec)
{
    struct outcome o = { 0 };
    struct err err = { 0 };
    if (!kube_call_begin(w->http, spec, note, &o, &err)) {
        fail_msg("%s", err.text);
    }
    for (int i = 0; i < 200 && !o.ended; i++) {
        fetch_turn(w->http, 100);
    }
    assert_int_equal(o.ended, 1);
    assert_int_equal(kube_http_count(w->http), 0);
    return o;
}

static void sends_each_verb_with_its_body(void **state)
{
    (void)state;
    static const struct {
        enum kube_verb verb;
        const char *method, *content_type;
    } cases[] = {
        { KUBE_GET, "GET", NULL },
        { KUBE_CREATE, "POST", "application/json" },
        { KUBE_UPDATE, "PUT", "application/json" },
        { KUBE_MERGE_PATCH, "PATCH", "application/merge-patch+json" },
        { KUBE_DELETE, "DELETE", NULL },
    };
    struct world w;
    open_world(&w, "[{\"steps\": [{\"echo\": true}]}]");
    json_t *body = json_pack("{s:s}", "holder", "ä \"b\"");
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct kube_call_spec spec = {
            .verb = cases[i].verb,
            .path = "/apis/x/v1/things/a?fieldManager=k",
            .body = cases[i].content_type ? body : NULL,
        };
        struct outcome o = call(&w, &spec);
        assert_true(kube_call_is_good(&o.end));
        assert_string_equal(o.message, "");
        assert_true(str_eq_c(json_get_str(o.body, "method"), cases[i].method));
        assert_true(str_eq_c(json_get_str(o.body, "target"), spec.path));
        const json_t *headers = json_get_object(o.body, "headers");
        assert_true(str_eq_c(json_get_str(headers, "authorization"), "Bearer secret"));
        assert_null(json_get_str(headers, "expect").p);
        struct str type = json_get_str(headers, "content-type");
        assert_true(str_eq(type, str_of(cases[i].content_type)));
        auto_free char *sent = spec.body ? json_dumps(body, JSON_COMPACT) : NULL;
        assert_true(str_eq(json_get_str(o.body, "body"), str_of(sent)));
        json_decref(o.body);
    }
    json_decref(body);
    close_world(&w);
}

static void sends_a_body_of_megabytes(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "[{\"steps\": [{\"echo\": true}]}]");
    enum { N = 3000000 };
    char *text = malloc(N);
    assert_non_null(text);
    memset(text, 'x', N);
    json_t *body = json_pack("{s:s#}", "x", text, (int)N);
    free(text);
    struct kube_call_spec spec = { .verb = KUBE_UPDATE, .path = "/big", .body = body };
    struct outcome o = call(&w, &spec);
    assert_true(kube_call_is_good(&o.end));
    assert_int_equal(json_get_str(o.body, "body").n, N + 8);
    json_decref(o.body);
    json_decref(body);
    close_world(&w);
}

static void tells_what_the_server_refused(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "[{\"path\": \"/conflict\", \"method\": \"PUT\", \"status\": 409, \"steps\":"
                   "  [{\"json\": {\"kind\": \"Status\", \"message\": \"it changed\"}}]},"
                   " {\"path\": \"/busy\", \"status\": 503, \"headers\": {\"Retry-After\": \"2\"},"
                   "  \"steps\": [{\"send\": \"go away\"}]},"
                   " {\"path\": \"/text\", \"steps\": [{\"send\": \"hello\"}]},"
                   " {\"path\": \"/large\", \"steps\": [{\"fill\": 3000}]},"
                   " {\"path\": \"/cut\", \"steps\": [{\"send\": \"{\"}, {\"cut\": true}]}]");
    static const struct {
        const char *path;
        enum kube_http_result result;
        long status;
        const char *message;
    } cases[] = {
        { "/conflict", KUBE_HTTP_DONE, 409, "PUT /conflict: HTTP 409: it changed" },
        { "/missing", KUBE_HTTP_DONE, 404, "PUT /missing: HTTP 404: no rule for /missing" },
        { "/busy", KUBE_HTTP_DONE, 503, "PUT /busy: HTTP 503" },
        { "/text", KUBE_HTTP_CONSUMER, 200, "PUT /text: the answer is not JSON: " },
        { "/large", KUBE_HTTP_CONSUMER, 200, "PUT /large: the answer is larger than 2000 bytes" },
        { "/cut", KUBE_HTTP_BROKEN, 200, "PUT /cut: " },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct kube_call_spec spec = {
            .verb = KUBE_UPDATE,
            .path = cases[i].path,
            .max_bytes = 2000,
        };
        struct outcome o = call(&w, &spec);
        assert_int_equal(o.end.result, cases[i].result);
        assert_int_equal(o.end.status, cases[i].status);
        assert_false(kube_call_is_good(&o.end));
        if (!str_starts(str_of(o.message), str_of(cases[i].message))) {
            fail_msg("%s", o.message);
        }
        assert_int_equal(o.end.retry_after_ms, i == 2 ? 2000 : -1);
        json_decref(o.body);
    }
    close_world(&w);
}

static void gives_up_in_time(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "[{\"path\": \"/slow\", \"steps\": [{\"send\": \"{\"}, {\"sleep\": 0.2},"
                   "  {\"send\": \" \"}, {\"sleep\": 0.2}, {\"send\": \" \"}, {\"sleep\": 0.2},"
                   "  {\"send\": \" \"}, {\"stall\": 10}]},"
                   " {\"path\": \"/silent\", \"before\": [{\"stall\": 10}]}]");
    static const char *const paths[] = { "/slow", "/silent" };
    for (size_t i = 0; i < KG_ARRAY_LEN(paths); i++) {
        struct kube_call_spec spec = { .path = paths[i], .timeout_ms = 500 };
        struct outcome o = call(&w, &spec);
        assert_int_equal(o.end.result, KUBE_HTTP_IDLE);
        assert_true(o.message[0]);
    }
    close_world(&w);
}

static void may_be_cancelled(void **state)
{
    (void)state;
    struct world w;
    struct outcome o = { 0 };
    open_world(&w, "[{\"before\": [{\"stall\": 10}]}]");
    struct kube_call_spec spec = { .path = "/" };
    struct kube_call *one = kube_call_begin(w.http, &spec, note, &o, NULL);
    struct kube_call *two = kube_call_begin(w.http, &spec, note, &o, NULL);
    assert_non_null(one);
    kube_call_cancel(two); /* before anything was sent */
    fetch_turn(w.http, 50);
    fetch_turn(w.http, 50);
    kube_call_cancel(one);
    kube_call_cancel(NULL);
    assert_int_equal(kube_http_count(w.http), 0);
    assert_int_equal(o.ended, 0);
    struct err err = { 0 };
    spec.path = "no path";
    assert_null(kube_call_begin(w.http, &spec, note, &o, &err));
    assert_int_equal(err.code, EINVAL);
    close_world(&w);
}

static void says_that_nobody_is_there(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, "[]");
    fake_stop(&w.server);
    struct kube_call_spec spec = { .path = "/x" };
    struct outcome o = call(&w, &spec);
    assert_int_equal(o.end.result, KUBE_HTTP_CONNECT);
    assert_int_equal(o.end.status, 0);
    assert_null(o.body);
    assert_true(str_starts(str_of(o.message), STR("GET /x: ")));
    kube_http_free(w.http);
    kube_config_done(&w.config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_each_verb_with_its_body),
        cmocka_unit_test(sends_a_body_of_megabytes),
        cmocka_unit_test(tells_what_the_server_refused),
        cmocka_unit_test(gives_up_in_time),
        cmocka_unit_test(may_be_cancelled),
        cmocka_unit_test(says_that_nobody_is_there),
    };
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    return cmocka_run_group_tests(tests, make_group, remove_group);
}
