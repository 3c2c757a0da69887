/* test_watch.c — the watch from requests to consumer, with a made-up HTTP client. */
#include "base/limits.h"
#include "tests/unit/kube/watch_copy.h"

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
