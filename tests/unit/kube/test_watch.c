/* test_watch.c — the watch from requests to consumer, with a made-up HTTP client: this file defines
 * the functions of kube/client/http.h that the watch calls, and plays the server. */
#include "kube/client/watch.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"

#include <stdio.h>

#include "tests/support/cmocka.h"

/* The client: one request at a time, as the watch promises. */
static struct {
    const struct kube_http_events *events;
    void *arg;
    char path[1024];
    const char *accept;
    int requests, cancels, refreshes;
    long idle_ms;
    bool refuse; /* the next kube_http_send */
} http;

struct kube_transfer {
    int unused;
};
static struct kube_transfer the_transfer;

struct kube_transfer *kube_http_send(struct kube_http *h, const struct kube_http_request *request,
                                     const struct kube_http_events *events, void *arg,
                                     struct err *err)
{
    (void)h;
    assert_null(http.events);
    assert_string_equal(request->method, "GET");
    if (http.refuse) {
        err_set(err, ENOMEM, "refused for the test");
        return NULL;
    }
    http.events = events;
    http.arg = arg;
    http.requests++;
    http.idle_ms = request->timeouts.idle_ms;
    http.accept = request->accept;
    snprintf(http.path, sizeof(http.path), "%s", request->path);
    return &the_transfer;
}

void kube_http_cancel(struct kube_transfer *t)
{
    assert_ptr_equal(t, &the_transfer);
    http.cancels++;
    http.events = NULL;
}

void kube_http_set_idle(struct kube_transfer *t, long idle_ms)
{
    assert_ptr_equal(t, &the_transfer);
    http.idle_ms = idle_ms;
}

int kube_config_refresh(struct kube_config *c, struct err *err)
{
    (void)c;
    (void)err;
    http.refreshes++;
    return 0;
}

static void end(enum kube_http_result result, long status, const char *body)
{
    const struct kube_http_events *events = http.events;
    assert_non_null(events);
    http.events = NULL;
    struct kube_http_end how = { result, status, -1, str_of(body), "broken for the test" };
    events->on_end(http.arg, &how);
}

/* Sends body in pieces of n bytes; ends the request when it is refused. Says whether it was. */
static bool send_pieces(const char *body, size_t n)
{
    struct str rest = str_of(body);
    while (rest.n) {
        struct str piece = str_head(rest, n);
        char *copy = malloc(piece.n);
        memcpy(copy, piece.p, piece.n);
        int r = http.events->on_body(http.arg, (struct str){ copy, piece.n });
        free(copy);
        if (r < 0) {
            end(KUBE_HTTP_CONSUMER, 200, "");
            return true;
        }
        rest = str_from(rest, n);
    }
    return false;
}

static bool send(const char *body)
{
    return send_pieces(body, SIZE_MAX / 2);
}

/* The consumer: names and versions, in generations. */
static struct {
    struct map now, next;
    bool is_open;
    int begins, commits, aborts, settles;
    bool fail_put, fail_begin, fail_commit;
} copy;

static struct str name_of(const json_t *object)
{
    json_t *name = json_object_get(json_object_get(object, "metadata"), "name");
    return str_of(json_string_value(name));
}

static int on_begin(void *arg, struct err *err)
{
    (void)arg;
    assert_false(copy.is_open);
    if (copy.fail_begin) {
        return err_set(err, ENOMEM, "no generation");
    }
    copy.is_open = true;
    copy.begins++;
    return 0;
}

static int on_commit(void *arg, struct err *err)
{
    (void)arg;
    assert_true(copy.is_open);
    copy.is_open = false;
    if (copy.fail_commit) {
        map_done(&copy.next, free);
        return err_set(err, ENOMEM, "no swap");
    }
    map_done(&copy.now, free);
    copy.now = copy.next;
    copy.next = (struct map){ 0 };
    copy.commits++;
    return 0;
}

static void on_abort(void *arg)
{
    (void)arg;
    assert_true(copy.is_open);
    copy.is_open = false;
    map_done(&copy.next, free);
    copy.aborts++;
}

static int on_put(void *arg, const json_t *object, struct err *err)
{
    (void)arg;
    if (copy.fail_put) {
        return err_set(err, EBADMSG, "cannot be read");
    }
    json_t *version = json_object_get(json_object_get(object, "metadata"), "resourceVersion");
    void *old = NULL;
    assert_int_equal(map_put(copy.is_open ? &copy.next : &copy.now, name_of(object),
                             str_dup(str_of(json_string_value(version))), &old),
                     0);
    free(old);
    return 0;
}

