/* test_watch.c — the real loop against the fake API server, whose objects change while one kind of
 * fault happens; when both have stopped, the copy is what a fresh list gives.
 *
 * The fresh list is fetched and parsed here as a whole, with nothing of what is tested but the HTTP
 * client. What is compared is what the consumer last made visible. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "kube/client/loop.h"
#include "tests/integration/fake.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <pthread.h>
#include <sys/socket.h>

#define MS CLOCK_NS_PER_MS
#define SEC CLOCK_NS_PER_SEC

/* After change and faults have stopped. */
#define CATCH_UP_NS (20 * SEC)

/* All waits of the reflector, small enough for a test. */
static const struct reflector_times quick = {
    .backoff = { .first_ns = 20 * MS,
                 .max_ns = { 100 * MS, 200 * MS, 300 * MS },
                 .retry_after_max_ns = 2 * SEC,
                 .steady_ns = 200 * MS },
    .list_idle_ns = 2 * SEC,
    .stream_idle_ns = 1 * SEC,
    .watch_idle_ns = 500 * MS,
    .watch_sec = 2,
    .more_sec = 2,
};

/* For the loop's thread, from which cmocka's assertions cannot jump. */
static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

/* Text of each object by its name, without managedFields. */
struct objects {
    struct map map;
};

static void objects_done(struct objects *o)
{
    map_done(&o->map, free);
}

static void objects_put(struct objects *o, const json_t *object)
{
    json_t *shallow = json_deep_copy(object);
    json_t *metadata = json_object_get(shallow, "metadata");
    json_object_del(metadata, "managedFields");
    /* Not json_dumps: jansson's memory goes when the call of the consumer returns. */
    size_t n = json_dumpb(shallow, NULL, 0, JSON_SORT_KEYS | JSON_COMPACT);
    char *text = calloc(1, n + 1);
    must(text && json_dumpb(shallow, text, n, JSON_SORT_KEYS | JSON_COMPACT) == n,
         "an object as text");
    /* The maximum is one of the wire's text, which is a little longer. */
    bool is_oversize = strlen(text) > LIMIT_OBJECT_BYTES;
    void *old = NULL;
    if (!is_oversize) {
        struct str name = str_of(json_string_value(json_object_get(metadata, "name")));
        must(map_put(&o->map, name, text, &old) == 0, "memory");
    } else {
        free(text);
    }
    free(old);
    json_decref(shallow);
}

static void objects_copy(struct objects *to, const struct objects *from)
{
    objects_done(to);
    void *at = NULL, *value;
    struct str key;
    while (map_next(&from->map, &at, &key, &value)) {
        must(map_put(&to->map, key, str_dup(str_of(value)), NULL) == 0, "memory");
    }
}

/* NULL when both are the same, else the name of one that differs. */
static const char *objects_difference(const struct objects *a, const struct objects *b)
{
    static char name[128];
    for (int side = 0; side < 2; side++) {
        void *at = NULL, *value;
        struct str key;
        while (map_next(side ? &b->map : &a->map, &at, &key, &value)) {
            const char *other = map_get(side ? &a->map : &b->map, key);
            if (!other || strcmp(other, value) != 0) {
                snprintf(name, sizeof(name), STR_FMT " %s", STR_ARG(key),
                         !other ? (side ? "is missing" : "is left over") : "differs");
                return name;
            }
        }
    }
    return NULL;
}

/* The consumer. Only `seen` is read by the test's thread, under the lock. */
struct copy {
    struct objects now, next, seen;
    pthread_mutex_t lock;
    bool is_open, was_committed, may_lose_stable;
    unsigned commits, settles,
        holes; /* holes: settles at which an object was missing that always is */
};

static int on_begin(void *arg, struct err *err)
{
    struct copy *c = arg;
    (void)err;
    must(!c->is_open, "one generation at a time");
    c->is_open = true;
    return 0;
}

static int on_commit(void *arg, struct err *err)
{
    struct copy *c = arg;
    (void)err;
    must(c->is_open, "a generation is open");
    c->is_open = false;
    objects_done(&c->now);
    c->now = c->next;
    c->next = (struct objects){ 0 };
    c->was_committed = true;
    c->commits++;
    return 0;
}

