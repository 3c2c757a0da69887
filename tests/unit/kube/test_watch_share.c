/* test_watch_share.c — the watch of a shard: what it drops, what it asks the server for, and what
 * it makes of the answer. */
#include "tests/unit/kube/watch_copy.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_shard_keeps_its_share),
        cmocka_unit_test(test_the_server_is_asked_and_checked),
        cmocka_unit_test(test_a_streaming_list_proves_by_what_comes),
        cmocka_unit_test(test_a_server_that_divides_otherwise_is_not_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