static void on_remove(void *arg, const json_t *object)
{
    (void)arg;
    free(map_remove(copy.is_open ? &copy.next : &copy.now, name_of(object)));
}

static void on_settle(void *arg)
{
    (void)arg;
    copy.settles++;
}

static const struct kube_consumer consumer = {
    .relist_begin = on_begin,
    .relist_commit = on_commit,
    .relist_abort = on_abort,
    .put = on_put,
    .remove = on_remove,
    .settle = on_settle,
};

static struct kube_config credentials;

static struct kube_watch *start_with(struct kube_watch_spec spec)
{
    map_done(&copy.now, free);
    memset(&copy, 0, sizeof(copy));
    memset(&http, 0, sizeof(http));
    spec.group = "";
    spec.version = "v1";
    spec.plural = "pods";
    spec.field_selector = "spec.nodeName=a";
    spec.seed = 5;
    struct kube_watch *w = kube_watch_new(NULL, &credentials, &spec, &consumer, NULL, NULL);
    assert_non_null(w);
    return w;
}

static struct kube_watch *start_shard(bool streaming, struct kube_shard shard, bool at_server)
{
    return start_with((struct kube_watch_spec){
        .streaming = streaming, .shard = shard, .shard_at_server = at_server });
}

static struct kube_watch *start(bool streaming)
{
    return start_with((struct kube_watch_spec){ .streaming = streaming });
}

static void stop(struct kube_watch *w)
{
    kube_watch_free(w);
    assert_false(copy.is_open);
    map_done(&copy.now, free);
}

/* Turns until a request is out, past any sleep. */
static void turn(struct kube_watch *w)
{
    uint64_t now = clock_mono_ns();
    for (int i = 0; i < 10 && !http.events; i++) {
        uint64_t again = kube_watch_turn(w, now);
        now = KG_MAX(now, again == UINT64_MAX ? now : again);
    }
    assert_non_null(http.events);
}

static void assert_path_has(const char *part)
{
    if (!strstr(http.path, part)) {
        fail_msg("%s has no %s", http.path, part);
    }
}

/* want: "name=version name=version …", in the order they came to be. */
static void assert_copy(const char *want)
{
    struct buf got = BUF_INIT(4096);
    void *at = NULL, *value;
    struct str key;
    while (map_next(&copy.now, &at, &key, &value)) {
        buf_addf(&got, "%s" STR_FMT "=%s", got.n ? " " : "", STR_ARG(key), (char *)value);
    }
    assert_string_equal(got.n ? buf_c(&got) : "", want);
    buf_done(&got);
}

#define POD(name, version)                                                                         \
    "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version                          \
    "\",\"managedFields\":[{}]}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define BOOKMARK(version) EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version "\"}}")
#define END_BOOKMARK(version)                                                                      \
    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" version                              \
                      "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}")

static void test_streaming_list_then_watch_in_pieces(void **state)
{
    (void)state;
    static const char body[] = EVENT("ADDED", POD("a", "3")) EVENT("ADDED", POD("b", "2"))
        EVENT("DELETED", POD("b", "4")) END_BOOKMARK("5") EVENT("MODIFIED", POD("a", "6"))
            EVENT("ADDED", POD("c", "7")) BOOKMARK("9");
    for (size_t n = 1; n < sizeof(body); n += n < 100 ? 1 : 50) {
        struct kube_watch *w = start(true);
        turn(w);
        assert_path_has("sendInitialEvents=true");
        assert_path_has("fieldSelector=spec.nodeName%3Da");
        assert_int_equal(http.idle_ms, 20 * 1000);
        assert_false(send_pieces(body, n));
        assert_in_range(http.idle_ms, 90 * 1000, 99 * 1000);
        assert_copy("a=6 c=7");
        assert_int_equal(copy.commits, 1);
        struct kube_watch_state s = kube_watch_state(w);
        assert_true(s.synced_once && s.connected);
        assert_int_equal(s.sync, REFLECTOR_SYNCED);
        assert_int_equal(s.behind_since_ns, 0);
        assert_int_equal(s.list_success, 1);
        assert_int_equal(s.watch_success, 1);
        assert_int_equal(s.events, 2);
        end(KUBE_HTTP_DONE, 200, "");
        turn(w);
        assert_path_has("resourceVersion=9");
        assert_false(kube_watch_state(w).connected);
        http.events->on_answer(http.arg);
        s = kube_watch_state(w);
        assert_true(s.connected);
        assert_int_equal(s.watch_success, 2);
        assert_int_equal(s.watch_error + s.list_error, 0);
        stop(w);
        assert_int_equal(http.cancels, 1);
    }
}