static void on_abort(void *arg)
{
    struct copy *c = arg;
    must(c->is_open, "a generation is open");
    c->is_open = false;
    objects_done(&c->next);
}

static int on_put(void *arg, const json_t *object, struct err *err)
{
    struct copy *c = arg;
    (void)err;
    objects_put(c->is_open ? &c->next : &c->now, object);
    return 0;
}

static void on_remove(void *arg, const json_t *object)
{
    struct copy *c = arg;
    json_t *name = json_object_get(json_object_get(object, "metadata"), "name");
    free(map_remove(c->is_open ? &c->next.map : &c->now.map, str_of(json_string_value(name))));
}

/* A scrape would see this: the stable objects are all there, whatever goes on. */
static void on_settle(void *arg)
{
    struct copy *c = arg;
    must(c->was_committed, "nothing is shown before a commit");
    c->settles++;
    for (int i = c->may_lose_stable ? 1 : 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof(name), "stable-%d", i);
        c->holes += map_get(&c->now.map, str_of(name)) ? 0 : 1;
    }
    pthread_mutex_lock(&c->lock);
    objects_copy(&c->seen, &c->now);
    pthread_mutex_unlock(&c->lock);
}

static const struct kube_consumer consumer = {
    .relist_begin = on_begin,
    .relist_commit = on_commit,
    .relist_abort = on_abort,
    .put = on_put,
    .remove = on_remove,
    .settle = on_settle,
};

/* One path of the server as JSON, by a client of its own. */
static int on_body(void *arg, struct str piece)
{
    buf_add(arg, piece);
    return 0;
}

static bool fetched;

static void on_end(void *arg, const struct kube_http_end *end)
{
    (void)arg;
    assert_int_equal(end->result, KUBE_HTTP_DONE);
    assert_int_equal(end->status, 200);
    fetched = true;
}

