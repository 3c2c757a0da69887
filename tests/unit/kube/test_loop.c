/* test_loop.c — the kube thread's turns, log lines and end, with a made-up HTTP client. The source
 * is included, so that single turns can be taken without a thread. */
#include "kube/client/loop.c"

#include <stdlib.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct {
    int turns, waited_ms, refreshes, refresh_result;
    bool turn_fails, retarget_fails, refuses; /* refuses: each request ends without a connection */
    const struct kube_http_events *events;
    void *arg;
    atomic_int wakeups;
} http;

struct kube_http {
    int unused;
};
static struct kube_http the_http;
struct kube_transfer {
    int unused;
};
static struct kube_transfer the_transfer;

struct kube_http *kube_http_new(struct kube_config *config, const char *user_agent, struct err *err)
{
    (void)config;
    (void)err;
    assert_string_equal(user_agent, "agent");
    return &the_http;
}

void kube_http_free(struct kube_http *h)
{
    (void)h;
}

struct kube_transfer *kube_http_send(struct kube_http *h, const struct kube_http_request *request,
                                     const struct kube_http_events *events, void *arg,
                                     struct err *err)
{
    (void)h;
    (void)request;
    (void)err;
    http.events = events;
    http.arg = arg;
    return &the_transfer;
}

void kube_http_cancel(struct kube_transfer *t)
{
    (void)t;
    http.events = NULL;
}

void kube_http_set_idle(struct kube_transfer *t, long idle_ms)
{
    (void)t;
    (void)idle_ms;
}

int kube_http_turn(struct kube_http *h, int timeout_ms, struct err *err)
{
    (void)h;
    http.turns++;
    http.waited_ms = timeout_ms;
    if (http.turn_fails) {
        return err_set(err, EIO, "no turn");
    }
    if (http.refuses && http.events) {
        const struct kube_http_events *events = http.events;
        http.events = NULL;
        struct kube_http_end end = { KUBE_HTTP_CONNECT, 0, -1, { 0 }, "refused" };
        events->on_end(http.arg, &end);
    }
    usleep(1000);
    return 0;
}

void kube_http_wakeup(struct kube_http *h)
{
    (void)h;
    http.wakeups++;
}

int kube_http_retarget(struct kube_http *h, struct err *err)
{
    (void)h;
    return http.retarget_fails ? err_set(err, EINVAL, "no address") : 0;
}

void kube_config_done(struct kube_config *c)
{
    free(c->server);
    *c = (struct kube_config){ 0 };
}

int kube_config_refresh(struct kube_config *c, struct err *err)
{
    (void)c;
    http.refreshes++;
    return http.refresh_result < 0 ? err_set(err, -http.refresh_result, "no file")
                                   : http.refresh_result;
}

static int nothing_begin(void *arg, struct err *err)
{
    (void)arg;
    (void)err;
    return 0;
}

static void nothing(void *arg)
{
    (void)arg;
}

static int nothing_put(void *arg, const json_t *object, struct err *err)
{
    (void)arg;
    (void)object;
    return err_set(err, EBADMSG, "boxes cannot be read");
}

static void nothing_remove(void *arg, const json_t *object)
{
    (void)arg;
    (void)object;
}

static const struct kube_consumer consumer = {
    .relist_begin = nothing_begin,
    .relist_commit = nothing_begin,
    .relist_abort = nothing,
    .put = nothing_put,
    .remove = nothing_remove,
    .settle = nothing,
};

static const struct reflector_times quick = {
    .backoff = { .first_ns = 20 * CLOCK_NS_PER_MS,
                 .max_ns = { 40 * CLOCK_NS_PER_MS, 40 * CLOCK_NS_PER_MS, 40 * CLOCK_NS_PER_MS } },
    .watch_sec = 1,
};

static const struct kube_watch_spec spec = {
    .group = "apps",
    .version = "v1",
    .plural = "boxes",
    .seed = 3,
    .times = &quick,
};

static struct kube_loop *setup(void)
{
    http.turns = http.refreshes = http.refresh_result = 0;
    http.turn_fails = http.refuses = false;
    struct kube_loop *loop = kube_loop_new(NULL, "agent", NULL);
    assert_non_null(loop);
    assert_non_null(kube_loop_add(loop, &spec, &consumer, NULL, NULL));
    loop->refresh_ns = UINT64_MAX;
    return loop;
}

/* Standard error into a file, and back. */
static int saved_stderr, log_fd;

static void capture(void)
{
    char path[] = "/tmp/kubegauge-test-XXXXXX";
    saved_stderr = dup(STDERR_FILENO);
    log_fd = mkstemp(path);
    unlink(path);
    dup2(log_fd, STDERR_FILENO);
}

static size_t captured(char *out, size_t size)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    ssize_t n = pread(log_fd, out, size - 1, 0);
    close(log_fd);
    out[n] = '\0';
    return (size_t)n;
}