static void test_pages_then_watch(void **state)
{
    (void)state;
    struct kube_watch *w = start(false);
    turn(w);
    assert_path_has("limit=500&resourceVersion=0");
    send("{\"metadata\":{\"resourceVersion\":\"8\",\"continue\":\"t1\"},\"items\":[" POD(
        "a", "1") "," POD("b", "2") "]}");
    assert_copy("");
    end(KUBE_HTTP_DONE, 200, "");
    turn(w);
    assert_path_has("continue=t1");
    send("{\"items\":[" POD("c", "3") "],\"metadata\":{\"resourceVersion\":\"8\"}}");
    assert_copy("");
    end(KUBE_HTTP_DONE, 200, "");
    assert_copy("a=1 b=2 c=3");
    assert_true(copy.settles > 0);
    turn(w);
    assert_path_has("watch=true");
    assert_path_has("resourceVersion=8");
    /* a version that is gone: the old copy stays until the new list is complete */
    end(KUBE_HTTP_DONE, 410, "{\"code\":410,\"reason\":\"Expired\",\"message\":\"too old\"}");
    struct kube_watch_state s = kube_watch_state(w);
    assert_string_equal(s.last_error, "watch pods: HTTP status 410: too old");
    assert_int_equal(s.sync, REFLECTOR_BEHIND);
    assert_int_equal(s.watch_error, 1);
    assert_true(s.behind_since_ns > 0);
    turn(w);
    send("{\"metadata\":{\"resourceVersion\":\"20\"},\"items\":[" POD("d", "19"));
    assert_copy("a=1 b=2 c=3");
    end(KUBE_HTTP_BROKEN, 200, "");
    assert_int_equal(copy.aborts, 1);
    assert_copy("a=1 b=2 c=3");
    turn(w);
    send("{\"metadata\":{\"resourceVersion\":\"20\"},\"items\":[" POD("d", "19") "]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_copy("d=19");
    s = kube_watch_state(w);
    assert_int_equal(s.list_success, 2);
    assert_int_equal(s.list_error, 1);
    assert_int_equal(s.relists, 2);
    assert_string_equal(s.last_error, "");
    stop(w);
}

static struct kube_watch *watching(void)
{
    struct kube_watch *w = start(false);
    turn(w);
    send("{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" POD("a", "1") "]}");
    end(KUBE_HTTP_DONE, 200, "");
    turn(w);
    assert_path_has("watch=true");
    return w;
}

static void test_error_events(void **state)
{
    (void)state;
    struct kube_watch *w = watching();
    assert_true(send(EVENT("MODIFIED", POD("a", "11")) EVENT(
        "ERROR", "{\"code\":410,\"reason\":\"Gone\",\"message\":\"compacted\"}")
                         EVENT("MODIFIED", POD("a", "99"))));
    assert_copy("a=11");
    assert_string_equal(kube_watch_state(w).last_error, "watch pods: stopped: 410 Gone: compacted");
    turn(w);
    assert_path_has("limit=500");
    stop(w);

    w = watching();
    assert_true(send(EVENT("MODIFIED", POD("a", "11"))
                         EVENT("ERROR", "{\"code\":500,\"reason\":\"InternalError\"}")));
    turn(w);
    assert_path_has("resourceVersion=11");
    stop(w);
}

static void test_garbage_resumes_and_then_relists(void **state)
{
    (void)state;
    static const char *const garbage[] = { "<html>", "{\"type\":\"ADDED\"}", "{\"type\":7 7}",
                                           EVENT("SYNC", "{}"), "\xff" };
    for (size_t i = 0; i < KG_ARRAY_LEN(garbage); i++) {
        struct kube_watch *w = watching();
        send(EVENT("ADDED", POD("b", "12")));
        for (int time = 0; time < 3; time++) {
            assert_true(send(garbage[i]));
            assert_int_equal(kube_watch_state(w).watch_error, time + 1);
            turn(w);
            assert_path_has(time < 2 ? "resourceVersion=12" : "limit=500");
        }
        assert_copy("a=1 b=12");
        stop(w);
    }
}

static void test_stream_that_ends_inside_an_object(void **state)
{
    (void)state;
    struct kube_watch *w = watching();
    send(EVENT("ADDED", POD("b", "12")) "{\"type\":\"ADDED\",\"obj");
    end(KUBE_HTTP_DONE, 200, "");
    assert_non_null(strstr(kube_watch_state(w).last_error, "unfinished"));
    turn(w);
    assert_path_has("resourceVersion=12");
    stop(w);
}

static void test_list_that_is_no_list(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"kind\":\"Status\",\"code\":410}", "<html>", "{}", "{\"items\":[]}",
        "{\"metadata\":{},\"items\":[]}",     ""
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(bodies); i++) {
        struct kube_watch *w = start(false);
        turn(w);
        if (!send(bodies[i])) {
            end(KUBE_HTTP_DONE, 200, "");
        }
        assert_int_equal(copy.aborts, 1);
        struct kube_watch_state s = kube_watch_state(w);
        assert_int_equal(s.list_error, 1);
        assert_false(s.synced_once);
        assert_true(s.last_error[0]);
        turn(w);
        assert_path_has("limit=500");
        stop(w);
    }
}