static json_t *fetch(struct kube_config *config, const char *path)
{
    static const struct kube_http_events events = { .on_body = on_body, .on_end = on_end };
    static const struct kube_http_timeouts timeouts = { 0 };
    struct err err = { 0 };
    struct buf body = BUF_INIT(256 * MIB);
    struct kube_http *http = kube_http_new(config, "test", &err);
    assert_non_null(http);
    fetched = false;
    assert_non_null(kube_http_get(http, path, &timeouts, &events, &body, &err));
    while (!fetched) {
        assert_int_equal(kube_http_turn(http, 1000, &err), 0);
    }
    kube_http_free(http);
    json_t *parsed = json_loadb(body.p, body.n, 0, NULL);
    assert_non_null(parsed);
    buf_done(&body);
    return parsed;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

struct run {
    const char *fault;
    bool streaming;
    int seed;
    const char *selector;      /* of the watch */
    const char *active;        /* seconds of change and faults; NULL: the scenario's */
    bool rotates, starts_late; /* the token; the server */
    /* What must have happened, by the server's counts. */
    const char *must, *must_also;
    int must_times;
    void (*check)(const struct kube_watch_state *s, const struct copy *c, const json_t *counts);
};

/* One server, one client that follows it, and one that looks (its token does not change). */
struct scene {
    const struct run *run;
    struct fake_dir dir;
    struct fake_server server;
    unsigned port;
    struct kube_config config, looker;
    struct kube_loop *loop;
    struct kube_watch *watch;
    struct copy copy;
    bool is_open;
};

/* Not on the stack: a failed assertion jumps away while the loop runs. */
static struct scene scene;

static unsigned free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void start_server(struct scene *s)
{
    char port[16], seed[16], must_happen[64];
    snprintf(port, sizeof(port), "%u", s->port);
    snprintf(seed, sizeof(seed), "%d", s->run->seed);
    snprintf(must_happen, sizeof(must_happen), "%s:%d", s->run->must ? s->run->must : "",
             KG_MAX(s->run->must_times, 1));
    setenv("KG_FAULT", s->run->fault, 1);
    setenv("KG_MUST", must_happen, 1);
    setenv("KG_SEED", seed, 1);
    setenv("KG_ACTIVE", s->run->active ? s->run->active : "0.8", 1);
    const char *args[16] = { "--port", port, "--scenario",
                             KG_SOURCE_DIR "/tests/integration/watch/cluster.py" };
    size_t n = 4;
    if (s->run->rotates) { /* credentials are sent over TLS only */
        args[n++] = "--tokens";
        args[n++] = fake_put(&s->dir, "good-tokens", "looker\nfirst\n");
        args[n++] = "--cert";
        args[n++] = fake_path(&s->dir, "server.pem");
        args[n++] = "--key";
        args[n++] = fake_path(&s->dir, "server.key");
    }
    fake_start(&s->server, args);
}

static void read_config(struct scene *s, const char *token, struct kube_config *ret)
{
    char name[64], text[512];
    snprintf(name, sizeof(name), "token-of-%s", token);
    fake_put(&s->dir, name, token);
    snprintf(text, sizeof(text),
             "current-context: x\n"
             "contexts: [{name: x, context: {cluster: x, user: x}}]\n"
             "users: [{name: x, user: {tokenFile: %s}}]\n"
             "clusters: [{name: x, cluster: {server: 'http%s://127.0.0.1:%u'%s}}]\n",
             name, s->run->rotates ? "s" : "", s->port,
             s->run->rotates ? ", certificate-authority: ca.pem" : "");
    struct err err = { 0 };
    if (kube_config_from_kubeconfig(fake_put(&s->dir, "kubeconfig", text), NULL, ret, &err) < 0) {
        fail_msg("%s", err.text);
    }
}

static void open_scene(struct scene *s, const struct run *run)
{
    *s = (struct scene){ .run = run, .port = free_port(), .is_open = true };
    pthread_mutex_init(&s->copy.lock, NULL);
    s->copy.may_lose_stable = str_eq(str_of(run->fault), STR("oversize"));
    fake_dir_make(&s->dir);
    if (run->rotates) {
        fake_pki(&s->dir);
    }
    if (!run->starts_late) {
        start_server(s);
    }
    read_config(s, "first", &s->config);
    read_config(s, "looker", &s->looker);
    struct err err = { 0 };
    s->loop = kube_loop_new(&s->config, "kubegauge/test", &err);
    assert_non_null(s->loop);
    struct kube_watch_spec spec = { .group = "",
                                    .version = "v1",
                                    .plural = "pods",
                                    .field_selector = run->selector,
                                    .streaming = run->streaming,
                                    .times = &quick,
                                    .seed = (uint64_t)run->seed };
    s->watch = kube_loop_add(s->loop, &spec, &consumer, &s->copy, &err);
    assert_non_null(s->watch);
    assert_int_equal(kube_watch_state(s->watch).sync, REFLECTOR_NEVER_SYNCED);
    assert_int_equal(kube_loop_start(s->loop, &err), 0);
}

static void close_scene(struct scene *s)
{
    s->is_open = false;
    kube_loop_free(s->loop);
    if (s->server.pid) {
        fake_stop(&s->server);
    }
    fake_dir_remove(&s->dir);
    kube_config_done(&s->config);
    kube_config_done(&s->looker);
    objects_done(&s->copy.now);
    objects_done(&s->copy.next);
    objects_done(&s->copy.seen);
    pthread_mutex_destroy(&s->copy.lock);
}

/* The server takes a new token before the client can read it, as when a kubelet is late. */
static void rotate_token(struct scene *s)
{
    pause_ms(300);
    fake_put(&s->dir, "good-tokens", "looker\nsecond\n");
    pause_ms(600);
    assert_true(kube_watch_state(s->watch).failures > 0);
    fake_put(&s->dir, "token-of-first", "second");
}

static void wait_until_done(struct scene *s)
{
    uint64_t limit = clock_mono_ns() + 60 * SEC;
    bool is_done = false;
    while (!is_done) {
        assert_true(clock_mono_ns() < limit);
        json_t *control = fetch(&s->looker, "/control");
        is_done = json_is_true(json_object_get(control, "done"));
        json_decref(control);
        pause_ms(50);
    }
}

static void wait_until_equal(struct scene *s)
{
    char path[256];
    snprintf(path, sizeof(path), "/truth%s%s", s->run->selector ? "?fieldSelector=" : "",
             s->run->selector ? s->run->selector : "");
    json_t *list = fetch(&s->looker, path);
    struct objects truth = { 0 };
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(list, "items"), i, item) {
        objects_put(&truth, item);
    }
    json_decref(list);
    assert_true(map_count(&truth.map) >= 29);
    uint64_t limit = clock_mono_ns() + CATCH_UP_NS;
    for (;;) {
        pthread_mutex_lock(&s->copy.lock);
        const char *difference = objects_difference(&s->copy.seen, &truth);
        size_t n = map_count(&s->copy.seen.map);
        pthread_mutex_unlock(&s->copy.lock);
        if (!difference) {
            break;
        }
        if (clock_mono_ns() > limit) {
            fail_msg("%s, seed %d: %zu objects, %zu in the fresh list; %s; last error: %s",
                     s->run->fault, s->run->seed, n, map_count(&truth.map), difference,
                     kube_watch_state(s->watch).last_error);
        }
        pause_ms(20);
    }
    objects_done(&truth);
}