static int times(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

static void test_failures_are_said_once_and_their_end(void **state)
{
    (void)state;
    struct kube_loop *loop = setup();
    http.refuses = true;
    capture();
    while (kube_watch_state(loop->watches->watch).failures < 3) {
        turn(loop);
    }
    turn(loop);
    http.refuses = false;
    while (!http.events) {
        turn(loop);
    }
    http.events->on_answer(http.arg);
    static const char list[] = "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{},{}]}";
    http.events->on_body(http.arg, str_of(list));
    const struct kube_http_events *events = http.events;
    http.events = NULL;
    struct kube_http_end end = { KUBE_HTTP_DONE, 200, -1, { 0 }, "" };
    events->on_end(http.arg, &end);
    turn(loop);
    turn(loop);
    char text[4096];
    captured(text, sizeof(text));
    assert_int_equal(times(text, "API server cannot be followed"), 2); /* and in "recovered" */
    assert_int_equal(times(text, "refused"), 1);
    assert_int_equal(times(text, "recovered"), 1);
    assert_int_equal(times(text, "list complete"), 1);
    assert_int_equal(times(text, "boxes cannot be read"), 1);
    assert_true(times(text, "boxes.apps") >= 4);
    kube_loop_free(loop);
}

static void test_credentials_are_read_again(void **state)
{
    (void)state;
    struct kube_loop *loop = setup();
    capture();
    turn(loop);
    assert_int_equal(http.refreshes, 0);
    loop->refresh_ns = 0;
    http.refresh_result = -ENOENT;
    turn(loop);
    assert_int_equal(http.refreshes, 1);
    uint64_t now = clock_mono_ns();
    assert_in_range(loop->refresh_ns, now + 50 * CLOCK_NS_PER_SEC, now + 60 * CLOCK_NS_PER_SEC);
    loop->refresh_ns = 0;
    http.refresh_result = 1;
    turn(loop);
    char text[4096];
    captured(text, sizeof(text));
    assert_int_equal(times(text, "no file"), 1);
    assert_int_equal(times(text, "recovered"), 1);
    assert_int_equal(times(text, "credentials changed"), 1);
    kube_loop_free(loop);
}

static void test_waits_for_what_is_due(void **state)
{
    (void)state;
    struct kube_loop *loop = setup();
    http.refuses = true;
    turn(loop); /* the request goes out, and fails in this turn */
    http.refuses = false;
    turn(loop); /* backs off: half to one and a half of 20 ms */
    assert_in_range(http.waited_ms, 5, 31);
    while (!http.events) {
        turn(loop);
    }
    turn(loop);
    assert_int_equal(http.waited_ms, TURN_MS_MAX);
    kube_loop_free(loop);
}

static void test_a_turn_that_fails_is_no_busy_loop(void **state)
{
    (void)state;
    struct kube_loop *loop = setup();
    http.turn_fails = true;
    capture();
    uint64_t before = clock_mono_ns();
    turn(loop);
    turn(loop);
    assert_true(clock_mono_ns() - before >= 200 * CLOCK_NS_PER_MS);
    char text[4096];
    captured(text, sizeof(text));
    assert_int_equal(times(text, "no turn"), 1);
    kube_loop_free(loop);
}

static void test_start_and_stop(void **state)
{
    (void)state;
    struct kube_loop *loop = setup();
    struct err err = { 0 };
    kube_loop_stop(loop); /* not running: nothing */
    assert_int_equal(kube_loop_start(loop, &err), 0);
    assert_int_equal(kube_loop_start(loop, &err), -EBUSY);
    assert_null(kube_loop_add(loop, &spec, &consumer, NULL, &err));
    assert_int_equal(err.code, EBUSY);
    usleep(20000);
    kube_loop_stop(loop);
    assert_int_equal(http.wakeups, 1);
    assert_true(http.turns > 1);
    int turns = http.turns;
    usleep(5000);
    assert_int_equal(http.turns, turns);
    kube_loop_free(loop);
    kube_loop_free(NULL);
}

static void test_another_configuration(void **state)
{
    (void)state;
    struct kube_config config = { .server = str_dup(STR("one")), .generation = 4 };
    struct kube_config other = { .server = str_dup(STR("two")) };
    struct err err = { 0 };
    struct kube_loop *loop = kube_loop_new(&config, "agent", NULL);
    assert_non_null(loop);
    http.retarget_fails = true;
    assert_int_equal(kube_loop_configure(loop, &other, &err), -EINVAL);
    assert_string_equal(config.server, "one");
    assert_int_equal(config.generation, 4);
    http.retarget_fails = false;
    assert_int_equal(kube_loop_configure(loop, &other, &err), 0);
    assert_string_equal(config.server, "two");
    assert_int_equal(config.generation, 5);
    assert_null(other.server);
    kube_loop_free(loop);
    kube_config_done(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_are_said_once_and_their_end),
        cmocka_unit_test(test_credentials_are_read_again),
        cmocka_unit_test(test_waits_for_what_is_due),
        cmocka_unit_test(test_a_turn_that_fails_is_no_busy_loop),
        cmocka_unit_test(test_start_and_stop),
        cmocka_unit_test(test_another_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