static void test_decode_errors_cost_one_object(void **state)
{
    (void)state;
    struct kube_watch *w = start(false);
    turn(w);
    send("{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" POD(
        "a", "1") ",{\"metadata\":{\"name\":\"\xff\"}}," POD("b", "2") "]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_copy("a=1 b=2");
    assert_int_equal(kube_watch_state(w).decode_errors, 1);
    turn(w);
    copy.fail_put = true;
    send(EVENT("ADDED", POD("c", "12")));
    copy.fail_put = false;
    send(EVENT("ADDED", POD("d", "13")));
    assert_copy("a=1 b=2 d=13");
    struct kube_watch_state s = kube_watch_state(w);
    assert_int_equal(s.decode_errors, 2);
    assert_string_equal(s.last_decode_error, "cannot be read");
    stop(w);
}

/* A pod of more than the maximum: absent from a list; in a watch the copy is listed anew, because
 * it may hold an older state of that pod. */
static void test_oversize(void **state)
{
    (void)state;
    struct buf big = BUF_INIT(2 * LIMIT_OBJECT_BYTES);
    buf_add_c(&big, "{\"metadata\":{\"name\":\"big\",\"resourceVersion\":\"5\"},\"s\":\"");
    size_t n = LIMIT_OBJECT_BYTES;
    assert_int_equal(buf_reserve(&big, n), 0);
    memset(big.p + big.n, 'x', n);
    big.n += n;
    buf_add_c(&big, "\"}");

    struct kube_watch *w = start(false);
    turn(w);
    send("{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" POD("a", "1") ",");
    assert_false(send_pieces(buf_c(&big), 16384));
    send("," POD("b", "2") "]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_copy("a=1 b=2");
    assert_int_equal(kube_watch_state(w).oversize_objects, 1);
    turn(w);
    send("{\"type\":\"MODIFIED\",\"object\":");
    send_pieces(buf_c(&big), 16384);
    assert_true(send("}\n"));
    assert_int_equal(kube_watch_state(w).oversize_objects, 2);
    turn(w);
    assert_path_has("limit=500");
    stop(w);
    buf_done(&big);
}

static void test_unauthorized_reads_credentials_again(void **state)
{
    (void)state;
    struct kube_watch *w = watching();
    end(KUBE_HTTP_DONE, 401, "{\"code\":401,\"message\":\"Unauthorized\"}");
    assert_int_equal(http.refreshes, 0);
    assert_int_equal(kube_watch_turn(w, clock_mono_ns()) > 0, 1);
    assert_int_equal(http.refreshes, 1);
    assert_path_has("resourceVersion=10");
    end(KUBE_HTTP_DONE, 403, "no JSON at all\nsecond line");
    assert_string_equal(kube_watch_state(w).last_error,
                        "watch pods: HTTP status 403: no JSON at all");
    stop(w);
}

static void test_new_credentials_are_tried_at_once(void **state)
{
    (void)state;
    struct kube_watch *w = start(false);
    for (int i = 0; i < 10; i++) {
        turn(w);
        end(KUBE_HTTP_DONE, 403, "{\"code\":403,\"message\":\"no\"}");
    }
    assert_int_equal(kube_watch_state(w).refused, 403);
    uint64_t now = clock_mono_ns();
    assert_true(kube_watch_turn(w, now) > now + 60 * CLOCK_NS_PER_SEC);
    assert_null(http.events);
    credentials.generation++;
    kube_watch_turn(w, now);
    assert_non_null(http.events);
    send("{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_int_equal(kube_watch_state(w).refused, 0);
    stop(w);
}

static void test_settles_are_rare_but_never_late(void **state)
{
    (void)state;
    struct kube_watch *w = watching();
    uint64_t now = clock_mono_ns() + 1000 * CLOCK_NS_PER_MS;
    kube_watch_turn(w, now);
    int before = copy.settles;
    send(EVENT("ADDED", POD("b", "12")));
    kube_watch_turn(w, now);
    assert_int_equal(copy.settles, before + 1); /* after a quiet time: at once */
    for (int i = 0; i < 20; i++) {
        send(EVENT("ADDED", POD("c", "13")));
        uint64_t again = kube_watch_turn(w, now + (uint64_t)i * CLOCK_NS_PER_MS);
        assert_int_equal(again, now + 50 * CLOCK_NS_PER_MS);
    }
    assert_int_equal(copy.settles, before + 1);
    kube_watch_turn(w, now + 50 * CLOCK_NS_PER_MS);
    assert_int_equal(copy.settles, before + 2);
    /* nothing new: no settle, and nothing due */
    assert_int_equal(kube_watch_turn(w, now + 200 * CLOCK_NS_PER_MS), UINT64_MAX);
    assert_int_equal(copy.settles, before + 2);
    stop(w);
}

static void test_silence_renews_a_watch(void **state)
{
    (void)state;
    struct kube_watch *w = watching();
    assert_int_equal(http.idle_ms, 20 * 1000);
    send(BOOKMARK("15"));
    assert_in_range(http.idle_ms, 90 * 1000, 99 * 1000);
    end(KUBE_HTTP_IDLE, 200, "");
    struct kube_watch_state s = kube_watch_state(w);
    assert_int_equal(s.watch_error, 0);
    assert_int_equal(s.sync, REFLECTOR_SYNCED);
    assert_string_equal(s.last_error, "");
    turn(w);
    assert_path_has("resourceVersion=15");
    end(KUBE_HTTP_IDLE, 0, "");
    s = kube_watch_state(w);
    assert_int_equal(s.watch_error, 1);
    assert_int_equal(s.sync, REFLECTOR_BEHIND);
    assert_string_equal(s.last_error, "watch pods: connection: broken for the test");
    stop(w);
}

static void test_what_the_owner_cannot_do(void **state)
{
    (void)state;
    struct kube_watch *w = start(false);
    copy.fail_begin = true;
    uint64_t now = clock_mono_ns();
    uint64_t again = kube_watch_turn(w, now);
    assert_int_equal(http.requests, 0);
    assert_string_equal(kube_watch_state(w).last_error, "list pods: request: no generation");
    copy.fail_begin = false;
    again = kube_watch_turn(w, KG_MAX(now, again));
    http.refuse = true;
    again = kube_watch_turn(w, again);
    assert_int_equal(http.requests, 0);
    assert_int_equal(copy.begins, copy.aborts);
    http.refuse = false;
    for (int i = 0; i < 10 && !http.events; i++) {
        again = kube_watch_turn(w, again);
    }
    /* a list that cannot be swapped in is listed again */
    copy.fail_commit = true;
    send("{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_string_equal(kube_watch_state(w).last_error, "list pods: stopped: no swap");
    assert_int_equal(kube_watch_state(w).list_success, 0);
    copy.fail_commit = false;
    turn(w);
    assert_path_has("limit=500");
    stop(w);

    w = start(true);
    turn(w);
    copy.fail_commit = true;
    assert_true(send(EVENT("ADDED", POD("a", "1")) END_BOOKMARK("5")));
    turn(w);
    assert_path_has("sendInitialEvents");
    stop(w);
}

/* Two shards by KSM's hash: "abc" is shard 0's, "a" shard 1's. The uid of the pods named *0 is
 * "abc", of those named *1 "a"; the last one can be told by the parser only. */
#define OF(uid, name, version)                                                                     \
    "{\"metadata\":{\"name\":\"" name "\",\"uid\":\"" uid "\",\"resourceVersion\":\"" version "\"" \
    "}}"
#define OF_0(name, version) OF("abc", name, version)
#define OF_1(name, version) OF("a", name, version)
#define OF_1_ESCAPED(name, version) OF("\\u0061", name, version)

static void test_a_shard_keeps_its_share(void **state)
{
    (void)state;
    static const char body[] = EVENT("ADDED", OF_0("a0", "3")) EVENT("ADDED", OF_1("b1", "2"))
        END_BOOKMARK("5") EVENT("MODIFIED", OF_1("b1", "6")) EVENT("ADDED", OF_1_ESCAPED("c1", "7"))
            EVENT("DELETED", OF_1("b1", "8")) EVENT("ADDED", OF_0("d0", "9"))
                EVENT("DELETED", OF_0("a0", "10")) EVENT("MODIFIED", OF_1("e1", "11"));
    struct kube_watch *w = start_shard(true, (struct kube_shard){ 0, 2, KUBE_SHARD_JUMP, 0 }, true);
    turn(w);
    assert_null(strstr(http.path, "shardSelector"));
    assert_false(send(body));
    assert_copy("d0=9");
    struct kube_watch_state s = kube_watch_state(w);
    assert_int_equal(s.foreign_objects, 5);
    assert_int_equal(s.events, 2);
    assert_int_equal(s.decode_errors, 0);
    assert_int_equal(s.sharding, KUBE_WATCH_SHARDING_HERE);
    end(KUBE_HTTP_DONE, 200, "");
    turn(w);
    assert_path_has("resourceVersion=11"); /* of an object that is another shard's */
    stop(w);

    w = start_shard(false, (struct kube_shard){ 1, 2, KUBE_SHARD_JUMP, 0 }, false);
    turn(w);
    send("{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[" OF_0("a0", "1") "," OF_1(
        "b1", "2") "," OF_1_ESCAPED("c1", "3") "," OF_0("d0", "4") "]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_copy("b1=2 c1=3");
    assert_int_equal(kube_watch_state(w).foreign_objects, 2);
    stop(w);
}

/* By ranges, "abc" (0xe7…) is shard 1's, "s" (0xaf63ca4c8601cd36) too, "test_uid" (0x0e…) 0's. */
static void test_the_server_is_asked_and_checked(void **state)
{
    (void)state;
    static const struct kube_shard shard = { 1, 2, KUBE_SHARD_RANGE, 0 };
    static const struct {
        const char *list, *copy;
        enum kube_watch_sharding want;
        uint64_t foreign;
    } cases[] = {
        { "{\"metadata\":{\"resourceVersion\":\"8\",\"shardInfo\":{\"selector\":"
          "\"shardRange(object.metadata.uid, '0x8000000000000000', '0x10000000000000000')\"}},"
          "\"items\":[" OF_0("a", "1") "]}",
          "a=1", KUBE_WATCH_SHARDING_SERVER, 0 },
        { "{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[" OF_0("a", "1") "," OF(
              "test_uid", "b", "2") "]}",
          "a=1", KUBE_WATCH_SHARDING_IGNORED, 1 },
        { "{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[" OF_0("a", "1") "]}", "a=1",
          KUBE_WATCH_SHARDING_IGNORED, 0 },
    };
    for (size_t i = 0; i < KG_ARRAY_LEN(cases); i++) {
        struct kube_watch *w = start_shard(false, shard, true);
        assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_UNKNOWN);
        turn(w);
        assert_path_has("shardSelector=shardRange%28object.metadata.uid%2C%20%270x8000000000000000"
                        "%27%2C%20%270x10000000000000000%27%29");
        send(cases[i].list);
        end(KUBE_HTTP_DONE, 200, "");
        assert_copy(cases[i].copy);
        assert_int_equal(kube_watch_state(w).sharding, cases[i].want);
        assert_int_equal(kube_watch_state(w).foreign_objects, cases[i].foreign);
        turn(w);
        assert_path_has("shardSelector");
        stop(w);
    }
}

/* A streaming list has no place for shardInfo: what comes is the proof. */
static void test_a_streaming_list_proves_by_what_comes(void **state)
{
    (void)state;
    struct kube_watch *w =
        start_shard(true, (struct kube_shard){ 1, 2, KUBE_SHARD_RANGE, 0 }, true);
    turn(w);
    for (int i = 0; i < 19; i++) {
        send(EVENT("ADDED", OF_0("a", "3")));
    }
    assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_UNKNOWN);
    send(EVENT("ADDED", OF_0("a", "3")));
    assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_SERVER);
    send(END_BOOKMARK("5") EVENT("ADDED", OF("test_uid", "b", "6")));
    assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_IGNORED);
    for (int i = 0; i < 50; i++) {
        send(EVENT("MODIFIED", OF_0("a", "7")));
    }
    assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_IGNORED);
    assert_copy("a=7");
    stop(w);
}