static json_int_t counted(const json_t *counts, const char *what)
{
    return json_integer_value(json_object_get(counts, what));
}

static int clean_up(void **state)
{
    (void)state;
    if (scene.is_open) {
        close_scene(&scene);
    }
    return 0;
}

static void check_counts(const struct run *run, const json_t *counts)
{
    if (run->must && counted(counts, run->must) < KG_MAX(run->must_times, 1)) {
        fail_msg("%s happened %lld times", run->must, (long long)counted(counts, run->must));
    }
    assert_true(!run->must_also || counted(counts, run->must_also) > 0);
}

static void run_scene(const struct run *run)
{
    struct scene *s = &scene;
    open_scene(s, run);
    if (run->starts_late) {
        pause_ms(300);
        assert_true(kube_watch_state(s->watch).failures > 1);
        start_server(s);
    }
    if (run->rotates) {
        rotate_token(s);
    }
    wait_until_done(s);
    wait_until_equal(s);
    json_t *control = fetch(&s->looker, "/control");
    json_t *counts = json_object_get(control, "counts");
    check_counts(run, counts);
    uint64_t before = clock_mono_ns();
    kube_loop_stop(s->loop);
    assert_true(clock_mono_ns() - before < 2 * SEC);
    struct kube_watch_state state = kube_watch_state(s->watch);
    assert_int_equal(s->copy.holes, 0);
    assert_true(state.synced_once);
    assert_int_equal(state.list_success, s->copy.commits);
    assert_true(state.last_contact_ns > 0);
    if (run->check) {
        run->check(&state, &s->copy, counts);
    }
    json_decref(control);
    close_scene(s);
    assert_false(s->copy.is_open);
}

/* Both ways to list, several seeds. */
static void run_both(struct run run, int seeds)
{
    for (run.seed = 1; run.seed <= seeds; run.seed++) {
        run.streaming = true;
        run_scene(&run);
        run.streaming = false;
        run_scene(&run);
    }
}

static void no_failures(const struct kube_watch_state *s, const struct copy *c,
                        const json_t *counts)
{
    (void)c;
    (void)counts;
    assert_int_equal(s->list_error + s->watch_error, 0);
    assert_int_equal(s->decode_errors + s->oversize_objects, 0);
    assert_int_equal(s->relists, 0);
    assert_int_equal(s->list_success, 1);
    assert_true(s->events > 20);
}

static void test_no_fault(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "none", .must = "resumed", .check = no_failures }, 1);
    run_both((struct run){ .fault = "none", .selector = "spec.nodeName=a", .check = no_failures },
             1);
}

static void test_cut_at_any_byte(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "cut", .must = "cut", .must_times = 3 }, 2);
}

static void gone_relists(const struct kube_watch_state *s, const struct copy *c,
                         const json_t *counts)
{
    (void)counts;
    assert_true(s->relists > 0);
    assert_true(c->commits > 1);
}

static void test_gone(void **state)
{
    (void)state;
    run_both(
        (struct run){ .fault = "gone", .must = "gone", .must_times = 2, .check = gone_relists }, 2);
}