/* A server that divides otherwise would keep objects back that are ours. */
static void test_a_server_that_divides_otherwise_is_not_asked_again(void **state)
{
    (void)state;
    struct kube_watch *w =
        start_shard(false, (struct kube_shard){ 1, 2, KUBE_SHARD_RANGE, 0 }, true);
    turn(w);
    assert_true(send("{\"metadata\":{\"resourceVersion\":\"8\",\"shardInfo\":{\"selector\":"
                     "\"shardRange(object.metadata.uid, '0x9000000000000000', "
                     "'0x10000000000000000')\"}},\"items\":[" OF_0("a", "1") "]}"));
    assert_copy("");
    turn(w);
    assert_null(strstr(http.path, "shardSelector"));
    assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_REFUSED);
    send("{\"metadata\":{\"resourceVersion\":\"8\"},\"items\":[" OF_0("a", "1") "," OF(
        "test_uid", "b", "2") "]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_copy("a=1");
    assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_REFUSED);
    stop(w);

    w = start_shard(false, (struct kube_shard){ 1, 2, KUBE_SHARD_RANGE, 0 }, true);
    turn(w);
    end(KUBE_HTTP_DONE, 500, "{\"code\":500,\"message\":\"invalid shard selector: no\"}");
    turn(w);
    assert_null(strstr(http.path, "shardSelector"));
    assert_int_equal(kube_watch_state(w).sharding, KUBE_WATCH_SHARDING_REFUSED);
    stop(w);
}