/* Only bookmarks move the version on; without them each renewed watch would be gone. */
static void bookmarks_suffice(const struct kube_watch_state *s, const struct copy *c,
                              const json_t *counts)
{
    assert_int_equal(s->relists, 0);
    assert_int_equal(c->commits, 1);
    assert_int_equal(counted(counts, "gone"), 0);
    assert_true(counted(counts, "forgotten") > 0);
    assert_int_equal(s->events, 0);
}

static void test_bookmarks_alone(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "bookmarks",
                           .selector = "spec.nodeName=a",
                           .active = "1.5",
                           .must = "bookmarks",
                           .must_times = 5,
                           .must_also = "resumed",
                           .check = bookmarks_suffice },
             1);
}

static void test_half_closed(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "half-closed", .must = "half-closed" }, 1);
}

static void test_stalled(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "stall", .must = "stall" }, 1);
}

static void test_rotated_token(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "none", .rotates = true, .active = "2" }, 1);
}

static void nothing_too_early(const struct kube_watch_state *s, const struct copy *c,
                              const json_t *counts)
{
    (void)s;
    (void)c;
    assert_int_equal(counted(counts, "too-early"), 0);
}

static void test_retry_after(void **state)
{
    (void)state;
    run_both(
        (struct run){
            .fault = "too-many", .must = "too-many", .active = "1.5", .check = nothing_too_early },
        1);
}

static void test_errors(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "errors", .must = "errors", .must_times = 2 }, 1);
    run_both((struct run){ .fault = "denied", .must = "denied", .must_times = 2 }, 1);
    run_both((struct run){ .fault = "too-large", .must = "too-large" }, 1);
}

static void test_server_down(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "down", .must = "down", .must_times = 3 }, 1);
    run_both((struct run){ .fault = "none", .starts_late = true }, 1);
}

static void test_fallback_to_pages(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "pages", .must = "pages", .must_times = 4 }, 1);
    run_scene(&(struct run){
        .fault = "no-streaming", .streaming = true, .must = "no-streaming", .must_also = "pages" });
    run_scene(&(struct run){
        .fault = "old-etcd", .streaming = true, .must = "old-etcd", .must_also = "pages" });
    run_scene(&(struct run){ .fault = "ignores-streaming",
                             .streaming = true,
                             .must = "ignores-streaming",
                             .must_also = "pages" });
}

static void test_expired_token(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 2; seed++) {
        run_scene(&(struct run){ .fault = "expired", .seed = seed, .must = "expired" });
    }
}

static void oversize_is_counted(const struct kube_watch_state *s, const struct copy *c,
                                const json_t *counts)
{
    (void)c;
    (void)counts;
    assert_true(s->oversize_objects > 0);
    assert_true(s->relists > 0);
}

static void test_oversize(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "oversize", .must = "oversize", .check = oversize_is_counted },
             1);
}

static void test_garbage(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "garbage", .must = "garbage" }, 1);
}

static void test_storm(void **state)
{
    (void)state;
    run_both((struct run){ .fault = "storm", .active = "2", .must = "cut" }, 3);
}

int main(void)
{
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_no_fault, clean_up),
        cmocka_unit_test_teardown(test_cut_at_any_byte, clean_up),
        cmocka_unit_test_teardown(test_gone, clean_up),
        cmocka_unit_test_teardown(test_bookmarks_alone, clean_up),
        cmocka_unit_test_teardown(test_half_closed, clean_up),
        cmocka_unit_test_teardown(test_stalled, clean_up),
        cmocka_unit_test_teardown(test_rotated_token, clean_up),
        cmocka_unit_test_teardown(test_retry_after, clean_up),
        cmocka_unit_test_teardown(test_errors, clean_up),
        cmocka_unit_test_teardown(test_server_down, clean_up),
        cmocka_unit_test_teardown(test_fallback_to_pages, clean_up),
        cmocka_unit_test_teardown(test_expired_token, clean_up),
        cmocka_unit_test_teardown(test_oversize, clean_up),
        cmocka_unit_test_teardown(test_garbage, clean_up),
        cmocka_unit_test_teardown(test_storm, clean_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