#define CUT(kind) "application/json;as=" kind ";g=meta.k8s.io;v=v1,application/json"

/* The form that each request asks for: a list's, and that of single objects in a stream. */
static void test_metadata_only(void **state)
{
    (void)state;
    struct kube_watch *w = start_with((struct kube_watch_spec){ .metadata_only = true });
    turn(w);
    assert_path_has("limit=500");
    assert_string_equal(http.accept, CUT("PartialObjectMetadataList"));
    send("{\"kind\":\"PartialObjectMetadataList\",\"metadata\":{\"resourceVersion\":\"7\"},"
         "\"items\":[" POD("a", "3") "]}");
    end(KUBE_HTTP_DONE, 200, "");
    assert_copy("a=3");
    turn(w);
    assert_path_has("resourceVersion=7");
    assert_string_equal(http.accept, CUT("PartialObjectMetadata"));
    send(EVENT("MODIFIED", POD("a", "8")));
    assert_copy("a=8");
    stop(w);

    w = start_with((struct kube_watch_spec){ .streaming = true, .metadata_only = true });
    turn(w);
    assert_path_has("sendInitialEvents=true");
    assert_string_equal(http.accept, CUT("PartialObjectMetadata"));
    stop(w);

    w = start(true);
    turn(w);
    assert_null(http.accept); /* plain JSON */
    stop(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streaming_list_then_watch_in_pieces),
        cmocka_unit_test(test_pages_then_watch),
        cmocka_unit_test(test_a_shard_keeps_its_share),
        cmocka_unit_test(test_the_server_is_asked_and_checked),
        cmocka_unit_test(test_a_streaming_list_proves_by_what_comes),
        cmocka_unit_test(test_a_server_that_divides_otherwise_is_not_asked_again),
        cmocka_unit_test(test_error_events),
        cmocka_unit_test(test_garbage_resumes_and_then_relists),
        cmocka_unit_test(test_stream_that_ends_inside_an_object),
        cmocka_unit_test(test_list_that_is_no_list),
        cmocka_unit_test(test_decode_errors_cost_one_object),
        cmocka_unit_test(test_oversize),
        cmocka_unit_test(test_unauthorized_reads_credentials_again),
        cmocka_unit_test(test_new_credentials_are_tried_at_once),
        cmocka_unit_test(test_settles_are_rare_but_never_late),
        cmocka_unit_test(test_silence_renews_a_watch),
        cmocka_unit_test(test_what_the_owner_cannot_do),
        cmocka_unit_test(test_metadata_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
